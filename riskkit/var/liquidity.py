"""Expected shortfall over liquidity horizons: what cannot be sold in ten days moves for longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskkit.errors import InputError
from riskkit.market import FactorHistory
from riskkit.measures.arguments import whole
from riskkit.measures.liquidity import HORIZONS, cascade_members, cascade_weights, liquidity_horizon_shortfall
from riskkit.portfolio import Portfolio
from riskkit.var.analysis import portfolio_var
from riskkit.var.covariance_input import CovarianceInput
from riskkit.var.result import VarResult
from riskkit.var.spec import VarSpec


@dataclass(frozen=True, eq=False)
class LiquidityResult:
    """The cascade of MAR33.4.

    Attributes
    ----------
    expected_shortfall : float
        Base currency, a loss positive.
    steps : DataFrame
        horizon_days, n_factors (that move), expected_shortfall (over the base horizon), weight, weighted.
    base : VarResult
        All factors over the base horizon: the first step.
    notes : tuple of str
    """

    expected_shortfall: float
    steps: pd.DataFrame
    base: VarResult
    notes: tuple[str, ...]


def liquidity_horizon_es(
    portfolio: Portfolio,
    history: FactorHistory,
    liquidity_days: Mapping[str, int],
    spec: VarSpec | None = None,
    *,
    covariance: CovarianceInput | None = None,
) -> LiquidityResult:
    """Expected shortfall of a portfolio over the liquidity horizons of its factors, positive for a loss.

    ES = sqrt(sum_j (ES_j sqrt((LH_j - LH_(j-1)) / 10))²): step j moves only the factors whose horizon is LH_j days or
    longer, over the base horizon of 10 days; all others stay at today's levels.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
    liquidity_days : mapping of str to int
        Factor name to 10, 20, 40, 60 or 120 trading days; every factor of the portfolio.
    spec : VarSpec, optional
        Any method; its horizon must be 10 days. Historical simulation at 97.5 % by default.
    covariance : CovarianceInput, optional
        As `portfolio_var`.

    Returns
    -------
    LiquidityResult

    Raises
    ------
    InputError
        A factor without a horizon or with another one, a spec of another horizon.
    MarketDataError
        As `portfolio_var`.

    References
    ----------
    Basel Committee on Banking Supervision, Basel Framework, MAR33.4, MAR33.5 and MAR33.12.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(101)
    >>> levels = np.cumprod(1 + 0.01 * np.random.default_rng(0).standard_normal(101))
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 10),))
    >>> spec = VarSpec(confidence_level=0.975, horizon_days=10, lookback_days=100)
    >>> result = liquidity_horizon_es(book, history, {"ABC": 20}, spec)
    >>> round(result.expected_shortfall / result.base.expected_shortfall, 6)  # the root of 20 over 10 days
    1.414214
    """
    spec = VarSpec(confidence_level=0.975, horizon_days=HORIZONS[0]) if spec is None else spec
    if spec.horizon_days != HORIZONS[0]:
        raise InputError("horizon_days", spec.horizon_days, f"{HORIZONS[0]}, the base horizon of the cascade")
    names = portfolio.factors
    missing = [name for name in names if name not in liquidity_days]
    if missing:
        raise InputError("liquidity_days", ", ".join(missing), "a liquidity horizon for every factor")
    allowed = ", ".join(map(str, HORIZONS))
    for name in names:
        if whole(name, liquidity_days[name], at_least=1, at_most=1000) not in HORIZONS:
            raise InputError(name, liquidity_days[name], f"a liquidity horizon of {allowed} days")
    history = history.select(names)
    moving = cascade_members([liquidity_days[name] for name in names], HORIZONS) if names else np.ones((5, 0), bool)
    base = portfolio_var(portfolio, history, spec, covariance=covariance)
    partial = [base.expected_shortfall]
    for members in moving[1:]:
        partial.append(_step(portfolio, history, members, spec, covariance))
    notes = tuple(
        f"The factors of {days} days and longer only gain on average in the tail: their step counts as zero."
        for days, shortfall in zip(HORIZONS, partial, strict=True)
        if shortfall < 0
    )
    kept = np.maximum(partial, 0.0)
    weights = cascade_weights(HORIZONS)
    steps = pd.DataFrame(
        {
            "horizon_days": HORIZONS,
            "n_factors": moving.sum(axis=1),
            "expected_shortfall": partial,
            "weight": weights,
            "weighted": kept * weights,
        }
    )
    return LiquidityResult(liquidity_horizon_shortfall(kept, HORIZONS), steps, base, (*base.notes, *notes))


def _step(
    portfolio: Portfolio,
    history: FactorHistory,
    moving: np.ndarray,
    spec: VarSpec,
    covariance: CovarianceInput | None,
) -> float:
    """Expected shortfall when the other factors stay where they are today."""
    if not moving.any():
        return 0.0
    levels = np.array(history.levels)
    levels[:, ~moving] = levels[-1, ~moving]
    if covariance is not None:
        mask = np.outer(moving, moving)
        covariance = CovarianceInput(
            history.names, np.where(mask, covariance.select(history.names), 0.0), covariance.convention
        )
    still = replace(history, levels=levels)
    return portfolio_var(portfolio, still, spec, covariance=covariance).expected_shortfall
