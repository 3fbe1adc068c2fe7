"""The two forms of the page on limits; whatever they give came from a browser and is checked before it is sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets import HTML, Button, DatePicker, Dropdown, HBox, Layout, Text, VBox
from markupsafe import Markup

from riskkit.charts.numbers import day
from riskkit.charts.use_bar import amount
from riskkit.errors import InputError
from riskkit.gates import Limit, named
from riskkit.limits import Breach, LimitReview, LimitVersion, Measured
from riskkit.wording import heading

#: A page offers so many breaches at most.
_MOST = 200
_WIDE = {"description_width": "initial"}
_EACH = "*"


class AcknowledgeForm:
    """Which breach, and why it stands.

    Attributes
    ----------
    box : VBox
    which : Dropdown
    reason : Text
    button : Button
    """

    def __init__(self, asked: Callable[[], None]) -> None:
        self.which = Dropdown(options=[], description="Breach", style=_WIDE)
        self.reason = Text(description="Reason", placeholder="Why it stands, and until when", style=_WIDE)
        self.button = _button("Acknowledge", "Your word is kept with your name and cannot be taken back", asked)
        self.line = HTML(layout=Layout(margin="0", width="100%"))
        self._none = HTML(_sub("No breach of these days waits to be acknowledged."))
        self._row = _row(self.which, self.reason, self.button)
        head = _head("Acknowledge a breach", "Your reason is kept with your name; everybody in the team reads it.")
        self.box = _card(head, self._none, self._row, self.line)
        self._offered: dict[str, Breach] = {}

    def offer(self, breaches: tuple[Breach, ...]) -> None:
        """Those that wait for a word."""
        self._offered = {f"{one.version.id}/{one.run.id}": one for one in breaches[:_MOST]}
        _offer(self.which, {key: _of(one) for key, one in self._offered.items()})
        self._none.layout.display = "none" if breaches else None
        self._row.layout.display = None if breaches else "none"

    def given(self) -> tuple[str, str, str]:
        """Limit, run and reason."""
        chosen = self._offered.get(str(self.which.value))
        if chosen is None:
            raise InputError("breach", self.which.value, "one of those that wait")
        if not self.reason.value.strip():
            raise InputError("reason", self.reason.value, "why the breach stands, in a sentence")
        return chosen.version.id, chosen.run.id, self.reason.value


class SetForm:
    """A limit in force or a new one, its bounds, from when on, and why.

    Attributes
    ----------
    box : VBox
    which, part, basis, soft, hard, first, note : widgets
    set_button, end_button : Button
    """

    def __init__(self, set_it: Callable[[], None], end_it: Callable[[], None]) -> None:
        self.which = Dropdown(options=[], description="Limit", style=_WIDE)
        self.part = Text(description="Part", value=_EACH, tooltip="Which one; * for each of them", style=_WIDE)
        self.basis = Dropdown(options=[("Of the figure", "absolute"), ("Of its change", "relative")],
                              description="Bounds", style=_WIDE)  # fmt: skip
        self.soft = Text(description="Soft", placeholder="warns above", style=_WIDE)
        self.hard = Text(description="Hard", placeholder="breach above", style=_WIDE)
        self.first = DatePicker(description="From", tooltip="First day it holds; today if empty", style=_WIDE)
        self.note = Text(description="Note", placeholder="Why; people read it in the list", style=_WIDE)
        self.set_button = _button("Set this limit", "Ends the version in force and begins this one", set_it)
        self.end_button = _button("End it", "It no longer holds from that day on", end_it)
        self.line = HTML(layout=Layout(margin="0", width="100%"))
        self.factor = HTML(layout=Layout(margin="0", width="100%"))
        fields = (self.which, self.part, self.basis, self.soft, self.hard, self.first, self.note)
        head = _head(
            "Set or end a limit", "A change ends the version in force and begins the next; both stay on record."
        )
        self.box = _card(head, self.factor, _row(*fields, self.set_button, self.end_button), self.line)
        self._limits: dict[str, LimitVersion] = {}
        self._figures: dict[str, Measured] = {}
        self.which.observe(lambda _change: self._chosen(), "value")

    def offer(self, review: LimitReview) -> None:
        """The limits in force, and figures that can get one; what somebody types stays."""
        facts = review.facts
        kept = [versions[0] for versions in review.histories if versions[0].valid_to is None]
        self._limits = {f"limit {one.id}": one for one in kept}
        self._figures = {f"figure {one.name} {one.unit} {one.scope}": one for one in facts.figures}
        options = {key: _named(one.limit) for key, one in self._limits.items()}
        options |= {key: f"New: {_measured(one)}" for key, one in self._figures.items()}
        _offer(self.which, options)
        if not options:
            self.factor.value = _sub("No official run has figures yet that a limit could bound.")

    def allow(self, level: str) -> None:
        """Editing takes a second factor: without it the buttons are off, and the page says how to get there."""
        may = level == "aal2"
        self.set_button.disabled = not may
        self.end_button.disabled = not may or str(self.which.value) not in self._limits
        self.factor.value = "" if may else str(_HOW)
        self._may = may

    def given(self) -> Limit:
        """The limit as typed."""
        version, figure = self._limits.get(str(self.which.value)), self._figures.get(str(self.which.value))
        soft, hard = _number("soft", self.soft.value), _number("hard", self.hard.value)
        if soft is None and hard is None:
            raise InputError("hard", "", "a soft limit, a hard one, or both")
        if version is not None:
            old = version.limit
            return Limit(old.metric, old.unit, soft, hard, old.scope, old.scope_value, old.basis)
        if figure is None:
            raise InputError("limit", self.which.value, "a limit in force, or a figure of the last run")
        part = "" if figure.scope == "portfolio" else self.part.value.strip()
        relative = self.basis.value == "relative"
        return Limit(
            figure.name, "fraction" if relative else figure.unit, soft, hard,
            figure.scope, part, "relative" if relative else "absolute",  # type: ignore[arg-type] # the rpc's scopes
        )  # fmt: skip

    def ended(self) -> str:
        """The id of the limit in force that is chosen."""
        version = self._limits.get(str(self.which.value))
        if version is None:
            raise InputError("limit", self.which.value, "a limit in force")
        return version.id

    _may = False

    def _chosen(self) -> None:
        version, figure = self._limits.get(str(self.which.value)), self._figures.get(str(self.which.value))
        limit = version.limit if version else None
        self.soft.value = _typed(limit.soft) if limit else ""
        self.hard.value = _typed(limit.hard) if limit else ""
        self.note.value = ""
        self.part.layout.display = None if figure is not None and figure.scope != "portfolio" else "none"
        self.basis.layout.display = None if figure is not None else "none"
        self.end_button.disabled = not self._may or limit is None


_HOW = Markup(
    '<p class="rk-say rk-warn" role="status"><span>Setting a limit takes a second factor. Set one up on '
    '<a href="../account" target="_blank" rel="noopener">your account page</a>, sign out, and sign in again with its '
    "code; then the buttons work.</span></p>"
)


def _of(one: Breach) -> str:
    more = f" and {one.parts - 1} more" if one.parts > 1 else ""
    figure, bound = (amount(value, one.worst.unit) for value in (one.worst.figure, one.bound))
    return f"{day(one.run.as_of)}: {one.worst.of}{more}, {figure} above {bound} ({heading(one.run.report)})"


def _named(limit: Limit) -> str:
    each = f" of each {limit.scope}" if limit.scope_value == _EACH else ""
    return f"{named(limit)}{each} ({limit.unit})"


def _measured(one: Measured) -> str:
    whole = named(Limit(one.name, one.unit, None, None))
    return f"{whole}{'' if one.scope == 'portfolio' else f' by {one.scope}'} ({one.unit}, {heading(one.report)})"


def _number(field: str, text: str) -> float | None:
    """What was typed: 1,500,000 and 1.5e6 are the same; nothing is no bound."""
    plain = text.strip().replace(",", "").replace("\N{MINUS SIGN}", "-")
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(field, text, "a number, such as 1,500,000 or 1.5e6")
    return value


def _typed(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}"


def _offer(dropdown: Dropdown, options: Mapping[str, str]) -> None:
    """Other options; what was chosen stays if it is still there."""
    offered = tuple((text, key) for key, text in options.items())
    if dropdown.options != offered:
        chosen = dropdown.value
        dropdown.options = offered
        dropdown.value = chosen if chosen in options else next(iter(options), None)


def _button(text: str, tooltip: str, clicked: Callable[[], None]) -> Button:
    made = Button(description=text, tooltip=tooltip)
    made.add_class("rk-request")
    made.on_click(lambda _button: clicked())
    return made


def _row(*widgets: Any) -> HBox:
    row = HBox(list(widgets), layout=Layout(flex_flow="row wrap", align_items="flex-end"))
    row.add_class("rk-act-row")
    for widget in widgets:
        if not isinstance(widget, Button):
            widget.add_class("rk-control")
            if isinstance(widget, Text) and widget.description in ("Reason", "Note"):
                widget.add_class("rk-sentence")
    return row


def _card(*parts: Any) -> VBox:
    box = VBox(list(parts), layout=Layout(margin="0", width="100%", overflow="visible"))
    for look in ("rk-view", "rk-panel", "rk-limit-form"):
        box.add_class(look)
    return box


def _head(title: str, question: str) -> HTML:
    return HTML(
        str(Markup('<h3 class="rk-title">{}</h3><p class="rk-sub">{}</p>').format(title, question)),
        layout=Layout(margin="0", width="100%"),
    )


def _sub(text: str) -> str:
    return str(Markup('<p class="rk-sub">{}</p>').format(text))
