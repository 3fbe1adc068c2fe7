import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.measures import empirical
from riskkit.optimise import OptimiseSpec
from riskkit.optimise.solver import TRADING_DAYS, optimal_weights

GENERATOR = np.random.default_rng(0)
MIXING = np.array([[1.0, 0.3, 0.2], [0.0, 1.5, 0.4], [0.0, 0.0, 0.8]])
RETURNS = GENERATOR.standard_normal((400, 3)) @ MIXING * 0.01 + [0.0006, 0.0002, 0.0004]
EVEN = np.full(3, 1 / 3)


def solve(objective="minimum_cvar", previous=EVEN, groups=None, **limits):
    return optimal_weights(RETURNS, OptimiseSpec(objective, 0.95, 400, **limits), previous, groups or {})


def test_minimum_variance_is_the_closed_form():
    covariance = np.cov(RETURNS.T)
    closed = np.linalg.solve(covariance, np.ones(3))
    assert solve("mean_variance", min_weight=-1.0, max_weight=2.0) == pytest.approx(closed / closed.sum(), abs=1e-4)


def test_minimum_cvar_is_below_a_fine_grid():
    grid = [np.array([a, b, 1 - a - b]) for a in np.linspace(0, 1, 41) for b in np.linspace(0, 1 - a, 41)]
    best = min(empirical.expected_shortfall(-RETURNS @ w, 0.95) for w in grid)
    assert empirical.expected_shortfall(-RETURNS @ solve(), 0.95) <= best + 1e-7


def test_risk_budgets_are_equal():
    weights = solve("risk_budgeting")
    shares = weights * (np.cov(RETURNS.T) @ weights)
    assert shares / shares.sum() == pytest.approx(EVEN, abs=1e-3)


def test_two_clustered_positions_are_inverse_to_variance():
    pair = RETURNS[:, :2]
    weights = optimal_weights(pair, OptimiseSpec("hierarchical_risk_parity", lookback_days=400), EVEN[:2], {})
    assert weights == pytest.approx((1 / pair.var(axis=0)) / (1 / pair.var(axis=0)).sum(), abs=1e-3)


@pytest.mark.parametrize("objective", ["minimum_cvar", "mean_variance", "risk_budgeting", "hierarchical_risk_parity"])
def test_bounds_hold(objective):
    weights = solve(objective, min_weight=0.2, max_weight=0.45)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0.2 - 1e-4
    assert weights.max() <= 0.45 + 1e-4


def test_turnover_groups_and_target_hold():
    previous = np.array([0.0, 1.0, 0.0])
    assert np.abs(solve(previous=previous, max_turnover=0.1) - previous).sum() / 2 <= 0.1 + 1e-4
    groups = {"tech": [0, 2], "oil": [1]}
    assert solve(groups=groups, group_by="sector", max_group_weight=0.6)[[0, 2]].sum() <= 0.6 + 1e-4
    target = float(RETURNS.mean(axis=0).max()) * TRADING_DAYS * 0.95
    assert RETURNS.mean(axis=0) @ solve("mean_variance", target_return=target) * TRADING_DAYS >= target - 1e-4


@pytest.mark.parametrize(
    ("objective", "limits", "field"),
    [
        ("minimum_cvar", {"max_weight": 0.3}, "max_weight"),
        ("minimum_cvar", {"min_weight": 0.4}, "min_weight"),
        ("mean_variance", {"target_return": 5.0}, "target_return"),
        ("minimum_cvar", {"group_by": "sector", "max_group_weight": 0.4}, "max_group_weight"),
        ("minimum_cvar", {"max_weight": 0.5, "max_turnover": 0.1}, "max_turnover"),
    ],
)
def test_what_cannot_be_met_says_which_limit(objective, limits, field):
    groups = {"tech": [0, 2], "oil": [1]}
    with pytest.raises(InputError, match="infeasible") as caught:
        solve(objective, np.array([0.0, 1.0, 0.0]), groups, **limits)
    assert caught.value.field == field


def test_two_limits_that_each_forbid_it_are_said_together():
    with pytest.raises(InputError, match="together") as caught:
        solve("mean_variance", np.array([0.0, 1.0, 0.0]), target_return=5.0, max_turnover=0.1, max_weight=0.5)
    assert caught.value.field == "objective"


def test_one_position_equal_columns_and_fewer_days_than_positions():
    assert optimal_weights(RETURNS[:, :1], OptimiseSpec(), np.ones(1), {}).tolist() == [1.0]
    twins = np.repeat(RETURNS[:, :1], 2, axis=1)
    assert optimal_weights(twins, OptimiseSpec("mean_variance"), EVEN[:2], {}).sum() == pytest.approx(1)
    wide = GENERATOR.standard_normal((20, 40)) * 0.01
    for objective in ("mean_variance", "minimum_cvar", "hierarchical_risk_parity"):
        weights = optimal_weights(wide, OptimiseSpec(objective, lookback_days=20), np.full(40, 1 / 40), {})
        assert np.isfinite(weights).all()
        assert weights.sum() == pytest.approx(1)
