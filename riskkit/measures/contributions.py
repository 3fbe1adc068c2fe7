"""What each position adds to a risk measure: shares that sum to the total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.measures.empirical import Tail

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Components:
    """Contributions to VaR and expected shortfall, losses positive.

    Attributes
    ----------
    var, expected_shortfall : array (P,)
        [money]; each sums to the portfolio's figure.
    """

    var: FloatArray
    expected_shortfall: FloatArray


def euler_standard_deviation(exposures: FloatArray, covariance: FloatArray) -> FloatArray:
    """Euler shares of the standard deviation of a linear book.

    Position i adds e_i' C e / sd, where e is the sum of the e_i: the derivative by its size, times its size.

    Parameters
    ----------
    exposures : array (P, F)
        [money per unit of return] by position and factor.
    covariance : array (F, F)

    Returns
    -------
    array (P,)
        [money]; sums to the standard deviation. Zeros if that is zero.

    Raises
    ------
    InputError
        Exposures and covariance of different numbers of factors.

    References
    ----------
    Tasche (1999), Risk contributions and performance measurement; Hull, chapter on component VaR.

    Examples
    --------
    >>> euler_standard_deviation(np.array([[3.0, 0.0], [0.0, 4.0]]), np.eye(2)).tolist()
    [1.8, 3.2]
    """
    if exposures.shape[1] != len(covariance):
        raise InputError("exposures", exposures.shape, f"one column for each of {len(covariance)} factors")
    towards = covariance @ exposures.sum(axis=0)
    variance = float(exposures.sum(axis=0) @ towards)
    if variance <= 0:
        return np.zeros(len(exposures))
    return np.asarray(exposures @ towards / np.sqrt(variance), np.float64)


def from_tail(tail_pnl: FloatArray, tail: Tail) -> Components:
    """Contributions under a simulation: the positions' own P&L in the tail scenarios.

    Component VaR is the position's loss in the VaR scenario; component expected shortfall its mean loss over the
    tail, with the tail's weights. One scenario carries the noise of one scenario: read the VaR's shares with that
    in mind; the shortfall's are steadier.

    Parameters
    ----------
    tail_pnl : array (k, P)
        [money], gain positive, rows in the order of `tail.indices`.
    tail : Tail

    Returns
    -------
    Components

    Raises
    ------
    InputError
        Not one row for each scenario of the tail.

    References
    ----------
    Tasche (1999), "Risk contributions and performance measurement": E[loss of i | loss of the book].

    Examples
    --------
    >>> tail = Tail(np.array([4, 1]), np.array([0.75, 0.25]))
    >>> from_tail(np.array([[-4.0, -8.0], [-6.0, 2.0]]), tail).expected_shortfall.tolist()
    [4.5, 5.5]
    """
    if len(tail_pnl) != len(tail.indices):
        raise InputError("tail_pnl", tail_pnl.shape, f"one row for each of {len(tail.indices)} tail scenarios")
    return Components(0.0 - tail_pnl[-1], 0.0 - tail.weights @ tail_pnl)
