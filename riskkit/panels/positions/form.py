"""The panel's widgets: made and laid out here, brought to life by the panel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ipywidgets import HTML, Button, Combobox, HBox, Layout, Text, VBox

from riskkit.panels.positions import words
from riskkit.widgets.fields import Calendar

_WIDE = {"margin": "0", "width": "100%"}
#: Symbols offered while one types; others may be typed all the same.
_MOST_OFFERED = 2000


class Form:
    """What an analyst sees beside the grid; nothing here decides anything."""

    def __init__(self) -> None:
        style = {"description_width": "initial"}
        self.said = HTML(layout=Layout(**_WIDE))
        self.symbol = Combobox(description="Symbol", placeholder="AAPL", ensure_option=False, style=style)
        self.quantity = Text(description="Quantity", placeholder="1,200", style=style)
        self.put = _button("Set", "Hold this quantity of this symbol; nothing is saved yet")
        self.remove = _button("Remove ticked", "Take the ticked positions out; nothing is saved yet")
        self.fault = HTML(layout=Layout(**_WIDE))
        self.preview = HTML(layout=Layout(**_WIDE))
        self.take = _button("Use these changes", "Add what the file changes to the unsaved changes")
        self.leave = _button("Leave the file", "Do nothing with it")
        self.unsaved = HTML(layout=Layout(**_WIDE))
        self.day = Calendar(description="Counts from", tooltip="First day on which the new quantities are held")
        self.save = _button("Save", "Write all unsaved changes, or none of them", look="rk-primary")
        self.discard = _button("Discard", "Throw the unsaved changes away")
        self.undo = _button("Undo the last change", "Take back the last saved change, by a change of its own")
        self.mine = _button("Keep mine", "Where both changed the same position: what you want")
        self.theirs = _button("Take theirs", "Where both changed the same position: what is saved now")
        for control in (self.symbol, self.quantity, self.day):
            control.add_class("rk-control")
        self.file = _row(self.take, self.leave)
        self.clash = _row(self.mine, self.theirs)
        self.hide(self.file, self.clash)

    def laid_out(self, grid: object, drop: object) -> VBox:
        """One card."""
        head = HTML(words.head("Edit positions", _HOW), layout=Layout(**_WIDE))
        add = _row(self.symbol, self.quantity, self.put, self.remove)
        add.add_class("rk-controls")
        ending = _row(self.day, self.save, self.discard, self.undo)
        ending.add_class("rk-controls")
        parts = [head, self.said, self.clash, grid, add, self.fault, drop, self.preview, self.file, self.unsaved]
        box = VBox([*parts, ending], layout=Layout(**_WIDE))
        for look in ("rk-view", "rk-card", "rk-edit"):
            box.add_class(look)
        return box

    def offer(self, symbols: Iterable[str]) -> None:
        """The symbols to choose from."""
        offered = tuple(symbols)[:_MOST_OFFERED]
        if self.symbol.options != offered:
            self.symbol.options = offered

    def chosen_day(self) -> date | None:
        """The day that is picked, if it is one."""
        value = self.day.value
        return value if isinstance(value, date) else None

    @staticmethod
    def hide(*widgets: HBox) -> None:
        """Take off the page."""
        for widget in widgets:
            widget.layout.display = "none"

    @staticmethod
    def bring(*widgets: HBox) -> None:
        """Put on the page."""
        for widget in widgets:
            widget.layout.display = None


_HOW = (
    "Type over a quantity, add a position, tick some and remove them, or drop a file. Nothing is written before Save; "
    "what was held before the day it counts from stays as it was."
)


def _button(text: str, tooltip: str, look: str = "") -> Button:
    made = Button(description=text, tooltip=tooltip)
    for name in ("rk-request", look):
        if name:
            made.add_class(name)
    return made


def _row(*widgets: object) -> HBox:
    made = HBox(list(widgets), layout=Layout(flex_flow="row wrap", align_items="flex-end", width="100%", margin="0"))
    made.add_class("rk-row")
    return made
