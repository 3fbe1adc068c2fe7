"""Controls are made from declarations; what comes from the browser is validated before anything hears of it."""

import math
from datetime import date

import ipywidgets
import pytest

from riskkit.errors import InputError
from riskkit.parameters.declaration import declarations
from riskkit.parameters.query import parse_query
from riskkit.widgets.controls import Controls
from riskkit.widgets.sentence import sentence

DECLARED = declarations(
    """portfolio: str = "demo"  # which {portfolio}
as_of: str = "latest"  # valuation date {date | latest}
method: str = "historical"  # how {historical | parametric}
confidence_level: float = 0.99  # chance {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
full: bool = True  # whether all of it
note: str = "a note"  # any text
scenarios: str = "all"  # which {scenarios}
"""
)


class Page:
    def __init__(self, **values):
        self.heard, self.refused = [], []
        defaults = {parameter.name: parameter.default for parameter in DECLARED}
        self.controls = Controls(DECLARED, defaults | values, self.heard.append, self.refused.append)
        self.controls.offer_portfolios({"demo": "Demo", "atlas/other": "Other"}, "demo")
        self.controls.offer_scenarios({"crash": "Crash", "boom": "Boom", "doom": "Doom"})
        self.controls.offer_days([date(2020, 3, day) for day in (2, 3, 4, 5, 6)], date(2020, 3, 6))

    def move(self, name, value):
        self.controls.fields[name].widget.value = value

    @property
    def query(self):
        return self.controls.state.value.split('data-query="')[1].split('"')[0].replace("&amp;", "&")


def test_each_kind_of_parameter_has_its_control():
    kinds = {name: type(field.widget) for name, field in Page().controls.fields.items()}
    assert kinds["portfolio"] is kinds["method"] is ipywidgets.Dropdown
    assert issubclass(kinds["as_of"], ipywidgets.DatePicker)
    assert kinds["confidence_level"] is kinds["horizon_days"] is ipywidgets.FloatText
    assert kinds["full"] is ipywidgets.Checkbox
    assert kinds["note"] is ipywidgets.Text


def test_labels_and_help_come_from_the_declaration():
    fields = Page().controls.fields
    assert fields["confidence_level"].widget.description == "Confidence level"
    assert fields["horizon_days"].widget.tooltip == "trading days"
    assert [text for text, _ in fields["method"].widget.options] == ["Historical simulation", "Parametric"]


def test_building_and_offering_is_no_change():
    page = Page(method="parametric", as_of="2020-03-04")
    assert page.heard == page.refused == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("method", "parametric", "parametric"), ("confidence_level", 0.975, 0.975), ("horizon_days", 10, 10),
     ("full", False, False), ("note", "x", "x"), ("portfolio", "atlas/other", "atlas/other"),
     ("as_of", date(2020, 3, 4), "2020-03-04")],
)  # fmt: skip
def test_a_moved_control_is_heard_with_every_value(name, value, expected):
    page = Page()
    page.move(name, value)
    assert page.refused == []
    (heard,) = page.heard
    assert heard[name] == expected
    assert heard.keys() == {parameter.name for parameter in DECLARED}


def test_the_calendar_showing_the_latest_day_still_means_latest():
    page = Page()
    page.move("horizon_days", 5)
    assert page.heard[-1]["as_of"] == "latest"
    page.move("as_of", date(2020, 3, 3))
    assert page.heard[-1]["as_of"] == "2020-03-03"
    page.move("as_of", None)
    assert page.heard[-1]["as_of"] == "latest"


def test_the_calendar_is_bounded_by_the_days_with_data():
    widget = Page().controls.fields["as_of"].widget
    assert (widget.min, widget.max, widget.value) == (date(2020, 3, 2), date(2020, 3, 6), date(2020, 3, 6))


def test_a_page_whose_day_is_no_parameter_offers_no_days():
    declared = [one for one in DECLARED if one.constraint.kind != "date"]
    controls = Controls(declared, {one.name: one.default for one in declared}, print, print)
    controls.offer_days([date(2020, 3, 5), date(2020, 3, 6)], date(2020, 3, 6))
    assert controls._days.value == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("confidence_level", 1.0), ("confidence_level", 0.5), ("confidence_level", 2), ("horizon_days", 251),
     ("horizon_days", 2.5), ("note", "\u202eevil"), ("note", "x" * 5000)],
)  # fmt: skip
def test_what_the_validator_refuses_is_said_and_not_heard(name, value):
    page = Page()
    page.move(name, value)
    assert page.heard == []
    assert isinstance(page.refused[0], InputError)
    assert page.refused[0].field == name
    assert page.refused[0].value == value
    assert page.controls.fields[name].widget.value == value
    assert page.query == ""


def test_a_value_put_right_is_heard_even_if_it_is_the_one_before():
    page = Page()
    page.move("confidence_level", 2)
    assert sentence(page.refused[0]) == "Confidence level: 2 cannot be used; expected a number, 0.5 < x < 1."
    page.move("confidence_level", 0.99)
    assert [heard["confidence_level"] for heard in page.heard] == [0.99]
    page.move("confidence_level", 0.99)
    assert len(page.heard) == 1


def test_a_day_outside_the_calendar_is_heard_as_it_was_typed():
    page = Page()
    page.move("as_of", date(1985, 3, 15))
    assert page.heard[-1]["as_of"] == "1985-03-15"


def test_the_address_names_the_portfolio_even_if_it_is_the_default():
    page = Page()
    page.controls.show({"portfolio": "demo", "as_of": "2020-03-04"}, "atlas/demo")
    assert parse_query(DECLARED, page.query) == {"portfolio": "atlas/demo", "as_of": "2020-03-04"}
    assert page.controls.values["portfolio"] == "demo"


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e308])
def test_no_figure_beyond_the_bounds_gets_through(value):
    page = Page()
    page.move("confidence_level", value)
    assert page.heard == []
    assert page.query == ""


def test_scenarios_are_ticked():
    page = Page()
    choice = page.controls.fields["scenarios"].widget
    choice._boxes["boom"].value = False
    assert page.heard[-1]["scenarios"] == "crash,doom"
    choice._boxes["boom"].value = True
    assert page.heard[-1]["scenarios"] == "all"


def test_the_state_is_the_query_string_without_defaults():
    page = Page()
    values = {"method": "parametric", "note": 'a "quoted" & <b>text</b>', "portfolio": "atlas/other"}
    page.controls.show(values)
    assert "<b>" not in page.query
    assert parse_query(DECLARED, page.query) == values
    assert page.heard == []


def test_portfolio_titles_reach_the_browser_as_text():
    page = Page()
    page.controls.offer_portfolios({"demo": "<img src=x>"}, "demo")
    assert page.controls.fields["portfolio"].widget.options == (("<img src=x>", "demo"),)
    assert page.heard == []


def test_an_address_of_the_history_is_asked_for_through_the_validator():
    page = Page()
    page.controls.asked.value = "1?method=parametric&portfolio=atlas/other"
    assert page.heard[-1]["method"] == "parametric"
    assert page.heard[-1]["portfolio"] == "atlas/other"
    assert page.controls.asked.value == ""
    page.controls.show(page.heard[-1])
    assert 'data-turn="1"' in page.controls.state.value, "the page's script knows which of its questions is answered"
    page.controls.asked.value = "2?"
    assert page.heard[-1]["method"] == "historical"
    page.controls.asked.value = "again"
    assert page.heard[-1] == page.heard[-2]
    heard = len(page.heard)
    for text in ("3?method=nothing", "4?__import__('os')=1", "x?confidence_level=95"):
        page.controls.asked.value = text
    assert len(page.heard) == heard
    assert len(page.refused) == 3
