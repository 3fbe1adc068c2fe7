"""Full revaluation and its quadratic approximation."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError, MarketDataError
from riskkit.market import MarketSnapshot, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, Portfolio, Position, ZeroCouponBond
from riskkit.revaluation import Revaluer, revalue
from riskkit.scenarios import ScenarioSet

AS_OF = date(2020, 3, 16)
FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("SAP", "equity", "EUR"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("JPYUSD", "fx", "USD"),
    RiskFactor("UST10", "yield", "USD"),
)
TODAY = MarketSnapshot(AS_OF, FACTORS, np.array([50.0, 100.0, 0.3, 1.25, 0.01, 0.02]))
OPTION = EuropeanOption("ABC put", "USD", "ABC", "ABC.vol", 48.0, date(2020, 9, 18), "put", multiplier=100.0)
quick = settings(max_examples=50, deadline=None)


def book(base: str = "EUR", scale: float = 1.0) -> Portfolio:
    held = [
        (Equity("ABC", "USD"), -20.0),
        (Equity("SAP", "EUR"), 10.0),
        (Cash("JPY"), 1e5),
        (Cash("EUR"), 500.0),
        (OPTION, 0.5),
        (ZeroCouponBond("Z", "USD", "UST10", date(2025, 3, 16)), 7.0),
        (FixedCouponBond("B", "JPY", "UST10", date(2027, 1, 31), 0.03, face=1e4), 2.0),
    ]
    return Portfolio("mixed", base, tuple(Position(instrument, scale * q) for instrument, q in held))


def random_changes(n: int, size: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, (n, 6)) * TODAY.levels


def test_by_hand() -> None:
    """Two positions, two scenarios, base EUR: 10 shares at 50 USD and 1,000 JPY."""
    small = Portfolio("small", "EUR", (Position(Equity("ABC", "USD"), 10), Position(Cash("JPY"), 1000)))
    levels = np.array([[60.0, 100, 0.3, 1.20, 0.01, 0.02], [50.0, 100, 0.3, 1.25, 0.02, 0.02]])
    pnl = revalue(small, ScenarioSet(("up", "yen"), FACTORS, levels, TODAY))
    assert pnl == pytest.approx(np.array([[600 / 1.2 - 500 / 1.25, 10 / 1.2 - 10 / 1.25], [0, 20 / 1.25 - 10 / 1.25]]))


def test_values() -> None:
    values = Revaluer(book(), TODAY).values
    assert values[:4] == pytest.approx([-20 * 50 / 1.25, 1000.0, 1e5 * 0.01 / 1.25, 500.0])
    assert values[5] == pytest.approx(7 * 100 / 1.02 ** (1826 / 365) / 1.25)


@pytest.mark.parametrize("method", ["full", "delta_gamma"])
@pytest.mark.parametrize("base", ["EUR", "USD", "JPY"])
def test_the_total_is_the_sum_of_the_positions(method: str, base: str) -> None:
    revaluer, changes = Revaluer(book(base), TODAY, method), random_changes(50, 0.05)
    parts = revaluer.position_pnl(changes)
    assert parts.shape == (50, 7)
    assert revaluer.pnl(changes) == pytest.approx(parts.sum(axis=1), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("base", ["EUR", "USD", "JPY"])
def test_the_expansion_is_exact_to_second_order(base: str) -> None:
    """Halving the move divides the error of the quadratic by about eight, and the linear one's by four."""
    full, quadratic = (Revaluer(book(base), TODAY, method) for method in ("full", "delta_gamma"))
    moves = random_changes(20, 0.02)
    errors = [np.abs(full.position_pnl(h * moves) - quadratic.position_pnl(h * moves)).max(axis=0) for h in (1.0, 0.5)]
    ratio = errors[0][errors[0] > 1e-9] / errors[1][errors[0] > 1e-9]
    assert len(ratio) >= 3
    assert (ratio > 6).all()
    returns = moves / TODAY.levels
    returns[:, [2, 5]] = moves[:, [2, 5]]
    linear = [np.abs(full.pnl(h * moves) - h * returns @ full.exposure).max() for h in (1.0, 0.5)]
    assert linear[0] / linear[1] > 3


def test_exposures_sum() -> None:
    revaluer = Revaluer(book(), TODAY)
    assert revaluer.exposure == pytest.approx(revaluer.exposures.sum(axis=0), rel=1e-12)


@quick
@given(st.floats(-5, 5), st.integers(0, 2**32 - 1))
def test_homogeneity(scale: float, seed: int) -> None:
    changes = random_changes(5, 0.1, seed)
    assert Revaluer(book(scale=scale), TODAY).pnl(changes) == pytest.approx(
        scale * Revaluer(book(), TODAY).pnl(changes), rel=1e-9, abs=1e-7
    )


@quick
@given(st.permutations(range(7)), st.integers(0, 2**32 - 1))
def test_order_of_positions_does_not_matter(order: list[int], seed: int) -> None:
    shuffled = Portfolio("mixed", "EUR", tuple(book().positions[i] for i in order))
    changes = random_changes(5, 0.1, seed)
    assert Revaluer(shuffled, TODAY).position_pnl(changes) == pytest.approx(
        Revaluer(book(), TODAY).position_pnl(changes)[:, order], rel=1e-12
    )


def test_no_change_no_gain() -> None:
    assert np.abs(Revaluer(book(), TODAY).position_pnl(np.zeros((1, 6)))).max() < 1e-10


def test_empty_book() -> None:
    revaluer = Revaluer(Portfolio("empty", "USD", ()), TODAY)
    assert revaluer.pnl(random_changes(3, 0.1)).tolist() == [0, 0, 0]
    assert revaluer.position_pnl(random_changes(3, 0.1)).shape == (3, 0)


def one(instrument) -> Portfolio:
    return Portfolio("one", "USD", (Position(instrument, 1.0),))


@pytest.mark.parametrize(
    ("error", "match", "portfolio"),
    [
        (MarketDataError, "MSFT", one(Equity("MSFT", "USD"))),
        (MarketDataError, "GBPUSD", one(Cash("GBP"))),
        (MarketDataError, "GBPUSD", Portfolio("p", "GBP", (Position(Cash("USD"), 1.0),))),
        (MarketDataError, "SAP.*quoted in USD", one(Equity("SAP", "USD"))),
        (MarketDataError, "UST10.*kind equity", one(Equity("UST10", "USD"))),
        (MarketDataError, "ABC.*kind yield", one(ZeroCouponBond("Z", "USD", "ABC", date(2030, 1, 1)))),
        (
            InputError,
            "expiry.*expired",
            one(EuropeanOption("O", "USD", "ABC", "ABC.vol", 1.0, date(2020, 3, 15), "put")),
        ),
        (InputError, "maturity.*repaid", one(ZeroCouponBond("Z", "USD", "UST10", AS_OF))),
    ],
)
def test_refuses_with_the_name(error, match, portfolio) -> None:
    with pytest.raises(error, match=match):
        Revaluer(portfolio, TODAY)


def test_unknown_method() -> None:
    with pytest.raises(InputError, match="revaluation"):
        Revaluer(book(), TODAY, "third_order")
