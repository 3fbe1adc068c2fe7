"""The form with which a scenario is kept for a team: a title, a name, where it comes from, what it is about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ipywidgets import HTML, Button, HBox, Layout, Text, Textarea, VBox
from markupsafe import Markup

#: Longest that is taken from a browser before it is looked at.
_LONGEST = 5000
_FIELDS = {
    "title": ("Title", "Chip shortage"),
    "name": ("Name, in addresses and on the command line", "chip_shortage"),
    "source": ("Source: where the sizes come from", "Our own view, as in 2018"),
    "description": ("Description (may be empty)", "What happens, and why it would hurt"),
}


class ScenarioForm:
    """Four fields, each with the sentence about what is wrong with it, and a button.

    Parameters
    ----------
    saved : callable
        Called with whether another of the same name may be replaced.

    Attributes
    ----------
    box : VBox
    fields : dict
        Widgets by name; what they hold comes from a browser.
    """

    def __init__(self, saved: Callable[[bool], None]) -> None:
        self._named = ""
        self.fields: dict[str, Text | Textarea] = {}
        self._errors: dict[str, HTML] = {}
        rows = []
        for name, (label, example) in _FIELDS.items():
            kind = Textarea if name == "description" else Text
            self.fields[name] = kind(
                description=label, placeholder=example, style={"description_width": "initial"}, continuous_update=False
            )
            self.fields[name].add_class("rk-control")
            self._errors[name] = HTML(layout=Layout(margin="0"))
            rows.append(VBox([self.fields[name], self._errors[name]], layout=Layout(overflow="visible")))
            rows[-1].add_class("rk-field")
        self.fields["title"].observe(self._suggest, "value")
        self.button = Button(description="Save for the team")
        self.button.add_class("rk-request")
        self.button.on_click(lambda _button: saved(False))
        self.instead = Button(description="Replace it", layout=Layout(display="none"))
        self.instead.add_class("rk-request")
        self.instead.on_click(lambda _button: saved(True))
        grid, buttons = HBox(rows), HBox([self.button, self.instead], layout=Layout(overflow="visible"))
        grid.add_class("rk-form-grid")
        buttons.add_class("rk-act-row")
        self.box = VBox([grid, buttons], layout=Layout(overflow="visible"))

    def read(self) -> dict[str, str]:
        """What the fields hold."""
        return {name: " ".join(str(field.value)[:_LONGEST].split()) for name, field in self.fields.items()}

    def of_team(self, team: str) -> None:
        """Whose it would be."""
        self.button.description = f"Save for {team}"

    def clear(self) -> None:
        """Nothing is wrong any more."""
        self.instead.layout.display = "none"
        for error in self._errors.values():
            error.value = ""

    def wrong(self, field: str, sentence: str) -> None:
        """Say it at its field; a field there is none of has its sentence at the title."""
        shown = self._errors.get(field, self._errors["title"])
        shown.value = str(Markup('<p class="rk-field-error" role="alert">{}</p>').format(sentence))

    def taken(self, sentence: str, instead: str) -> None:
        """The name is taken: another one, or this one instead."""
        self.wrong("name", sentence)
        self.instead.description = instead
        self.instead.layout.display = None

    def empty(self) -> None:
        """It is saved: the next one starts anew."""
        self.clear()
        for field in self.fields.values():
            field.value = ""

    def _suggest(self, change: dict[str, str]) -> None:
        """A name of the title's words, until somebody has written another."""
        held = str(self.fields["name"].value)
        if held in ("", self._named):
            self._named = suggested(change["new"])
            self.fields["name"].value = self._named


def suggested(title: str) -> str:
    """A name made of a title.

    >>> suggested("Équities −20 %, 2nd round"), suggested("2020 again"), suggested("株")
    ('equities_20_2nd_round', 's_2020_again', '')
    """
    plain = unicodedata.normalize("NFKD", title[:300]).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60].strip("_")
    return f"s_{name}" if name[:1].isdigit() else name
