"""A comparison is each method's own answer, with one set of choices."""

import numpy as np
import pytest

from riskkit.errors import MarketDataError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.var import VarSpec, compare_methods, portfolio_var

BOOK = Portfolio("book", "USD", (Position(Equity("AAA", "USD"), 10.0), Position(Equity("BBB", "USD"), -4.0)))
SPEC = VarSpec("parametric", 0.975, 10, 250, n_paths=1000, seed=7)


@pytest.fixture(scope="module")
def history():
    moves = np.random.default_rng(3).standard_t(5, (251, 2)) * 0.01
    factors = tuple(RiskFactor(name, "equity", "USD") for name in ("AAA", "BBB"))
    days = np.datetime64("2019-01-01") + np.arange(251)
    return FactorHistory(factors, days, 100 * np.exp(np.cumsum(moves, axis=0)))


def test_each_method_gives_what_it_gives_alone(history):
    result = compare_methods(BOOK, history, SPEC)
    for one in result.results:
        alone = portfolio_var(BOOK, history, VarSpec(one.spec.method, 0.975, 10, 250, n_paths=1000, seed=7))
        assert (one.var, one.expected_shortfall) == (alone.var, alone.expected_shortfall)
    assert result.as_of == history.last


def test_a_method_beyond_the_four_comes_in_addition(history):
    spec = VarSpec("monte_carlo_t_copula", lookback_days=250, n_paths=500)
    assert [one.spec.method for one in compare_methods(BOOK, history, spec).results][-1] == "monte_carlo_t_copula"


def test_metrics_are_by_method_and_tables_agree(history):
    result = compare_methods(BOOK, history, SPEC)
    found = {metric.labels["method"]: metric.value for metric in result.metrics() if metric.name == "var"}
    table = result.tables()["methods"]
    assert found == dict(zip(table["method"], table["var"], strict=True))
    assert table["var_standard_error"].isna().tolist() == [False, True, False, False]


def test_too_short_a_history_is_refused(history):
    with pytest.raises(MarketDataError):
        compare_methods(BOOK, history, VarSpec(lookback_days=300))
