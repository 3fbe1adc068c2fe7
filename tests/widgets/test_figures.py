"""A figure is brought up to date in place: the same models, other values."""

import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from riskkit.widgets.figures import changes, named, update


def drawing(values, end, height=100, axis="x"):
    plot = figure(name="plot", height=height, x_range=Range1d(start=0, end=end, name="x_range"), tools="")
    plot.xaxis.name, plot.xaxis.axis_label = "x_axis", axis
    plot.line(x="x", y="x", source=ColumnDataSource({"x": values}, name="points"))
    return plot


def test_named_models_take_the_new_values_and_stay_themselves():
    shown, fresh = drawing([1, 2], 5), drawing([3, 4, 5], 9, 200, "other")
    before = {name: id(model) for name, model in named(shown).items()}
    renderers = list(shown.renderers)
    update(shown, fresh)
    after = named(shown)
    assert {name: id(model) for name, model in after.items()} == before
    assert shown.renderers == renderers
    assert list(after["points"].data["x"]) == [3, 4, 5]
    assert (after["x_range"].end, shown.height, shown.xaxis[0].axis_label) == (9, 200, "other")
    assert shown.x_range is after["x_range"]


def test_a_value_goes_back_to_its_default():
    """Zero is a range's default start: bokeh does not count it as set."""
    shown = figure(name="plot", x_range=Range1d(start=-5, end=5, name="x_range"), tools="")
    update(shown, figure(name="plot", x_range=Range1d(start=0, end=7, name="x_range"), tools=""))
    assert (shown.x_range.start, shown.x_range.end) == (0, 7)


def test_sizes_that_the_browser_reports_are_left_alone():
    shown = drawing([1], 5)
    shown.lookup("inner_width")._set(shown, 0, 640)
    update(shown, drawing([2], 5))
    assert shown.inner_width == 640


def test_what_is_the_same_sends_nothing():
    shown = drawing([1, 2], 5)
    document = Document()
    document.add_root(shown)
    events = []
    document.on_change(events.append)
    update(shown, drawing([1, 2], 5))
    assert events == []
    update(shown, drawing([1, 2], 6))
    assert [event.attr for event in events] == ["end"]


def test_another_set_of_models_is_refused():
    other = drawing([1], 5)
    other.line(x="x", y="x", source=ColumnDataSource({"x": [1]}, name="more"))
    with pytest.raises(ValueError, match="named models changed"):
        update(drawing([1], 5), other)


def test_two_models_of_one_name_are_refused():
    plot = drawing([1], 5)
    plot.line(x="x", y="x", source=ColumnDataSource({"x": [1]}, name="points"))
    with pytest.raises(ValueError, match="two models"):
        named(plot)


def test_no_model_of_one_figure_gets_into_another():
    shown, fresh = drawing([1], 5), drawing([2], 6)
    assert not {"x_range", "renderers", "title"} & changes(shown, fresh).keys()
