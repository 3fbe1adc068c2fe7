"""Engle and Manganelli's dynamic quantile backtest: whether exceptions can be foreseen from what was known."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from riskkit.errors import InputError
from riskkit.measures.arguments import confidence, paired, sample, whole
from riskkit.measures.outcome import Outcome, exceptions_of


def dynamic_quantile(
    exceptions: ArrayLike, value_at_risk: ArrayLike, confidence_level: float, lags: int = 4
) -> Outcome:
    """DQ test: hits minus 1 - c, regressed on a constant, their own lags and the VaR of the day.

    DQ = Hit'X (X'X)^+ X'Hit / ((1 - c) c), chi-square with as many degrees of freedom as X has independent columns: a
    constant VaR, or lags without an exception, drop out instead of making the test fail.

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first.
    value_at_risk : array_like (n,) [currency]
        Forecasts for the same days, positive for a loss.
    confidence_level : float in (0.5, 1)
    lags : int
        Lagged hits among the regressors.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        On fewer than 10 days beyond the lags, or bad arguments.

    References
    ----------
    Engle and Manganelli (2004), "CAViaR", Journal of Business & Economic Statistics 22(4), out-of-sample DQ test.

    Examples
    --------
    >>> import numpy as np
    >>> hits = np.random.default_rng(0).random(1000) < 0.05
    >>> outcome = dynamic_quantile(hits, np.linspace(1, 2, 1000), 0.95)
    >>> outcome.degrees_of_freedom, outcome.p_value > 0.01
    (6, True)
    """
    hits = exceptions_of(exceptions)
    forecasts = paired("value_at_risk", value_at_risk, sample("exceptions", hits.astype(float)), "exceptions")
    lags = whole("lags", lags, at_least=0, at_most=50)
    probability = 1 - confidence(confidence_level)
    if len(hits) < lags + 10:
        raise InputError("exceptions", f"{len(hits)} days", f"at least {lags + 10} with {lags} lags")
    centred = hits - probability
    days = len(hits) - lags
    columns = [np.ones(days), forecasts[lags:], *(centred[lags - k : len(hits) - k] for k in range(1, lags + 1))]
    regressors = np.stack(columns, axis=1)
    regressors /= np.maximum(np.sqrt((regressors**2).mean(axis=0)), np.finfo(float).tiny)
    left, sizes, _ = np.linalg.svd(regressors, full_matrices=False)
    kept = sizes > 1e-8 * sizes[0]
    projected = left[:, kept].T @ centred[lags:]
    rank, statistic = int(kept.sum()), float(projected @ projected) / (probability * (1 - probability))
    dropped = regressors.shape[1] - rank
    note = f"{dropped} of {dropped + rank} regressors say the same as the others and were dropped." if dropped else ""
    return Outcome(statistic, float(special.chdtrc(rank, statistic)), rank, note)
