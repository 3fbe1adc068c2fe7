"""Parametric laws and the quadratic book: closed forms, derivatives by size, and simulation."""

import numpy as np
import pytest

from riskkit.errors import MarketDataError
from riskkit.measures.cornish_fisher import cornish_fisher, moments
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk
from riskkit.portfolio import Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.var import CovarianceInput, ParametricSpec, SimulationSpec, VarSpec, portfolio_var

LAWS = [
    ParametricSpec("student_t"),
    ParametricSpec("cornish_fisher"),
    ParametricSpec(quadratic="normal"),
    ParametricSpec(quadratic="cornish_fisher"),
    ParametricSpec(quadratic="exact"),
]
each_law = pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{law.distribution}-{law.quadratic}")


@each_law
def test_components_are_derivatives_by_size(book, history, law) -> None:
    spec = VarSpec("parametric", degrees_of_freedom=5.0, parametric=law)
    result = portfolio_var(book, history, spec)
    assert result.components["component_var"].sum() == pytest.approx(result.var, rel=1e-12)
    assert result.components["component_es"].sum() == pytest.approx(result.expected_shortfall, rel=1e-12)
    assert result.expected_shortfall >= result.var > 0
    for i in range(len(book.positions)):
        figures = []
        for size in (1 + 1e-3, 1 - 1e-3):
            held = list(book.positions)
            held[i] = Position(held[i].instrument, size * held[i].quantity)
            figures.append(portfolio_var(Portfolio("bumped", "EUR", tuple(held)), history, spec))
        for name, figure in (("component_var", "var"), ("component_es", "expected_shortfall")):
            slope = (getattr(figures[0], figure) - getattr(figures[1], figure)) / 2e-3
            assert result.components[name][i] == pytest.approx(slope, rel=1e-3, abs=0.02)


@each_law
def test_by_factor_sums_with_nothing_left(book, history, law) -> None:
    result = portfolio_var(book, history, VarSpec("parametric", parametric=law))
    table = result.by_factor().set_index("factor")
    assert table["component_var"].sum() == pytest.approx(result.var, rel=1e-12)
    assert table["component_es"].sum() == pytest.approx(result.expected_shortfall, rel=1e-12)
    assert abs(table.loc["cross and residual", "component_var"]) < 1e-9 * result.var


def test_student_t_is_the_closed_form(book, history) -> None:
    spec = VarSpec("parametric", degrees_of_freedom=4.0, parametric=ParametricSpec("student_t"))
    result = portfolio_var(book, history, spec)
    sd = result.standard_deviation
    assert result.var == pytest.approx(student_value_at_risk(0.0, sd, 4.0, 0.99))
    assert result.expected_shortfall == pytest.approx(student_expected_shortfall(0.0, sd, 4.0, 0.99))
    fitted = portfolio_var(book, history, VarSpec("parametric", parametric=ParametricSpec("student_t")))
    assert any("fitted by maximum likelihood" in note for note in fitted.notes)


def test_cornish_fisher_is_the_expansion_of_the_linear_pnl(book, history) -> None:
    result = portfolio_var(book, history, VarSpec("parametric", parametric=ParametricSpec("cornish_fisher")))
    chosen = history.select(book.factors)
    found = moments(chosen.returns(500) @ Revaluer(book, chosen.snapshot()).exposure)
    direct = cornish_fisher(0.0, result.standard_deviation, found.skewness, found.excess_kurtosis, 0.99)
    assert (result.var, result.expected_shortfall) == pytest.approx((direct.value_at_risk, direct.expected_shortfall))
    given = CovarianceInput(book.factors, 1e-4 * np.eye(6), "made up")
    spec = VarSpec("parametric", parametric=ParametricSpec("cornish_fisher"))
    with pytest.raises(MarketDataError, match="history"):  # the moments need a past, the covariance does not
        portfolio_var(book, history.tail(1), spec, covariance=given)


def test_exact_is_what_the_simulation_tends_to(book, history) -> None:
    """The same quadratic book by Monte Carlo; its log factor's curvature makes the last digits differ."""
    exact = portfolio_var(book, history, VarSpec("parametric", parametric=ParametricSpec(quadratic="exact")))
    spec = VarSpec("monte_carlo_normal", revaluation="delta_gamma", n_paths=1_000_000)
    drawn = portfolio_var(book, history, spec)
    assert drawn.var == pytest.approx(exact.var, abs=4 * drawn.var_standard_error)
    assert drawn.expected_shortfall == pytest.approx(exact.expected_shortfall, abs=4 * drawn.es_standard_error)
    assert drawn.components["component_es"].to_numpy() == pytest.approx(exact.components["component_es"], abs=15)


def test_the_three_quadratic_forms_differ_as_they_should(book, history) -> None:
    short_gamma = Portfolio("short", "EUR", tuple(Position(p.instrument, -p.quantity) for p in book.positions[3:4]))
    figures = {}
    for how in ("normal", "cornish_fisher", "exact"):
        spec = VarSpec("parametric", 0.999, parametric=ParametricSpec(quadratic=how))
        figures[how] = portfolio_var(short_gamma, history, spec).var
    linear = portfolio_var(short_gamma, history, VarSpec("parametric", 0.999)).var
    assert figures["exact"] > linear  # a short option loses more than its delta says
    assert abs(figures["cornish_fisher"] / figures["exact"] - 1) < abs(figures["normal"] / figures["exact"] - 1)


def test_an_unsound_expansion_says_so(book, history) -> None:
    """A far out-of-the-money short option: strong curvature in one direction."""
    option = book.positions[3].instrument
    hedged = Portfolio("g", "USD", (Position(option, -50.0), Position(book.positions[0].instrument, -2040.0)))
    spec = VarSpec("parametric", 0.99, horizon_days=120, scaling="none", parametric=ParametricSpec(quadratic="normal"))
    assert any("not near normal" in note for note in portfolio_var(hedged, history, spec).notes)


@pytest.mark.parametrize("how", ["ledoit_wolf", "oas"])
def test_shrunk_covariances(book, history, how) -> None:
    result = portfolio_var(book, history, VarSpec("parametric", covariance=how))
    plain = portfolio_var(book, history, VarSpec("parametric"))
    assert result.var == pytest.approx(plain.var, rel=0.03)
    assert any("intensity" in note for note in result.notes)


def test_square_root_of_time_keeps_the_quadratic_day(book, history) -> None:
    law = ParametricSpec(quadratic="exact")
    day, ten = (portfolio_var(book, history, VarSpec("parametric", horizon_days=h, parametric=law)) for h in (1, 10))
    assert ten.var == pytest.approx(day.var * np.sqrt(10), rel=1e-12)
    whole = VarSpec("parametric", horizon_days=10, scaling="none", parametric=law)
    drawn = VarSpec("monte_carlo_normal", horizon_days=10, scaling="none", revaluation="delta_gamma",
                    n_paths=400_000, simulation=SimulationSpec("antithetic"))  # fmt: skip
    one, two = portfolio_var(book, history, whole), portfolio_var(book, history, drawn)
    assert two.var == pytest.approx(one.var, rel=0.015)
