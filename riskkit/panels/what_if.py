"""What if: trades that nobody makes, and what they would do to the figures of the page. Nothing is saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ipywidgets import HTML, Layout, VBox

from riskkit.charts.what_if import what_if
from riskkit.errors import InputError
from riskkit.panels.desk import Desk, Shown
from riskkit.parameters.trades import Trade, parse_trades, trades_text
from riskkit.portfolio import Instrument, Position
from riskkit.store.contract import Inputs
from riskkit.var import IncrementalResult, VarResult, VarSpec, incremental_var
from riskkit.widgets.card import REFRESHING, Card
from riskkit.widgets.downloads import Downloads
from riskkit.widgets.recompute import Recompute
from riskkit.widgets.status import Status
from riskkit.widgets.trades import TradeRows

_HEAD = (
    '<h3 class="rk-title">What if?</h3><p class="rk-sub">Add a trade, or change one, and see what it would do. '
    "The page's own figures stay as they are, nothing is saved, and the address carries the trades.</p>"
)


@dataclass(frozen=True, eq=False)
class Asked:
    """What the worker is given."""

    shown: Shown
    trades: tuple[Trade, ...]


@dataclass(frozen=True, eq=False)
class Found:
    """What the worker found: which instruments there are, then what the trades do; None for no trades."""

    symbols: tuple[str, ...]
    result: IncrementalResult | None = None


def trades_of(symbols: Sequence[Trade], inputs: Inputs, known: Mapping[str, Instrument]) -> tuple[Position, ...]:
    """The trades with the terms of what they trade: an instrument of the book, or one that its team knows.

    Raises
    ------
    InputError
        There is no such instrument.
    """
    instruments = {**known, **{position.symbol: position.instrument for position in inputs.portfolio.positions}}
    missing = [trade.symbol for trade in symbols if trade.symbol not in instruments]
    if missing:
        raise InputError("trades", ", ".join(missing), f"instruments that {inputs.ref.team} knows")
    return tuple(Position(instruments[trade.symbol], trade.quantity) for trade in symbols)


def changed_var(inputs: Inputs, spec: VarSpec, trades: Sequence[Position]) -> IncrementalResult:
    """The book of a page without and with trades, on the days that the page reads."""
    held = {position.symbol for position in inputs.portfolio.positions}
    new = tuple(trade for trade in trades if trade.symbol not in held)
    more = type(inputs.portfolio)(inputs.portfolio.name, inputs.portfolio.base_currency, new).factors
    history = inputs.over(spec.lookback_days + spec.step_days - 1, more)
    return incremental_var(inputs.portfolio, history, trades, spec)


class WhatIf:
    """The panel.

    Attributes
    ----------
    box : VBox
    result : IncrementalResult or None
        Of the trades that the rows say; None for none.
    rows : TradeRows
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._text, self._mistaken = desk, "", False
        self._shown: Shown | None = None
        self._known: dict[str, dict[str, Instrument]] = {}
        self.result: IncrementalResult | None = None
        self.rows = TradeRows(self._edited)
        self._status = Status()
        self._recompute = Recompute(self._compute, self._apply, self._fail)
        self._card = Card(tools=Downloads(lambda: None if self._shown is None else self._about(self._shown)))
        self._card.box.layout.display = "none"
        inside = (HTML(_HEAD, layout=Layout(margin="0")), self.rows.box, self._status.progress, self._status.banner)
        self.box = VBox([*inside, self._card.box], layout=Layout(margin="0", width="100%", overflow="visible"))
        for look in ("rk-view", "rk-card", "rk-what-if"):
            self.box.add_class(look)

    def answered(self, shown: Shown) -> None:
        """The page shows another book, another way to look at it, or an address with other trades."""
        self._shown = shown
        text = str(shown.values.get("trades", ""))
        if text != self._text:
            self._text = text
            self.rows.write(parse_trades(text))
        self._ask()

    def wait(self, seconds: float = 30.0) -> bool:
        """Wait until nothing is being computed: for scripts and tests, where no event loop runs beside."""
        return self._recompute.wait(seconds)

    def _edited(self) -> None:
        """A row was changed: the address follows, and the page tells this panel of it as of any other answer."""
        if self._shown is None:
            return
        text, before = trades_text(self.rows.trades), self._mistaken
        try:
            parse_trades(text)
            self._mistaken = False
            if text != self._text or before:
                self._text = text
                self._desk.move({"trades": text})
        except Exception as error:  # whatever a browser sends is answered with a sentence
            self._mistaken = True
            self._status.error(error)

    def _ask(self) -> None:
        if self._shown is not None:
            self._status.busy(True)
            self._card.box.add_class(REFRESHING)
            self._recompute.request(Asked(self._shown, parse_trades(self._text)))

    def _compute(self, asked: Asked) -> Iterator[Found]:
        inputs, team = asked.shown.inputs, asked.shown.inputs.ref.team
        if team not in self._known:
            self._known[team] = {one.symbol: one for one in self._desk.store.instruments(team)}
        held = {position.symbol for position in inputs.portfolio.positions}
        symbols = tuple(sorted({*self._known[team], *held}))
        if not asked.trades or not isinstance(asked.shown.result, VarResult):
            yield Found(symbols)
            return
        trades = trades_of(asked.trades, inputs, self._known[team])
        yield Found(symbols, changed_var(inputs, asked.shown.result.spec, trades))

    def _apply(self, found: Found) -> None:
        if self._shown is None:
            return
        self.result = found.result
        self.rows.offer(found.symbols)
        self.rows.tell_held({p.symbol: p.quantity for p in self._shown.inputs.portfolio.positions})
        if found.result is not None:
            self._card.update(what_if(found.result, self._shown.result))
        self._card.box.layout.display = None if found.result is not None else "none"
        if not self._mistaken:
            self._status.clear()
        self._rest()

    def _fail(self, error: Exception) -> None:
        self._status.error(error)
        self._rest()

    def _rest(self) -> None:
        self._status.busy(False)
        self._card.box.remove_class(REFRESHING)

    def _about(self, shown: Shown) -> dict[str, str]:
        """What a file of this panel is of."""
        return {
            "report": "what_if",
            "portfolio": shown.inputs.ref.path,
            "as of": shown.inputs.as_of.isoformat(),
            "trades": self._text,
        }
