"""A card's tables and its figure as files; each is made when somebody asks for it, by their own kernel."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, HBox, Layout, ToggleButton, VBox
from markupsafe import Markup

from riskkit.charts.view import View
from riskkit.exports import csv_text, workbook
from riskkit.widgets.sentence import sentence
from riskkit.widgets.shown_tables import shown_tables

if TYPE_CHECKING:
    import pandas as pd

#: What a page shows: `report`, `portfolio`, `as of`; more is told on a workbook's first sheet.
About = Mapping[str, str]

_TYPES = {"csv": "text/csv;charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60


class Downloads:
    """A small menu: every table as CSV and as one XLSX, the figure as PNG and SVG.

    The page's script (`static/downloads.js`) takes a file from the hidden link that appears, or draws the figure; where
    no such script is, in JupyterLab, the link is there to be clicked.

    Parameters
    ----------
    about : callable
        What the page shows now; None while it shows nothing.

    Attributes
    ----------
    box : HBox
    """

    def __init__(self, about: Callable[[], About | None]) -> None:
        self._about, self._view, self._count = about, View("nothing"), 0
        self._tables: dict[str, pd.DataFrame] = {}
        self._toggle = ToggleButton(description="Download", tooltip="Tables as CSV or XLSX, the figure as PNG or SVG")
        self._toggle.observe(lambda _change: self._open(), "value")
        self._menu = VBox()
        self._file: HTML | None = None
        self.box = HBox([self._toggle], layout=Layout(display="none", margin="0"))
        self.box.add_class("rk-download")

    def offer(self, view: View | None) -> None:
        """Offer what this view shows; nothing for None, or where there is nothing to take."""
        self._view = view or View("nothing")
        there = bool(self._view.data or self._view.figure is not None or _has_table(self._view))
        self.box.layout.display = None if there else "none"
        if self._toggle.value:
            self._toggle.value = False

    def _open(self) -> None:
        self._file = None
        if not self._toggle.value:
            self.box.children = (self._toggle,)
            return
        self._menu = VBox(self._buttons(), layout=Layout(margin="0"))
        self._menu.add_class("rk-download-menu")
        self.box.children = (self._toggle, self._menu)

    def _buttons(self) -> list[Button]:
        try:
            self._tables = tables_of(self._view)
        except Exception as error:  # whatever it was: a sentence on the card, the traceback in the log
            return [HTML(_said(sentence(error)))]
        several = len(self._tables) > 1
        made = [
            _button(f"{_words(name)} · CSV" if several else "CSV", f"{_words(name)} as CSV, unrounded", self._csv, name)
            for name in self._tables
        ]
        if self._tables:
            made.append(_button("XLSX", "All tables of this card as one workbook, unrounded", self._xlsx, ""))
        if self._view.figure is not None:
            made += [
                _button(kind.upper(), f"The figure as {kind.upper()}", self._figure, kind) for kind in ("png", "svg")
            ]
        return made

    def _csv(self, name: str) -> None:
        self._hand_over("csv", name, lambda _about: csv_text(self._tables[name]).encode())

    def _xlsx(self, _name: str) -> None:
        self._hand_over("xlsx", self._view.name, lambda about: workbook(self._tables, about, datetime.now(UTC)))

    def _hand_over(self, kind: str, name: str, make: Callable[[About], bytes]) -> None:
        """A link that holds the whole file: nothing is kept on the server."""
        about = self._about()
        if about is None:
            return
        try:
            made = base64.b64encode(make(about)).decode("ascii")
        except Exception as error:  # noqa: BLE001, RUF100 (as above)
            self._show(_said(sentence(error)))
            return
        link = Markup('<a class="rk-file" data-count="{}" href="data:{};base64,{}" download="{}">{}</a>')
        called = file_name(about, name, kind)
        self._show(str(link.format(self._next(), _TYPES[kind], made, called, called)))

    def _figure(self, kind: str) -> None:
        """The figure is in the browser; so is what draws it."""
        about = self._about()
        if about is not None:
            mark = Markup('<span class="rk-file" data-count="{}" data-figure="{}" data-name="{}"></span>')
            self._show(str(mark.format(self._next(), kind, file_name(about, self._view.name, kind))))

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _show(self, html: str) -> None:
        if self._file is None:
            self._file = HTML(layout=Layout(margin="0"))
            self._menu.children = (*self._menu.children, self._file)
        self._file.value = html


def tables_of(view: View) -> dict[str, pd.DataFrame]:
    """The tables behind a card: those that its view names, else those that it shows."""
    return dict(view.data()) if view.data is not None else shown_tables(str(view.html), view.name)


def file_name(about: About, table: str, kind: str) -> str:
    """Report, portfolio, day and table, of characters that every file system takes.

    >>> file_name({"report": "portfolio_var", "portfolio": "atlas/demo", "as of": "2020-03-16"}, "components", "csv")
    'portfolio_var_atlas-demo_2020-03-16_components.csv'
    """
    parts = (about.get("report", ""), about.get("portfolio", ""), about.get("as of", ""), table.replace(" ", "_"))
    clean = [_NOT_IN_A_NAME.sub("-", part).strip("-.")[:_LONGEST] for part in parts]
    return "_".join(filter(None, clean)) + "." + kind


def _has_table(view: View) -> bool:
    return "<table" in view.html or 'class="rk-tile"' in view.html


def _button(text: str, help_text: str, act: Callable[[str], None], name: str) -> Button:
    made = Button(description=text, tooltip=help_text)
    made.on_click(lambda _button: act(name))
    return made


def _words(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _said(text: str) -> str:
    return str(Markup('<span class="rk-download-line" role="alert">{}</span>').format(text))
