"""One attempt at a job: the same steps as a person's report, committed with the job or not at all."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from riskkit.errors import InputError, RiskkitError, Unavailable
from riskkit.logs import bound
from riskkit.reporting.cause import Cause, cause_of
from riskkit.reporting.execute import Guard, Limits, nursery
from riskkit.reporting.heart import Heart
from riskkit.reporting.launch import Nursery
from riskkit.reporting.making import FinishedRun, Task, make
from riskkit.reporting.order import Order, definition, place_order
from riskkit.reporting.steps import Steps, percent
from riskkit.reporting.stopping import Stop, Stopped
from riskkit.settings import Settings
from riskkit.store.contract import Artifact, RunRecord, Store
from riskkit.store.place import Place
from riskkit.store.queue import Held, WorkerQueue
from riskkit.store.retention import RetentionStore
from riskkit.store.service import SERVICE, Bucket, ServiceStore

_log = logging.getLogger("riskkit.worker")

#: A commit whose answer is lost is said again so often, so many seconds apart.
_TRIES, _PAUSE = 6, 1.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class Service:
    """What a worker may use: queue, bucket, stores of single teams, and the process that reports are forked from."""

    url: str
    key: str = field(repr=False)
    queue: WorkerQueue
    bucket: Bucket
    nursery: Nursery

    @classmethod
    def at(cls, url: str, key: str) -> Service:
        """With the service's key."""
        return cls(url, key, WorkerQueue(url, key), Bucket(url, key), nursery())

    def store(self, team_id: str | None = None) -> ServiceStore:
        """The store, narrowed to a team; close it after use."""
        return ServiceStore(self.url, self.key, team_id)

    def retention(self) -> RetentionStore:
        """Retention of all teams; close it after use."""
        return RetentionStore(self.url, self.key)

    def close(self) -> None:
        """Close the connections."""
        self.queue.close()
        self.bucket.close()
        self.nursery.close()


@dataclass(frozen=True)
class JobLedger:
    """The run of a job: official, in the bucket, committed with the job by whoever holds it."""

    service: Service
    held: Held
    stop: Stop
    official: bool = True
    user_id: str = SERVICE

    @property
    def run_by(self) -> str:
        """Who asked for it is in the row; the page says why it was made."""
        if self.held.job.args.get("supersedes"):
            return "riskkit, made again"
        return "riskkit, on schedule" if self.held.job.schedule_id else "riskkit, on request"

    @property
    def place(self) -> Place:
        """What the job says; the database puts the same into the row, whatever it is told."""
        job = self.held.job
        return Place(
            schedule_id=job.schedule_id,
            slot=job.slot,
            attempt=job.attempt,
            failures=job.errors,
            supersedes=job.args.get("supersedes"),
            reason=str(job.args.get("reason", "")),
        )

    def keep(self, path: Path, artifact: Artifact) -> None:
        """Put the artifact into the team's folder of the bucket."""
        self.service.bucket.put(self.held.job.team_id, artifact, path)

    def commit(self, record: RunRecord) -> None:
        """Job, run, metrics and artifacts in one transaction; after a lost answer the same again is a no-op."""
        for tries in range(_TRIES, 0, -1):
            self.stop.check()
            try:
                if not self.service.queue.complete(self.held, record):
                    raise Stopped("lost")
            except Unavailable:
                if tries == 1:
                    raise
                time.sleep(_PAUSE)
            else:
                self.stop.over()
                return


@dataclass(frozen=True, eq=False)
class Attempt:
    """A claimed job that is being made.

    Attributes
    ----------
    settings : Settings
    service : Service
    held : Held
    stop : Stop
    heart : Heart
    """

    settings: Settings
    service: Service
    held: Held
    stop: Stop
    heart: Heart

    def work(self) -> str:
        """Make the job's run, or say why there is none; what became of the job."""
        with bound(job_id=self.held.job.id), self.heart:
            return self._settled()

    def _settled(self) -> str:
        job, begin = self.held.job, time.monotonic()
        facts = {"report": job.report, "attempt": job.attempt, "team_id": job.team_id, "portfolio_id": job.portfolio_id}
        try:
            run = self._make()
        except Stopped as stopped:
            outcome = self._stopped(stopped)
            _log.warning("job stopped", extra={**facts, "why": stopped.why, "outcome": outcome})
        except Exception as error:  # whatever it is, the job is told of it, and the lane goes on
            cause = cause_of(error)
            outcome = self._fail(cause)
            unexpected = None if isinstance(error, RiskkitError | OSError) else error
            more = {"error": cause.type, "cell": cause.cell, "reason": cause.message, "outcome": outcome}
            _log.error("job failed", extra={**facts, **more}, exc_info=unexpected)
        else:
            outcome = "succeeded"
            seconds = round(time.monotonic() - begin, 2)
            _log.info(
                "report made",
                extra={**facts, "portfolio": run.portfolio, "as_of": str(run.record.as_of), "seconds": seconds},
            )
        return outcome

    def _make(self) -> FinishedRun:
        def told(step: str, fraction: float) -> None:
            self.stop.check()
            self.heart.progress(percent(step, fraction), steps.cell)

        steps = Steps(told)
        with self.service.store(self.held.job.team_id) as store:
            with steps.step("prepare"):
                order, limits = self._order(store)
            ledger = JobLedger(self.service, self.held, self.stop)
            guard = Guard(limits, self.stop, self.service.nursery)
            return make(self.settings, Task(order, store, ledger, paper=True), steps, guard)

    def _order(self, store: Store) -> tuple[Order, Limits]:
        """The job's report, with its parameters validated again, for its portfolio and the slot's date."""
        job = self.held.job
        if job.kind != "report":
            raise InputError("kind", job.kind, "report")
        defined = definition(self.settings.project, job.report)
        given = {**job.parameters, "as_of": "latest" if job.as_of is None else job.as_of.isoformat()}
        if job.portfolio_id is not None:
            own = [ref.path for ref in store.portfolios() if ref.id == job.portfolio_id]
            if not own:
                raise InputError("portfolio", job.portfolio_id, "a portfolio of the job's team")
            given["portfolio"] = own[0]
        cell = defined.execution.cell_timeout_minutes
        seconds = job.timeout_s if cell is None else min(job.timeout_s, 60 * cell)
        return place_order(store, defined, given), Limits(run_seconds=job.timeout_s, cell_seconds=seconds)

    def _stopped(self, stopped: Stopped) -> str:
        if stopped.why == "lost":
            return "lost"
        if stopped.why == "shutdown":
            if self._said(lambda: self.service.queue.release(self.held)):
                return "released"
            return self._fail(Cause("shutdown", "the worker was told to end", None, True))
        if stopped.why == "cancelled":
            return self._fail(Cause("cancelled", "cancelled while it ran", None, False))
        return self._fail(Cause("Timeout", f"no end after {self.held.job.timeout_s} s", self.heart.cell, False))

    def _fail(self, cause: Cause) -> str:
        return str(self._said(lambda: self.service.queue.fail(self.held, cause.facts, cause.retryable)) or "lost")

    def _said(self, say: Callable[[], _T]) -> _T | None:
        """Say it until it is heard; None if it never was: then the lease lapses, and another worker says it."""
        for tries in range(_TRIES, 0, -1):
            try:
                return say()
            except RiskkitError as error:
                _log.warning("not heard", extra={"error": str(error), "tries_left": tries - 1})
                time.sleep(_PAUSE)
        return None
