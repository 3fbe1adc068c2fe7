"""Reverse stress: the most plausible scenario that loses a given amount."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from riskkit.errors import InputError
from riskkit.market import FactorHistory, MarketSnapshot
from riskkit.measures.arguments import number, whole
from riskkit.measures.covariance import CONVENTIONS, covariance
from riskkit.measures.reverse import ReverseStress, linear_reverse_stress
from riskkit.measures.reverse import reverse_stress as nearest_moves
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.scenarios import level_changes
from riskkit.stress.factor_result import FactorScenario, FactorStressResult

FloatArray = NDArray[np.float64]

#: How far the search goes: so many times the distance of the linearised book's answer, and at least so many deviations.
_REACH, _LEAST_REACH = 3.0, 12.0
#: The closed form stands if full revaluation agrees with it to this share of the loss.
_EXACT = 1e-9


@dataclass(frozen=True)
class ReverseSpec:
    """How much is lost, and under which covariance; flat, so that each field is a parameter of a notebook.

    Attributes
    ----------
    fraction : float
        Loss as a fraction of the gross value, above zero; not used if `loss` is given.
    loss : float or None
        In base currency, above zero.
    lookback_days : int
        Returns behind the sample covariance, 20 to 20,000.
    horizon_days : int
        Trading days the scenario takes: the covariance is that of so many days.
    n_starts : int
        Random starting points of the search, 0 to 1000, for a book that is not linear.
    seed : int
        Of those.
    """

    fraction: float = 0.1
    loss: float | None = None
    lookback_days: int = 500
    horizon_days: int = 10
    n_starts: int = 4
    seed: int = 20200316

    def __post_init__(self) -> None:
        number("fraction", self.fraction, above=0)
        if self.loss is not None:
            number("loss", self.loss, above=0)
        whole("lookback_days", self.lookback_days, at_least=20, at_most=20_000)
        whole("horizon_days", self.horizon_days, at_least=1, at_most=250)
        whole("n_starts", self.n_starts, at_least=0, at_most=1000)
        whole("seed", self.seed, at_least=0, at_most=2**63 - 1)


def reverse_stress(portfolio: Portfolio, history: FactorHistory, spec: ReverseSpec | None = None) -> FactorStressResult:
    """The factor moves of least Mahalanobis distance under which the portfolio loses an amount.

    A linear book has them in closed form, -L S w / (w'S w). Where full revaluation says otherwise (options, bonds,
    currencies times prices, a price that would fall below zero), they are searched for.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
    spec : ReverseSpec, optional

    Returns
    -------
    FactorStressResult
        Its P&L is the full revaluation of the scenario; its probability that of a normal deviate beyond the distance,
        which for a linear book is the probability to lose at least so much over the horizon.

    Raises
    ------
    InputError
        The book is empty, does not vary, or cannot lose so much within reach: the message says how much it can.
    MarketDataError
        The history is too short.

    References
    ----------
    Breuer, Jandacka, Rheinberger and Summer (2009), "How to find plausible, severe, and useful stress scenarios",
    International Journal of Central Banking 5(3).

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> levels = np.cumprod(1 + np.tile([0.01, -0.01], 15))
    >>> days = np.datetime64("2020-01-01") + np.arange(30)
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 100 / levels[-1]),))
    >>> found = reverse_stress(book, history, ReverseSpec(loss=5.0, lookback_days=29))
    >>> round(found.pnl, 6), round(float(found.factors["move"].iloc[0]), 6)
    (-5.0, -0.05)
    """
    spec = ReverseSpec() if spec is None else spec
    history = history.select(portfolio.factors)
    snapshot = history.snapshot()
    book = Revaluer(portfolio, snapshot)
    gross = float(np.abs(book.values).sum())
    loss = spec.fraction * gross if spec.loss is None else spec.loss
    if loss <= 0 or not len(snapshot.factors):
        raise InputError("loss", loss, "an amount above zero, of a book that holds something that moves")
    returns = history.returns(spec.lookback_days)
    matrix = covariance(returns) * spec.horizon_days
    found, how = _found(book, snapshot, matrix, loss, spec)
    changes, floors = level_changes(snapshot, found.moves[None, :])
    everything = np.zeros(len(found.moves), np.bool_)
    deviations = np.sqrt(np.diag(matrix))
    probability = float(ndtr(-found.distance))
    scenario = FactorScenario(snapshot, found.moves, changes[0], deviations, everything, found.distance, probability)
    notes = (
        f"The most plausible scenario that loses {loss:,.2f} {portfolio.base_currency}: {how}",
        f"Factor covariance: {CONVENTIONS['sample']}; {len(returns)} daily returns up to {history.last}, "
        f"times {spec.horizon_days}.",
        "Probability: that of a normal deviate beyond the distance; for a linear book under normal factors, of a loss "
        "at least this large.",
        *floors,
    )
    return scenario.valued(portfolio, history, None, notes)


def _found(
    book: Revaluer, snapshot: MarketSnapshot, matrix: FloatArray, loss: float, spec: ReverseSpec
) -> tuple[ReverseStress, str]:
    def pnl(moves: FloatArray) -> FloatArray:
        return book.pnl(level_changes(snapshot, moves)[0])

    widest = _LEAST_REACH
    try:
        linear = linear_reverse_stress(book.exposure, matrix, loss)
    except InputError:  # no first-order risk: the loss, if any, is curvature
        linear = None
    if linear is not None:
        lost = -float(pnl(linear.moves[None, :])[0])
        if math.isclose(lost, loss, rel_tol=_EXACT):
            return linear, "closed form of a linear book."
        widest = max(widest, _REACH * linear.distance)
    found = nearest_moves(pnl, matrix, loss, widest=widest, n_starts=spec.n_starts, seed=spec.seed)
    return found, (
        f"the nearest found by sequential quadratic programming on full revaluation, from {found.n_starts} starting "
        f"points within {widest:.3g} deviations."
    )
