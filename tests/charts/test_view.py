"""A view is safe HTML and a figure; a report's bundle carries both."""

import json
import re

import pytest
from markupsafe import Markup

from riskkit import charts
from riskkit.charts.view import MIME, View
from riskkit.scenarios import Shock, StressScenario

VAR_VIEWS = [
    charts.headline,
    charts.pnl_distribution,
    charts.component_var,
    charts.component_var_by_asset_class,
    charts.component_var_by_currency,
    charts.components,
    charts.beyond_var,
]
STRESS_VIEWS = [charts.stress_headline, charts.stress_scenarios, charts.stress_by_position]


def test_plain_text_is_refused_as_html():
    with pytest.raises(TypeError, match="Markup"):
        View("name", html="<b>from somewhere</b>")


def test_title_and_question_are_escaped(hostile):
    body = View("name", hostile, hostile, Markup("<i>ok</i>")).body()
    assert "<img" not in body
    assert "<i>ok</i>" in body


@pytest.mark.parametrize("view", VAR_VIEWS)
def test_every_view_of_every_method_is_a_json_bundle(view, any_result, caplog):
    bundle = view(any_result).bundle()
    assert caplog.messages == []  # bokeh only logs that a figure cannot be drawn
    data = json.loads(json.dumps(bundle))[MIME]
    assert data.keys() == {"name", "title", "question", "html", "width", "alt", "figure"}
    assert (data["figure"] is None) == (data["alt"] == "")


@pytest.mark.parametrize("view", VAR_VIEWS)
def test_names_are_escaped_in_every_var_view(view, var_of, make_book, make_history):
    """A symbol may hold an ampersand; nothing from a book may become markup."""
    names = ("A&B", "C&D", "E&F")
    bundle = view(var_of(make_book(names=names), make_history(names))).bundle()
    html = bundle["text/html"] + bundle[MIME]["html"]
    assert "A&B" not in html
    assert ("A&amp;B" in html) == (view in (charts.component_var, charts.components))


@pytest.mark.parametrize("view", STRESS_VIEWS)
def test_scenario_texts_are_escaped_in_every_stress_view(view, stress_of, hostile):
    evil = StressScenario("evil", hostile, hostile, hostile, shocks=(Shock("kind:equity", -0.1, "relative"),))
    bundle = view(stress_of(scenarios=(evil,))).bundle()
    html = bundle["text/html"] + bundle[MIME]["html"]
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize("view", VAR_VIEWS + STRESS_VIEWS)
def test_no_hyphen_stands_for_a_minus(view, any_result, stress_of):
    result = any_result if view in VAR_VIEWS else stress_of()
    text = re.sub(r"<[^>]*>", " ", view(result).body())
    assert not re.search(r"(?<![\w.])-\d", text)
