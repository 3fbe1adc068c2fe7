"""How sentences and tables write keys, lists of names and amounts."""

from __future__ import annotations

from collections.abc import Sequence

#: Words of a key that are written otherwise.
AS_WRITTEN = {"var": "VaR", "es": "ES", "pnl": "P&L", "n": "number of"}


def in_words(key: str) -> str:
    """A metric's or a report's key as people say it, within a sentence.

    >>> in_words("component_var"), in_words("expected_shortfall")
    ('component VaR', 'expected shortfall')
    """
    return " ".join(AS_WRITTEN.get(word, word) for word in key.split("_"))


def heading(key: str) -> str:
    """A metric's or a report's key as it stands alone.

    >>> heading("portfolio_var"), heading("stress_test"), heading("var_backtest")
    ('Portfolio VaR', 'Stress test', 'VaR backtest')
    """
    words = in_words(key)
    return words[:1].upper() + words[1:]


def some(names: Sequence[str], most: int) -> str:
    """The first names of a list, and how many others there are.

    >>> some(("AAPL", "KO", "XOM"), 2)
    'AAPL, KO and 1 other'
    """
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} other{'' if left == 1 else 's'}" if left > 0 else "")


def amount(value: float) -> str:
    """Grouped by thousands, with the cents of an amount and no more; a small figure to ten digits.

    >>> amount(827528.92708), amount(1483185.0), amount(1.5), amount(-93006.84316)
    ('827,528.93', '1,483,185', '1.5', '-93,006.84')
    """
    return f"{value:,.2f}".removesuffix(".00") if abs(value) >= 1000 else f"{value:,.10g}"
