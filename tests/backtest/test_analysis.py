"""rolling_backtest: counted by hand, no look-ahead, equal to portfolio_var day by day, and right on a known law."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.backtest import BacktestSpec, DatedBook, rolling_backtest
from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.measures import coverage
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.var import EstimatorSpec, HistoricalSpec, ParametricSpec, portfolio_var

METHODS = ("historical", "parametric", "monte_carlo_normal", "monte_carlo_t")
STOCK = RiskFactor("ABC", "equity", "USD")


def prices(returns: np.ndarray, start: float = 100.0) -> FactorHistory:
    levels = start * np.cumprod(np.concatenate([[1.0], 1 + returns]))
    return FactorHistory((STOCK,), np.datetime64("2020-01-01") + np.arange(len(levels)), levels[:, None])


def shares(quantity: float) -> Portfolio:
    return Portfolio("b", "USD", (Position(Equity("ABC", "USD"), quantity),))


def short(method: str = "historical", **changes: object) -> BacktestSpec:
    settings = {"lookback_days": 60, "backtest_days": 40, "n_paths": 500} | changes
    return BacktestSpec(method, 0.95, **settings)


def test_by_hand() -> None:
    """Two-day windows at 60 %: 0.8 losses in the tail, so VaR and ES are the worse of the last two returns."""
    returns = np.array([-0.01, 0.02, -0.02, 0.01, -0.01, 0.005, -0.03, 0.01, 0.01, -0.005, 0.02, -0.02])
    history = prices(returns)
    result = rolling_backtest(shares(1.0), history, BacktestSpec("historical", 0.6, lookback_days=2, backtest_days=10))
    before = history.levels[2:-1, 0]
    worst = np.minimum(returns[1:-1], returns[:-2])
    assert result.pnl == pytest.approx(before * returns[2:])
    assert result.var == pytest.approx(-worst * before)
    assert result.expected_shortfall == pytest.approx(result.var)
    # -2 % after (-1 %, 2 %), -3 % after (-1 %, 0.5 %), -0.5 % after two gains, -2 % after (-0.5 %, 2 %)
    assert np.flatnonzero(result.exceptions).tolist() == [0, 4, 7, 9]
    assert result.dates.tolist() == history.dates[3:].tolist()
    assert result.forecast_dates.tolist() == history.dates[2:-1].tolist()
    assert (result.n_exceptions, result.expected_exceptions) == (4, pytest.approx(4.0))


@pytest.mark.parametrize("method", METHODS)
def test_a_day_is_the_report_of_that_day(book, history, method) -> None:
    """Second method: portfolio_var of the history cut at the day, and a revaluation of the day's move."""
    result = rolling_backtest(book, history, short(method))
    for i in (0, 17, 39):
        day = result.forecast_dates[i].item()
        known = history.upto(day)
        alone = portfolio_var(book, known, result.spec.var_spec())
        assert result.var[i] == pytest.approx(alone.var, rel=1e-10)
        assert result.expected_shortfall[i] == pytest.approx(alone.expected_shortfall, rel=1e-10)
        row = int(np.searchsorted(history.dates, result.forecast_dates[i]))
        move = history.levels[row + 1] - history.levels[row]
        assert result.pnl[i] == pytest.approx(Revaluer(book, known.snapshot()).pnl(move[None, :])[0], rel=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_the_future_changes_no_forecast(book, history, method) -> None:
    """All levels after a day become others: every forecast up to that day stays the same to the last bit."""
    day = len(history.dates) - 20
    levels = history.levels.copy()
    levels[day + 1 :] *= np.random.default_rng(3).uniform(0.5, 2.0, levels[day + 1 :].shape)
    original = rolling_backtest(book, history, short(method))
    changed = rolling_backtest(book, replace(history, levels=levels), short(method))
    same = original.forecast_dates <= history.dates[day]
    assert same.sum() == 40 - 18
    for name in ("var", "expected_shortfall"):
        assert (getattr(original, name)[same] == getattr(changed, name)[same]).all()
        assert (getattr(original, name)[~same] != getattr(changed, name)[~same]).any()
    assert (original.pnl[same][:-1] == changed.pnl[same][:-1]).all()


REFINED = {
    "age": BacktestSpec("historical", historical=HistoricalSpec("age")),
    "volatility": BacktestSpec("historical", historical=HistoricalSpec("volatility")),
    "linear quantile": BacktestSpec("historical", estimators=EstimatorSpec(quantile="linear")),
    "cornish_fisher": BacktestSpec("parametric", parametric=ParametricSpec("cornish_fisher")),
    "student": BacktestSpec("parametric", parametric=ParametricSpec("student_t"), degrees_of_freedom=5),
    "copula": BacktestSpec("monte_carlo_t_copula", degrees_of_freedom=5),
}


@pytest.mark.parametrize("name", REFINED)
def test_every_refinement_is_the_report_of_the_day(book, history, name) -> None:
    spec = replace(REFINED[name], confidence_level=0.95, lookback_days=100, backtest_days=15, n_paths=500)
    result = rolling_backtest(book, history, spec)
    for i in (0, 14):
        alone = portfolio_var(book, history.upto(result.forecast_dates[i].item()), spec.var_spec())
        assert result.var[i] == pytest.approx(alone.var, rel=1e-10)
        assert result.expected_shortfall[i] == pytest.approx(alone.expected_shortfall, rel=1e-10)
    assert (result.transforms is None) == (name == "cornish_fisher")
    beyond = result.exceptions
    if result.transforms is not None and beyond.any():
        assert result.transforms[beyond].max() < 0.1


def test_threads_change_nothing(book, history) -> None:
    spec = short("monte_carlo_t", backtest_days=10)
    one, two = (rolling_backtest(book, history, spec, workers=n) for n in (1, 2))
    assert (one.var == two.var).all()
    assert one.verdicts == two.verdicts


@pytest.mark.parametrize("method", ["historical", "parametric"])
def test_progress_counts_every_day(book, history, method) -> None:
    seen: list[tuple[int, int]] = []
    rolling_backtest(book, history, short(method), progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (40, 40)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_the_book_as_it_was(history) -> None:
    """Ten shares, then none: the VaR scales with the book of the day, and the later days have no risk."""
    few, many = shares(10.0), shares(30.0)
    turn = history.dates[-11].item()
    dated = [DatedBook(turn, many), DatedBook(date(2019, 1, 1), few)]
    result = rolling_backtest(dated, history, short(backtest_days=20))
    fixed = rolling_backtest(few, history, short(backtest_days=20))
    times = np.where(result.forecast_dates < history.dates[-11], 1.0, 3.0)
    assert times.tolist() == [1.0] * 10 + [3.0] * 10
    for name in ("var", "expected_shortfall", "pnl"):
        assert getattr(result, name) == pytest.approx(times * getattr(fixed, name))
    assert result.portfolio is many
    assert "2 books" in result.notes[0]
    assert result.exceptions.tolist() == fixed.exceptions.tolist()


def test_horizons_do_not_overlap(history) -> None:
    book = shares(10.0)
    result = rolling_backtest(book, history, short(horizon_days=5, scaling="none"))
    assert len(result.pnl) == 8
    assert (np.diff(result.dates) == np.timedelta64(5, "D")).all()
    assert (result.dates - result.forecast_dates == np.timedelta64(5, "D")).all()
    alone = portfolio_var(book, history.upto(result.forecast_dates[-1].item()), result.spec.var_spec())
    assert result.var[-1] == pytest.approx(alone.var)
    level = history.levels[:, 0]
    assert result.pnl[-1] == pytest.approx(10 * (level[-1] - level[-6]))


def test_a_right_model_is_kept_and_a_wrong_one_rejected() -> None:
    """Normal returns of 1 % a day: the normal VaR has its 1 %; the law at a third of its size is found out."""
    rng = np.random.default_rng(8)
    calm = rng.normal(0, 0.01, 1100)
    spec = BacktestSpec("parametric", 0.99, lookback_days=500, backtest_days=599)
    right = rolling_backtest(shares(1.0), prices(calm), spec)
    assert right.zone == "green"
    assert not any(verdict.rejects for verdict in right.verdicts)
    assert right.transforms is not None
    assert right.transforms.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / 599))
    wrong = rolling_backtest(shares(1.0), prices(np.concatenate([calm[:501], 3 * calm[501:751]])),
                             replace(spec, backtest_days=250))  # fmt: skip
    assert wrong.zone == "red"
    rejected = {verdict.test for verdict in wrong.verdicts if verdict.rejects}
    assert {"kupiec_pof", "christoffersen_coverage", "acerbi_szekely_z2", "acerbi_szekely_z3"} <= rejected


def test_zone_is_basels(history) -> None:
    result = rolling_backtest(shares(1.0), history, BacktestSpec(lookback_days=50, backtest_days=200))
    assert result.light == coverage.traffic_light(result.n_exceptions, 200, 0.99)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 1e4), st.booleans())
def test_size_and_side(history, size, sold) -> None:
    """Homogeneous in the size of the book; and a sold book's P&L is the bought one's with its sign turned."""
    one, many = rolling_backtest(shares(1.0), history, short()), rolling_backtest(shares(size), history, short())
    assert many.var == pytest.approx(size * one.var)
    assert many.exceptions.tolist() == one.exceptions.tolist()
    assert (many.expected_shortfall >= many.var * (1 - 1e-12)).all()
    if sold:
        assert rolling_backtest(shares(-size), history, short()).pnl == pytest.approx(-many.pnl)


def test_an_empty_book(history) -> None:
    for book in (Portfolio("e", "USD", ()), Portfolio("c", "USD", (Position(Cash("USD"), 10.0),))):
        result = rolling_backtest(book, history, short())
        assert not result.var.any()
        assert result.n_exceptions == 0
        assert all(np.isfinite(metric.value) for metric in result.metrics())


def test_refuses(book, history) -> None:
    with pytest.raises(MarketDataError, match="at least 300: 260"):
        rolling_backtest(book, history, short(lookback_days=260))
    with pytest.raises(InputError, match="workers"):
        rolling_backtest(book, history, short(), workers=0)
    expired = EuropeanOption("old", "USD", "ABC", "ABC.vol", 48.0, history.dates[-3].item(), "put")
    for spec in (short(), short("parametric")):
        with pytest.raises(InputError, match="expired"):
            rolling_backtest(Portfolio("o", "USD", (Position(expired, 1.0),)), history, spec)
    with pytest.raises(InputError, match=f"forecast of {history.dates[-2]}"):
        rolling_backtest(Portfolio("o", "USD", (Position(expired, 1.0),)), history, short("parametric"))
    late = [DatedBook(history.last - timedelta(days=3), book)]
    with pytest.raises(InputError, match="first forecast"):
        rolling_backtest(late, history, short())
