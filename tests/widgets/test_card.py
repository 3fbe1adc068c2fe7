"""A card keeps its widgets for as long as the page is open."""

import pytest
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from markupsafe import Markup

from riskkit.charts.view import View
from riskkit.widgets.card import REFRESHING, Card


def view(value, *, with_figure=True):
    plot = figure(name="plot", tools="")
    plot.line(x="x", y="x", source=ColumnDataSource({"x": [value]}, name="points"))
    return View("v", "Title", "", Markup("<b>{}</b>").format(value), plot if with_figure else None, "half", "alt")


def test_the_same_widgets_show_the_new_view():
    card = Card(view(1))
    html, drawn = card.box.children
    model = drawn._model
    card.update(view(2))
    assert card.box.children == (html, drawn)
    assert drawn._model is model
    assert "<b>2</b>" in html.value
    assert list(model.select_one({"name": "points"}).data["x"]) == [2]


def test_a_figure_may_come_and_go():
    card = Card(view(1, with_figure=False))
    assert len(card.box.children) == 1
    card.update(view(2))
    drawn = card.box.children[1]
    card.update(view(3, with_figure=False))
    assert drawn.layout.display == "none"
    card.update(view(4))
    assert card.box.children[1] is drawn
    assert drawn.layout.display is None


def test_an_empty_card_says_so_and_can_be_filled():
    card = Card()
    assert "rk-nothing" in card.box.children[0].value
    card.update(view(1))
    assert "<b>1</b>" in card.box.children[0].value


def test_it_is_marked_while_it_is_being_refreshed():
    card = Card(view(1))
    card.refreshing(True)
    assert REFRESHING in card.box._dom_classes
    card.refreshing(False)
    assert REFRESHING not in card.box._dom_classes


@pytest.mark.parametrize(("width", "look"), [("full", "rk-card"), ("half", "rk-half"), ("tiles", "rk-bare")])
def test_the_width_is_a_class(width, look):
    assert look in Card(View("v", width=width)).box._dom_classes
