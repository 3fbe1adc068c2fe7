"""Hull's four-index portfolio, through riskkit's own path: a Portfolio and the published matrices.

Source: John C. Hull, Risk Management and Financial Institutions, chapters on historical simulation and model building,
and the book's spreadsheet. $4m, 3m, 1m and 2m in DJIA, FTSE 100, CAC 40 and Nikkei 225 (thousands below), 500 daily
returns. The 501 levels are not here: the matrices are the printed ones, the six largest losses are the printed ones.
"""

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.measures import empirical
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.var import CovarianceInput, VarSpec, portfolio_var

INDICES = ("DJIA", "FTSE", "CAC", "NIKKEI")
HOLDINGS = (4000.0, 3000.0, 1000.0, 2000.0)
LOSSES = (477.841, 345.435, 282.204, 277.041, 253.385, 217.974)
POPULATION = 1e-5 * np.array(
    [
        [12.2707, 7.6812, 7.6671, -0.9475],
        [7.6812, 20.0995, 18.1743, 3.9364],
        [7.6671, 18.1743, 19.4960, 4.0700],
        [-0.9475, 3.9364, 4.0700, 19.0930],
    ]
)
EWMA = 1e-5 * np.array(
    [
        [48.0077, 43.0251, 42.5660, -3.9639],
        [43.0251, 103.1377, 96.3036, 20.9533],
        [42.5660, 96.3036, 95.3544, 16.8118],
        [-3.9639, 20.9533, 16.8118, 25.4109],
    ]
)


def book() -> Portfolio:
    positions = tuple(Position(Equity(name, "USD"), held) for name, held in zip(INDICES, HOLDINGS, strict=True))
    return Portfolio("four_indices", "USD", positions)


def levels_of_one() -> FactorHistory:
    factors = tuple(RiskFactor(name, "equity", "USD") for name in INDICES)
    return FactorHistory(factors, np.array(["2008-09-25"], "datetime64[D]"), np.ones((1, 4)))


def parametric(matrix: np.ndarray, convention: str):
    given = CovarianceInput(INDICES, matrix, convention)
    return portfolio_var(book(), levels_of_one(), VarSpec("parametric", 0.99), covariance=given)


def test_model_building_with_the_population_covariance() -> None:
    result = parametric(POPULATION, "population, equal weights")
    assert result.standard_deviation == pytest.approx(93.604663, abs=5e-4)
    assert result.var == pytest.approx(217.757, abs=1e-3)
    assert result.value == 10_000


def test_component_var_sums_to_it() -> None:
    result = parametric(POPULATION, "population, equal weights")
    assert list(result.components["position"]) == list(INDICES)
    # the matrix is printed to 1e-9, which moves a component by some 1e-3
    assert result.components["component_var"].to_numpy() == pytest.approx([77.440, 87.286, 28.041, 24.990], abs=2e-3)
    assert result.components["component_var"].sum() == pytest.approx(result.var, rel=1e-14)


def test_exponentially_weighted() -> None:
    result = parametric(EWMA, "exponentially weighted, decay 0.94")
    assert result.standard_deviation == pytest.approx(202.474109, abs=1e-3)
    assert result.var == pytest.approx(471.025, abs=2e-3)


def test_from_printed_volatilities_and_correlations() -> None:
    correlation = np.array(
        [
            [1, 0.4891, 0.4957, -0.0619],
            [0.4891, 1, 0.9181, 0.2009],
            [0.4957, 0.9181, 1, 0.2110],
            [-0.0619, 0.2009, 0.2110, 1],
        ]
    )
    vols = np.array([1.10773, 1.41773, 1.39628, 1.38178]) / 100
    given = CovarianceInput.from_correlation(INDICES, vols, correlation, "population")
    result = portfolio_var(book(), levels_of_one(), VarSpec("parametric"), covariance=given)
    assert result.var == pytest.approx(217.757, abs=0.01)


def test_monte_carlo_agrees_with_the_published_figure() -> None:
    given = CovarianceInput(INDICES, POPULATION, "population, equal weights")
    spec = VarSpec("monte_carlo_normal", 0.99, n_paths=400_000, seed=1)
    result = portfolio_var(book(), levels_of_one(), spec, covariance=given)
    assert result.var == pytest.approx(217.757, rel=0.01)


def test_ranked_losses() -> None:
    """The 494 losses that are not printed are made up, all smaller: they cannot matter."""
    losses = np.concatenate([np.linspace(-300, 217, 494), LOSSES])
    np.random.default_rng(0).shuffle(losses)
    assert empirical.value_at_risk(losses, 0.99) == 253.385
    assert empirical.expected_shortfall(losses, 0.99) == pytest.approx(327.181, abs=5e-4)


def test_ranked_losses_through_a_portfolio() -> None:
    """A book worth 10,000 in one index whose returns are those losses: the same figures from positions and history."""
    losses = np.concatenate([np.linspace(-300, 217, 494), LOSSES])
    np.random.default_rng(0).shuffle(losses)
    returns = -losses / 10_000
    levels = np.concatenate([[1.0], np.cumprod(1 + returns)])
    days = np.datetime64("2006-01-01") + np.arange(501)
    history = FactorHistory((RiskFactor("INDEX", "equity", "USD"),), days, levels[:, None])
    one = Portfolio("one", "USD", (Position(Equity("INDEX", "USD"), 10_000 / levels[-1]),))
    result = portfolio_var(one, history, VarSpec("historical", 0.99, lookback_days=500))
    assert result.var == pytest.approx(253.385, rel=1e-9)
    assert result.expected_shortfall == pytest.approx(327.181, abs=5e-4)
    assert result.n_scenarios == 500
