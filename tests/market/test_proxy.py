"""Proxies: a regression recovered, levels kept where there are any, the residual's variance kept, everything said."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, FactorSeries, RiskFactor, add_by_proxy, fit_proxy

FACTORS = (RiskFactor("INDEX", "equity", "USD"), RiskFactor("OIL", "equity", "USD"), RiskFactor("Y", "yield", "USD"))
SHORT = RiskFactor("NEW", "equity", "USD")
N, LATE = 2000, 1200


def long_history(seed: int = 1) -> FactorHistory:
    moves = np.random.default_rng(seed).standard_normal((N, 3)) * [0.01, 0.02, 0.0003]
    levels = np.column_stack([100 * np.cumprod(1 + moves[:, :2], axis=0), 0.03 + np.cumsum(moves[:, 2]) * 0.1])
    return FactorHistory(FACTORS, np.datetime64("2010-01-01") + np.arange(N), levels, ("made up",))


def newcomer(history: FactorHistory, noise: float, factor: RiskFactor = SHORT) -> tuple[FactorSeries, np.ndarray]:
    """All its returns, and its series from day `LATE` on: 0.8 of the index, 0.3 of oil, and noise."""
    returns = history.returns()[:, :2] @ [0.8, 0.3] + noise * np.random.default_rng(2).standard_normal(N - 1)
    levels = 50 * np.cumprod(np.concatenate([[1.0], 1 + returns]))
    return FactorSeries(factor, history.dates[LATE:], levels[LATE:]), levels


def test_without_noise_the_proxy_is_the_factor() -> None:
    history = long_history()
    series, levels = newcomer(history, 0.0)
    extended = add_by_proxy(history, series, ["INDEX", "OIL"])
    assert extended.levels[:, 3] == pytest.approx(levels, rel=1e-9)
    assert extended.names == ("INDEX", "OIL", "Y", "NEW")
    assert (extended.levels[:, :3] == history.levels).all()
    assert "R² 1.00" in extended.notes[-1]


def test_the_variance_is_kept_with_the_residuals_only() -> None:
    history = long_history()
    series, levels = newcomer(history, 0.015)
    own = np.diff(levels) / levels[:-1]
    drawn, bare = (add_by_proxy(history, series, ["INDEX", "OIL"], kind) for kind in ("bootstrap", "none"))
    for extended in (drawn, bare):
        assert (extended.levels[LATE:, 3] == series.levels).all()
    deviation = [one.returns()[: LATE - 1, 3].std() for one in (drawn, bare)]
    error = own.std() / np.sqrt(2 * LATE)
    assert deviation[0] == pytest.approx(own[: LATE - 1].std(), abs=6 * error)
    assert deviation[1] < 0.75 * deviation[0]
    assert "residuals (daily deviation 0.015) drawn from the common window, seed 20200316" in drawn.notes[-1]
    assert "calmer than the factor" in bare.notes[-1]
    again, other = (add_by_proxy(history, series, ["INDEX", "OIL"], seed=seed) for seed in (20200316, 3))
    assert (again.levels == drawn.levels).all()
    assert (other.levels != drawn.levels).any()


def test_slopes_within_their_standard_error() -> None:
    """Second method: the normal equations; and the truth lies within five standard errors."""
    history = long_history()
    series, _ = newcomer(history, 0.01)
    common = replace(history, factors=(*FACTORS, SHORT), dates=history.dates[LATE:],
                     levels=np.column_stack([history.levels[LATE:], series.levels]))  # fmt: skip
    proxy = fit_proxy(common, "NEW", ["INDEX", "OIL"])
    returns = common.returns()
    x, y = np.column_stack([np.ones(N - LATE - 1), returns[:, :2]]), returns[:, 3]
    assert [proxy.intercept, *proxy.slopes] == pytest.approx(np.linalg.solve(x.T @ x, x.T @ y))
    errors = 0.01 / np.array([0.01, 0.02]) / np.sqrt(N - LATE)
    assert (np.abs(proxy.slopes - [0.8, 0.3]) < 5 * errors).all()
    assert proxy.residuals.mean() == pytest.approx(0, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["relative", "log", "absolute"]), st.integers(1, 1800), st.floats(0, 0.01))
def test_any_start_and_return_type(kind, late, noise) -> None:
    history, factor = long_history(), RiskFactor("NEW", "equity", "USD", kind)
    _, levels = newcomer(history, noise)
    extended = add_by_proxy(history, FactorSeries(factor, history.dates[late:], levels[late:]), ["INDEX"])
    assert extended.levels.shape == (N, 4)
    assert (extended.levels[late:, 3] == levels[late:]).all()
    assert extended.notes[0] == "made up"
    assert f"its {late} earlier returns are a proxy" in extended.notes[-1]


def test_a_full_series_needs_none() -> None:
    history = long_history()
    _, levels = newcomer(history, 0.01)
    full = add_by_proxy(history, FactorSeries(SHORT, history.dates, levels), ["INDEX"])
    assert full.notes == ("made up",)
    holes = np.delete(np.arange(N), [100, 101])
    gaps = add_by_proxy(history, FactorSeries(SHORT, history.dates[holes], levels[holes]), ["INDEX"])
    assert gaps.levels[101, 3] == levels[99]
    assert gaps.notes[-1] == "NEW: 2 missing levels carried forward from the last one."


def test_a_share_with_holes_keeps_the_calendar_of_a_history_without_shares() -> None:
    history = long_history().select(["Y"])
    days = np.delete(np.arange(LATE, N), [50, 51])
    series = FactorSeries(SHORT, history.dates[days], np.linspace(50, 60, len(days)))
    extended = add_by_proxy(history, series, ["Y"])
    assert (extended.dates == history.dates).all()
    assert extended.levels[LATE + 51, 1] == series.levels[49]
    assert extended.factors[1] == SHORT
    assert "2 missing levels" in extended.notes[1]


def test_constant_or_repeated_regressors_do_not_fail() -> None:
    history = long_history()
    flat = replace(history, levels=np.column_stack([history.levels[:, :2], np.full(N, 0.03)]))
    series, _ = newcomer(history, 0.01)
    one = add_by_proxy(flat, series, ["INDEX", "Y"])
    assert np.isfinite(one.levels).all()


def test_refuses() -> None:
    history = long_history()
    series, levels = newcomer(history, 0.01)
    brief = FactorSeries(SHORT, history.dates[-40:], levels[-40:])
    with pytest.raises(MarketDataError, match="at least 60"):
        add_by_proxy(history, brief, ["INDEX"])
    with pytest.raises(MarketDataError, match="WTI"):
        add_by_proxy(history, series, ["WTI"])
    with pytest.raises(InputError, match="each once"):
        add_by_proxy(history, series, ["INDEX", "INDEX"])
    with pytest.raises(InputError, match="at least one factor"):
        add_by_proxy(history, series, [])
    with pytest.raises(InputError, match="does not have yet"):
        add_by_proxy(history, replace(series, factor=FACTORS[0]), ["OIL"])
    with pytest.raises(InputError, match="residuals"):
        add_by_proxy(history, series, ["INDEX"], "keep")
    with pytest.raises(MarketDataError, match="no level between"):
        add_by_proxy(history, replace(series, dates=series.dates + 9000), ["INDEX"])
    volatility = RiskFactor("NEW", "volatility", "USD")
    falling = FactorSeries(volatility, history.dates[LATE:], np.linspace(0.01, 0.9, N - LATE))
    with pytest.raises(MarketDataError, match="above zero"):
        add_by_proxy(history, falling, ["INDEX"])
