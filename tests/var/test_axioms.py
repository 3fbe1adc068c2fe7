"""The axioms of a risk measure on whole books: generated positions, covariances of every rank, levels and methods."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.var import CovarianceInput, SimulationSpec, VarSpec, portfolio_var

DAYS = 60
METHODS = {
    "historical": VarSpec("historical", lookback_days=DAYS),
    "parametric": VarSpec("parametric", lookback_days=DAYS),
    "shrunk": VarSpec("parametric", lookback_days=DAYS, covariance="ledoit_wolf"),
    "normal": VarSpec("monte_carlo_normal", lookback_days=DAYS, n_paths=1_000, simulation=SimulationSpec("antithetic")),
    "normal paths": VarSpec(
        "monte_carlo_normal", lookback_days=DAYS, n_paths=1_000, simulation=SimulationSpec(draws="factors")
    ),
    "t paths": VarSpec(
        "monte_carlo_t",
        lookback_days=DAYS,
        n_paths=1_000,
        degrees_of_freedom=4.0,
        simulation=SimulationSpec(draws="factors"),
    ),
}
KINDS = ("full", "singular", "nearly singular", "one asset", "fewer days than assets", "one that never moves")


def returns_of(kind: str, seed: int) -> np.ndarray:
    n = {"one asset": 1, "fewer days than assets": DAYS + 10}.get(kind, 4)
    moves = np.clip(np.random.default_rng(seed).standard_t(4, (DAYS, n)) * 0.01, -0.4, 0.4)
    if kind == "singular":
        moves[:, -1] = moves[:, 0] - moves[:, 1]
    elif kind == "nearly singular":
        moves[:, -1] = moves[:, 0] + 1e-9 * moves[:, 1]
    elif kind == "one that never moves":
        moves[:, 0] = 0.0
    return moves


def history_of(moves: np.ndarray) -> FactorHistory:
    factors = tuple(RiskFactor(f"S{i:03d}", "equity", "USD") for i in range(moves.shape[1]))
    levels = 50 * np.cumprod(np.vstack([np.ones(moves.shape[1]), 1 + moves]), axis=0)
    return FactorHistory(factors, np.datetime64("2020-01-01") + np.arange(len(levels)), levels)


def book_of(quantities: np.ndarray, cash: float = 0.0) -> Portfolio:
    held = [Position(Equity(f"S{i:03d}", "USD"), float(q)) for i, q in enumerate(quantities)]
    return Portfolio("made up", "USD", (*held, *([Position(Cash("USD"), cash)] if cash else [])))


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    method=st.sampled_from(list(METHODS)),
    seed=st.integers(0, 2**32 - 1),
    level=st.floats(0.51, 0.995),
    scale=st.floats(0.01, 100),
)
def test_axioms_on_any_book(kind, method, seed, level, scale) -> None:
    moves = returns_of(kind, seed)
    history, spec = history_of(moves), replace(METHODS[method], confidence_level=level)
    quantities = np.random.default_rng(seed + 1).normal(0, 100, moves.shape[1])
    book = book_of(quantities)
    result = portfolio_var(book, history, spec, threads=1)
    near = {"rel": 1e-7, "abs": 1e-7 * max(result.gross_value, 1e-9)}

    # the shortfall is no less than VaR, and both are made of their components
    assert result.expected_shortfall >= result.var - near["abs"]
    assert result.component_var.sum() == pytest.approx(result.var, **near)
    assert result.component_es.sum() == pytest.approx(result.expected_shortfall, **near)
    # homogeneity: twice the book, twice the risk
    larger = portfolio_var(book_of(quantities * scale), history, spec, threads=1)
    both = (scale * result.var, scale * result.expected_shortfall)
    assert (larger.var, larger.expected_shortfall) == pytest.approx(both, rel=1e-7, abs=scale * near["abs"])
    # translation: cash of the base currency adds value and no risk
    richer = portfolio_var(book_of(quantities, cash=1e6), history, spec, threads=1)
    assert (richer.var, richer.expected_shortfall) == pytest.approx((result.var, result.expected_shortfall), **near)
    # permutation: the order of the positions is nothing
    mixed = portfolio_var(replace(book, positions=book.positions[::-1]), history, spec, threads=1)
    assert (mixed.var, mixed.expected_shortfall) == pytest.approx((result.var, result.expected_shortfall), **near)
    # monotony in the level
    surer = portfolio_var(book, history, replace(spec, confidence_level=level + 0.004), threads=1)
    assert surer.var >= result.var - near["abs"]
    assert surer.expected_shortfall >= result.expected_shortfall - near["abs"]


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    method=st.sampled_from(["historical", "parametric", "normal paths", "t paths"]),
    seed=st.integers(0, 2**32 - 1),
    level=st.floats(0.51, 0.995),
)
def test_two_books_together_risk_no_more_than_apart(kind, method, seed, level) -> None:
    moves = returns_of(kind, seed)
    history, spec = history_of(moves), replace(METHODS[method], confidence_level=level)
    one, other = np.random.default_rng(seed + 1).normal(0, 100, (2, moves.shape[1]))
    apart = [portfolio_var(book_of(q), history, spec, threads=1).expected_shortfall for q in (one, other)]
    together = portfolio_var(book_of(one + other), history, spec, threads=1)
    assert together.expected_shortfall <= sum(apart) + 1e-7 * max(np.abs(one).sum() + np.abs(other).sum(), 1.0) * 50


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(1, 6),
    rank=st.integers(1, 6),
    squeeze=st.sampled_from([1.0, 1e-6, 1e-12, 0.0]),
    seed=st.integers(0, 2**32 - 1),
    level=st.floats(0.51, 0.999),
)
def test_a_covariance_of_any_rank_gives_one_variance_by_every_method(n, rank, squeeze, seed, level) -> None:
    """Given, singular or nearly so: the closed form is exact for it, and the simulated figures are near it."""
    rng = np.random.default_rng(seed)
    loadings = rng.normal(0, 0.01, (n, min(rank, n)))
    loadings[:, -1] *= squeeze
    matrix = loadings @ loadings.T
    history, quantities = history_of(np.zeros((2, n))), rng.normal(0, 100, n)
    given_one = CovarianceInput(history.names, matrix, "made up")
    book = book_of(quantities)
    exact = portfolio_var(book, history, VarSpec("parametric", level), covariance=given_one)
    worth = 50 * quantities
    deviation = np.sqrt(max(worth @ matrix @ worth, 0.0))
    assert exact.standard_deviation == pytest.approx(deviation, rel=1e-6, abs=1e-9 * np.abs(worth).sum())
    spec = VarSpec("monte_carlo_normal", level, n_paths=4_000, simulation=SimulationSpec(draws="factors"))
    simulated = portfolio_var(book, history, spec, covariance=given_one, threads=1)
    assert simulated.standard_deviation == pytest.approx(deviation, rel=0.08, abs=1e-9 * np.abs(worth).sum())
    assert simulated.var == pytest.approx(exact.var, abs=0.5 * deviation + 1e-9 * np.abs(worth).sum())
