"""Monte Carlo: simulated factor moves, normal, Student-t, or a Student-t copula on the factors' own past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from riskkit.market import FactorHistory, MarketSnapshot
from riskkit.measures.covariance import square_root
from riskkit.measures.degrees_of_freedom import FIT_BOUNDS, fit_degrees_of_freedom
from riskkit.measures.simulation import Paths, Space
from riskkit.measures.t_copula import CopulaPaths, fit_t_copula
from riskkit.revaluation import Revaluer
from riskkit.scenarios import level_changes, unit_moves
from riskkit.scenarios.sets import floor_notes, floored, lowest_changes
from riskkit.var.figures import Outcome, from_scenarios, ranks_needed, simulated_error
from riskkit.var.linear import is_elliptical, linear_outcome
from riskkit.var.model import CovarianceModel, check_size
from riskkit.var.spec import VarSpec
from riskkit.var.valuation import Source, value_scenarios

FloatArray = NDArray[np.float64]


def monte_carlo(
    book: Revaluer, history: FactorHistory, model: CovarianceModel, spec: VarSpec, threads: int | None
) -> Outcome:
    """The book under simulated factor returns with mean zero and the model's covariance."""
    base = history.snapshot()
    root, rank = square_root(model.matrix)
    notes = [*model.notes, f"{spec.n_paths:,} paths, seed {spec.seed}; factor returns have mean zero."]
    if rank < len(root):
        notes.append(
            f"The covariance has rank {rank} of {len(root)}: it was factorised by eigenvalues, not by Cholesky."
        )
    freedom = None
    if spec.method == "monte_carlo_t":
        freedom, note = degrees_of_freedom(book, history, spec)
        notes.append(note)
    notes.extend(_sampling_note(spec))
    root = root * np.sqrt(spec.step_days)
    # relative and absolute factors become level changes within the matrix product; log ones need expm1 after it
    log = np.array([factor.return_type == "log" for factor in base.factors], bool)
    root *= np.where(log, 1.0, unit_moves(base))[:, None]
    if spec.simulation.draws == "auto" and is_elliptical(book, base, root, freedom):
        return linear_outcome(book, model, freedom, spec, threads, tuple(notes))
    paths = Paths(root, spec.n_paths, spec.seed, freedom, spec.simulation.sampling)
    moved = _Moved(base, paths, np.flatnonzero(log), _reach(base, root, log))
    return _outcome(book, moved, spec, threads, tuple(notes))


def t_copula(book: Revaluer, history: FactorHistory, spec: VarSpec, threads: int | None) -> Outcome:
    """The book under a Student-t copula whose margins are the factors' past returns, their means included."""
    check_size(history)
    returns = history.returns(spec.lookback_days, spec.step_days)
    copula = fit_t_copula(returns, spec.degrees_of_freedom)
    how = "given" if spec.degrees_of_freedom is not None else "fitted by maximum likelihood"
    span = "daily" if spec.step_days == 1 else f"overlapping {spec.step_days}-day"
    notes = (
        f"Student-t copula with {copula.degrees_of_freedom:.2f} degrees of freedom ({how}), correlations from ranks; "
        f"margins are the {len(returns)} {span} returns up to {history.last}, joined by straight lines, nothing beyond "
        "the largest.",
        f"{spec.n_paths:,} paths, seed {spec.seed}.",
        *_sampling_note(spec),
    )
    paths = CopulaPaths(copula, spec.n_paths, spec.seed, spec.simulation.sampling)
    return _outcome(book, _Returns(history.snapshot(), paths), spec, threads, notes)


def _outcome(
    book: Revaluer, source: _Moved | _Returns, spec: VarSpec, threads: int | None, notes: tuple[str, ...]
) -> Outcome:
    valued = value_scenarios(book.pnl, source, ranks_needed(spec.n_paths, spec), threads)
    hits = dict(source.hits)  # before scenarios are made again
    outcome = from_scenarios(book, valued.pnl, valued.rows, spec)
    floors = floor_notes(source.base, hits)
    losses = 0.0 - valued.pnl * spec.time_factor
    return replace(outcome, notes=(*notes, *floors, *outcome.notes), error=lambda: simulated_error(losses, spec))


def _sampling_note(spec: VarSpec) -> tuple[str, ...]:
    return {
        "pseudo": (),
        "antithetic": ("Antithetic: every path comes with its mirror image.",),
        "sobol": ("Sobol sequences, 16 of them scrambled independently; the standard errors are their spread.",),
    }[spec.simulation.sampling]


def _reach(base: MarketSnapshot, root: FloatArray, log: NDArray[np.bool_]) -> float:
    """Above 1 a normal move could fall through a floor: a draw of numpy's ends before 14 standard deviations."""
    lowest = lowest_changes(base)
    lowest[log] = np.log1p(np.maximum(lowest[log] / base.levels[log], -1.0 + 1e-300))
    return float((14.0 * np.sqrt((root**2).sum(axis=1)) / np.maximum(-lowest, 1e-300)).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class _Moved:
    """Level changes from paths that already are in the factors' units, but for log factors."""

    base: MarketSnapshot
    paths: Source
    log: NDArray[np.intp]
    reach: float
    hits: dict[int, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    @cached_property
    def lowest(self) -> FloatArray:
        """Level changes to the factors' floors."""
        return lowest_changes(self.base)

    @property
    def n_paths(self) -> int:
        """Scenarios over all chunks."""
        return self.paths.n_paths

    @property
    def n_chunks(self) -> int:
        """How many chunks there are."""
        return self.paths.n_chunks

    def chunk(self, index: int, space: Space | None = None) -> Iterator[tuple[int, FloatArray]]:
        """Level changes, floored."""
        space = {} if space is None else space
        for start, changes in self.paths.chunk(index, space):
            for column in self.log:
                changes[:, column] = self.base.levels[column] * np.expm1(changes[:, column])
            scales = space.get("scales")
            if scales is None:
                if self.reach > 1.0:
                    self._count(floored(self.lowest, changes))
            else:  # only paths whose scale is large can get so far
                far = np.flatnonzero(scales[: len(changes)] * self.reach > 1.0)
                if len(far):
                    moves = changes[far]
                    self._count(floored(self.lowest, moves))
                    changes[far] = moves
            yield start, changes

    def _count(self, found: dict[int, int]) -> None:
        with self.lock:
            for column, count in found.items():
                self.hits[column] = self.hits.get(column, 0) + count


@dataclass(frozen=True, eq=False)
class _Returns:
    """Level changes from paths of returns."""

    base: MarketSnapshot
    paths: Source
    hits: dict[int, int] = field(default_factory=dict)

    @property
    def n_paths(self) -> int:
        """Scenarios over all chunks."""
        return self.paths.n_paths

    @property
    def n_chunks(self) -> int:
        """How many chunks there are."""
        return self.paths.n_chunks

    def chunk(self, index: int, space: Space | None = None) -> Iterator[tuple[int, FloatArray]]:
        """Level changes; past returns never reach a floor that past returns did not."""
        for start, returns in self.paths.chunk(index, space):
            yield start, level_changes(self.base, returns)[0]


def degrees_of_freedom(book: Revaluer, history: FactorHistory, spec: VarSpec) -> tuple[float, str]:
    """Of the Student-t: given, or fitted to the linearised book's past P&L; and a sentence on it."""
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
