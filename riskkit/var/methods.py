"""The three ways to a P&L distribution: history, the normal formula, simulation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.market import FactorHistory, MarketSnapshot
from riskkit.measures import normal
from riskkit.measures.contributions import Components, euler_standard_deviation, from_tail
from riskkit.measures.covariance import square_root
from riskkit.measures.degrees_of_freedom import FIT_BOUNDS, fit_degrees_of_freedom
from riskkit.measures.empirical import ESTIMATOR, largest, tail_mass, worst
from riskkit.measures.simulation import normal_blocks, student_t_blocks
from riskkit.revaluation import Revaluer
from riskkit.scenarios import level_changes, unit_moves
from riskkit.scenarios.sets import floor_notes, floored, lowest_changes
from riskkit.var.model import CovarianceModel
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]

#: Historical scenarios valued at once; their number does not change the result.
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a method hands to the result; figures over the horizon, losses positive except `pnl`."""

    var: float
    expected_shortfall: float
    standard_deviation: float
    components: Components
    pnl: FloatArray | None
    n_scenarios: int
    estimator: str
    notes: tuple[str, ...]


def historical(book: Revaluer, history: FactorHistory, spec: VarSpec) -> Outcome:
    """Today's book under each past return of the factors."""
    returns = history.returns(spec.lookback_days, spec.step_days)
    changes, notes = level_changes(history.snapshot(), returns)
    blocks = (changes[start : start + _BLOCK] for start in range(0, len(changes), _BLOCK))
    span = "daily" if spec.step_days == 1 else f"overlapping {spec.step_days}-day"
    first = history.dates[len(history.dates) - len(changes)]
    note = f"Historical simulation of {len(changes)} {span} returns ending {first} to {history.last}."
    return _simulated(book, blocks, len(changes), spec, (note, *notes))


def parametric(book: Revaluer, model: CovarianceModel, spec: VarSpec) -> Outcome:
    """The linearised book under normal factor returns with mean zero."""
    shares = euler_standard_deviation(book.exposures, model.matrix) * np.sqrt(spec.horizon_days)
    deviation = max(float(shares.sum()), 0.0)
    var = normal.value_at_risk(deviation, spec.confidence_level)
    shortfall = normal.expected_shortfall(deviation, spec.confidence_level)
    per_deviation = normal.value_at_risk(1.0, spec.confidence_level)
    shortfall_per_deviation = normal.expected_shortfall(1.0, spec.confidence_level)
    return Outcome(
        var,
        shortfall,
        deviation,
        Components(shares * per_deviation, shares * shortfall_per_deviation),
        None,
        model.n_returns,
        f"Delta-normal: the normal quantile {per_deviation:.4f} (VaR) and {shortfall_per_deviation:.4f} (expected "
        "shortfall) times the standard deviation of the linearised book; mean zero.",
        (*model.notes, "The book is linearised: options and bonds enter by their first derivatives."),
    )


def monte_carlo(book: Revaluer, history: FactorHistory, model: CovarianceModel, spec: VarSpec) -> Outcome:
    """The book under simulated factor returns with mean zero and the model's covariance."""
    base = history.snapshot()
    root, rank = square_root(model.matrix)
    notes = [*model.notes, f"{spec.n_paths:,} paths, seed {spec.seed}; factor returns have mean zero."]
    if rank < len(root):
        notes.append(
            f"The covariance has rank {rank} of {len(root)}: it was factorised by eigenvalues, not by Cholesky."
        )
    root = root * np.sqrt(spec.step_days)
    # relative and absolute factors become level changes within the matrix product; log ones need expm1 after it
    log = np.array([factor.return_type == "log" for factor in base.factors], bool)
    root *= np.where(log, 1.0, unit_moves(base))[:, None]
    if spec.method == "monte_carlo_t":
        freedom, note = _degrees_of_freedom(book, history, spec)
        notes.append(note)
        blocks = student_t_blocks(root, freedom, spec.n_paths, spec.seed)
    else:
        blocks = normal_blocks(root, spec.n_paths, spec.seed)
    hits: dict[int, int] = {}
    moved = _moved(blocks, base, np.flatnonzero(log), hits, _within_reach(base, root, spec))
    outcome = _simulated(book, moved, spec.n_paths, spec, ())
    notes.extend(floor_notes(base, hits))
    return Outcome(**{**outcome.__dict__, "notes": (*notes, *outcome.notes)})


def _within_reach(base: MarketSnapshot, root: FloatArray, spec: VarSpec) -> bool:
    """Whether a level could fall through its floor: a normal draw of numpy's ends before 14 standard deviations."""
    reach = 14.0 * np.sqrt((root**2).sum(axis=1))
    return spec.method == "monte_carlo_t" or bool((lowest_changes(base) > -reach).any())


def _moved(
    blocks: Iterable[FloatArray], base: MarketSnapshot, log: NDArray[np.intp], hits: dict[int, int], reachable: bool
) -> Iterator[FloatArray]:
    for changes in blocks:
        for column in log:
            changes[:, column] = base.levels[column] * np.expm1(changes[:, column])
        if reachable:
            for column, count in floored(base, changes).items():
                hits[column] = hits.get(column, 0) + count
        yield changes


def _degrees_of_freedom(book: Revaluer, history: FactorHistory, spec: VarSpec) -> tuple[float, str]:
    if spec.degrees_of_freedom is not None:
        freedom = spec.degrees_of_freedom
        return freedom, f"Student-t with {freedom:g} degrees of freedom (given), scaled to the covariance."
    returns = history.returns(spec.lookback_days)
    freedom = fit_degrees_of_freedom(returns @ book.exposure)
    if freedom > 0.98 * FIT_BOUNDS[1]:
        return FIT_BOUNDS[1], f"Student-t with {FIT_BOUNDS[1]:g} degrees of freedom: the fit found no heavy tails."
    return freedom, (
        f"Student-t with {freedom:.2f} degrees of freedom, fitted by maximum likelihood to the linearised book's "
        f"{len(returns)} daily P&L figures, scaled to the covariance."
    )


def _simulated(book: Revaluer, blocks: Iterable[FloatArray], n: int, spec: VarSpec, notes: tuple[str, ...]) -> Outcome:
    """Value block after block; keep every P&L, but the factor changes of the tail only."""
    mass = tail_mass(n, spec.confidence_level)
    k = -(-mass.numerator // mass.denominator)
    keeper, pnl, start = _TailKeeper(k), np.empty(n), 0
    for changes in blocks:
        gains = book.pnl(changes)
        pnl[start : start + len(changes)] = gains
        keeper.offer(-gains, changes)
        start += len(changes)
    tail = worst(-pnl, spec.confidence_level)
    tail_pnl = book.position_pnl(keeper.rows())
    components = from_tail(tail_pnl * spec.time_factor, tail)
    pnl *= spec.time_factor
    losses = 0.0 - pnl
    if mass < 1:
        notes += (
            f"{n} scenarios have less than one loss beyond {spec.confidence_level:g}: both figures are the largest.",
        )
    return Outcome(
        float(losses[tail.indices[-1]]),
        float(tail.weights @ losses[tail.indices]),
        float(pnl.std(ddof=1)) if n > 1 else 0.0,
        components,
        pnl,
        n,
        ESTIMATOR,
        notes,
    )


class _TailKeeper:
    """Keeps the scenarios of the k largest losses while blocks pass by; memory of some 8 k rows at most."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._losses, self._rows = np.empty(0), list[FloatArray]()
        self._threshold = -np.inf

    def offer(self, losses: FloatArray, changes: FloatArray) -> None:
        places = np.flatnonzero(losses > self._threshold)
        if len(places) == 0:
            return
        self._losses = np.concatenate([self._losses, losses[places]])
        self._rows.append(changes[places])
        held = len(self._losses)
        if held >= self._k:
            self._threshold = float(np.partition(self._losses, held - self._k)[held - self._k])
        if held > 8 * self._k:
            best = np.sort(largest(self._losses, self._k))  # as they came: of equal losses the earlier stays first
            self._losses, self._rows = self._losses[best], [np.concatenate(self._rows)[best]]

    def rows(self) -> FloatArray:
        """Changes of the k largest losses, largest first."""
        return np.asarray(np.concatenate(self._rows)[largest(self._losses, self._k)], np.float64)
