"""The controls of a live page, made from what the notebook's parameters cell declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from ipywidgets import HTML, Accordion, HBox, Layout, Text
from markupsafe import Markup

from riskkit.parameters.declaration import Parameter, Value
from riskkit.parameters.query import parse_query, to_query
from riskkit.parameters.validate import complete, validate
from riskkit.widgets.days import days_line
from riskkit.widgets.fields import Field, field, offer
from riskkit.widgets.missed import tell_again
from riskkit.widgets.scenarios import ScenarioChoice
from riskkit.widgets.words import foremost


class Controls:
    """A row of controls, and the page's address as they stand.

    Parameters
    ----------
    declared : sequence of Parameter
    values : mapping of str to str, int, float or bool
        Where the controls start.
    changed : callable
        Called with every parameter's validated value when somebody moves a control.
    refused : callable
        Called with the error when what came from the browser does not pass the validator.

    Attributes
    ----------
    box, state : widgets
        The row; and the hidden element from which the page's script takes the query string.
    asked : Text
        Hidden; through it the page's script asks for an address, `1?name=value` with a number that the state then
        carries, or for the same `again`; and says, `shown`, that all widgets are there.
    """

    def __init__(
        self,
        declared: Sequence[Parameter],
        values: Mapping[str, Value],
        changed: Callable[[dict[str, Value]], None],
        refused: Callable[[Exception], None],
    ) -> None:
        self._declared, self._changed, self._refused = declared, changed, refused
        self._quiet, self._day_shown, self._portfolio, self._mistaken, self._turn = False, "", "", False, 0
        self.values = complete(declared, dict(values))
        self.fields: dict[str, Field] = {}
        for parameter in declared:
            self.fields[parameter.name] = field(parameter, self.values[parameter.name], self._moved)
        shown, folded = foremost(declared)
        row = [self.fields[parameter.name].widget for parameter in shown]
        self._days = HTML(layout=Layout(margin="0"))
        self._days.add_class("rk-days-line")
        self.box = HBox(
            [*row, self._days, *_fold([self.fields[p.name].widget for p in folded])],
            layout=Layout(flex_flow="row wrap"),
        )
        self.box.add_class("rk-controls")
        self.state = HTML(layout=Layout(display="none"))
        self.asked = Text(layout=Layout(display="none"))
        self.asked.add_class("rk-asked")
        self.asked.observe(self._asked_for, "value")
        self._write_state()

    def show(self, values: Mapping[str, Value], portfolio: str = "") -> None:
        """Stand where these values say, without calling it a change.

        `portfolio` is the book's whole name, `team/slug`: with it the address means the same book to everybody, also
        where the notebook's default would do here.
        """
        self._portfolio = portfolio
        self.values = complete(self._declared, {**self.values, **values})
        self._quiet = True
        try:
            for name, item in self.fields.items():
                if item.parameter.constraint.kind != "date" and item.read() != self.values[name]:
                    item.write(self.values[name])
        finally:
            self._quiet = False
        self._write_state()

    def offer_portfolios(self, options: Mapping[str, str], chosen: str | None) -> None:
        """The portfolios that may be chosen: name to label."""
        self._quietly("portfolio", lambda item: offer(item.widget, options, chosen))

    def offer_days(self, days: Sequence[date], shown: date | None) -> None:
        """The first and the last day that may be chosen, and the day that is shown now."""

        def bound(item: Field) -> None:
            first, last = (days[0], days[-1]) if days else (None, None)
            if (item.widget.min, item.widget.max) != (first, last):
                item.widget.min = item.widget.max = None
                item.widget.min, item.widget.max = first, last
            item.widget.value = shown

        self._day_shown = shown.isoformat() if shown else ""
        named = next((p.name for p in self._declared if p.constraint.kind == "date"), "")
        self._days.value = str(days_line(days, shown, named)) if named else ""
        self._quietly("date", bound)

    def offer_scenarios(self, titles: Mapping[str, str]) -> None:
        """The scenarios that may be chosen: name to title."""
        self._quietly("scenarios", lambda item: _offer(item.widget, titles))

    def _quietly(self, kind: str, act: Callable[[Field], None]) -> None:
        self._quiet = True
        try:
            for item in self.fields.values():
                if item.parameter.constraint.kind == kind:
                    act(item)
        finally:
            self._quiet = False

    def _moved(self) -> None:
        if self._quiet:
            return
        try:
            values = complete(self._declared, validate(self._declared, self._read()))
        except Exception as error:  # a browser may send anything; the page answers with a sentence, never a traceback
            self._mistaken = True
            self._refused(error)
            return
        if values != self.values or self._mistaken:  # put right, the sentence about the mistake must go
            self.values, self._mistaken = values, False
            self._changed(values)

    def _asked_for(self, change: Mapping[str, str]) -> None:
        """The reader went back in the browser's history, or what could not be answered may be by now."""
        text = change["new"]
        if not text:
            return
        self.asked.value = ""
        if text == "shown":
            tell_again()
            return
        turn, address, query = text.partition("?")
        if address:
            try:
                self.values = complete(self._declared, parse_query(self._declared, query))
            except Exception as error:  # as above: any text may come
                self._refused(error)
                return
            self._turn = int(turn) if turn.isdecimal() and len(turn) < 7 else self._turn
        self._changed(self.values)

    def _read(self) -> dict[str, object]:
        """What the controls say. A calendar that still shows the day of `latest` still means `latest`."""
        given = {name: item.read() for name, item in self.fields.items()}
        for name, item in self.fields.items():
            if item.parameter.constraint.kind == "date" and given[name] == self._day_shown:
                given[name] = self.values[name]
        return given

    def _write_state(self) -> None:
        declared, values = self._declared, self.values
        for parameter in self._declared:
            if parameter.constraint.kind == "portfolio" and self._portfolio:
                declared = [replace(p, default="") if p is parameter else p for p in declared]
                values = {**values, parameter.name: self._portfolio}
        query = to_query(declared, values)
        state = Markup('<div class="rk-state" hidden data-turn="{}" data-query="{}"></div>')
        self.state.value = str(state.format(self._turn, query))


def _fold(widgets: list[Any]) -> list[Any]:
    """The finer controls behind one line that opens them; nothing for none."""
    if not widgets:
        return []
    inside = HBox(widgets, layout=Layout(flex_flow="row wrap"))
    inside.add_class("rk-folded")
    fold = Accordion([inside], titles=("More choices",), selected_index=None)
    fold.add_class("rk-more")
    return [fold]


def _offer(widget: ScenarioChoice, titles: Mapping[str, str]) -> None:
    widget.offer(titles)
