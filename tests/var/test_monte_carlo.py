"""Monte Carlo in all its samplings: threads, errors, the direct draw of a linear book, the copula."""

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.measures import normal
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.var import CovarianceInput, EstimatorSpec, SimulationSpec, VarSpec, portfolio_var

METHODS = ("monte_carlo_normal", "monte_carlo_t", "monte_carlo_t_copula")
SAMPLINGS = ("pseudo", "antithetic", "sobol")


@pytest.fixture(scope="module")
def linear() -> Portfolio:
    """US shares and euro cash in dollars: every P&L is a weighted sum of relative moves."""
    return Portfolio("linear", "USD", (Position(Equity("ABC", "USD"), 300.0), Position(Cash("EUR"), -9_000.0)))


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("method", METHODS)
def test_any_number_of_threads(book, history, method, sampling) -> None:
    spec = VarSpec(method, n_paths=100_000, degrees_of_freedom=5.0, simulation=SimulationSpec(sampling))
    results = [portfolio_var(book, history, spec, threads=t) for t in (1, 2, 5)]
    for other in results[1:]:
        assert np.array_equal(other.pnl, results[0].pnl)
        assert other.components.equals(results[0].components)
        assert other.notes == results[0].notes
    assert results[0].components["component_var"].sum() == pytest.approx(results[0].var, rel=1e-12)
    assert results[0].components["component_es"].sum() == pytest.approx(results[0].expected_shortfall, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_samplings_agree_within_their_errors(book, history, method) -> None:
    found = [
        portfolio_var(book, history, VarSpec(method, 0.95, degrees_of_freedom=5.0, simulation=SimulationSpec(s)))
        for s in SAMPLINGS
    ]
    reference, sobol = found[0], found[2]
    for other in found[1:]:
        error = np.hypot(reference.var_standard_error, other.var_standard_error)
        assert abs(other.var - reference.var) < 4 * error
        error = np.hypot(reference.es_standard_error, other.es_standard_error)
        assert abs(other.expected_shortfall - reference.expected_shortfall) < 4 * error
    assert sobol.var_standard_error < reference.var_standard_error
    low, high = reference.confidence_interval
    assert low < reference.var < high


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("method", METHODS[:2])
def test_a_linear_book_is_drawn_directly_and_says_so(linear, history, method, sampling) -> None:
    def run(draws: str):
        simulation = SimulationSpec(sampling, draws)
        return portfolio_var(linear, history, VarSpec(method, degrees_of_freedom=5.0, simulation=simulation))

    direct, paths = run("auto"), run("factors")
    assert any("The book is linear" in note for note in direct.notes)
    assert not any("The book is linear" in note for note in paths.notes)
    error = np.hypot(direct.var_standard_error, paths.var_standard_error)
    assert abs(direct.var - paths.var) < 5 * error
    error = np.hypot(direct.es_standard_error, paths.es_standard_error)
    assert abs(direct.expected_shortfall - paths.expected_shortfall) < 5 * error
    sd = portfolio_var(linear, history, VarSpec("parametric")).standard_deviation
    if method == "monte_carlo_normal":
        closed = normal.value_at_risk(sd, 0.99), normal.expected_shortfall(sd, 0.99)
    else:
        closed = student_value_at_risk(0, sd, 5.0, 0.99), student_expected_shortfall(0, sd, 5.0, 0.99)
    assert abs(direct.var - closed[0]) < 5 * direct.var_standard_error
    assert abs(direct.expected_shortfall - closed[1]) < 5 * direct.es_standard_error
    exact = portfolio_var(linear, history, VarSpec("parametric")).components["component_var"]
    shares = direct.components["component_var"] / direct.var
    assert shares.to_numpy() == pytest.approx(exact / exact.sum(), rel=1e-9)
    assert direct.by_factor()["component_es"].sum() == pytest.approx(direct.expected_shortfall, rel=1e-12)


def test_which_books_are_not_linear(book, stocks, history) -> None:
    log = Portfolio("yen", "USD", (Position(Cash("JPY"), 1e6),))
    for other in (book, stocks, log):  # an option; a foreign share, whose price and rate multiply; a log factor
        result = portfolio_var(other, history, VarSpec("monte_carlo_normal", n_paths=1_000))
        assert not any("The book is linear" in note for note in result.notes)
    one = Portfolio("one", "USD", (Position(Equity("ABC", "USD"), 1.0),))
    wild = VarSpec("monte_carlo_normal", horizon_days=250, scaling="none", n_paths=1_000)
    assert not any("The book is linear" in note for note in portfolio_var(one, history, wild).notes)  # floor in reach


def test_horizon_of_a_direct_draw(linear, history) -> None:
    day, four = (portfolio_var(linear, history, VarSpec("monte_carlo_normal", horizon_days=h)) for h in (1, 4))
    assert four.var == pytest.approx(day.var * 2, rel=1e-12)
    whole = portfolio_var(linear, history, VarSpec("monte_carlo_normal", horizon_days=4, scaling="none"))
    assert whole.var == pytest.approx(four.var, rel=1e-12)


def test_the_copula_stays_within_the_past(book, history) -> None:
    one = Portfolio("one", "USD", (Position(Equity("ABC", "USD"), 1.0),))
    result = portfolio_var(one, history, VarSpec("monte_carlo_t_copula", n_paths=50_000))
    past = portfolio_var(one, history, VarSpec("historical"))
    assert result.pnl.min() == pytest.approx(past.pnl.min())
    assert result.var == pytest.approx(past.var, rel=0.1)
    fitted = portfolio_var(book, history, VarSpec("monte_carlo_t_copula", n_paths=1_000))
    assert any("degrees of freedom (fitted" in note for note in fitted.notes)
    given = CovarianceInput(book.factors, np.eye(6), "made up")
    with pytest.raises(InputError, match="monte_carlo_t_copula method uses no covariance"):
        portfolio_var(book, history, VarSpec("monte_carlo_t_copula"), covariance=given)


def test_ties_at_the_edge_of_the_tail(history) -> None:
    """A book of floored shares: most losses in the tail are equal, and the components still sum."""
    one = Portfolio("one", "USD", (Position(Equity("ABC", "USD"), 1.0),))
    for tail in ("acerbi_tasche", "at_or_worse"):
        spec = VarSpec("monte_carlo_t", 0.95, horizon_days=250, scaling="none", n_paths=60_000, degrees_of_freedom=2.1,
                       simulation=SimulationSpec("antithetic", "factors"), estimators=EstimatorSpec(tail=tail),
                       lookback_days=400)  # fmt: skip
        results = [portfolio_var(one, history, spec, threads=t) for t in (1, 3)]
        assert results[0].components.equals(results[1].components)
        assert results[0].components["component_es"].sum() == pytest.approx(results[0].expected_shortfall)


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, 10_000])
def test_refuses_threads(linear, history, threads) -> None:
    with pytest.raises(InputError, match="threads"):
        portfolio_var(linear, history, VarSpec(), threads=threads)
