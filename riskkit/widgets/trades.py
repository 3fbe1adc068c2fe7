"""Rows in which people write trades: an instrument and a change of its quantity."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ipywidgets import HTML, Button, Combobox, FloatText, HBox, Layout, VBox
from markupsafe import Markup

from riskkit.charts.numbers import number, shortened
from riskkit.parameters.trades import MOST_TRADES, Trade

_STYLE = {"description_width": "initial"}


class TradeRow:
    """One trade; incomplete while it has no instrument or no quantity.

    Traits come from a browser: whatever `trade` gives is validated before use.
    """

    def __init__(self, changed: Callable[[], None], removed: Callable[[TradeRow], None]) -> None:
        self.symbol = Combobox(
            description="Instrument", placeholder="Name, such as AAPL", continuous_update=False, style=_STYLE
        )
        self.quantity = FloatText(description="Change of quantity", continuous_update=False, style=_STYLE)
        self.held = HTML(layout=Layout(margin="0"))
        self.remove = Button(description="Remove", tooltip="Remove this trade")
        self.remove.on_click(lambda _button: removed(self))
        for widget in (self.symbol, self.quantity):
            widget.add_class("rk-control")
            widget.observe(lambda _change: changed(), "value")
        self.box = HBox([self.symbol, self.quantity, self.held, self.remove], layout=Layout(flex_flow="row wrap"))
        self.box.add_class("rk-trade")

    @property
    def trade(self) -> Trade | None:
        """What is written, or None while something is missing."""
        symbol, quantity = str(self.symbol.value).strip(), float(self.quantity.value)
        return Trade(symbol, quantity) if symbol and quantity and math.isfinite(quantity) else None

    def tell_held(self, held: float | None) -> None:
        """Say how much the book holds, and would hold."""
        trade = self.trade
        text = ""
        if trade is not None and held is not None:
            text = f"{_amount(held)} → {_amount(held + trade.quantity)}"
        label = Markup('<span class="rk-trade-held"><span class="rk-label">Held</span> {}</span>')
        self.held.value = str(label.format(text)) if text else ""


class TradeRows:
    """Rows, with what adds one and what clears them all.

    Parameters
    ----------
    changed : callable
        Called when somebody changes what the rows say.

    Attributes
    ----------
    box : VBox
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed, self._quiet = changed, False
        self._rows: list[TradeRow] = []
        self._options: tuple[str, ...] = ()
        self._add = Button(description="Add a trade", tooltip="One more row")
        self._add.on_click(lambda _button: self._added())
        self._reset = Button(description="Reset", tooltip="Remove every trade: the book as it is")
        self._reset.on_click(lambda _button: self._cleared())
        self._list = VBox(layout=Layout(margin="0"))
        buttons = HBox([self._add, self._reset], layout=Layout(margin="0"))
        buttons.add_class("rk-trade-buttons")
        self.box = VBox([self._list, buttons], layout=Layout(margin="0", width="100%"))
        self.box.add_class("rk-trades")
        self.write(())

    @property
    def rows(self) -> tuple[TradeRow, ...]:
        """Those there are, at least one."""
        return tuple(self._rows)

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Those that are complete."""
        return tuple(row.trade for row in self._rows if row.trade is not None)

    def write(self, trades: Sequence[Trade]) -> None:
        """Say these trades, without calling it a change."""
        self._quiet = True
        try:
            self._rows = [self._row() for _ in trades] or [self._row()]
            for row, trade in zip(self._rows, trades, strict=False):
                row.symbol.value, row.quantity.value = trade
        finally:
            self._quiet = False
        self._show()

    def offer(self, symbols: Sequence[str]) -> None:
        """The instruments that may be chosen; another name is heard, and refused in a sentence."""
        self._options = tuple(symbols)
        for row in self._rows:
            row.symbol.options = self._options

    def tell_held(self, held: Mapping[str, float]) -> None:
        """Say in every row how much the book holds of it; an instrument that is not held is held with nothing."""
        for row in self._rows:
            row.tell_held(held.get(row.trade.symbol, 0.0) if row.trade is not None else None)

    def _row(self) -> TradeRow:
        row = TradeRow(self._moved, self._removed)
        row.symbol.options = self._options
        return row

    def _moved(self) -> None:
        if not self._quiet:
            self._changed()

    def _added(self) -> None:
        if len(self._rows) < MOST_TRADES:
            self._rows.append(self._row())
            self._show()

    def _removed(self, row: TradeRow) -> None:
        self._rows = [one for one in self._rows if one is not row] or [self._row()]
        self._show()
        self._moved()

    def _cleared(self) -> None:
        self.write(())
        self._moved()

    def _show(self) -> None:
        self._list.children = tuple(row.box for row in self._rows)
        self._add.disabled = len(self._rows) >= MOST_TRADES


def _amount(quantity: float) -> str:
    return shortened(number(quantity, 0 if quantity == round(quantity) else 2), 24)
