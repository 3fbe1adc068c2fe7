"""Component VaR of drawn paths is a conditional expectation near the VaR, not one path's chance."""

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.var import EstimatorSpec, HistoricalSpec, ParametricSpec, SimulationSpec, VarSpec, portfolio_var
from riskkit.var.figures import smoothing_of

NAMES = tuple(f"S{i:02d}" for i in range(12))


@pytest.fixture(scope="module")
def past() -> FactorHistory:
    rng = np.random.default_rng(3)
    moves = rng.normal(0, 0.01, (600, 1)) + rng.standard_t(5, (600, len(NAMES))) * 0.012
    days = np.busday_offset("2018-01-02", np.arange(600), roll="forward")
    return FactorHistory(tuple(RiskFactor(n, "equity", "USD") for n in NAMES), days, 100 * np.exp(np.cumsum(moves, 0)))


@pytest.fixture(scope="module")
def hedged(past) -> Portfolio:
    quantities = np.where(np.arange(len(NAMES)) % 3, 1e6, -1e6) / past.levels[-1]
    pairs = zip(NAMES, quantities.tolist(), strict=True)
    return Portfolio("team/hedged", "USD", tuple(Position(Equity(n, "USD"), q) for n, q in pairs))


def test_shares_of_drawn_paths_are_those_of_the_law(past, hedged) -> None:
    """Against the exact Euler shares of the elliptical law; one scenario alone is off by more than a tenth of VaR."""
    law = {"degrees_of_freedom": 5.0}
    exact = portfolio_var(hedged, past, VarSpec("parametric", parametric=ParametricSpec("student_t"), **law))
    off = {}
    for smoothing in (None, 0):
        named = {"simulation": SimulationSpec(draws="factors"), "estimators": EstimatorSpec(smoothing=smoothing)}
        drawn = portfolio_var(hedged, past, VarSpec("monte_carlo_t", **law, **named))
        assert drawn.component_var.sum() == pytest.approx(drawn.var, rel=1e-12)
        assert any("Component VaR is the mean over" in note for note in drawn.notes) == (smoothing is None)
        off[smoothing] = np.abs(drawn.component_var / drawn.var - exact.component_var / exact.var).max()
    assert off[None] < 0.03
    assert off[0] > 0.1


@pytest.mark.parametrize(
    ("spec", "smoothing"),
    [(VarSpec("monte_carlo_normal"), 100), (VarSpec("monte_carlo_t", 0.95), 100), (VarSpec("historical"), 0),
     (VarSpec(historical=HistoricalSpec("filtered")), 0),
     (VarSpec(historical=HistoricalSpec("filtered"), horizon_days=5, scaling="none"), 100),
     (VarSpec("monte_carlo_t", estimators=EstimatorSpec(smoothing=7)), 7),
     (VarSpec("historical", estimators=EstimatorSpec(smoothing=0)), 0)],
)  # fmt: skip
def test_past_days_are_not_smoothed_unless_asked(spec, smoothing) -> None:
    assert smoothing_of(100_000, spec) == smoothing


def test_a_small_tail_is_smoothed_by_a_fifth_of_it() -> None:
    assert [smoothing_of(n, VarSpec("monte_carlo_normal")) for n in (100, 2_000, 20_000, 1_000_000)] == [0, 4, 40, 100]
