"""What a name may look like: titles people read, slugs in addresses, symbols of instruments and factors."""

from __future__ import annotations

import re
import unicodedata

from riskkit.errors import InputError

#: Longest title, in characters after normalisation.
TITLE_LENGTH = 200

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9 ._/^=:&-]{0,62}")
# Control, format (zero width, bidirectional overrides), surrogate, private use, line and paragraph separators.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def title(field: str, value: object, *, source: str | None = None, line: int | None = None) -> str:
    """A text that people read: NFC, 1 to 200 characters, none of them invisible.

    What looks like markup, SQL or a formula is text like any other: whoever shows it escapes it.

    >>> title("title", "Long  short <b>")
    'Long  short <b>'
    """
    expected = f"a text of 1 to {TITLE_LENGTH} characters without control, zero-width or direction-changing characters"
    if not isinstance(value, str) or len(value) > 4 * TITLE_LENGTH:
        raise InputError(field, value, expected, source=source, line=line)
    text = unicodedata.normalize("NFC", value).strip(" ")
    if not 1 <= len(text) <= TITLE_LENGTH or any(unicodedata.category(character) in _UNSEEN for character in text):
        raise InputError(field, value, expected, source=source, line=line)
    return text


def slug(field: str, value: object) -> str:
    """A name that is part of an address: lower-case ASCII letters, digits, `-` and `_`, at most 63.

    >>> slug("portfolio", "long-short")
    'long-short'
    """
    if not isinstance(value, str) or not _SLUG.fullmatch(value):
        raise InputError(
            field, value, "1 to 63 lower-case letters, digits, '-' or '_', beginning with a letter or digit"
        )
    return value


def symbol(field: str, value: object, *, line: int | None = None, column: int | None = None) -> str:
    """An instrument's or a factor's symbol: ASCII, at most 63, never the beginning of a spreadsheet formula.

    >>> symbol("symbol", "BRK.B")
    'BRK.B'
    """
    if not isinstance(value, str) or not _SYMBOL.fullmatch(value) or value != value.strip():
        expected = (
            "a symbol: 1 to 63 ASCII letters, digits, spaces or . _ / ^ = : & -, beginning with a letter, digit or ^"
        )
        raise InputError(field, value, expected, line=line, column=column)
    return value


def plain(text: str, *, lines: bool = False) -> str:
    """A text from anywhere as it may be shown: whatever a reader would not see is a question mark.

    Parameters
    ----------
    text : str
    lines : bool
        Whether line feeds and tabs stay; otherwise each is a space.

    Examples
    --------
    >>> plain("a\\u202eb\\r\\nBcc: x")
    'a?b? Bcc: x'
    """
    kept = "\n\t" if lines else ""
    spaced = text if lines else text.replace("\n", " ").replace("\t", " ")
    return "".join("?" if unicodedata.category(one) in _UNSEEN and one not in kept else one for one in spaced)
