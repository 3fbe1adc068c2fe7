"""What somebody has changed of a book and not saved: by symbol, against the book as it was read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from riskkit.errors import InputError
from riskkit.portfolio import Instrument
from riskkit.store import rows

#: Most symbols that may be changed at once; the database says it too.
MOST = 10_000
_EXPECTED = "unsaved changes as this page keeps them"


@dataclass
class Edits:
    """Unsaved changes.

    Attributes
    ----------
    base : dict
        Quantity by symbol, as the book was read.
    wanted : dict
        Quantity by symbol, None for none; only what differs from `base`.
    new : dict
        Instruments that come with a file, by symbol: the team does not know them as they are.
    clashes : dict
        Symbols changed here and meanwhile by somebody else: what they were when the change was made.
    """

    base: dict[str, float] = field(default_factory=dict)
    wanted: dict[str, float | None] = field(default_factory=dict)
    new: dict[str, Instrument] = field(default_factory=dict)
    clashes: dict[str, float | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.wanted)

    def set(self, symbol: str, quantity: float | None, instrument: Instrument | None = None) -> None:
        """Hold this much; what the book holds already is no change, unless its instrument is new."""
        self.clashes.pop(symbol, None)
        if instrument is not None:
            self.new[symbol] = instrument
        if quantity == self.base.get(symbol) and symbol not in self.new:
            self.drop(symbol)
        else:
            self.wanted[symbol] = quantity

    def drop(self, symbol: str) -> None:
        """Leave this one as it is."""
        for kept in (self.wanted, self.new, self.clashes):
            kept.pop(symbol, None)

    def discard(self) -> None:
        """Leave everything as it is."""
        for kept in (self.wanted, self.new, self.clashes):
            kept.clear()

    def saved(self, written: Mapping[str, float | None]) -> None:
        """These have been written; what was changed after they were sent stays, also what was to be as before."""
        for symbol, quantity in written.items():
            if symbol not in self.wanted:
                self.wanted[symbol] = self.base.get(symbol)
            elif self.wanted[symbol] == quantity:
                self.drop(symbol)

    def rebase(self, base: Mapping[str, float], theirs: frozenset[str] = frozenset()) -> None:
        """The book was read again: the changes stay, against what it is now; those that others touched too clash."""
        for symbol in theirs & self.wanted.keys():
            if base.get(symbol) != self.wanted[symbol]:
                self.clashes.setdefault(symbol, self.base.get(symbol))
        self.base = dict(base)
        for symbol in list(self.wanted):
            if self.wanted[symbol] == self.base.get(symbol) and symbol not in self.new:
                self.drop(symbol)

    def after(self) -> dict[str, float]:
        """The book with the changes: what it holds first, in its order, then what is added."""
        merged = {**self.base, **self.wanted}
        return {symbol: quantity for symbol, quantity in merged.items() if quantity is not None}

    def text(self, revision: int, day: date) -> str:
        """For the browser to keep; empty for no changes."""
        if not self.wanted:
            return ""
        new = [rows.instrument_row(one) for one in self.new.values()]
        return json.dumps({"revision": revision, "day": day.isoformat(), "wanted": self.wanted, "new": new})


@dataclass(frozen=True)
class Kept:
    """Changes as the browser kept them: the revision they were made against, the day, and what they are."""

    revision: int
    day: date
    wanted: dict[str, float | None]
    new: dict[str, Instrument]


def read(text: str) -> Kept:
    """From what a browser hands back.

    Raises
    ------
    InputError
        It is not what `Edits.text` wrote.
    """
    try:
        given = json.loads(text)
        wanted = {str(symbol): _quantity(quantity) for symbol, quantity in given["wanted"].items()}
        new = [rows.instrument(row) for row in given["new"]]
        if len(wanted) > MOST or len(new) > MOST:
            raise ValueError("too many")
        return Kept(int(given["revision"]), date.fromisoformat(given["day"]), wanted, {one.symbol: one for one in new})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InputError) as error:
        raise InputError("draft", text[:40], _EXPECTED) from error


def _quantity(given: Any) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError(given)
    if not math.isfinite(given) or abs(given) >= 1e15:
        raise ValueError(given)
    return float(given)
