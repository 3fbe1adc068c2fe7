"""A table as CSV."""

from __future__ import annotations

import pandas as pd

#: What a spreadsheet would take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV; a text that a spreadsheet would run, in a cell or a head, gets a leading apostrophe.

    Numbers stay numbers.

    Parameters
    ----------
    frame : DataFrame
        Its index is left out.

    Returns
    -------
    str
        Comma-separated with a header; floats keep every bit: their text is the shortest that reads back the same.

    References
    ----------
    OWASP ASVS 5.0, 1.2.10.

    Examples
    --------
    >>> print(csv_text(pd.DataFrame({"position": ["=1+1", "AAPL"], "value": [-0.1, 2.0]})))
    position,value
    '=1+1,-0.1
    AAPL,2.0
    <BLANKLINE>
    """
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column].dtype):
            safe[column] = safe[column].map(_text)
    safe.columns = safe.columns.map(_text)
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text


def _text(value: object) -> object:
    if not isinstance(value, str):
        return value
    safe = "'" + value if value.startswith(FORMULA) else value
    # Unquoted, a carriage return would begin a row; readers end a cell at a NUL.
    return safe.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
