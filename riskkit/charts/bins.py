"""Bins of a histogram whose axis a few extreme draws do not fill."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskkit.charts.numbers import number, scale_of

FloatArray = NDArray[np.float64]

#: Bins between the limits.
INNER = 60
#: Share of the draws that may lie beyond each limit.
BEYOND = 0.0005
#: Nothing is gathered on a side where it would save less than this share of the range.
_WORTH = 0.25
#: Air around a value that must be seen, as a share of the range: room for the label of a gathering bin.
_MARGIN = 0.15


class Bins(NamedTuple):
    """Where draws are counted.

    Attributes
    ----------
    edges : array (B + 1,)
        Increasing; the outermost bin on a side where draws are gathered holds all that lie beyond its inner edge.
    below, above : int
        Draws gathered on either side; 0 where the bins reach as far as the draws do.
    """

    edges: FloatArray
    below: int
    above: int

    def placed(self, draws: FloatArray) -> FloatArray:
        """Where each draw is drawn: at its value, or in the middle of the bin that it is gathered in."""
        found = np.array(draws, np.float64)
        if self.below:
            found[found < self.edges[1]] = 0.5 * (self.edges[0] + self.edges[1])
        if self.above:
            found[found >= self.edges[-2]] = 0.5 * (self.edges[-2] + self.edges[-1])
        return found

    def counts(self, draws: FloatArray) -> NDArray[np.intp]:
        """How many draws each bin holds."""
        return np.histogram(self.placed(draws), bins=self.edges)[0]

    def ranges(self, decimals: int) -> list[str]:
        """What each bin holds, in words."""
        bounds = [number(edge, decimals) for edge in self.edges]
        said = [f"{low} to {high}" for low, high in itertools.pairwise(bounds)]
        if self.below:
            said[0] = f"below {bounds[1]}"
        if self.above:
            said[-1] = f"{bounds[-2]} and above"
        return said


def bins(draws: FloatArray, seen: Sequence[float]) -> Bins:
    """Bins for these draws, with every value of `seen` well inside.

    Where the extremes of a side would fill the axis, the bins end at the 0.05 % or the 99.95 % quantile, further out
    if a value of `seen` asks for it, and what lies beyond is gathered in one more bin.

    >>> found = bins(np.append(np.linspace(-1.0, 1.0, 9999), 50.0), [-0.9])
    >>> found.below, found.above, len(found.edges) - 1
    (0, 6, 61)
    """
    least, most = float(draws.min()), float(draws.max())
    low, high = least, most
    beyond = int(BEYOND * len(draws))
    if beyond:
        ordered = np.partition(draws, [beyond, len(draws) - 1 - beyond])
        low, high = _holding(float(ordered[beyond]), float(ordered[-1 - beyond]), seen)
        worth = _WORTH * (high - low)
        low, high = low if low - least > worth else least, high if most - high > worth else most
    if low == high:
        half = 0.5 * scale_of(low)[0]
        low, high = low - half, high + half
    below = int((draws < low).sum())
    above = int((draws >= high).sum()) if high < most else 0
    edges, width = np.linspace(low, high, INNER + 1), (high - low) / INNER
    before, after = [low - width] if below else [], [high + width] if above else []
    return Bins(np.concatenate([before, edges, after]), below, above)


def _holding(low: float, high: float, seen: Sequence[float]) -> tuple[float, float]:
    """The range, widened so that every value seen has air around it."""
    air = _MARGIN * (max(high, *seen) - min(low, *seen))
    return min(low, *(value - air for value in seen)), max(high, *(value + air for value in seen))
