"""Backtests of the whole tail from probability integral transforms: Du-Escanciano, and Acerbi-Szekely's Z3.

Each day's transform is the probability the model gave to a P&L no better than the one that came: uniform and
independent if the model is right. A small transform is a large loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, special

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, confidence, sample, whole
from riskkit.measures.outcome import Outcome

_BLOCK = 2_000_000


def du_escanciano_unconditional(
    transforms: ArrayLike, confidence_level: float, generator: np.random.Generator | None = None
) -> Outcome:
    """Du and Escanciano: whether the mean of the cumulative violations is right (two-sided).

    H = max(0, (a - u) / a), a = 1 - c, has mean a/2 and variance a (1/3 - a/4); the statistic is the standardised mean
    of H, compared with a normal, or with its simulated exact law if a generator is given.

    Parameters
    ----------
    transforms : array_like (n,)
        In [0, 1], oldest first; small where the loss was large.
    confidence_level : float in (0.5, 1)
    generator : numpy.random.Generator, optional

    Returns
    -------
    Outcome

    Raises
    ------
    InputError

    References
    ----------
    Du and Escanciano (2017), "Backtesting expected shortfall: accounting for tail risk", Management Science 63(4).

    Examples
    --------
    >>> outcome = du_escanciano_unconditional((np.arange(1000) + 0.5) / 1000, 0.975)
    >>> round(outcome.statistic, 6), round(outcome.p_value, 4)
    (0.0, 1.0)
    """
    u, tail = _uniform(transforms), 1 - confidence(confidence_level)
    statistic = float(_mean_statistic(u[None, :], tail)[0])
    if generator is None:
        return Outcome(statistic, 2 * float(special.ndtr(-abs(statistic))), None, "Normal approximation.")
    simulated = _simulate(lambda draws: np.abs(_mean_statistic(draws, tail)), len(u), generator)
    return Outcome(statistic, _upper_tail(simulated, abs(statistic)), None, f"{len(simulated):,} simulations.")


def du_escanciano_conditional(
    transforms: ArrayLike, confidence_level: float, lags: int = 4, generator: np.random.Generator | None = None
) -> Outcome:
    """Du and Escanciano: whether the cumulative violations are uncorrelated (Box-Pierce).

    The statistic is n times the sum of the squared autocorrelations of H - a/2, chi-square with `lags` degrees of
    freedom, or with its simulated exact law if a generator is given (better: few days have a violation).

    Parameters
    ----------
    transforms : array_like (n,)
        In [0, 1], oldest first; small where the loss was large.
    confidence_level : float in (0.5, 1)
    lags : int
    generator : numpy.random.Generator, optional

    Returns
    -------
    Outcome
        None and a note where no day has a violation: the autocorrelation is then one by construction.

    Raises
    ------
    InputError

    References
    ----------
    Du and Escanciano (2017), section 3.

    Examples
    --------
    >>> outcome = du_escanciano_conditional(np.random.default_rng(3).random(1000), 0.975)
    >>> outcome.degrees_of_freedom, outcome.p_value > 0.05
    (4, True)
    """
    u, tail = _uniform(transforms), 1 - confidence(confidence_level)
    lags = whole("lags", lags, at_least=1, at_most=100)
    if len(u) <= lags:
        raise InputError("transforms", f"{len(u)} days", f"more than {lags} lags")
    if not (u < tail).any():
        return Outcome(None, None, lags, f"No violation in {len(u)} days: there is nothing to correlate.")
    statistic = float(_box_pierce(u[None, :], tail, lags)[0])
    if generator is None:
        return Outcome(statistic, float(special.chdtrc(lags, statistic)), lags, "Chi-square approximation.")
    simulated = _simulate(lambda draws: _box_pierce(draws, tail, lags)[(draws < tail).any(axis=1)], len(u), generator)
    return Outcome(statistic, _upper_tail(simulated, statistic), lags, f"{len(simulated):,} simulations.")


def acerbi_szekely_z3(
    transforms: ArrayLike,
    confidence_level: float,
    loss_quantile: Callable[[Array], Array],
    generator: np.random.Generator,
) -> Outcome:
    """Acerbi and Szekely's third test: the realised ranks, put back through the forecast distribution.

    Z3 = 1 - ES(realised) / E[ES(uniform)], where ES is the mean of the floor(n (1 - c)) largest losses q(u); zero in
    expectation if the model is right, negative where its tail is too thin; one-sided p-value by simulation. For a scale
    family pass the standardised quantile: each day's volatility cancels.

    Parameters
    ----------
    transforms : array_like (n,)
        In (0, 1), small where the loss was large.
    confidence_level : float in (0.5, 1)
    loss_quantile : callable
        Maps transforms to standardised losses, falling: `lambda u: -scipy.special.ndtri(u)` for a normal.
    generator : numpy.random.Generator

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        Where n (1 - c) is below one, or the quantile function is not finite on what it is asked.

    References
    ----------
    Acerbi and Szekely (2014), "Back-testing expected shortfall", test 3.

    Examples
    --------
    >>> u = np.random.default_rng(4).random(250)
    >>> acerbi_szekely_z3(u, 0.975, lambda u: -special.ndtri(u), np.random.default_rng(5)).p_value > 0.05
    True
    """
    u, level = _uniform(transforms), confidence(confidence_level)
    k = int(np.floor(len(u) * (1 - level) * (1 + 1e-12)))
    if k < 1:
        raise InputError("transforms", f"{len(u)} days", f"at least {np.ceil(1 / (1 - level)):.0f} at this level")
    inner = np.clip(u, 1e-12, 1 - 1e-12)

    def shortfall(draws: Array) -> Array:
        return np.asarray(loss_quantile(np.partition(draws, k - 1, axis=1)[:, :k]).mean(axis=1), dtype=np.float64)

    # E[ES]: each of the k smallest of n uniforms is Beta; together their density is n/k I_{1-u}(n - k, k).
    expected, _ = integrate.quad(
        lambda p: float(loss_quantile(np.array([p]))[0]) * float(special.betainc(len(u) - k, k, 1 - p)),
        0.0, 1.0, points=[min(k / len(u), 0.5)], limit=400,
    )  # fmt: skip
    expected *= len(u) / k
    realised = float(shortfall(inner[None, :])[0])
    if not np.isfinite([expected, realised]).all() or expected <= 0:
        raise InputError("loss_quantile", expected, "a quantile function with a finite expected shortfall above zero")
    simulated = _simulate(shortfall, len(u), generator)
    return Outcome(
        1 - realised / expected,
        _upper_tail(simulated, realised),
        None,
        f"{len(simulated):,} simulations, {k} in the tail.",
    )


def transforms_of(losses: ArrayLike, scale: ArrayLike, family: Literal["normal"] | float = "normal") -> Array:
    """Probability integral transforms of losses under a centred normal or t with each day's standard deviation.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    scale : array_like (n,) [currency]
        Each day's forecast standard deviation, above zero.
    family : "normal" or float
        A number is the degrees of freedom of a t, above 2.

    Returns
    -------
    array (n,)
        Small where the loss was large.

    Raises
    ------
    InputError

    References
    ----------
    Rosenblatt (1952), "Remarks on a multivariate transformation".

    Examples
    --------
    >>> transforms_of([0.0, 1.959963985], [1.0, 1.0]).round(4)
    array([0.5  , 0.025])
    """
    loss = sample("losses", losses)
    deviation = sample("scale", scale)
    if len(deviation) != len(loss) or (deviation <= 0).any():
        raise InputError(
            "scale", f"{len(deviation)} values, smallest {deviation.min():g}", "one above zero for each loss"
        )
    standard = -loss / deviation
    if family == "normal":
        return np.asarray(special.ndtr(standard), dtype=np.float64)
    if isinstance(family, bool | str) or not 2 < family < np.inf:
        raise InputError("family", family, "normal, or degrees of freedom above 2")
    return np.asarray(special.stdtr(family, standard * np.sqrt(family / (family - 2))), dtype=np.float64)


def _mean_statistic(draws: Array, tail: float) -> Array:
    violations = np.maximum(1 - draws / tail, 0.0)
    error = np.sqrt(tail * (1 / 3 - tail / 4) / draws.shape[1])
    return np.asarray((violations.mean(axis=1) - tail / 2) / error, dtype=np.float64)


def _box_pierce(draws: Array, tail: float, lags: int) -> Array:
    centred = np.maximum(1 - draws / tail, 0.0) - tail / 2
    n = draws.shape[1]
    variance = (centred**2).mean(axis=1)
    squares = [((centred[:, k:] * centred[:, :-k]).sum(axis=1) / (n - k) / variance) ** 2 for k in range(1, lags + 1)]
    return np.asarray(n * np.sum(squares, axis=0), dtype=np.float64)


def _simulate(
    statistic: Callable[[Array], Array], n: int, generator: np.random.Generator, total: int = 10_000
) -> Array:
    rows = max(1, min(total, _BLOCK // n))
    blocks = [min(rows, total - start) for start in range(0, total, rows)]
    return np.concatenate([statistic(generator.random((block, n))) for block in blocks])


def _upper_tail(simulated: Array, seen: float) -> float:
    return float(((simulated >= seen - 1e-12).sum() + 1) / (len(simulated) + 1))


def _uniform(transforms: ArrayLike) -> Array:
    u = sample("transforms", transforms)
    if u.min() < 0 or u.max() > 1:
        raise InputError("transforms", f"from {u.min():g} to {u.max():g}", "probabilities from 0 to 1")
    return u
