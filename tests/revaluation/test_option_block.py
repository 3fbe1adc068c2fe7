"""Options valued as arrays against the same options valued one by one."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from riskkit.market import MarketSnapshot, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position
from riskkit.pricing import instrument_derivatives, instrument_value
from riskkit.revaluation import Revaluer

AS_OF = date(2020, 3, 16)
FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("SAP", "equity", "EUR"),
    RiskFactor("N225", "equity", "JPY"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("SAP.vol", "volatility", "EUR"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("JPYUSD", "fx", "USD"),
)
LEVELS = np.array([50.0, 100.0, 17_000.0, 0.3, 0.25, 1.25, 0.0094])
TODAY = MarketSnapshot(AS_OF, FACTORS, LEVELS)
NAMES = [factor.name for factor in FACTORS]
EXPIRIES = (AS_OF, date(2020, 3, 17), date(2020, 6, 19), date(2030, 1, 15))


def book(base: str) -> Portfolio:
    """150 calls and puts on three underlyings, some worth their payoff today; SAP.vol serves two of them."""
    rng, held = np.random.default_rng(5), [Position(Cash("EUR"), 100.0), Position(Equity("ABC", "USD"), 3.0)]
    kinds = [("ABC", "USD", "ABC.vol"), ("SAP", "EUR", "SAP.vol"), ("N225", "JPY", "SAP.vol")]
    for i in range(150):
        spot, currency, volatility = kinds[i % 3]
        strike = float(LEVELS[NAMES.index(spot)] * (1.0 if i % 7 == 0 else rng.uniform(0.3, 2.5)))
        option = EuropeanOption(
            f"O{i}",
            currency,
            spot,
            volatility,
            strike,
            EXPIRIES[i % 4],
            "call" if i % 2 else "put",
            rate=float(rng.uniform(-0.01, 0.05)),
            dividend_yield=float(rng.uniform(0, 0.04)),
            multiplier=float(rng.integers(1, 100)),
        )
        held.append(Position(option, float(rng.normal(0, 10))))
    return Portfolio("options", base, tuple(held))


def changes(n: int) -> np.ndarray:
    """Random ones, and the corners: nothing moves, a worthless underlying, no volatility, both."""
    out = np.random.default_rng(6).normal(0, 0.1, (n, len(FACTORS))) * LEVELS
    out[:4] = 0.0
    out[1, :3] = out[3, :3] = -LEVELS[:3]
    out[2, 3:5] = out[3, 3:5] = -LEVELS[3:5]
    return out


def rate(currency: str, base: str, levels: np.ndarray) -> np.ndarray:
    own, other = (
        np.ones(len(levels)) if one == "USD" else levels[:, NAMES.index(f"{one}USD")] for one in (currency, base)
    )
    return own / other


def single(position: Position, base: str, moves: np.ndarray) -> tuple[np.ndarray, float]:
    """P&L of a position by the pricing of one instrument, and the size its rounding is measured against."""
    one, levels = position.instrument, LEVELS + moves
    now, then = (
        instrument_value(one, AS_OF, [at[:, NAMES.index(name)] for name in one.factors]) * rate(one.currency, base, at)
        for at in (LEVELS[None, :], levels)
    )
    size = (
        1.0 if isinstance(one, Cash | Equity) else one.multiplier * (LEVELS[NAMES.index(one.underlying)] + one.strike)
    )
    return position.quantity * (then - now), abs(position.quantity) * size * float(
        rate(one.currency, base, levels).max()
    )


@pytest.mark.parametrize("base", ["USD", "EUR", "JPY"])
@pytest.mark.parametrize("n", [5, 2500])
def test_equals_the_single_instrument(base: str, n: int) -> None:
    portfolio, moves = book(base), changes(n)
    revaluer = Revaluer(portfolio, TODAY)
    found, total, sizes = revaluer.position_pnl(moves), np.zeros(n), 0.0
    for column, position in enumerate(portfolio.positions):
        expected, size = single(position, base, moves)
        if isinstance(position.instrument, EuropeanOption):
            assert np.abs(found[:, column] - expected).max() <= 1e-14 * size, position.symbol
        total += expected
        sizes += size
    assert np.abs(revaluer.pnl(moves) - total).max() <= 1e-14 * sizes


@pytest.mark.parametrize("base", ["USD", "EUR"])
def test_values_and_derivatives_equal_the_single_instrument(base: str) -> None:
    portfolio = book(base)
    revaluer = Revaluer(portfolio, TODAY)
    for position, value, found in zip(portfolio.positions, revaluer.values, revaluer.sensitivities, strict=True):
        one = position.instrument
        own = [float(LEVELS[NAMES.index(name)]) for name in one.factors]
        to_base = position.quantity * float(rate(one.currency, base, LEVELS[None, :])[0])
        today = float(instrument_value(one, AS_OF, [np.asarray(level) for level in own]))
        assert value == pytest.approx(to_base * today, rel=1e-13)
        first, second = instrument_derivatives(one, AS_OF, own)
        n = len(own)
        assert found.gradient[:n] == pytest.approx(to_base * first, rel=1e-12)
        assert found.hessian[:n, :n] == pytest.approx(to_base * second, rel=1e-12)


def test_nothing_moves_exactly_nothing() -> None:
    still = np.zeros((1500, len(FACTORS)))
    assert not Revaluer(book("EUR"), TODAY).position_pnl(still)[:, 2:].any()


def test_a_worthless_underlying_today() -> None:
    """Its level has no logarithm to measure moves against."""
    levels = LEVELS.copy()
    levels[0] = 0.0
    portfolio = Portfolio("one", "USD", tuple(p for p in book("USD").positions if p.instrument.currency == "USD"))
    moves = np.zeros((2, len(FACTORS)))
    moves[1, 0] = 40.0
    snapshot = MarketSnapshot(AS_OF, (replace(FACTORS[0], return_type="absolute"), *FACTORS[1:]), levels)
    found = Revaluer(portfolio, snapshot).position_pnl(moves)
    for column, position in enumerate(portfolio.positions):
        one = position.instrument
        columns = [NAMES.index(name) for name in one.factors]
        price = instrument_value(one, AS_OF, list((levels + moves)[:, columns].T))
        assert found[:, column] == pytest.approx(position.quantity * (price - price[0]), rel=1e-12, abs=1e-9)


def test_one_option_alone_is_worth_what_it_is_among_others() -> None:
    portfolio, moves = book("USD"), changes(40)
    alone = Portfolio("one", "USD", (portfolio.positions[90],))
    among = Revaluer(portfolio, TODAY).position_pnl(moves)[:, 90]
    assert Revaluer(alone, TODAY).position_pnl(moves)[:, 0] == pytest.approx(among, rel=1e-12)
