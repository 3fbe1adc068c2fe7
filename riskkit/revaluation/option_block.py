"""European options on one underlying, valued together: what they share is computed once a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from riskkit.market import MarketSnapshot
from riskkit.portfolio import EuropeanOption
from riskkit.pricing import OptionTerms
from riskkit.revaluation.book import Holding

FloatArray = NDArray[np.float64]

#: Scenarios, and options, in one tile: its arrays stay in a processor's own cache.
_SCENARIOS, _OPTIONS = 1024, 32


class OptionBlock:
    """Options on one spot and one volatility factor, in one currency.

    The logarithm of the spot is taken once a scenario for all of them, against today's level, so that it is small and
    keeps its last digits; the net value is two products of weights with a matrix of probabilities.

    Attributes
    ----------
    places : array (N,) of int
        Of its positions in the book.
    holding : Holding
        One of them: its columns and currency are all the others'.
    value : float
        Of the whole block today, its currency.
    """

    def __init__(self, places: Sequence[int], holdings: Sequence[Holding], snapshot: MarketSnapshot) -> None:
        options = [holding.instrument for holding in holdings if isinstance(holding.instrument, EuropeanOption)]
        terms = OptionTerms.of(options, snapshot.as_of)
        self.places, self.holding = np.array(places, np.intp), holdings[0]
        self._columns = self.holding.columns
        self._spot, self._volatility = (float(snapshot.levels[column]) for column in self._columns)
        self._reference = self._spot if self._spot > 0 else 1.0
        self._half_root = terms.sign * np.sqrt(terms.time) / 2  # below zero for puts: their d1 and d2 change sign
        self._half_log = np.log(terms.carry * self._reference / terms.discounted_strike) / 2
        self._has_time = bool((terms.time > 0).all())
        self._quantity = np.array([holding.quantity for holding in holdings], np.float64)
        self._per_spot = terms.sign * terms.multiplier * terms.carry
        self._per_strike = terms.sign * terms.multiplier * terms.discounted_strike
        self._today = self._prices(np.zeros((1, len(snapshot.levels))))[0]
        self.value = float(self._quantity @ self._today)

    @classmethod
    def all(cls, holdings: Sequence[Holding], snapshot: MarketSnapshot) -> list[OptionBlock]:
        """The options of a book, by spot, volatility and currency."""
        groups: dict[tuple[object, ...], list[int]] = {}
        for place, holding in enumerate(holdings):
            if isinstance(holding.instrument, EuropeanOption):
                groups.setdefault((*holding.columns, holding.currency_column), []).append(place)
        return [cls(places, [holdings[place] for place in places], snapshot) for places in groups.values()]

    def pnl(self, changes: FloatArray, rate: FloatArray, rate_now: float) -> FloatArray:
        """P&L of the block under level changes (S, F): array (S,), gain positive.

        Parameters
        ----------
        changes : array (S, F)
        rate, rate_now : array (S,) or (1,), float
            Base currency per unit of the block's, in each scenario and today.
        """
        gain = np.full(len(changes), -self.value)
        by_spot, by_strike = self._quantity * self._per_spot, self._quantity * self._per_strike
        for rows, part, spot, first, second in self._tiles(changes):
            gain[rows] += spot * (by_spot[part] @ first) - by_strike[part] @ second
        pnl: FloatArray = gain * rate + self.value * (rate - rate_now)
        return pnl

    def position_pnl(self, changes: FloatArray, rate: FloatArray, rate_now: float) -> FloatArray:
        """P&L of each option: array (S, N); arguments as of `pnl`."""
        rate = rate[:, None]
        gain = self._prices(changes) - self._today
        pnl: FloatArray = self._quantity * (gain * rate + self._today * (rate - rate_now))
        return pnl

    def _prices(self, changes: FloatArray) -> FloatArray:
        """Of one contract each, (S, N)."""
        out = np.empty((len(changes), len(self.places)))
        for rows, part, spot, first, second in self._tiles(changes):
            first *= self._per_spot[part, None] * spot
            second *= self._per_strike[part, None]
            out[rows, part] = (first - second).T
        return out

    def _tiles(self, changes: FloatArray) -> Iterator[tuple[slice, slice, FloatArray, FloatArray, FloatArray]]:
        """Scenarios, options, spots (s,), and the probabilities N(d1) and N(d2) of each option (n, s)."""
        for start in range(0, len(changes), _SCENARIOS):
            rows = slice(start, start + _SCENARIOS)
            spot = self._spot + changes[rows, self._columns[0]]
            volatility = self._volatility + changes[rows, self._columns[1]]
            regular = self._has_time and bool((spot > 0).all() and (volatility > 0).all())
            # a worthless underlying or a certain payoff make infinities on purpose: ndtr takes them to 0 and 1
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = np.log(spot / self._reference) / 2
            for first_option in range(0, len(self.places), _OPTIONS):
                part = slice(first_option, first_option + _OPTIONS)
                yield rows, part, spot, *self._probabilities(part, moved, volatility, regular=regular)

    def _probabilities(
        self, part: slice, moved: FloatArray, volatility: FloatArray, *, regular: bool
    ) -> tuple[FloatArray, FloatArray]:
        half: FloatArray = np.multiply.outer(self._half_root[part], volatility)
        middle: FloatArray = np.add.outer(self._half_log[part], moved)
        with np.errstate(divide="ignore", invalid="ignore"):
            middle /= half
        if not regular:  # zero over zero: at the money and certain, the payoff is zero either way
            unknown = np.isnan(middle)
            middle[unknown] = -half[unknown]
        first = middle + half
        middle -= half
        return ndtr(first, out=first), ndtr(middle, out=middle)
