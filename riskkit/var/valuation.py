"""Valuing scenarios on several threads: every P&L is kept, but the factor changes of the largest losses only.

Threads share out chunks; numpy lets go of the interpreter while it computes. A chunk's numbers and its places in the
result depend on its index alone, and the linear algebra runs on one thread each: results do not depend on threads.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from riskkit.measures.empirical import largest
from riskkit.measures.simulation import Space

FloatArray = NDArray[np.float64]

#: Historical scenarios valued at once; their number does not change the result.
BLOCK = 1024


class Source(Protocol):
    """Scenarios in chunks that any thread can make."""

    @property
    def n_paths(self) -> int:
        """Scenarios over all chunks."""

    @property
    def n_chunks(self) -> int:
        """How many chunks there are."""

    def chunk(self, index: int, space: Space | None = None) -> Iterator[tuple[int, FloatArray]]:
        """Number of the first scenario, and changes (S, F); the next block may overwrite it."""


@dataclass(frozen=True, eq=False)
class Given:
    """Scenarios held in memory: array (S, F) of changes."""

    changes: FloatArray

    @property
    def n_paths(self) -> int:
        """Scenarios over all chunks."""
        return len(self.changes)

    @property
    def n_chunks(self) -> int:
        """How many chunks there are."""
        return -(-len(self.changes) // BLOCK)

    def chunk(self, index: int, space: Space | None = None) -> Iterator[tuple[int, FloatArray]]:  # noqa: ARG002 (the protocol's)
        """One slice of the scenarios."""
        yield index * BLOCK, self.changes[index * BLOCK : (index + 1) * BLOCK]


@dataclass(frozen=True, eq=False)
class Valued:
    """P&L of every scenario, and where the changes of its largest losses are.

    Attributes
    ----------
    pnl : array (S,)
    rows : callable
        Changes (k, F) of the scenarios at these places, which are among the largest losses.
    """

    pnl: FloatArray
    rows: Callable[[NDArray[np.intp]], FloatArray]


def value_scenarios(
    value: Callable[[FloatArray], FloatArray], source: Source, n_kept: int, threads: int | None
) -> Valued:
    """P&L of each scenario of a source, gain positive.

    Parameters
    ----------
    value : callable
        Changes (S, F) to P&L (S,).
    source : Source
    n_kept : int
        How many of the largest losses must be found again by `rows`; memory holds at most about four times as many.
    threads : int or None
        At most so many; None takes as many as the machine has processors.
    """
    pnl, keeper, indices = np.empty(source.n_paths), _TailKeeper(n_kept, source.n_paths), iter(range(source.n_chunks))

    def work() -> None:
        space: Space = {}
        for index in indices:
            for start, changes in source.chunk(index, space):
                gains = value(changes)
                pnl[start : start + len(changes)] = gains
                if n_kept:
                    keeper.offer(gains, start, changes)

    workers = min(threads or os.cpu_count() or 1, source.n_chunks)
    with _controller().limit(limits=1, user_api="blas"):
        if workers <= 1:
            work()
        else:
            with ThreadPoolExecutor(workers) as pool:
                for job in [pool.submit(work) for _ in range(workers)]:
                    job.result()
    if isinstance(source, Given):
        held = source.changes
        return Valued(pnl, lambda places: np.asarray(held[places], np.float64))
    return Valued(pnl, lambda places: keeper.rows(places, source))


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


class _TailKeeper:
    """Keeps the scenarios of the k largest losses of n while blocks pass by in any order; some 4 k rows at most.

    What cannot be among the k, judged by the scenarios seen so far, is let go at once: six deviations of chance are
    allowed for, and a scenario let go wrongly is made again in the end.
    """

    def __init__(self, k: int, n: int) -> None:
        self._k, self._share = k, k / n
        self._losses, self._places, self._rows = list[FloatArray](), list[NDArray[np.intp]](), list[FloatArray]()
        self._held, self._seen, self._look_at, self._threshold, self._lock = 0, 0, 0, -np.inf, Lock()

    def offer(self, gains: FloatArray, start: int, changes: FloatArray) -> None:
        if self._threshold == -np.inf:
            self._threshold = self._rank(-gains, len(gains))
        chosen = np.flatnonzero(gains <= -self._threshold)
        losses, rows = -gains[chosen], changes[chosen]
        with self._lock:
            self._seen += len(gains)
            if len(chosen):
                self._losses.append(losses)
                self._places.append(chosen + start)
                self._rows.append(rows)
                self._held += len(chosen)
            if self._held > 4 * self._k:
                self._compact()
            elif self._seen > self._look_at and self._held:
                self._losses = [np.concatenate(self._losses)]
                self._threshold = max(self._threshold, self._rank(self._losses[0], self._seen))
                self._look_at = self._seen * 5 // 4

    def _rank(self, losses: FloatArray, seen: int) -> float:
        """The loss that hardly more of those seen can exceed and be among the k in the end."""
        expected = seen * self._share
        m = math.ceil(expected + 6.0 * math.sqrt(expected)) + 1
        return float(np.partition(losses, len(losses) - m)[len(losses) - m]) if m < len(losses) else -np.inf

    def _compact(self) -> None:
        """Down to the k largest; of equal losses the earlier scenario stays."""
        losses, places = np.concatenate(self._losses), np.concatenate(self._places)
        order = np.argsort(places)
        best = np.sort(order[largest(losses[order], min(self._k, len(losses)))])
        self._losses, self._places = [losses[best]], [places[best]]
        self._rows = [np.concatenate(self._rows)[best]]
        self._held = len(best)
        if self._held == self._k:
            self._threshold = max(self._threshold, float(losses[best].min()))

    def rows(self, places: NDArray[np.intp], source: Source) -> FloatArray:
        """Changes of these scenarios; those that tied at the edge and were let go are made again."""
        self._compact()
        held, rows = self._places[0], self._rows[0]
        order = np.argsort(held)
        at = np.minimum(np.searchsorted(held[order], places), len(held) - 1)
        out = rows[order[at]]
        missing = np.flatnonzero(held[order[at]] != places)
        for index in range(source.n_chunks if len(missing) else 0):
            for start, changes in source.chunk(index):
                here = missing[(places[missing] >= start) & (places[missing] < start + len(changes))]
                out[here] = changes[places[here] - start]
        return np.asarray(out, np.float64)
