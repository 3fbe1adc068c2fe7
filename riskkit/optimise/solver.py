"""Weights from returns, by skfolio; a problem without a solution says which limit stands in its way."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.optimise.spec import OptimiseSpec

FloatArray = NDArray[np.float64]

TRADING_DAYS = 252


def optimal_weights(
    returns: FloatArray, spec: OptimiseSpec, previous: FloatArray, groups: dict[str, list[int]]
) -> FloatArray:
    """Weights that solve a spec; they sum to 1.

    Parameters
    ----------
    returns : array (S, N)
        Scenario returns of a day, decimals; no column constant.
    spec : OptimiseSpec
    previous : array (N,)
        Today's weights, for the turnover.
    groups : dict of str to list of int
        Columns by the name of their group; empty without `group_by`.

    Returns
    -------
    array (N,)

    Raises
    ------
    InputError
        Where nothing satisfies every limit: it names the first limit without which there would be a solution.

    Examples
    --------
    >>> returns = np.random.default_rng(0).standard_normal((300, 2)) * [0.01, 0.02]
    >>> weights = optimal_weights(returns, OptimiseSpec("risk_budgeting", lookback_days=300), np.array([0.5, 0.5]), {})
    >>> bool(weights[0] > weights[1]), round(float(weights.sum()), 9)
    (True, 1.0)
    """
    n = returns.shape[1]
    if n * spec.max_weight < 1 - 1e-12:
        raise _infeasible("max_weight", spec, f"at least {1 / n:.4g} with {n} positions, so that weights can sum to 1")
    if n * spec.min_weight > 1 + 1e-12:
        raise _infeasible("min_weight", spec, f"at most {1 / n:.4g} with {n} positions, so that weights can sum to 1")
    if n == 1:
        return np.ones(1)
    weights = _solve(returns, spec, previous, groups)
    if weights is not None:
        return weights
    highest = float(returns.mean(axis=0).max()) * TRADING_DAYS
    relaxed: tuple[tuple[str, dict[str, Any], str], ...] = (
        (
            "target_return",
            {"target_return": None},
            f"a return the limits allow; no position's is above {highest:.4g} a year",
        ),
        ("max_turnover", {"max_turnover": None}, "a turnover within which the other limits can be met"),
        (
            "max_group_weight",
            {"max_group_weight": 1.0, "group_by": "none"},
            "group limits within which weights can sum to 1",
        ),
    )
    for name, without, expected in relaxed:
        if getattr(spec, name) in (None, 1.0):
            continue
        if _solve(returns, dataclasses.replace(spec, **without), previous, groups) is not None:
            raise _infeasible(name, spec, expected)
    raise InputError(
        "objective", spec.objective, "limits that can be met together: no portfolio satisfies all of these"
    )


def _infeasible(name: str, spec: OptimiseSpec, expected: str) -> InputError:
    return InputError(name, getattr(spec, name), f"{expected} (infeasible)")


def _solve(
    returns: FloatArray, spec: OptimiseSpec, previous: FloatArray, groups: dict[str, list[int]]
) -> FloatArray | None:
    """The weights, or None where there are none."""
    # Imported here: skfolio (with cvxpy) takes 7 s of CPU to import beyond scipy, and nothing else of riskkit needs it.
    from cvxpy.atoms.norm1 import norm1
    from skfolio import RiskMeasure
    from skfolio.exceptions import SkfolioError
    from skfolio.optimization import HierarchicalRiskParity, MeanRisk, RiskBudgeting

    limits: dict[str, Any] = {"min_weights": spec.min_weight, "max_weights": spec.max_weight}
    if groups and spec.group_by != "none":
        members = np.zeros((len(groups), returns.shape[1]))
        for row, columns in zip(members, groups.values(), strict=True):
            row[columns] = 1.0
        limits |= {"left_inequality": members, "right_inequality": np.full(len(groups), spec.max_group_weight)}
    if spec.max_turnover is not None:
        most = 2 * spec.max_turnover
        limits["add_constraints"] = lambda weights: [norm1(weights - previous) <= most]
    if spec.target_return is not None:
        limits["min_return"] = spec.target_return / TRADING_DAYS
    if spec.objective == "minimum_cvar":
        model: Any = MeanRisk(risk_measure=RiskMeasure.CVAR, cvar_beta=spec.confidence_level, **limits)
    elif spec.objective == "mean_variance":
        model = MeanRisk(risk_measure=RiskMeasure.VARIANCE, **limits)
    elif spec.objective == "risk_budgeting":
        model = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, **limits)
    else:
        model = HierarchicalRiskParity(risk_measure=RiskMeasure.VARIANCE, **limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "solution may be inaccurate": the limits are checked below
            model.fit(returns)
    except SkfolioError:
        return None
    weights = np.asarray(model.weights_, dtype=np.float64)
    return weights / weights.sum() if _keeps(weights, returns, spec, previous, groups) else None


def _keeps(
    weights: FloatArray, returns: FloatArray, spec: OptimiseSpec, previous: FloatArray, groups: dict[str, list[int]]
) -> bool:
    """Whether weights satisfy every limit, to 1e-4."""
    slack = 1e-4
    kept = [
        bool(np.isfinite(weights).all()) and abs(float(weights.sum()) - 1) <= slack,
        float(weights.min()) >= spec.min_weight - slack and float(weights.max()) <= spec.max_weight + slack,
    ]
    if spec.group_by != "none":
        kept.append(all(weights[columns].sum() <= spec.max_group_weight + slack for columns in groups.values()))
    if spec.max_turnover is not None:
        kept.append(float(np.abs(weights - previous).sum()) / 2 <= spec.max_turnover + slack)
    if spec.target_return is not None:
        kept.append(float(returns.mean(axis=0) @ weights) * TRADING_DAYS >= spec.target_return - slack)
    return all(kept)
