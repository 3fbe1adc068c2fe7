"""The heartbeat of a job that is being made: from a thread of its own, outside the process that computes."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Self

from riskkit.errors import RiskkitError
from riskkit.reporting.stopping import Stop
from riskkit.store.queue import HEARTBEAT, LEASE, Held, WorkerQueue

_log = logging.getLogger("riskkit.worker")

#: Between two beats at least [s], however fast the work goes on.
_GAP = 0.5
#: The part of the lease after which a worker that heard nothing takes it for lost.
_FENCE = 0.8


class Heart:
    """Beats for one attempt while it is entered, and stops it when it is to end.

    Parameters
    ----------
    queue : WorkerQueue
    held : Held
        The job, just claimed.
    stop : Stop
        Told `lost`, `cancelled` or `timeout`.
    lease, interval : float
        Seconds.
    """

    def __init__(
        self, queue: WorkerQueue, held: Held, stop: Stop, lease: float = LEASE, interval: float = HEARTBEAT
    ) -> None:
        self._queue, self._held, self._stop = queue, held, stop
        self._lease, self._interval = lease, interval
        self._heard = self._begun = time.monotonic()
        self._progress: tuple[int | None, int | None] = (None, None)
        self._ended, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._wake.set()
        self._thread.join()

    def progress(self, percent: int, cell: int | None) -> None:
        """How far the work is; told with the next beat, which comes soon."""
        if (percent, cell) != self._progress:
            self._progress = (percent, cell)
            self._wake.set()

    @property
    def cell(self) -> int | None:
        """Number of the cell that runs, or ran last."""
        return self._progress[1]

    def watch(self) -> None:
        """Stop the run when its lease must have lapsed or its time is up.

        Asked a few times a second by another thread: a beat that waits for its answer could not.
        """
        now = time.monotonic()
        if now - self._begun > self._held.job.timeout_s:
            self._stop.now("timeout")
        elif now - self._heard > _FENCE * self._lease:
            self._stop.now("lost")

    def _run(self) -> None:
        while not self._ended.is_set():
            self._beat()
            self._ended.wait(min(_GAP, self._interval))
            self._wake.wait(self._interval)
            self._wake.clear()

    def _beat(self) -> None:
        sent = time.monotonic()
        try:
            beat = self._queue.heartbeat(self._held, *self._progress, lease=self._lease)
        except RiskkitError as error:
            _log.warning("no heartbeat", extra={"job": self._held.job.id, "error": str(error)})
            self._wake.set()
            return
        self._heard = sent
        if not beat.owned:
            self._stop.now("lost")
        elif beat.cancel_requested:
            self._stop.now("cancelled")
