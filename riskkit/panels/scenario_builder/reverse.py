"""Reverse stress on the builder: a loss that somebody types, and the most plausible way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from ipywidgets import HTML, Button, Dropdown, FloatText, HBox, Layout, VBox
from markupsafe import Markup

from riskkit.charts.built import reverse_outcome
from riskkit.errors import InputError
from riskkit.panels.scenario_builder.reading import Ground, all_moves
from riskkit.scenarios import Shock
from riskkit.stress import FactorStressResult, ReverseSpec, reverse_stress
from riskkit.stress.built import HORIZON_DAYS, LOOKBACK_DAYS
from riskkit.widgets.card import REFRESHING
from riskkit.widgets.recompute import Recompute
from riskkit.widgets.sentence import sentence

Unit = Literal["share", "amount"]


class ReverseSearch:
    """A loss, and what would have to happen.

    Parameters
    ----------
    load : callable
        Takes the shocks of what was found.

    Attributes
    ----------
    box : VBox
    errands : Recompute
    found : FactorStressResult or None
    """

    def __init__(self, load: Callable[[tuple[Shock, ...]], None]) -> None:
        self._load = load
        self._ground: Ground | None = None
        self.found: FactorStressResult | None = None
        self.errands = Recompute(self._search, self._apply, self._fail)
        style = {"description_width": "initial"}
        self.loss = FloatText(10.0, description="A loss of", step=1, continuous_update=False, style=style)
        self.unit = Dropdown(options=[("% of gross value", "share")], description="measured in", style=style)
        self.find = Button(description="Find the most plausible way")
        self.into = Button(description="Put it into the sliders", layout=Layout(display="none"))
        for control in (self.loss, self.unit):
            control.add_class("rk-control")
        for button in (self.find, self.into):
            button.add_class("rk-request")
        self.find.on_click(lambda _button: self.search())
        self.into.on_click(lambda _button: self._handed_on())
        self._answer = HTML(layout=Layout(margin="0", width="100%"))
        row = HBox([self.loss, self.unit, self.find, self.into], layout=Layout(overflow="visible"))
        row.add_class("rk-act-row")
        head = HTML('<h4 class="rk-title rk-lesser">Or begin with a loss</h4>', layout=Layout(margin="0"))
        self.box = VBox([head, row, self._answer], layout=Layout(overflow="visible", width="100%"))

    def stand_on(self, ground: Ground) -> None:
        """Another book, or another day: what was found before is no longer true."""
        self._ground, self.found = ground, None
        if self.find.disabled:
            self.errands.request(None)  # overtakes what is being searched
        self._rest("")
        self.into.layout.display = "none"
        currency = ground.inputs.portfolio.base_currency
        options = (("% of gross value", "share"), (currency, "amount"))
        if self.unit.options != options:
            self.unit.options = options

    def search(self) -> None:
        """Begin, with what is typed now."""
        self._answer.add_class(REFRESHING)
        self._answer.value = str(
            Markup('<div class="rk-progress rk-busy" role="progressbar" aria-label="Searching"></div>')
        ) + (self._answer.value if self.found is not None else "")
        self.find.disabled = True
        self.errands.request((self._ground, self.loss.value, self.unit.value))

    def _search(self, asked: tuple[Ground | None, Any, Any] | None) -> Iterator[FactorStressResult]:
        if asked is None:
            return
        ground, loss, unit = asked
        if ground is None:
            raise InputError("loss", loss, "a book: the page has none to show yet")
        if not isinstance(loss, int | float) or not 0 < loss < 1e15 or (unit != "amount" and loss > 100):
            raise InputError("loss", loss, "a number above zero" + ("" if unit == "amount" else ", at most 100 %"))
        history = ground.inputs.over(None)
        lookback = max(20, min(LOOKBACK_DAYS, len(history.dates) - 1))
        share, amount = (0.1, float(loss)) if unit == "amount" else (loss / 100, None)
        yield reverse_stress(ground.inputs.portfolio, history, ReverseSpec(share, amount, lookback, HORIZON_DAYS))

    def _apply(self, found: FactorStressResult) -> None:
        self.found = found
        self._rest(str(reverse_outcome(found, abs(found.pnl))))
        self.into.layout.display = None

    def _fail(self, error: Exception) -> None:
        self.found = None
        self._rest(str(Markup('<p class="rk-field-error" role="alert">{}</p>').format(sentence(error))))
        self.into.layout.display = "none"

    def _rest(self, said: str) -> None:
        self._answer.value, self.find.disabled = said, False
        self._answer.remove_class(REFRESHING)

    def _handed_on(self) -> None:
        if self.found is not None and self._ground is not None:
            try:
                self._load(all_moves(self.found, self._ground))
            except InputError as error:
                self._rest(str(Markup('<p class="rk-field-error" role="alert">{}</p>').format(sentence(error))))
