"""Regulatory expected shortfall: the liquidity-horizon cascade and the stress ratio of MAR33; positive for a loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, number, sample

#: Liquidity horizons of MAR33.12, trading days; the first is the base horizon.
HORIZONS = (10, 20, 40, 60, 120)
#: The reduced set of factors must explain this share of the full one (MAR33.5).
LEAST_EXPLAINED = 0.75


def cascade_weights(horizons: Sequence[int] = HORIZONS) -> Array:
    """Weights sqrt((LH_j - LH_(j-1)) / LH_1) of the cascade.

    Parameters
    ----------
    horizons : sequence of J int
        Trading days, rising.

    Returns
    -------
    array (J,)

    Raises
    ------
    InputError

    References
    ----------
    Basel Framework, MAR33.5.

    Examples
    --------
    >>> cascade_weights().round(5).tolist()
    [1.0, 1.0, 1.41421, 1.41421, 2.44949]
    """
    steps = np.diff(sample("horizons", horizons), prepend=0.0)
    if (steps <= 0).any():
        raise InputError("horizons", tuple(horizons), "rising numbers of days above zero")
    return np.asarray(np.sqrt(steps / steps[0]), dtype=np.float64)


def liquidity_horizon_shortfall(partial_shortfalls: ArrayLike, horizons: Sequence[int] = HORIZONS) -> float:
    """Expected shortfall over liquidity horizons, positive for a loss: the cascade of MAR33.4.

    ES = sqrt(sum_j (ES_j sqrt((LH_j - LH_(j-1)) / LH_1))²), where ES_j shocks only the factors whose own horizon is at
    least LH_j, over the base horizon LH_1.

    Parameters
    ----------
    partial_shortfalls : array_like (J,) [currency]
        ES_1 (all factors) to ES_J (the least liquid only), none negative; 0 where a book has no such factor.
    horizons : sequence of J int
        Trading days.

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError

    References
    ----------
    Basel Committee on Banking Supervision, Basel Framework, MAR33.4 and MAR33.5.

    Examples
    --------
    >>> round(liquidity_horizon_shortfall([100.0, 0.0, 0.0, 0.0, 50.0]), 4)
    158.1139
    """
    partial = sample("partial_shortfalls", partial_shortfalls)
    weights = cascade_weights(horizons)
    if len(partial) != len(weights):
        raise InputError("partial_shortfalls", f"{len(partial)} values", f"{len(weights)}, one for each horizon")
    if (partial < 0).any():
        raise InputError("partial_shortfalls", float(partial.min()), "expected shortfalls of zero or more")
    return math.hypot(*(partial * weights))


def cascade_members(factor_horizons: ArrayLike, horizons: Sequence[int] = HORIZONS) -> np.ndarray:
    """Which factors each step of the cascade shocks.

    Parameters
    ----------
    factor_horizons : array_like (F,)
        Each factor's liquidity horizon, one of `horizons`.
    horizons : sequence of J int

    Returns
    -------
    array (J, F) of bool

    Raises
    ------
    InputError

    References
    ----------
    Basel Framework, MAR33.5 and MAR33.12.

    Examples
    --------
    >>> cascade_members([10, 40]).tolist()[:3]
    [[True, True], [False, True], [False, True]]
    """
    own = sample("factor_horizons", factor_horizons)
    strange = sorted(set(own.tolist()) - {float(h) for h in horizons})
    if strange:
        raise InputError("factor_horizons", strange[0], f"one of {', '.join(map(str, horizons))}")
    return own[None, :] >= np.asarray(horizons, dtype=np.float64)[:, None]


@dataclass(frozen=True)
class StressedShortfall:
    """Expected shortfall calibrated to a stress period.

    Attributes
    ----------
    expected_shortfall : float [currency]
        Reduced set in the stress period, times the ratio.
    ratio : float
        Full to reduced set of factors today, not below 1.
    explained : float
        Reduced to full: the share the reduced set explains.
    warning : str
        Empty, or that the reduced set explains less than MAR33 asks.
    """

    expected_shortfall: float
    ratio: float
    explained: float
    warning: str


def stressed_shortfall(reduced_stressed: float, full_current: float, reduced_current: float) -> StressedShortfall:
    """Expected shortfall in stress, ES_RS * max(1, ES_FC / ES_RC): MAR33.6; positive for a loss.

    Parameters
    ----------
    reduced_stressed : float [currency]
        ES_RS: the reduced set of factors, worst 12 months of history.
    full_current, reduced_current : float [currency]
        ES_FC, ES_RC: the last 12 months, all factors and the reduced set; above zero.

    Returns
    -------
    StressedShortfall

    Raises
    ------
    InputError

    References
    ----------
    Basel Framework, MAR33.5 to MAR33.7.

    Examples
    --------
    >>> stressed_shortfall(300.0, 120.0, 100.0).expected_shortfall
    360.0
    """
    stressed = number("reduced_stressed", reduced_stressed, above=-math.ulp(0.0))
    full = number("full_current", full_current, above=0)
    reduced = number("reduced_current", reduced_current, above=0)
    ratio, explained = max(1.0, full / reduced), reduced / full
    warning = "" if explained >= LEAST_EXPLAINED else (
        f"The reduced set of factors explains {explained:.0%} of the full one; at least {LEAST_EXPLAINED:.0%} is asked."
    )  # fmt: skip
    return StressedShortfall(stressed * ratio, ratio, explained, warning)
