"""GARCH(1,1) fitted by `arch`, and filtered historical simulation from its standardised residuals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, constant, sample, table, whole
from riskkit.measures.volatility import VolatilityPath

#: Fewer days do not tell alpha from beta.
FEWEST_DAYS = 250
#: Alpha plus beta stays below 1 by this much, or the variance would have no long-run level.
_MARGIN = 1e-4
#: (alpha, beta) to start from where the fit from `arch`'s own starting values does not converge.
_STARTS = ((0.05, 0.9), (0.1, 0.8), (0.02, 0.96), (0.03, 0.9), (0.2, 0.6), (0.05, 0.5))


@dataclass(frozen=True, eq=False)
class Garch:
    """variance(t + 1) = omega + alpha * (return(t) - mean)² + beta * variance(t).

    Attributes
    ----------
    mean, omega, alpha, beta : float
        Of daily returns, in their own unit (omega in its square).
    volatility : array (T + 1,)
        Standard deviation of each day given the days before; the last is for the day after the sample.
    residuals : array (T,)
        (return - mean) / volatility.
    log_likelihood : float

    Notes
    -----
    The parameters are fitted on the whole sample: the path looks ahead through them, not through the recursion.
    """

    mean: float
    omega: float
    alpha: float
    beta: float
    volatility: Array
    residuals: Array
    log_likelihood: float

    @property
    def persistence(self) -> float:
        """Alpha plus beta: at 1 a shock to the variance never fades."""
        return self.alpha + self.beta

    @property
    def path(self) -> VolatilityPath:
        """The volatilities as `volatility.scale_by_volatility` takes them."""
        return VolatilityPath(0, self.volatility[:, None])


def fit_garch(returns: ArrayLike, innovations: Literal["normal", "t"] = "normal") -> Garch:
    """Fit GARCH(1,1) with a constant mean by maximum likelihood, alpha plus beta below 1.

    Where the optimiser does not converge from the usual starting values it is started again from others, always in the
    same order; the first fit that converges is taken.

    Parameters
    ----------
    returns : array_like (T,)
        Oldest first, at least 250 [any unit: they are standardised for the fit].
    innovations : {"normal", "t"}
        Law of the residuals in the likelihood.

    Returns
    -------
    Garch

    Raises
    ------
    InputError
        On too few or constant returns, or where the optimiser converges from no starting values.

    References
    ----------
    Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity". Fitted by Sheppard's `arch`.

    Examples
    --------
    >>> fit = fit_garch(np.random.default_rng(0).standard_normal(1000) * 0.01)
    >>> fit.persistence < 1, fit.volatility.shape
    (True, (1001,))
    """
    # Imported here: arch takes 1 s of CPU to import beyond scipy (statsmodels, pandas), and few calls need it.
    from arch.univariate import GARCH, ConstantMean, Normal, StudentsT

    values = sample("returns", returns, at_least=FEWEST_DAYS)
    scale = float(values.std())
    if constant(values):
        raise InputError("returns", "a constant series", "returns that vary")
    if innovations not in ("normal", "t"):
        raise InputError("innovations", innovations, "normal or t")
    process, residuals = GARCH(), StudentsT() if innovations == "t" else Normal()
    process.constraints = partial(_stationary, process.constraints)  # type: ignore[method-assign]  # arch asks here what it may fit
    model = ConstantMean(values / scale, volatility=process, distribution=residuals, rescale=False)
    average = float(values.mean()) / scale
    starts = [np.array([average, 1 - a - b, a, b, *([8.0] if innovations == "t" else [])]) for a, b in _STARTS]
    for start in (None, *starts):
        fit = model.fit(disp="off", show_warning=False, starting_values=start)
        mean, omega, alpha, beta = (float(p) for p in fit.params[:4])
        path = np.asarray(fit.conditional_volatility, dtype=np.float64)
        finite = np.isfinite(path).all() and (path > 0).all() and math.isfinite(float(fit.loglikelihood))
        if fit.convergence_flag == 0 and finite and alpha + beta < 1:
            break
    else:
        raise InputError("returns", f"{len(values)} returns on which GARCH(1,1) does not converge", "a longer history")
    last = math.sqrt(omega + alpha * (float(values[-1]) / scale - mean) ** 2 + beta * float(path[-1]) ** 2)
    return Garch(
        mean * scale,
        omega * scale**2,
        alpha,
        beta,
        np.append(path, last) * scale,
        (values / scale - mean) / path,
        float(fit.loglikelihood) - len(values) * math.log(scale),
    )


def _stationary(constraints: Callable[[], tuple[Array, Array]]) -> tuple[Array, Array]:
    """`arch`'s constraints a @ parameters >= b; the last row, alpha plus beta at most 1, with a margin."""
    a, b = constraints()
    return a, np.append(b[:-1], b[-1] + _MARGIN)


def filtered_simulation(
    fits: Sequence[Garch], horizon_days: int, n_paths: int, generator: np.random.Generator
) -> Array:
    """Filtered historical simulation: paths of GARCH volatility driven by days drawn from the residuals.

    One historical day is drawn for all factors at once, so that their dependence is the history's; each factor's
    residual is scaled by its own volatility, which the move then updates.

    Parameters
    ----------
    fits : sequence of F Garch
        Of the same days.
    horizon_days : int
        1 to 250.
    n_paths : int
        1 to 10,000,000.
    generator : numpy.random.Generator

    Returns
    -------
    array (n_paths, F)
        Sum of the daily returns over the horizon, in their unit.

    Raises
    ------
    InputError

    References
    ----------
    Barone-Adesi, Giannopoulos and Vosper (1999), "VaR without correlations for nonlinear portfolios".

    Examples
    --------
    >>> flat = Garch(0.0, 1.0, 0.0, 0.0, np.ones(3), np.array([-1.0, 1.0]), 0.0)
    >>> set(filtered_simulation([flat], 1, 100, np.random.default_rng(1)).ravel().tolist()) == {-1.0, 1.0}
    True
    """
    horizon_days = whole("horizon_days", horizon_days, at_least=1, at_most=250)
    n_paths = whole("n_paths", n_paths, at_least=1, at_most=10_000_000)
    if not fits or len({len(fit.residuals) for fit in fits}) != 1:
        raise InputError("fits", f"{len(fits)} fits", "at least one, all of the same days")
    residuals = table("fits", np.stack([fit.residuals for fit in fits], axis=1))
    mean, omega, alpha, beta = (
        np.array([getattr(fit, name) for fit in fits]) for name in ("mean", "omega", "alpha", "beta")
    )
    variance = np.tile(np.array([fit.volatility[-1] for fit in fits]) ** 2, (n_paths, 1))
    total = np.zeros((n_paths, len(fits)))
    for _ in range(horizon_days):
        shock = residuals[generator.integers(0, len(residuals), n_paths)] * np.sqrt(variance)
        total += mean + shock
        variance = omega + alpha * shock**2 + beta * variance
    return total
