"""The grid: bokeh's DataTable, whose quantities can be typed over."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bokeh.document.events import ColumnsPatchedEvent
from bokeh.models import ColumnDataSource, InlineStyleSheet
from bokeh.models.widgets.tables import CellEditor, DataTable, StringEditor, StringFormatter
from bokeh.models.widgets.tables import TableColumn as GridColumn
from ipywidgets import DOMWidget, Layout, VBox
from jupyter_bokeh import BokehModel

from riskkit.charts.numbers import decimals_of, number
from riskkit.charts.positions import quantity_text
from riskkit.panels.positions import words
from riskkit.panels.positions.edits import Edits
from riskkit.portfolio import Instrument

#: Rows shown at once; the grid scrolls beyond.
_MOST_TALL, _ROW = 14, 34
#: SlickGrid's own look is for a light page; the page's tokens reach into its shadow root.
_LOOK = Path(__file__).with_name("grid.css").read_text(encoding="utf-8")


class Grid:
    """A book in rows.

    Parameters
    ----------
    typed : callable
        Told the symbol and the text that was typed over its quantity.
    soon : callable
        Has something done after the message that is being read: bokeh does not let a listener write.

    Attributes
    ----------
    box : VBox
        What the page shows. Everything that comes from it comes from a browser.
    source : ColumnDataSource
        Of these rows; others get another, so that what a browser says of a row it still shows lands on no other.
    """

    def __init__(self, typed: Callable[[str, Any], None], soon: Callable[[Callable[[], None]], None]) -> None:
        self._typed, self._soon = typed, soon
        self.source = ColumnDataSource()
        self._shown: list[str] = []
        self._drawn = itertools.count()
        self._table: DataTable | None = None
        self.box = VBox(layout=Layout(width="100%", margin="0"))
        self.box.add_class("rk-grid")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The symbols of the rows that are ticked."""
        places = [place for place in self.source.selected.indices if isinstance(place, int)]
        return tuple(self._shown[place] for place in places if 0 <= place < len(self._shown))

    def show(
        self, edits: Edits, instruments: Mapping[str, Instrument], units: Mapping[str, float | None], currency: str
    ) -> None:
        """Show the book with what is changed of it; removed positions stay until that is saved."""
        symbols = [*edits.base, *(symbol for symbol in edits.wanted if symbol not in edits.base)]
        held = [_quantity(edits, symbol) for symbol in symbols]
        worth = [_worth(units.get(symbol), quantity) for symbol, quantity in zip(symbols, held, strict=True)]
        decimals = decimals_of(sum(abs(one) for one in worth if one is not None), currency)
        texts = ["" if quantity is None else quantity_text(quantity) for quantity in held]
        columns: dict[str, Any] = {
            "position": symbols,
            "quantity": texts,
            "change": [_change(edits, symbol) for symbol in symbols],
            "value": ["–" if one is None else number(one, decimals) for one in worth],
            "currency": [instruments[symbol].currency if symbol in instruments else "" for symbol in symbols],
            "sector": [_sector(instruments.get(symbol)) for symbol in symbols],
        }
        if self._table is None or symbols != self._shown:
            ticked = set(self.chosen)
            self._shown = symbols
            self.source = ColumnDataSource(columns)
            self.source.selected.indices = [place for place, symbol in enumerate(symbols) if symbol in ticked]
            self._table = _table(self.source)
            self._name(self._table, currency)
            self._draw(self._table)
        else:
            self._write(self._table, columns)
            self._name(self._table, currency)

    def unticked(self) -> None:
        """Tick nothing."""
        self.source.selected.indices = []

    def _name(self, table: DataTable, currency: str) -> None:
        table.columns[3].title = f"Value, {currency}"
        table.height = _ROW * (min(max(len(self._shown), 3), _MOST_TALL) + 1) + 12

    def _draw(self, table: DataTable) -> None:
        """In place of the one before; with all its rows: what is told to one that is not drawn yet is lost."""
        before, drawn = self.box.children, BokehModel(table, layout=Layout(width="100%", margin="0"))
        self.box.children = (drawn,)
        for one in before:
            DOMWidget.close(one)  # BokehModel's own can be done but once, and is when it is collected
        document = table.document
        if document is not None:
            document.on_change(self._heard)

    def _write(self, table: DataTable, columns: dict[str, Any]) -> None:
        if columns != dict(self.source.data):
            self.source.data = columns
            # As many rows as before are no news to bokeh's table; that its view has changed is.
            table.view.tags = [next(self._drawn)]

    def _heard(self, event: Any) -> None:
        """A browser has typed over cells. It also sends back whole tables that it was given: those say nothing new."""
        if not isinstance(event, ColumnsPatchedEvent) or event.model is not self.source:
            return
        places = {place: text for place, text in event.patches.get("quantity", ()) if isinstance(place, int)}
        found = {self._shown[place]: text for place, text in places.items() if 0 <= place < len(self._shown)}
        if found:
            self._soon(lambda: self._tell(found))

    def _tell(self, found: Mapping[str, Any]) -> None:
        for symbol, text in found.items():
            self._typed(symbol, text)


def _table(source: ColumnDataSource) -> DataTable:
    return DataTable(
        source=source,
        columns=_columns(),
        editable=True,
        auto_edit=False,
        selectable="checkbox",
        sortable=False,
        reorderable=False,
        index_position=None,
        autosize_mode="none",
        row_height=_ROW,
        sizing_mode="stretch_width",
        stylesheets=[InlineStyleSheet(css=_LOOK)],
    )


def _columns() -> list[GridColumn]:
    fixed, right = CellEditor(), StringFormatter(text_align="right")
    bold = StringFormatter(font_style="bold")
    return [
        GridColumn(field="position", title="Position", width=180, editor=fixed, formatter=bold),
        GridColumn(field="quantity", title="Quantity (edit)", width=130, editor=StringEditor(), formatter=right),
        GridColumn(field="change", title="Unsaved change", width=240, editor=fixed),
        GridColumn(field="value", title="Value", width=140, editor=fixed, formatter=right),
        GridColumn(field="currency", title="Currency", width=80, editor=fixed),
        GridColumn(field="sector", title="Sector", width=260, editor=fixed),
    ]


def _quantity(edits: Edits, symbol: str) -> float | None:
    return edits.wanted[symbol] if symbol in edits.wanted else edits.base[symbol]


def _worth(unit: float | None, quantity: float | None) -> float | None:
    return None if unit is None else unit * (quantity or 0.0)


def _change(edits: Edits, symbol: str) -> str:
    if symbol not in edits.wanted:
        return ""
    return words.move(edits.base.get(symbol), edits.wanted[symbol])


def _sector(instrument: Instrument | None) -> str:
    if instrument is None:
        return ""
    text = instrument.sector or instrument.asset_class
    return text.replace("_", " ").capitalize() if text.islower() else text
