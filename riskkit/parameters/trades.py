"""Trades of a what-if as one text, so that they fit into an address: `100*AAPL,-50*BRK.B`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from riskkit import names
from riskkit.errors import InputError

#: Trades of one what-if: a grid for people, not a file.
MOST_TRADES = 20
#: Quantities are below it, as the database keeps them.
_LARGEST = 1e15

_QUANTITY = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,20})?(?:e[+-]?[0-9]{1,3})?", re.ASCII)
_EXPECTED = f"trades such as 100*AAPL,-50*MSFT: at most {MOST_TRADES}, each instrument once, no quantity of nothing"


class Trade(NamedTuple):
    """A change of quantity: bought above zero, sold below."""

    symbol: str
    quantity: float


def parse_trades(text: str) -> tuple[Trade, ...]:
    """The trades that a text names; none for an empty one.

    Whether there is such an instrument is asked where instruments are known.

    Raises
    ------
    InputError

    Examples
    --------
    >>> parse_trades("100*AAPL,-2.5*EUR cash")
    (Trade(symbol='AAPL', quantity=100.0), Trade(symbol='EUR cash', quantity=-2.5))
    >>> parse_trades("")
    ()
    """
    found = tuple(_trade(part, text) for part in text.split(",")) if text else ()
    if len(found) > MOST_TRADES or len({trade.symbol for trade in found}) != len(found):
        raise InputError("trades", text, _EXPECTED)
    return found


def trades_text(trades: Sequence[Trade]) -> str:
    """The text that `parse_trades` reads back to the same trades.

    >>> trades_text([Trade("AAPL", 100.0), Trade("BRK.B", -0.5)])
    '100*AAPL,-0.5*BRK.B'
    """
    return ",".join(f"{_number(trade.quantity)}*{trade.symbol}" for trade in trades)


def _number(quantity: float) -> str:
    return str(int(quantity)) if quantity.is_integer() else repr(quantity)


def _trade(part: str, text: str) -> Trade:
    quantity, star, symbol = part.partition("*")
    if not star or not _QUANTITY.fullmatch(quantity):
        raise InputError("trades", text, _EXPECTED)
    trade = Trade(names.symbol("trades", symbol), float(quantity))
    if not 0 < abs(trade.quantity) < _LARGEST:
        raise InputError("trades", text, _EXPECTED)
    return trade
