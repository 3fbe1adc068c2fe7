"""The distribution draws what the result holds, and its labels cannot meet."""

import numpy as np
import pytest
from scipy.stats import t as student_t

from riskkit import charts
from riskkit.market import FactorHistory
from riskkit.var import EstimatorSpec, HistoricalSpec, ParametricSpec
from riskkit.widgets.figures import named


def models(result):
    return named(charts.pnl_distribution(result).figure)


def test_the_worst_k_are_red_and_marked(var_of):
    result = var_of(confidence_level=0.99)
    drawn = models(result)
    bars = drawn["bars"].data
    assert sum(bars["top"]) == 250
    assert sum(bars["calm"]) == 3
    unit = -result.var / drawn["lines"].data["x"][0]
    np.testing.assert_allclose(sorted(np.array(drawn["tail"].data["x"]) * unit), np.sort(result.pnl)[:3])
    assert all(text.startswith("\u2212") for text in drawn["tail"].data["pnl"])


def test_the_lines_stand_at_var_and_expected_shortfall(any_result):
    lines = models(any_result)["lines"].data
    assert lines["x"][1] / lines["x"][0] == pytest.approx(any_result.expected_shortfall / any_result.var)
    assert "VaR 95" in lines["text"][0]


def test_labels_are_in_rows_of_their_own_and_never_cross_a_line(any_result):
    """The outer line is the taller: its label runs over the top of the inner one."""
    drawn = models(any_result)
    x, top = drawn["lines"].data["x"], drawn["lines"].data["top"]
    assert x[1] <= x[0]
    assert top[1] > 1.1 * top[0] > 1.1 * max([*drawn["bars"].data["top"], *drawn["density"].data["y"]])
    assert drawn["x_range"].start < min(x)
    assert max(x) < drawn["x_range"].end
    assert drawn["y_range"].end > max(top)


def test_where_the_quantile_is_a_gain_labels_run_to_the_left(var_of, make_history, make_book):
    """A book that only ever gained: the VaR is negative and lies in the right half."""
    rising = make_history()
    levels = 100 * 1.002 ** np.arange(len(rising.dates))[:, None] * np.ones(len(rising.factors))
    result = var_of(past=FactorHistory(rising.factors, rising.dates, levels))
    assert set(models(result)["lines"].data["align"]) <= {"left", "right"}
    assert result.var < 0


def test_the_parametric_method_shows_its_density_and_no_bars(var_of):
    drawn = models(var_of(method="parametric"))
    assert len(drawn["bars"].data["top"]) == 0
    density = drawn["density"].data
    assert 0 < np.count_nonzero(density["tail"]) < len(density["tail"])
    assert models(var_of())["density"].data["x"] == []


def test_every_method_draws_the_same_named_models(var_of):
    methods = ["historical", "parametric", "monte_carlo_normal", "monte_carlo_t"]
    assert len({frozenset(models(var_of(method=method))) for method in methods}) == 1


def test_extremes_are_gathered_labelled_and_said(var_of):
    result = var_of(method="monte_carlo_t", degrees_of_freedom=2.2, n_paths=20_000, confidence_level=0.995)
    view = charts.pnl_distribution(result)
    drawn = named(view.figure)
    bars, ends = drawn["bars"].data, drawn["ends"].data
    assert sum(bars["top"]) == 20_000
    assert sum(bars["calm"]) == 100
    first, last = bars["top"][0], bars["top"][-1]
    assert ends["text"] == [f"{first} further", f"{last} further"]
    assert f"the {first} largest losses and the {last} largest gains are gathered" in view.question
    assert bars["range"][0].startswith("below ")
    assert min(drawn["tail"].data["x"]) > drawn["x_range"].start
    assert drawn["lines"].data["x"].min() > bars["right"][0]


def test_nothing_is_said_of_gathering_where_nothing_is_gathered(var_of):
    view = charts.pnl_distribution(var_of())
    assert "gathered" not in view.question
    assert named(view.figure)["ends"].data["text"] == []


def test_the_student_t_draws_its_own_curve(var_of):
    """Between the same deviations the t is higher at the peak's foot and in the tail than the normal."""
    result = var_of(method="parametric", parametric=ParametricSpec("student_t"), degrees_of_freedom=4.0)
    view = charts.pnl_distribution(result)
    assert "taken as Student-t with 4.00 degrees of freedom" in view.question
    density = named(view.figure)["density"].data
    x = np.array(density["x"]) * (-result.var / named(view.figure)["lines"].data["x"][0])
    expected = student_t(4).pdf(x / (result.standard_deviation / np.sqrt(2))) / student_t(4).pdf(0)
    np.testing.assert_allclose(density["y"], expected, rtol=1e-9)
    assert np.count_nonzero(density["tail"]) == np.count_nonzero(x <= -result.var * (1 - 1e-12))


@pytest.mark.parametrize("form", [ParametricSpec("cornish_fisher"), ParametricSpec(quadratic="exact")])
def test_another_law_is_not_drawn_as_normal(form, var_of):
    view = charts.pnl_distribution(var_of(method="parametric", parametric=form))
    assert "taken as normal" not in view.question
    assert "only to compare" in view.question
    assert not np.any(named(view.figure)["density"].data["tail"])


def test_red_are_the_losses_from_the_weighted_or_interpolated_var_on(var_of):
    for spec in ({"historical": HistoricalSpec("age", 0.97)}, {"estimators": EstimatorSpec("linear")}):
        result = var_of(**spec)
        view = charts.pnl_distribution(result)
        count = int((-result.pnl >= result.var).sum())
        assert sum(named(view.figure)["bars"].data["calm"]) == count
        assert f"the worst {count} in red" in view.question
        assert ("newer ones weigh more" in view.question) == ("historical" in spec)
