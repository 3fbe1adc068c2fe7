"""How numbers are written for people: grouped thousands, a true minus sign, a unit, never a "-0"."""

from __future__ import annotations

import math
import re
from datetime import date

#: U+2212, as wide as a plus and a digit; a hyphen is neither.
MINUS = "\u2212"
#: Between a number and its unit: they never part at the end of a line.
SPACE = "\u00a0"
#: Currencies without a minor unit in use.
_WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF"})
_HYPHEN = re.compile(r"(?<![^\s(\[:,;=])-(?=\.?\d)")
_SCALES = ((1e12, "trillion", "tn"), (1e9, "billion", "bn"), (1e6, "million", "m"), (1e3, "thousand", "k"))


def number(value: float, decimals: int = 0) -> str:
    """Grouped by thousands, to a fixed number of decimals.

    >>> number(1900447.4), number(-0.3), number(-1234.5, 1)
    ('1,900,447', '0', '−1,234.5')
    """
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in text for digit in "123456789")
    return (MINUS if negative else "") + text


def signed(value: float, decimals: int = 0) -> str:
    """As `number`, with a plus before a gain: for P&L, whose sign is its message.

    >>> signed(1200), signed(-1200), signed(0.2)
    ('+1,200', '−1,200', '0')
    """
    text = number(value, decimals)
    gain = value > 0 and any(digit in text for digit in "123456789")
    return "+" + text if gain else text


def decimals_of(scale: float, currency: str) -> int:
    """Decimals that amounts of a table need when its largest is `scale`: cents matter only in a small book.

    >>> decimals_of(49e6, "USD"), decimals_of(870.0, "USD"), decimals_of(870.0, "JPY")
    (0, 2, 0)
    """
    return 2 if abs(scale) < 10_000 and currency not in _WHOLE else 0


def percent(fraction: float, decimals: int = 2) -> str:
    """A fraction as per cent.

    >>> percent(0.0386), percent(-0.5, 0)
    ('3.86\\xa0%', '−50\\xa0%')
    """
    return number(100 * fraction, decimals) + SPACE + "%"


def move(size: float, kind: str, *, absolute: bool = True) -> str:
    """A factor's move as people quote it: points of a volatility, basis points of a yield, per cent of the rest.

    >>> move(0.0708, "volatility"), move(0.002, "yield"), move(-0.2, "equity", absolute=False)
    ('+7.1\\xa0points', '+20\\xa0bp', '−20.0\\xa0%')
    """
    if absolute and kind == "volatility":
        return signed(100 * size, 1) + SPACE + "points"
    if absolute and kind == "yield":
        return signed(10_000 * size) + SPACE + "bp"
    return signed(size, 4) if absolute else signed(100 * size, 1) + SPACE + "%"


def level(confidence_level: float) -> str:
    """A confidence level as people say it, with the decimals it has and no more.

    >>> level(0.99), level(0.975), level(0.9999)
    ('99\\xa0%', '97.5\\xa0%', '99.99\\xa0%')
    """
    return f"{100 * confidence_level:.10g}{SPACE}%"


def scale_of(largest: float) -> tuple[float, str, str]:
    """Divisor, word and letter of the unit in which the largest magnitude of an axis reads well.

    >>> scale_of(5_200_000.0), scale_of(870.0)
    ((1000000.0, 'million', 'm'), (1.0, '', ''))
    """
    for size, word, letter in _SCALES:
        if abs(largest) >= 0.9995 * size:
            return size, word, letter
    return 1.0, "", ""


def short(value: float) -> str:
    """Three significant figures and a letter.

    >>> short(49_213_000), short(-1_900_447), short(999_700), short(12.3), short(-0.001)
    ('49.2\\xa0m', '−1.90\\xa0m', '1.00\\xa0m', '12.3', '0')
    """
    size, _, letter = scale_of(value)
    scaled = float(f"{value / size:.3g}")
    digits = 2 - math.floor(math.log10(abs(scaled))) if abs(scaled) >= 1 else 2
    text = number(scaled, min(2, max(0, digits)))
    if letter:
        return text + SPACE + letter
    return text.rstrip("0").rstrip(".") if "." in text else text


def true_minus(text: str) -> str:
    """A text in which the hyphen before a number is a minus sign; dates and names keep theirs.

    >>> true_minus("Equities -20 %, S&P 500 -33.9 % from 2020-02-19, GE-A 5")
    'Equities −20 %, S&P 500 −33.9 % from 2020-02-19, GE-A 5'
    """
    return _HYPHEN.sub(MINUS, text)


def days(count: int) -> str:
    """A number of trading days in words.

    >>> days(1), days(10)
    ('1\\xa0day', '10\\xa0days')
    """
    return f"{number(count)}{SPACE}{'day' if count == 1 else 'days'}"


def day(value: date) -> str:
    """A date that is read the same on both sides of the Atlantic.

    >>> day(date(2020, 3, 6))
    '6\\xa0Mar\\xa02020'
    """
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return SPACE.join((str(value.day), months[value.month - 1], str(value.year)))


def ordinal(count: int) -> str:
    """A rank.

    >>> [ordinal(n) for n in (1, 2, 3, 5, 11, 12, 13, 21, 102, 1000)]
    ['1st', '2nd', '3rd', '5th', '11th', '12th', '13th', '21st', '102nd', '1,000th']
    """
    suffix = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count:,}{suffix}"


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the cut marked by an ellipsis.

    >>> shortened("SP500 put 3,800 Jun 2023", 12)
    'SP500 put 3…'
    """
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def distinct(texts: list[str], limit: int) -> list[str]:
    """Each text shortened, and numbered where two would read the same.

    >>> distinct(["A", "Long name one", "Long name two"], 8)
    ['A', 'Long na…', 'Long… 2']
    """
    found: list[str] = []
    for text in texts:
        candidate, count = shortened(text, limit), 1
        while candidate in found:
            count += 1
            mark = f" {count}"
            candidate = shortened(text, limit - len(mark)) + mark
        found.append(candidate)
    return found
