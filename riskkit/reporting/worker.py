"""A worker: claims jobs, makes their reports in several lanes, and keeps nothing that counts.

Whatever ends it, its jobs go to others when their lease lapses; what it left on this machine its successor settles.
"""

from __future__ import annotations

import logging
import random
import shutil
import threading
import time
import uuid
from dataclasses import dataclass

from riskkit.errors import RiskkitError
from riskkit.reporting.heart import Heart
from riskkit.reporting.job import Attempt, Service
from riskkit.reporting.places import Places
from riskkit.reporting.retention import retain
from riskkit.reporting.schema import SchemaCheck
from riskkit.reporting.stopping import Stop
from riskkit.reporting.sweep import sweep
from riskkit.settings import Settings
from riskkit.store.queue import HEARTBEAT, LEASE, REAP, Held
from riskkit.store.service import SERVICE

_log = logging.getLogger("riskkit.worker")

#: Seconds between two looks at an empty queue, and between two looks at the hearts.
_IDLE, _WATCH = 1.0, 0.2
#: Seconds between two sweeps, and between two rounds of retention.
_SWEEP, _RETAIN = 60.0, 3600.0
#: Bytes without which no job is begun: its report could not be written.
_ROOM = 64 * 2**20


@dataclass(frozen=True)
class Plan:
    """How a worker works.

    Attributes
    ----------
    lanes : int
        Reports that are made at once.
    queue : str
    once : bool
        End when no job can be claimed.
    grace : float
        Seconds that a job may go on after the worker was told to end.
    lease, heartbeat : float
        Seconds.
    """

    lanes: int = 1
    queue: str = "default"
    once: bool = False
    grace: float = 30.0
    lease: float = LEASE
    heartbeat: float = HEARTBEAT


class Worker:
    """Works off a queue until it is stopped.

    Attributes
    ----------
    outcomes : list of str
        What became of each job: `succeeded`, `queued` (another attempt), `dead`, `cancelled`, `released`, `lost`.
    """

    def __init__(self, settings: Settings, service: Service, plan: Plan) -> None:
        self._settings, self._service, self._plan = settings, service, plan
        self._id = str(uuid.uuid4())
        self._places = Places.of(settings)
        self._stopping = threading.Event()
        self._active: set[Attempt] = set()
        self._lock = threading.Lock()
        self._told_full = False
        self._schema = SchemaCheck(settings.project, service.queue.schema_versions)
        self.outcomes: list[str] = []

    @property
    def misfit(self) -> str:
        """Why no job is claimed: the database has other migrations than the project; empty while they fit."""
        return self._schema.misfit

    def stop(self) -> None:
        """Claim no more, and end when the jobs that run have ended or the grace is over."""
        self._stopping.set()

    def run(self) -> None:
        """Work; a database that does not answer is waited for."""
        self._settle()
        lanes = [threading.Thread(target=self._lane, name=f"lane {i}", daemon=True) for i in range(self._plan.lanes)]
        keeper = threading.Thread(target=self._keep_house, name="house", daemon=True)
        for thread in (*lanes, keeper):
            thread.start()
        last: float | None = None
        while any(lane.is_alive() for lane in lanes):
            time.sleep(_WATCH)
            if self._stopping.is_set():
                last = time.monotonic() + self._plan.grace if last is None else last
            for attempt in self._running():
                attempt.heart.watch()
                if last is not None and time.monotonic() > last:
                    attempt.stop.now("shutdown")
        self._stopping.set()

    def _running(self) -> tuple[Attempt, ...]:
        with self._lock:
            return tuple(self._active)

    def _lane(self) -> None:
        while not self._stopping.is_set():
            held = self._claim()
            if held is not None:
                self._attempt(held)
            elif self._plan.once:
                return
            else:
                self._stopping.wait(_IDLE * random.uniform(0.8, 1.2))  # noqa: S311 (no secret)

    def _claim(self) -> Held | None:
        if not self._room():
            return None
        try:
            if not self._schema.fits():
                return None
            return self._service.queue.claim(self._id, self._plan.queue, self._plan.lease)
        except RiskkitError as error:
            _log.warning("no claim", extra={"error": str(error)})
            self._stopping.wait(5 * random.random())  # noqa: S311 (no secret)
            return None

    def _room(self) -> bool:
        """Whether a report can be written here; said once when it cannot."""
        self._places.work.mkdir(parents=True, exist_ok=True)
        full = shutil.disk_usage(self._places.work).free < _ROOM
        if full and not self._told_full:
            _log.error("disk full: no job is claimed", extra={"folder": str(self._places.reports)})
        self._told_full = full
        return not full

    def _attempt(self, held: Held) -> None:
        stop = Stop()
        heart = Heart(self._service.queue, held, stop, self._plan.lease, self._plan.heartbeat)
        attempt = Attempt(self._settings, self._service, held, stop, heart)
        with self._lock:
            self._active.add(attempt)
        try:
            self.outcomes.append(attempt.work())
        finally:
            with self._lock:
                self._active.discard(attempt)

    def _keep_house(self) -> None:
        """Take jobs from workers that fell silent; now and then settle what they left here, and let old runs go."""
        swept = time.monotonic()
        retained = swept - _RETAIN + _SWEEP
        while True:
            try:
                for job, state in self._service.queue.reap():
                    _log.warning("job taken from a silent worker", extra={"job": job, "state": state})
            except RiskkitError as error:
                _log.warning("nothing reaped", extra={"error": str(error)})
            if self._stopping.wait(REAP * random.uniform(0.8, 1.2)):  # noqa: S311 (no secret)
                return
            if time.monotonic() - swept > _SWEEP:
                self._settle()
                swept = time.monotonic()
            if time.monotonic() - retained > _RETAIN:
                self._retain()
                retained = time.monotonic()

    def _settle(self) -> None:
        try:
            with self._service.store() as store:
                swept = sweep(self._places, store, SERVICE)
        except (RiskkitError, OSError) as error:
            _log.warning("nothing swept", extra={"error": str(error)})
            return
        if swept.removed or swept.finished or swept.restored:
            _log.info("swept", extra={name: list(ids) for name, ids in vars(swept).items()})

    def _retain(self) -> None:
        if self._schema.misfit:
            return
        try:
            with self._service.retention() as store:
                released = retain(self._places, store, self._service.bucket)
        except (RiskkitError, OSError) as error:
            _log.warning("retention not at its end", extra={"error": str(error)})
            return
        if any(vars(released).values()):
            _log.info("retention", extra=vars(released))
