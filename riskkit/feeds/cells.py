"""What a cell may hold: numbers and dates in one notation, never guessed."""

from __future__ import annotations

import re
from datetime import date, datetime

#: A number in a file is below this in size.
LARGEST = 1e15
NUMBER = "a number such as 1234.56 or -0.5: ASCII digits, a point, no thousands separator, below 1e15 in size"
DAY = "a date such as 2020-03-16"
#: What stands for "no value": an empty cell, and what numerical programs write.
MISSING = ("", "NaN", "nan")

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def number(text: str) -> float | None:
    """The number, or None: `1,234.56`, `0x10`, `--5`, `+5`, full-width digits, `inf` and `1e400` are no numbers.

    >>> number("-12.5"), number("1,234.56"), number("1e400")
    (-12.5, None, None)
    """
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) < LARGEST else None


def day(text: str) -> date | None:
    """The date, or None if it is none.

    >>> day("2020-02-29"), day("29.02.2020"), day("2021-02-29")
    (datetime.date(2020, 2, 29), None, None)
    """
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """A date, or a date with a time and perhaps an offset from UTC; None if it is neither."""
    if not (_DAY.fullmatch(text) or _MOMENT.fullmatch(text)):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
