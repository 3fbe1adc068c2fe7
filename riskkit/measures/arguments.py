"""What a measure accepts: finite float arrays of a stated shape, and numbers in a stated range.

Each check names the argument it refuses and says what would do, so that no measure ever answers NaN, and none
dies of numpy's or LAPACK's own complaint.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.errors import InputError
from riskkit.measures.covariance import nearest_psd

Array = NDArray[np.float64]
#: What varies by no more than this stands still: the fourth power of less is no number.
VANISHING = 1e-75


def sample(field: str, values: ArrayLike, *, at_least: int = 1) -> Array:
    """A finite vector of at least so many observations.

    Parameters
    ----------
    field : str
        Name of the argument, for the error.
    values : array_like (n,)
    at_least : int
        Fewest observations the measure needs.

    Returns
    -------
    array (n,)

    Raises
    ------
    InputError
        On another shape, NaN, infinities or too few observations.

    Examples
    --------
    >>> sample("losses", [1, 2])
    array([1., 2.])
    """
    vector = _numbers(field, values)
    if vector.ndim != 1:
        raise InputError(field, f"an array of shape {vector.shape}", "one dimension")
    if len(vector) < at_least:
        raise InputError(field, f"{len(vector)} observations", f"at least {at_least}")
    return vector


def paired(field: str, values: ArrayLike, other: Array, other_field: str) -> Array:
    """A finite vector as long as another one: the same days, the same scenarios.

    Parameters
    ----------
    field : str
        Name of the argument, for the error.
    values : array_like (n,)
    other : array (n,)
        What it must be as long as.
    other_field : str
        Its name.

    Returns
    -------
    array (n,)

    Raises
    ------
    InputError
        On another length or shape, NaN or infinities.

    Examples
    --------
    >>> paired("benchmark", [1, 2], np.array([0.1, 0.2]), "returns")
    array([1., 2.])
    """
    vector = sample(field, values, at_least=0)
    if len(vector) != len(other):
        raise InputError(field, f"{len(vector)} values", f"{len(other)}, one for each of {other_field}")
    return vector


def table(field: str, values: ArrayLike, *, at_least: int = 1) -> Array:
    """A finite matrix (T, F) of observations x factors with at least so many rows and one column.

    Parameters
    ----------
    field : str
        Name of the argument, for the error.
    values : array_like (T, F)
    at_least : int
        Fewest rows the measure needs.

    Returns
    -------
    array (T, F)

    Raises
    ------
    InputError
        On another shape, NaN, infinities or too few rows.

    Examples
    --------
    >>> table("returns", [[1, 2]])
    array([[1., 2.]])
    """
    matrix = _numbers(field, values)
    if matrix.ndim != 2 or not matrix.shape[1]:
        raise InputError(field, f"an array of shape {matrix.shape}", "two dimensions, observations x factors")
    if len(matrix) < at_least:
        raise InputError(field, f"{len(matrix)} observations", f"at least {at_least}")
    return matrix


def covariance_matrix(values: ArrayLike) -> Array:
    """A symmetric positive semidefinite covariance (F, F); singular is allowed, rounding is forgiven.

    Parameters
    ----------
    values : array_like (F, F)

    Returns
    -------
    array (F, F)

    Raises
    ------
    InputError
        Field `covariance`: on another shape, NaN, asymmetry, or where some book would have a negative variance.

    References
    ----------
    Higham (2002), "Computing the nearest correlation matrix", for the rounding that `nearest_psd` forgives.

    Examples
    --------
    >>> covariance_matrix([[1.0, 1.0000001], [1.0000001, 1.0]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    riskkit.errors.InputError: covariance: got 'smallest eigenvalue -1e-07 of its correlations'; expected a positive ...
    """
    repair = nearest_psd(table("covariance", values))
    if repair.largest_change > 0:
        found = f"smallest eigenvalue {repair.smallest_eigenvalue:.3g} of its correlations"
        raise InputError("covariance", found, "a positive semidefinite matrix; `covariance.nearest_psd` mends one")
    return repair.matrix


def constant(values: Array) -> bool:
    """Whether a series varies by no more than rounding: 1e-12 of its size, or `VANISHING`.

    Parameters
    ----------
    values : array (n,)

    Returns
    -------
    bool

    Examples
    --------
    >>> constant(np.array([0.3, 0.1 + 0.2])), constant(np.array([0.3, 0.31]))
    (True, False)
    """
    return bool(np.ptp(values) <= max(1e-12 * float(np.abs(values).max()), VANISHING))


def number(field: str, value: float, *, above: float = -math.inf, below: float = math.inf) -> float:
    """A finite number strictly between two bounds; neither text nor a boolean.

    Parameters
    ----------
    field : str
        Name of the argument, for the error.
    value : float
    above, below : float
        Bounds, themselves not allowed.

    Returns
    -------
    float

    Raises
    ------
    InputError
        Text, a boolean, NaN, infinity or a number out of bounds.

    Examples
    --------
    >>> number("decay", 1.0, above=0, below=1)
    Traceback (most recent call last):
    riskkit.errors.InputError: decay: got 1.0; expected a number above 0 and below 1
    """
    number_like = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number_like or not math.isfinite(value) or not above < value < below:
        bounds = [f"above {above:g}"] * (above > -math.inf) + [f"below {below:g}"] * (below < math.inf)
        raise InputError(field, value, f"a number {' and '.join(bounds)}" if bounds else "a finite number")
    return float(value)


def whole(field: str, value: int, *, at_least: int, at_most: int) -> int:
    """A whole number between two bounds, both allowed; not a boolean.

    Parameters
    ----------
    field : str
        Name of the argument, for the error.
    value : int
    at_least, at_most : int

    Returns
    -------
    int

    Raises
    ------
    InputError
        A fraction, text, a boolean or a number out of bounds.

    Examples
    --------
    >>> whole("lags", 4, at_least=0, at_most=50)
    4
    """
    fits = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not fits or not at_least <= value <= at_most:
        raise InputError(field, value, f"a whole number from {at_least} to {at_most}")
    return int(value)


def confidence(value: float) -> float:
    """A confidence level: a fraction above 0.5 and below 1.

    Parameters
    ----------
    value : float

    Returns
    -------
    float

    Raises
    ------
    InputError
        95 for 0.95, text, a boolean, NaN.

    Examples
    --------
    >>> confidence(95)
    Traceback (most recent call last):
    riskkit.errors.InputError: confidence_level: got 95; expected a number above 0.5 and below 1
    """
    return number("confidence_level", value, above=0.5, below=1.0)


def _numbers(field: str, values: ArrayLike) -> Array:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(field, "rows of unequal length", "an array of numbers") from error
    if array.size and array.dtype.kind not in "iuf":
        raise InputError(field, f"an array of {array.dtype}", "an array of numbers")
    array = array.astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        bad = int(array.size - finite.sum())
        raise InputError(field, f"{bad} of {array.size} values NaN or infinite", "finite numbers only")
    return array
