"""One control for each kind of parameter, made from its declaration."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from ipywidgets import Checkbox, DatePicker, Dropdown, FloatText, Text
from traitlets import Bunch, validate

from riskkit.parameters.declaration import Parameter, Value
from riskkit.widgets.scenarios import ScenarioChoice
from riskkit.widgets.words import label, word_of


class Calendar(DatePicker):  # type: ignore[misc]  # ipywidgets is untyped
    """A date picker that offers the days between its bounds, but hands on whatever day was typed."""

    @validate("value")
    def _validate_value(self, proposal: Bunch) -> date | None:
        """The day itself: a bound in its place would answer a question that nobody asked."""
        day: date | None = proposal["value"]
        return day


class Field:
    """A control and the parameter it stands for.

    Attributes
    ----------
    parameter : Parameter
    widget : ipywidgets.Widget
        Its traits come from a browser: whatever `read` returns is validated before use.
    """

    def __init__(self, parameter: Parameter, widget: Any, read: Callable[[], object], write: Callable[[Any], None]):
        self.parameter, self.widget = parameter, widget
        self.read, self.write = read, write
        widget.add_class("rk-control")


def field(parameter: Parameter, value: Value, on_change: Callable[[], None]) -> Field:
    """The control for a parameter, showing `value`, calling `on_change` when someone moves it."""
    make = {
        "choices": _choices,
        "date": _date,
        "portfolio": _portfolio,
        "scenarios": _scenarios,
    }.get(parameter.constraint.kind, _plain)
    made = make(parameter, value)
    trait = "selected" if isinstance(made.widget, ScenarioChoice) else "value"
    made.widget.observe(lambda _change: on_change(), trait)
    return made


def _texts(parameter: Parameter) -> dict[str, Any]:
    """Label above, help on hovering."""
    return {"description": label(parameter.name), "tooltip": parameter.help, "style": {"description_width": "initial"}}


def _choices(parameter: Parameter, value: Value) -> Field:
    options = [(word_of(choice), _typed(parameter, choice)) for choice in parameter.constraint.choices]
    widget = Dropdown(options=options, value=value, **_texts(parameter))
    return Field(parameter, widget, lambda: widget.value, lambda new: setattr(widget, "value", new))


def _typed(parameter: Parameter, choice: str) -> Value:
    return int(choice) if parameter.type == "int" else choice


def _date(parameter: Parameter, value: Value) -> Field:
    """A calendar; cleared, it means the first word the parameter accepts beside a date: `latest`."""
    word = next(iter(parameter.constraint.choices), "")
    widget = Calendar(**_texts(parameter))

    def read() -> object:
        return widget.value.isoformat() if isinstance(widget.value, date) else word

    def write(new: date) -> None:
        widget.value = new

    if value not in parameter.constraint.choices:
        write(date.fromisoformat(str(value)))
    return Field(parameter, widget, read, write)


def _portfolio(parameter: Parameter, value: Value) -> Field:
    widget = Dropdown(options=[(str(value), str(value))], value=str(value), **_texts(parameter))
    return Field(parameter, widget, lambda: widget.value, lambda new: setattr(widget, "value", new))


def offer(dropdown: Dropdown, options: Mapping[str, str], chosen: str | None) -> None:
    """Let a portfolio dropdown offer these names (value to label), `chosen` selected if it is among them."""
    offered = tuple((text, name) for name, text in options.items())
    if dropdown.options != offered:
        dropdown.options = offered
    dropdown.value = chosen if chosen in options else None


def _scenarios(parameter: Parameter, value: Value) -> Field:
    widget = ScenarioChoice(label(parameter.name), parameter.help, str(value))
    return Field(parameter, widget, lambda: widget.selected, lambda new: setattr(widget, "selected", new))


def _plain(parameter: Parameter, value: Value) -> Field:
    if parameter.type == "bool":
        widget = Checkbox(value=value, indent=False, **_texts(parameter))
    elif parameter.type == "int":
        widget = FloatText(value=value, step=1, continuous_update=False, **_texts(parameter))
        return Field(parameter, widget, lambda: _whole(widget.value), lambda new: setattr(widget, "value", new))
    elif parameter.type == "float":
        widget = FloatText(value=value, step=_step(parameter), continuous_update=False, **_texts(parameter))
    else:
        widget = Text(value=value, continuous_update=False, **_texts(parameter))
    return Field(parameter, widget, lambda: widget.value, lambda new: setattr(widget, "value", new))


def _whole(typed: float) -> float:
    """A whole number as an int; a box for ints would cut 2.5 to 2 before the validator saw it."""
    return int(typed) if typed.is_integer() else typed


def _step(parameter: Parameter) -> float | None:
    """Of the arrows: a hundredth of the range, rounded to a 1 or a 5; 0.005 between 0.5 and 1.

    The box itself has no bounds: it would put its bound in the place of what was typed, and nobody would be told.
    """
    low, high = parameter.constraint.low, parameter.constraint.high
    if low is None or high is None:
        return None
    power = 10.0 ** math.floor(math.log10((high - low) / 100))
    return 5 * power if (high - low) / 100 >= 5 * power else power


def values_of(fields: Sequence[Field]) -> dict[str, object]:
    """What the controls say, as it came from the browser."""
    return {item.parameter.name: item.read() for item in fields}
