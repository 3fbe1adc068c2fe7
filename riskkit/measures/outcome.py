"""What a backtest statistic answers, and the check of the exceptions it reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from riskkit.errors import InputError


@dataclass(frozen=True)
class Outcome:
    """A test statistic and its p-value.

    Attributes
    ----------
    statistic, p_value : float or None
        None where the sample cannot say anything; `note` then says why. Never NaN.
    degrees_of_freedom : int or None
        Of the chi-square the statistic is compared with; None for another law.
    note : str
        Empty, or what a reader must know about this outcome.
    """

    statistic: float | None
    p_value: float | None
    degrees_of_freedom: int | None = None
    note: str = ""

    @classmethod
    def of_chi_square(cls, statistic: float, degrees_of_freedom: int, note: str = "") -> Outcome:
        """A statistic compared with a chi-square; one that rounding took below zero counts as zero.

        Examples
        --------
        >>> round(Outcome.of_chi_square(3.841459, 1).p_value, 6)
        0.05
        """
        statistic = max(statistic, 0.0)
        return cls(statistic, float(chdtrc(degrees_of_freedom, statistic)), degrees_of_freedom, note)


def exceptions_of(exceptions: ArrayLike, *, at_least: int = 1) -> NDArray[np.bool_]:
    """The exceptions of a backtest as a vector of booleans, oldest first; 0 and 1 will do.

    Parameters
    ----------
    exceptions : array_like (n,)
    at_least : int
        Fewest days.

    Returns
    -------
    array (n,) of bool

    Raises
    ------
    InputError
        On another shape, other values or too few days.

    Examples
    --------
    >>> exceptions_of([0, 1, 0])
    array([False,  True, False])
    """
    values = np.asarray(exceptions)
    if values.ndim != 1 or len(values) < at_least:
        raise InputError("exceptions", f"an array of shape {values.shape}", f"a vector of at least {at_least} days")
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise InputError("exceptions", f"an array of {values.dtype}", "true or false (1 or 0) for each day")
    return values.astype(np.bool_)
