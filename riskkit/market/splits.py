"""What an unadjusted split looks like in a series of prices."""

from __future__ import annotations

#: Splits as they are made, and how near the price ratio must be.
SPLITS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100)
_NEAR_SMALL, _NEAR_LARGE = 0.02, 0.05
#: A ratio between these is a day's move.
_MOVES = (0.6, 1.8)


def like_a_split(ratio: float) -> str:
    """Which split the ratio of two following prices looks like: `10:1`, `1:10`; empty where it is like none.

    Parameters
    ----------
    ratio : float
        Of a price to the one before it [1].

    Returns
    -------
    str
        New shares to old ones.

    Examples
    --------
    >>> like_a_split(0.5), like_a_split(10.1), like_a_split(0.55), like_a_split(0.9)
    ('2:1', '1:10', '', '')
    """
    if _MOVES[0] < ratio < _MOVES[1]:
        return ""
    for n in SPLITS:
        near = _NEAR_SMALL if n < 4 else _NEAR_LARGE
        if abs(ratio * n - 1) < near:
            return f"{n}:1"
        if abs(ratio / n - 1) < near:
            return f"1:{n}"
    return ""
