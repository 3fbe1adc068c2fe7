"""Windows replayed and shocks applied to today's levels; a reason where neither can be."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.scenarios import Shock, StressScenario, stressed_levels

FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("JPYUSD", "fx", "USD"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("UST10", "yield", "USD"),
)
DAYS = np.array(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], "datetime64[D]")
LEVELS = np.array(
    [
        [100.0, 1.0, 0.010, 0.10, 0.030],
        [80.0, 1.1, 0.011, 0.30, 0.010],
        [90.0, 1.2, 0.012, 0.15, 0.020],
        [50.0, 1.5, 0.020, 0.20, -0.010],
    ]
)
HISTORY = FactorHistory(FACTORS, DAYS, LEVELS)
TODAY = HISTORY.snapshot()


def stressed(*shocks: Shock):
    return stressed_levels(StressScenario("s", "S", "invented", shocks=shocks), HISTORY, TODAY)


def replayed(start: str, end: str, history: FactorHistory = HISTORY):
    window = (date.fromisoformat(start), date.fromisoformat(end))
    return stressed_levels(StressScenario("w", "W", "data", window=window), history, history.snapshot())


def test_replay_is_relative_for_prices_and_absolute_for_rates() -> None:
    result = replayed("2020-01-02", "2020-01-03")
    assert result.levels == pytest.approx([50 * 0.8, 1.5 * 1.1, 0.02 * 1.1, 0.2 + 0.2, -0.01 - 0.02])
    assert result.note == "Replayed 2020-01-02 to 2020-01-03."


def test_replay_takes_the_last_date_before_a_weekend() -> None:
    assert replayed("2020-01-04", "2020-01-06").levels == pytest.approx(
        [50 * 90 / 80, 1.5 * 1.2 / 1.1, 0.02 * 12 / 11, 0.05, 0.0]
    )


def test_replayed_volatility_is_held_at_zero() -> None:
    history = FactorHistory(FACTORS, DAYS, np.where(np.arange(4)[:, None] == 3, LEVELS * [1, 1, 1, 0.1, 1], LEVELS))
    result = replayed("2020-01-03", "2020-01-06", history)
    assert result.levels[3] == 0.0
    assert "ABC.vol was held at zero" in result.note


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2019-12-31", "2020-01-03", "begins on 2020-01-02, after the window's start 2019-12-31"),
        ("2020-01-03", "2020-01-08", "ends on 2020-01-07, before the window's end"),
        ("2020-01-04", "2020-01-05", "no date after 2020-01-04"),
    ],
)
def test_no_data_says_why(start: str, end: str, words: str) -> None:
    result = replayed(start, end)
    assert (result.status, result.levels) == ("no_data", None)
    assert words in result.note


def test_shocks_by_kind_name_and_currency() -> None:
    result = stressed(Shock("kind:equity", -0.2, "relative"), Shock("kind:volatility", 0.15, "absolute"))
    assert result.levels == pytest.approx([40.0, 1.5, 0.02, 0.35, -0.01])
    dollar = stressed(Shock("currency:USD", 0.1, "relative"))
    assert dollar.levels == pytest.approx([50.0, 1.5 / 1.1, 0.02 / 1.1, 0.2, -0.01])
    euro = stressed(Shock("currency:EUR", 0.1, "relative"))
    assert euro.levels == pytest.approx([50.0, 1.65, 0.02, 0.2, -0.01])
    rates = stressed(Shock("kind:yield", 0.02, "absolute"))
    assert rates.levels[4] == pytest.approx(0.01)


def test_the_most_specific_shock_wins() -> None:
    result = stressed(
        Shock("kind:fx", 0.5, "relative"), Shock("EURUSD", -0.1, "relative"), Shock("currency:JPY", 0.2, "relative")
    )
    assert result.levels[1:3] == pytest.approx([1.35, 0.024])


def test_what_is_not_in_the_book_is_said() -> None:
    result = stressed(Shock("kind:equity", -0.2, "relative"), Shock("WTI", -0.3, "relative"))
    assert (result.status, result.note) == ("ok", "This book holds nothing that depends on WTI.")
    nothing = stressed(Shock("WTI", -0.3, "relative"))
    assert (nothing.status, nothing.levels) == ("not_applicable", None)
    assert nothing.note == "This book holds nothing that depends on WTI."
    empty = HISTORY.select([])
    scenario = StressScenario("s", "S", "invented", shocks=(Shock("WTI", 1.0, "relative"),))
    assert stressed_levels(scenario, empty, empty.snapshot()).status == "not_applicable"


def test_floors() -> None:
    assert stressed(Shock("ABC", -1.0, "relative")).levels[0] == 0.0
    low = stressed(Shock("ABC.vol", -0.5, "absolute"))
    assert low.levels[3] == 0.0
    assert low.note == "ABC.vol was held at zero."
    with pytest.raises(InputError, match="ABC at zero or above"):
        stressed(Shock("ABC", -60.0, "absolute"))
    with pytest.raises(InputError, match="rate EURUSD above zero"):
        stressed(Shock("EURUSD", -1.0, "relative"))


def test_relative_shock_of_a_negative_level_names_the_remedy() -> None:
    with pytest.raises(MarketDataError, match=r"UST10.*an absolute shock"):
        stressed(Shock("UST10", 0.5, "relative"))


def test_relative_shocks_near_zero_are_refused() -> None:
    """A yield of 0.05 % that moves 3 bp a day: half of it says nothing. The same level of a calm factor is taken."""
    deep = RiskFactor("UST2", "yield", "USD")
    rng = np.random.default_rng(1)
    for size, refused in ((3e-4, True), (1e-5, False)):
        levels = 0.0005 + size * rng.standard_normal(60)
        levels[-1] = 0.0005
        history = FactorHistory((deep,), np.datetime64("2021-01-01") + np.arange(60), levels[:, None])
        halved = StressScenario("half", "Half", "invented", shocks=(Shock("UST2", -0.5, "relative"),))
        if refused:
            with pytest.raises(MarketDataError, match="an absolute shock; near zero"):
                stressed_levels(halved, history, history.snapshot())
        else:
            assert stressed_levels(halved, history, history.snapshot()).levels == pytest.approx([0.00025])
