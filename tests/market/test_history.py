"""Histories: returns by kind, cutting, and what is refused."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, RiskFactor

DAYS = np.array(["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-06"], "datetime64[D]")
FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("EURUSD", "fx", "USD", "log"),
    RiskFactor("UST10", "yield", "USD"),
)
LEVELS = np.array([[100.0, 1.0, 0.02], [110.0, 1.1, 0.01], [99.0, 1.21, -0.01], [99.0, 1.1, 0.0]])


def history() -> FactorHistory:
    return FactorHistory(FACTORS, DAYS, LEVELS.copy())


def test_returns_by_kind() -> None:
    returns = history().returns()
    assert returns[:, 0] == pytest.approx([0.1, -0.1, 0.0])
    assert returns[:, 1] == pytest.approx(np.log([1.1, 1.1, 1 / 1.1]))
    assert returns[:, 2] == pytest.approx([-0.01, -0.02, 0.01])


def test_lookback_counts_returns_from_the_end() -> None:
    assert history().returns(2) == pytest.approx(history().returns()[1:])
    assert history().returns(2, horizon_days=2)[:, 0] == pytest.approx([-0.01, -0.1])


@pytest.mark.parametrize(("lookback", "horizon"), [(4, 1), (3, 2), (1, 4), (None, 4)])
def test_too_few(lookback, horizon) -> None:
    with pytest.raises(MarketDataError, match=r"history: got .* returns.*the data begin on 2020-01-01"):
        history().returns(lookback, horizon)


def test_one_date_has_levels_but_no_returns() -> None:
    one = history().tail(1)
    assert one.snapshot().level("ABC") == 99.0
    with pytest.raises(MarketDataError, match="0 returns"):
        one.returns()


def test_cutting() -> None:
    assert history().upto(date(2020, 1, 4)).last == date(2020, 1, 3)
    assert history().tail(2).first == date(2020, 1, 3)
    assert history().select(["UST10", "ABC"]).names == ("UST10", "ABC")
    assert history().select(["UST10"]).levels.ravel().tolist() == LEVELS[:, 2].tolist()
    assert history().snapshot(date(2020, 1, 2)).level("EURUSD") == 1.1
    with pytest.raises(MarketDataError, match=r"as_of: got '2020-01-05'"):
        history().snapshot(date(2020, 1, 5))
    with pytest.raises(MarketDataError, match="begin"):
        history().upto(date(2019, 1, 1))
    with pytest.raises(MarketDataError, match="MSFT, XYZ"):
        history().select(["ABC", "MSFT", "XYZ"])
    with pytest.raises(MarketDataError, match="MSFT"):
        history().snapshot().level("MSFT")


def test_levels_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        history().levels[0, 0] = 1.0


@pytest.mark.parametrize(("value", "match"), [(np.nan, "nan on 2020-01-02"), (0.0, "absolute"), (-3.0, "above zero")])
def test_unusable_levels(value: float, match: str) -> None:
    levels = LEVELS.copy()
    levels[1, 0] = value
    with pytest.raises(MarketDataError, match=match):
        FactorHistory(FACTORS, DAYS, levels)


def test_negative_levels_are_fine_where_returns_are_absolute() -> None:
    oil = RiskFactor("WTI", "equity", "USD", "absolute")
    history = FactorHistory((oil,), DAYS[:3], np.array([[18.27], [-36.98], [10.01]]))
    assert history.returns().ravel() == pytest.approx([-55.25, 46.99])


def test_malformed() -> None:
    with pytest.raises(MarketDataError, match="strictly increasing"):
        FactorHistory(FACTORS, DAYS[::-1], LEVELS)
    with pytest.raises(InputError, match="shape"):
        FactorHistory(FACTORS, DAYS, LEVELS[:, :2])
    with pytest.raises(MarketDataError, match="at least one date"):
        FactorHistory(FACTORS, DAYS[:0], LEVELS[:0])
    with pytest.raises(InputError, match="n_dates"):
        history().tail(0)
    with pytest.raises(InputError, match="lookback_days"):
        history().returns(0)
