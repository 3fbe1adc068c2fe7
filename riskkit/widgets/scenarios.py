"""Choose among stress scenarios: a list to tick, folded while it is not needed."""

from __future__ import annotations

from collections.abc import Mapping

from ipywidgets import HTML, Accordion, Checkbox, Layout, VBox
from markupsafe import Markup
from traitlets import Unicode

from riskkit.charts.numbers import true_minus

ALL = "all"


class ScenarioChoice(VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Checkboxes, one a scenario; `selected` is `all` or the names ticked, joined by commas."""

    selected = Unicode(ALL)

    def __init__(self, title: str, help_text: str, selected: str) -> None:
        self._title, self._quiet = title, False
        self._boxes: dict[str, Checkbox] = {}
        # a box with a tooltip cannot be drawn (ipywidgets 8.1: its view has no element yet), so the help is a line
        self._help = HTML(str(Markup('<p class="rk-sub">{}</p>').format(help_text)))
        self._list = VBox(layout=Layout(max_height="260px", overflow="auto"))
        self._fold = Accordion([self._list], selected_index=None, layout=Layout(margin="0"))
        super().__init__([self._fold], selected=selected)
        self.add_class("rk-scenarios")
        self._name_fold()

    def offer(self, titles: Mapping[str, str]) -> None:
        """Offer these scenarios (name to title); the selection stays, as far as it is among them."""
        if list(titles) == list(self._boxes):
            return
        wanted = set(titles) if self.selected == ALL else set(self.selected.split(","))
        self._boxes = {
            name: Checkbox(value=name in wanted, description=true_minus(text), indent=False)
            for name, text in titles.items()
        }
        for box in self._boxes.values():
            box.observe(lambda _change: self._ticked(), "value")
        self._list.children = (self._help, *self._boxes.values())
        self._ticked()

    def _ticked(self) -> None:
        names = [name for name, box in self._boxes.items() if box.value is True]
        self.selected = ALL if len(names) in (0, len(self._boxes)) else ",".join(names)
        self._name_fold()

    def _name_fold(self) -> None:
        if self.selected == ALL:
            shown = f"all {len(self._boxes)}" if self._boxes else ALL
        else:
            shown = f"{len(self.selected.split(','))} of {len(self._boxes)}"
        self._fold.titles = (f"{self._title}: {shown}",)
