"""Bad input of prices and parameters (families 21-50) at the engine: a typed error or a flagged result, never NaN.

Every id from 21 to 50 is tested in this folder (`test_families.py` counts them). Files, zones of time and what is after
today (30, 31) are the importer's business, in `test_prices.py`; YAML and addresses (49) are in `test_parameters.py`.
Where a row allows two outcomes, the one chosen is the test's own sentence.
"""

import dataclasses
import math
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, FactorSeries, RiskFactor, align
from riskkit.optimise import OptimiseSpec, optimise_portfolio
from riskkit.portfolio import Equity, Portfolio, Position, instrument_from_terms
from riskkit.scenarios import Shock, StressScenario
from riskkit.stress import stress_test
from riskkit.var import (
    CovarianceInput,
    EstimatorSpec,
    HistoricalSpec,
    ParametricSpec,
    SimulationSpec,
    VarSpec,
    incremental_var,
    liquidity_horizon_es,
    portfolio_var,
    stressed_var,
)

N = 300
SPECS = {
    "historical": VarSpec(lookback_days=N),
    "age": VarSpec(lookback_days=N, historical=HistoricalSpec("age")),
    "volatility": VarSpec(lookback_days=N, historical=HistoricalSpec("volatility")),
    "by portfolio": VarSpec(lookback_days=N, historical=HistoricalSpec("volatility", scope="portfolio")),
    "filtered": VarSpec(lookback_days=N, historical=HistoricalSpec("filtered")),
    "smoothed": VarSpec(lookback_days=N, estimators=EstimatorSpec("linear", "at_or_worse", 3)),
    "parametric": VarSpec("parametric", lookback_days=N),
    "shrunk": VarSpec("parametric", lookback_days=N, covariance="ledoit_wolf"),
    "ewma": VarSpec("parametric", lookback_days=N, covariance="ewma"),
    "student_t": VarSpec("parametric", lookback_days=N, parametric=ParametricSpec("student_t")),
    "cornish_fisher": VarSpec("parametric", lookback_days=N, parametric=ParametricSpec("cornish_fisher")),
    "quadratic": VarSpec("parametric", lookback_days=N, parametric=ParametricSpec(quadratic="exact")),
    "normal": VarSpec("monte_carlo_normal", lookback_days=N, n_paths=2_000),
    "paths": VarSpec("monte_carlo_t", lookback_days=N, n_paths=2_000, simulation=SimulationSpec("sobol", "factors")),
    "copula": VarSpec("monte_carlo_t_copula", lookback_days=N, n_paths=2_000),
}
each_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())


def made_up(returns: np.ndarray) -> FactorHistory:
    factors = tuple(RiskFactor(f"S{i}", "equity", "USD") for i in range(returns.shape[1]))
    levels = 100 * np.cumprod(np.vstack([np.ones(returns.shape[1]), 1 + returns]), axis=0)
    return FactorHistory(factors, np.datetime64("2018-01-01") + np.arange(len(levels)), levels)


def equally(n: int, quantity: float = 10.0) -> Portfolio:
    return Portfolio("equal", "USD", tuple(Position(Equity(f"S{i}", "USD"), quantity) for i in range(n)))


def noise(t: int, n: int) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.01, (t, n))


def sound(result) -> bool:
    """Every figure finite, every share in its sum."""
    figures = [result.var, result.expected_shortfall, result.standard_deviation, result.value]
    tables = (result.components[["value", "component_var", "component_es"]], result.by_factor().iloc[:, 2:])
    size = max(result.gross_value, 1e-9)
    return (
        bool(np.isfinite(figures).all())
        and all(bool(np.isfinite(table.to_numpy(float)).all()) for table in tables)
        and abs(result.components["component_var"].sum() - result.var) < 1e-9 * size
        and abs(result.components["component_es"].sum() - result.expected_shortfall) < 1e-9 * size
        and result.expected_shortfall >= result.var - 1e-9 * size
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_21_a_number_that_is_none(value) -> None:
    levels = np.full((10, 1), 100.0)
    levels[4] = value
    with pytest.raises(MarketDataError, match=r"S0.*finite level"):
        FactorHistory((RiskFactor("S0", "equity", "USD"),), np.datetime64("2020-01-01") + np.arange(10), levels)


def series(name: str, days: np.ndarray, kind: str = "equity") -> FactorSeries:
    return FactorSeries(RiskFactor(name, kind, "USD"), days, np.linspace(1, 2, len(days)))


def test_21_23_gaps_are_filled_and_counted_or_refused() -> None:
    days = np.datetime64("2020-01-01") + np.arange(100)
    short, long = np.delete(days, [50, 51]), np.delete(days, np.arange(30, 70))
    assert any("EURUSD" in note for note in align([series("A", days), series("EURUSD", short, "fx")]).notes)
    with pytest.raises(MarketDataError, match="EURUSD"):
        align([series("A", days), series("EURUSD", long, "fx")])


def test_22_a_column_of_nothing() -> None:
    with pytest.raises(MarketDataError, match="S0"):
        made_up(np.full((20, 1), np.nan))


@pytest.mark.parametrize("level", [0.0, -36.98])
def test_25_26_levels_at_and_below_zero(level) -> None:
    days = np.datetime64("2020-01-01") + np.arange(3)
    levels = np.array([[20.0], [level], [10.0]])
    with pytest.raises(MarketDataError, match="absolute"):
        FactorHistory((RiskFactor("WTI", "equity", "USD"),), days, levels)
    oil = FactorHistory((RiskFactor("WTI", "equity", "USD", "absolute"),), days, levels)
    book = Portfolio("oil", "USD", (Position(Equity("WTI", "USD"), 1.0),))
    result = portfolio_var(book, oil, VarSpec("historical", 0.6, lookback_days=2))
    assert result.var == pytest.approx(20 - level)


def test_24_a_price_that_falls_like_a_split_is_valued_and_flagged() -> None:
    """The importer refuses it; whoever brings series of their own is told, as it may have happened."""
    days = np.datetime64("2020-01-01") + np.arange(4)
    history = align([FactorSeries(RiskFactor("S0", "equity", "USD"), days, np.array([100.0, 101.0, 10.1, 10.2]))])
    result = portfolio_var(equally(1), history, VarSpec(lookback_days=3))
    assert any("S0: -90% on 2020-01-03; if that was a split" in note for note in result.notes)


@pytest.mark.parametrize("days", [["2020-01-02", "2020-01-01"], ["2020-01-01", "2020-01-01"], ["2020-01-01", "NaT"]])
def test_27_28_days_out_of_order(days) -> None:
    with pytest.raises(MarketDataError, match="increasing"):
        FactorHistory((RiskFactor("A", "equity", "USD"),), np.array(days, "datetime64[D]"), np.ones((2, 1)))


def test_29_times_with_an_offset_are_refused_mixed_or_not() -> None:
    naive, aware = datetime(2020, 1, 1), datetime(2020, 1, 2, tzinfo=UTC)
    for days in ([naive, aware], [aware, aware.replace(day=3)]):
        with pytest.raises(MarketDataError, match="without an offset"):
            FactorHistory((RiskFactor("S0", "equity", "USD"),), np.array(days), np.ones((2, 1)))
        with pytest.raises(MarketDataError, match="without an offset"):
            align([FactorSeries(RiskFactor("S0", "equity", "USD"), np.array(days), np.ones(2))])


def test_39_text_is_no_level_and_no_date() -> None:
    factor, days = RiskFactor("S0", "equity", "USD"), np.datetime64("2020-01-01") + np.arange(2)
    for levels in (np.array(["N/A", "1.2K"]), np.array([1.0, None]), np.array([True, False])):
        with pytest.raises(MarketDataError, match="levels that are numbers"):
            FactorHistory((factor,), days, levels[:, None])
        with pytest.raises(MarketDataError, match="levels that are numbers"):
            align([FactorSeries(factor, days, levels)])
    with pytest.raises(MarketDataError, match="dates such as"):
        FactorHistory((factor,), np.array(["yesterday", "today"]), np.ones((2, 1)))


@pytest.mark.parametrize("spec", [SPECS["historical"], SPECS["parametric"], SPECS["normal"]])
def test_40_every_answer_carries_the_day_it_is_of(spec) -> None:
    history = made_up(noise(N + 5, 1))
    earlier = history.upto(history.dates[-4].item())
    assert portfolio_var(equally(1), earlier, spec).as_of == earlier.last < history.last
    with pytest.raises(MarketDataError, match="as_of"):
        history.snapshot(date(2030, 1, 1))


@each_spec
def test_32_constant_series(spec) -> None:
    result = portfolio_var(equally(2), made_up(np.zeros((N, 2))), spec)
    assert sound(result)
    assert result.var == pytest.approx(0.0, abs=1e-9)
    mixed = noise(N, 2)
    mixed[:, 0] = 0.0
    assert sound(portfolio_var(equally(2), made_up(mixed), spec))


def test_32_ratios_of_a_constant_series_do_not_exist() -> None:
    table = portfolio_var(equally(1), made_up(np.zeros((N, 1))), SPECS["historical"]).performance()
    assert table.set_index("figure")["value"]["sharpe_ratio"] is None
    assert table.set_index("figure")["value"]["volatility"] == 0.0


@each_spec
def test_33_identical_columns(spec) -> None:
    assert sound(portfolio_var(equally(3), made_up(np.repeat(noise(N, 1), 3, axis=1)), spec))


@each_spec
def test_33_hedged_to_nothing(spec) -> None:
    """Long and short the same thing: singular, and zero in every figure but for rounding."""
    book = Portfolio("hedge", "USD", (Position(Equity("S0", "USD"), 10.0), Position(Equity("S1", "USD"), -10.0)))
    result = portfolio_var(book, made_up(np.repeat(noise(N, 1), 2, axis=1)), spec)
    assert sound(result)
    # shrinkage takes equal columns for nearly equal ones
    assert abs(result.var) < (5e-3 if spec.covariance == "ledoit_wolf" else 1e-3) * result.gross_value


@each_spec
def test_34_fewer_returns_than_factors(spec) -> None:
    short = dataclasses.replace(spec, lookback_days=30)
    if spec.historical.weighting == "filtered":
        with pytest.raises(InputError, match="lookback_days"):
            portfolio_var(equally(40), made_up(noise(30, 40)), short)
        return
    result = portfolio_var(equally(40), made_up(noise(30, 40)), short)
    assert sound(result)
    if spec.method in ("parametric", "monte_carlo_normal", "monte_carlo_t"):
        assert any("for 40 factors" in note for note in result.notes)


@each_spec
def test_35_one_asset(spec) -> None:
    assert sound(portfolio_var(equally(1), made_up(noise(N, 1)), spec))


@each_spec
def test_36_too_few(spec) -> None:
    for t in (0, 1, N - 1):
        with pytest.raises((MarketDataError, InputError)) as caught:
            portfolio_var(equally(1), made_up(noise(t, 1)), spec)
        assert caught.value.exit_code in (1, 2)
        assert "at least" in str(caught.value)


@pytest.mark.parametrize("spec", [SPECS["parametric"], SPECS["normal"], SPECS["paths"], SPECS["quadratic"]])
def test_37_a_correlation_above_one(spec) -> None:
    for correlation in (1.0000001, 1.2):
        given = CovarianceInput(("S0", "S1"), 1e-4 * np.array([[1, correlation], [correlation, 1]]), "typed in")
        result = portfolio_var(equally(2), made_up(noise(N, 2)), spec, covariance=given)
        assert sound(result)
        assert any("not positive semi-definite" in note for note in result.notes)
    for bad in ([[1, 2]], [[1, 0.5], [0.4, 1]], [[-1, 0], [0, 1]], [[math.nan, 0], [0, 1]], [[0, 0.1], [0.1, 1]]):
        with pytest.raises(InputError):
            CovarianceInput(("S0", "S1"), np.array(bad), "typed in")


def test_38_many_assets_are_refused_where_a_matrix_would_not_fit() -> None:
    n = 4_001
    factors = tuple(RiskFactor(f"S{i}", "equity", "USD") for i in range(n))
    history = FactorHistory(factors, np.datetime64("2020-01-01") + np.arange(11), np.full((11, n), 100.0))
    for method in ("parametric", "monte_carlo_normal", "monte_carlo_t_copula"):
        with pytest.raises(InputError, match="at most 4000 factors"):
            portfolio_var(equally(n), history, VarSpec(method, lookback_days=10))


PARAMETERS = {
    "confidence_level": [0, 1, -0.1, 1.5, 95, math.nan, "0.95", True],  # 41
    "horizon_days": [0, -1, 2.5, 10**9, True],  # 42
    "n_paths": [0, 10**12, True],  # 43
    "seed": [-1, 2**64, "x", True],  # 44
    "lookback_days": [0, -5, 1.5, True],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in PARAMETERS.items() for v in values])
def test_41_to_44_and_50(field, value) -> None:
    with pytest.raises(InputError) as caught:
        VarSpec(**{field: value})
    assert caught.value.field == field
    assert caught.value.exit_code == 2


def test_45_a_shock_takes_everything_and_no_more() -> None:
    history = made_up(noise(N, 2))
    for size in (-1.5, -1.0000001, math.nan, math.inf):
        with pytest.raises(InputError, match="size"):
            Shock("kind:equity", size, "relative")
    everything = StressScenario("end", "The end", "made up", shocks=(Shock("kind:equity", -1.0, "relative"),))
    (row,) = stress_test(equally(2), history, [everything]).rows
    assert row.pnl == pytest.approx(-portfolio_var(equally(2), history, SPECS["historical"]).value)
    too_far = StressScenario("owed", "Below zero", "made up", shocks=(Shock("S0", -1e6, "absolute"),))
    with pytest.raises(InputError, match="S0"):
        stress_test(equally(2), history, [too_far])


@pytest.mark.parametrize(
    ("field", "spec"),
    [
        ("target_return", OptimiseSpec("mean_variance", target_return=9.0, lookback_days=N)),
        ("max_weight", OptimiseSpec(max_weight=0.2, lookback_days=N)),
        ("min_weight", OptimiseSpec(min_weight=0.6, lookback_days=N)),
    ],
)
def test_46_an_optimum_that_cannot_be_is_said_to_be_infeasible(field, spec) -> None:
    with pytest.raises(InputError, match="infeasible") as caught:
        optimise_portfolio(equally(3), made_up(noise(N, 3)), spec)
    assert caught.value.field == field


def test_47_a_window_that_ends_before_it_starts() -> None:
    with pytest.raises(InputError, match="a start before its end"):
        StressScenario("back", "Backwards", "made up", window=(date(2020, 3, 1), date(2020, 2, 1)))


def test_48_an_unknown_field() -> None:
    for group in (VarSpec, HistoricalSpec, ParametricSpec, SimulationSpec, EstimatorSpec):
        with pytest.raises(TypeError, match="alpha"):
            group(alpha=1)


def test_49_terms_nested_a_thousandfold_are_refused_in_one_sentence() -> None:
    terms: dict = {}
    for _ in range(10_000):
        terms = {"type": terms}
    with pytest.raises(InputError, match="nested too deeply"):
        instrument_from_terms(terms)


@settings(max_examples=25, deadline=None)
@example(2, 0, "plain", "quadratic", 4e-127)
@example(2, 0, "plain", "cornish_fisher", 4e-127)
@example(2, 0, "tiny", "cornish_fisher", 1e-73)
@given(
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["plain", "twins", "still", "tiny", "huge"]),
    st.sampled_from([name for name in SPECS if name != "filtered"]),
    st.floats(-1e6, 1e6),
)
def test_any_book_gives_sound_figures(n, seed, shape, name, quantity) -> None:
    returns = np.random.default_rng(seed).standard_t(4, (N, n)) * 0.01
    returns = np.clip(returns, -0.5, 1.0)
    if shape == "twins":
        returns[:, -1] = returns[:, 0]
    elif shape == "still":
        returns[:, 0] = 0.0
    elif shape == "tiny":
        returns *= 1e-9
    elif shape == "huge":
        returns = np.clip(30 * returns, -0.6, 3.0)
        returns -= returns.mean(axis=0) * (returns.mean(axis=0) > 0)
    spec = SPECS[name]
    assert sound(portfolio_var(equally(n, quantity), made_up(returns), spec))


def test_the_other_analyses_refuse_as_typed_errors() -> None:
    history = made_up(noise(N, 1))
    stranger = [Position(Equity("NOBODY", "USD"), 1.0)]
    with pytest.raises(MarketDataError, match="NOBODY"):
        incremental_var(equally(1), history, stranger)
    with pytest.raises(MarketDataError, match="history"):
        stressed_var(equally(1), history, VarSpec(lookback_days=N + 1))
    with pytest.raises(InputError, match="liquidity_days"):
        liquidity_horizon_es(equally(1), history, {})
