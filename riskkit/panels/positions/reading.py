"""What a person typed as a quantity or a symbol."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from riskkit.errors import InputError
from riskkit.feeds.cells import number
from riskkit.portfolio import Instrument

QUANTITY = "a number of units such as 1,200 or -0.5, below 1e15 in size"
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def quantity(symbol: str, typed: object) -> float:
    """The quantity: a minus sign may be a true one, thousands may be set apart by commas.

    Raises
    ------
    InputError
        It is no finite number below 1e15 in size.

    Examples
    --------
    >>> quantity("AAPL", "\\u22121,200.5"), quantity("AAPL", " 3 ")
    (-1200.5, 3.0)
    """
    text = str(typed).strip().replace("\u2212", "-").removeprefix("+").replace("\u00a0", "")
    plain = text.replace(",", "") if _GROUPED.fullmatch(text) else text
    found = number(plain) if len(plain) <= 40 else None
    if found is None:
        raise InputError(f"Quantity of {symbol}" if symbol else "Quantity", str(typed), QUANTITY)
    return found + 0.0


def instrument(typed: object, known: Mapping[str, Instrument], team: str) -> Instrument:
    """The instrument of a symbol, whatever its case.

    Raises
    ------
    InputError
        The team knows none; names one that is like it.
    """
    text = str(typed).strip()
    alike = {symbol.casefold(): symbol for symbol in known}
    found = known.get(text) or known.get(alike.get(text.casefold(), ""))
    if found is None:
        near = difflib.get_close_matches(text.casefold(), alike, n=1)
        hint = f"; did you mean {alike[near[0]]}?" if near else "; a new one comes with a CSV file"
        raise InputError("Symbol", text, f"an instrument that team {team} knows{hint}")
    return found
