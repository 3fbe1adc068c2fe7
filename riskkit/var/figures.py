"""From valued scenarios to VaR, expected shortfall, their components and their errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskkit.measures.arguments import sample
from riskkit.measures.contributions import Components
from riskkit.measures.empirical import ESTIMATOR, tail_mass
from riskkit.measures.estimation_error import value_at_risk_interval, value_at_risk_standard_error
from riskkit.measures.ranked import RankedTail, ranked_tail, weighted_ranked_tail
from riskkit.measures.simulation_error import SimulationError, simulation_error
from riskkit.revaluation import Revaluer
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]

#: Position P&L figures held at once while components are summed.
_AT_ONCE = 4_000_000
#: Above so many scenarios the interval is the normal approximation: the exact binomial one would take seconds.
_MOST_EXACT = 20_000
#: Scenarios on either side that smooth component VaR by themselves: their rows are kept, and more would cost time.
MOST_SMOOTHED = 100
NO_ERROR = SimulationError(None, None, None)


def no_error() -> SimulationError:
    """Of a method that has none."""
    return NO_ERROR


@dataclass(frozen=True, eq=False)
class FactorParts:
    """What `VarResult.by_factor` needs: factor shares by name are made only when asked for.

    Attributes
    ----------
    shares : callable
        Component VaR and ES of each factor, arrays (F,); what is missing to the total is cross and residual.
    """

    shares: Callable[[], Components]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a method hands to the result; figures over the horizon, losses positive except `pnl`.

    `error` is a callable: the errors cost as much as the figures, and are made only when asked for.
    """

    var: float
    expected_shortfall: float
    standard_deviation: float
    components: Components
    factors: FactorParts
    pnl: FloatArray | None
    n_scenarios: int
    estimator: str
    notes: tuple[str, ...]
    error: Callable[[], SimulationError] = no_error
    weights: FloatArray | None = None
    degrees_of_freedom: float | None = None


def ranks_needed(n: int, spec: VarSpec) -> int:
    """How many of the largest losses the estimators of a spec read."""
    k = math.ceil(tail_mass(n, spec.confidence_level))
    return min(n, k + 2 + smoothing_of(n, spec))


def smoothing_of(n: int, spec: VarSpec) -> int:
    """Order statistics on either side of the VaR's that make component VaR of n scenarios."""
    if spec.estimators.smoothing is not None:
        return spec.estimators.smoothing
    filtered = spec.method == "historical" and spec.historical.weighting == "filtered" and spec.step_days > 1
    if not (filtered or spec.method.startswith("monte_carlo")):
        return 0
    return min(math.ceil(tail_mass(n, spec.confidence_level)) // 5, MOST_SMOOTHED)


def from_scenarios(
    book: Revaluer,
    pnl: FloatArray,
    rows: Callable[[NDArray[np.intp]], FloatArray],
    spec: VarSpec,
    *,
    weights: FloatArray | None = None,
    scale: FloatArray | None = None,
) -> Outcome:
    """Figures of simulated P&L.

    Parameters
    ----------
    pnl : array (S,)
        Of the book in each scenario, before any scaling.
    rows : callable
        Level changes (k, F) of the scenarios at these places.
    weights : array (S,), optional
        Of the scenarios; equal ones by default.
    scale : array (S,), optional
        What the P&L of each scenario is multiplied by, the positions' as well.
    """
    factor = np.full(len(pnl), spec.time_factor) if scale is None else scale * spec.time_factor
    pnl = pnl * factor
    losses = sample("losses", 0.0 - pnl)
    tail = tail_of(losses, spec, weights)
    changes, stretch = rows(tail.indices), factor[tail.indices]
    worst = losses[tail.indices]
    var, shortfall = float(tail.var_weights @ worst), float(tail.es_weights @ worst)
    return Outcome(
        var,
        shortfall,
        _deviation(pnl, weights),
        _position_shares(book, changes, tail, stretch),
        FactorParts(lambda: factor_shares(book, changes, tail, stretch)),
        pnl,
        len(pnl),
        estimator(spec, weighted=weights is not None),
        short_tail(len(pnl), spec) + smoothing_note(len(pnl), spec),
        weights=weights,
    )


def tail_of(losses: FloatArray, spec: VarSpec, weights: FloatArray | None = None) -> RankedTail:
    """The losses that make the figures, by the estimators of the spec."""
    named, smoothing = spec.estimators, smoothing_of(len(losses), spec)
    if weights is None:
        return ranked_tail(losses, spec.confidence_level, named.quantile, named.tail, smoothing)
    return weighted_ranked_tail(losses, weights, spec.confidence_level, smoothing)


def _deviation(pnl: FloatArray, weights: FloatArray | None) -> float:
    if weights is None:
        return float(pnl.std(ddof=1)) if len(pnl) > 1 else 0.0
    return math.sqrt(float(weights @ (pnl - weights @ pnl) ** 2))


def _position_shares(book: Revaluer, changes: FloatArray, tail: RankedTail, stretch: FloatArray) -> Components:
    n = len(book.values)
    var, shortfall = np.zeros(n), np.zeros(n)
    step = max(1, _AT_ONCE // max(n, 1))
    used = (tail.share_weights != 0) | (tail.es_weights != 0)
    changes, by_var, by_es = changes[used], (tail.share_weights * stretch)[used], (tail.es_weights * stretch)[used]
    for start in range(0, len(changes), step):
        part = slice(start, start + step)
        pnl = book.position_pnl(changes[part])
        var -= by_var[part] @ pnl
        shortfall -= by_es[part] @ pnl
    return Components(var + 0.0, shortfall + 0.0)


def factor_shares(book: Revaluer, changes: FloatArray, tail: RankedTail, stretch: FloatArray) -> Components:
    """Each factor's own P&L in the tail, the others held: linear ones by exposure, curved ones by revaluation."""
    by_var, by_es = tail.share_weights * stretch, tail.es_weights * stretch
    gradient = np.zeros(changes.shape[1])
    for one in book.sensitivities:
        np.add.at(gradient, one.columns, one.gradient)
    var, shortfall = -(by_var @ changes) * gradient, -(by_es @ changes) * gradient
    alone = np.zeros_like(changes)
    for column in np.flatnonzero(book.curved):
        alone[:, column] = changes[:, column]
        pnl = book.pnl(alone)
        var[column], shortfall[column] = -(by_var @ pnl), -(by_es @ pnl)
        alone[:, column] = 0.0
    return Components(var + 0.0, shortfall + 0.0)


def estimator(spec: VarSpec, *, weighted: bool) -> str:
    """What the figures are, in a sentence."""
    named = spec.estimators
    if weighted:
        return (
            "VaR is the largest loss at which the weight of the losses at least as bad reaches 1 - c; expected "
            "shortfall is the weighted mean of exactly 1 - c of weight, the last loss taken in part."
        )
    if (named.quantile, named.tail) == ("order_statistic", "acerbi_tasche"):
        return ESTIMATOR
    quantile = "the k-th largest loss, k = n (1 - c) rounded up" if named.quantile == "order_statistic" else (
        f"the quantile of equally likely losses of numpy's type {named.quantile}"
    )  # fmt: skip
    mean = {
        "acerbi_tasche": "the n (1 - c) largest losses, the last weighted by its fraction (Acerbi-Tasche)",
        "strictly_worse": "the losses ranked worse than the k-th largest (Hull)",
        "at_or_worse": "all losses not below the k-th largest",
    }[named.tail]
    return f"VaR is {quantile}; expected shortfall is the mean of {mean}."


def smoothing_note(n: int, spec: VarSpec) -> tuple[str, ...]:
    """How component VaR was smoothed, if it was."""
    m = smoothing_of(n, spec)
    if not m:
        return ()
    return (f"Component VaR is the mean over the VaR scenario and {m:,} on either side of it, scaled to sum to VaR.",)


def short_tail(n: int, spec: VarSpec) -> tuple[str, ...]:
    """A warning where there is less than one loss in the tail."""
    if tail_mass(n, spec.confidence_level) >= 1:
        return ()
    return (f"{n} scenarios have less than one loss beyond {spec.confidence_level:g}: both figures are the largest.",)


def historical_error(losses: FloatArray, spec: VarSpec) -> SimulationError:
    """Errors of a historical simulation of independent, equally likely days; the interval is exact, by ranks."""
    error = simulation_error(losses, spec.confidence_level, coverage=spec.estimators.coverage)
    density = spec.estimators.density
    if density != "spacing" and error.var is not None:
        error = replace(error, var=value_at_risk_standard_error(losses, spec.confidence_level, density))
    if len(losses) > _MOST_EXACT:
        return error
    exact = value_at_risk_interval(losses, spec.confidence_level, spec.estimators.coverage)
    return replace(error, interval=(exact.lower, exact.upper))


def simulated_error(losses: FloatArray, spec: VarSpec) -> SimulationError:
    """Errors of drawn paths, by how they were drawn."""
    return simulation_error(losses, spec.confidence_level, spec.simulation.sampling, spec.estimators.coverage)
