"""The queue of calculations: what users may do with it, and how workers and schedulers work it off.

A job is executed at least once and committed exactly once. Whoever claims it holds it by (job, attempt, worker) while
its lease is renewed; every time in it is the database's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from riskkit.errors import InputError
from riskkit.store import rows
from riskkit.store.contract import RunRecord
from riskkit.store.jobs import EVENT, JOB, Job, JobEvent, State, event, job
from riskkit.store.rest import PAGE, Rest

#: A claim is good for so long without a heartbeat [s]; heartbeats come three times as often, reaping six times.
LEASE = 30.0
HEARTBEAT = 10.0
REAP = 5.0
_ID_LENGTH, _ENOUGH = 32, 4


class Queue(Rest):
    """The queue as a signed-in user: members see their team's jobs, analysts request and cancel, admins drive again."""

    def request(
        self,
        portfolio_id: str,
        report: str,
        parameters: Mapping[str, Any],
        as_of: date | None = None,
        key: str | None = None,
    ) -> str:
        """Queue an official run of a report; the job's id.

        Parameters
        ----------
        portfolio_id : str
        report : str
            Its name: a file's stem in `parameters/`, or a notebook's name.
        parameters : mapping
            All but `portfolio` and `as_of`; validated before, and again by the worker.
        as_of : date, optional
            The latest when it runs, by default.
        key : str, optional
            The same key again, from the same user, gives the same job: for a click that may be repeated.

        Raises
        ------
        InputError
            The portfolio, the name or the parameters will not do.
        Forbidden
            The user is no analyst of the portfolio's team.
        Conflict
            The key was used for another request.
        Unavailable
            The team has requested all that it may within 24 hours.
        """
        return str(
            self._call(
                "request_calculation",
                p_portfolio=portfolio_id,
                p_report=report,
                p_parameters=dict(parameters),
                p_as_of=None if as_of is None else as_of.isoformat(),
                p_idempotency_key=key,
            )
        )

    def cancel(self, job_id: str) -> str:
        """End a job: `cancelled` if it waited, `requested` if it runs, or the final state it had before."""
        return str(self._call("cancel_job", p_job=job_id))

    def redrive(self, job_id: str) -> str:
        """Queue a dead job again as a new one; its id, the same however often it is asked for."""
        return str(self._call("redrive_job", p_job=job_id))

    def jobs(self, state: State | None = None, portfolio_id: str | None = None, limit: int = 50) -> tuple[Job, ...]:
        """The latest jobs the user may see, newest first."""
        with self._translated():
            query = self._rest.from_("calculation_jobs").select(JOB)
            query = query.eq("state", state) if state is not None else query
            query = query.eq("portfolio_id", portfolio_id) if portfolio_id is not None else query
            found: Any = query.order("created_at", desc=True).order("id").limit(min(limit, PAGE)).execute().data
        return tuple(map(job, found))

    def job(self, job_id: str) -> Job:
        """The job whose id this is or begins with.

        Raises
        ------
        InputError
            There is none that the user may see, or there are several.
        """
        first, last = between("job", job_id)
        found = self._select("calculation_jobs", JOB, lambda q: q.gte("id", first).lte("id", last))
        if len(found) != 1:
            expected = "more of the id: several jobs begin with this" if found else "the id of a job that you may see"
            raise InputError("job", job_id, expected)
        return job(found[0])

    def events(self, job_id: str) -> tuple[JobEvent, ...]:
        """The life of a job, in order."""
        return tuple(map(event, self._select("job_events", EVENT, lambda q: q.eq("job_id", job_id))))


@dataclass(frozen=True)
class Held:
    """A claimed job: what proves that it is ours.

    Attributes
    ----------
    job : Job
    worker : str
        The claimant's uuid.
    """

    job: Job
    worker: str

    @property
    def proof(self) -> dict[str, Any]:
        """As the worker functions take it."""
        return {"p_job": self.job.id, "p_attempt": self.job.attempt, "p_worker": self.worker}


@dataclass(frozen=True)
class Beat:
    """The answer to a heartbeat: no longer `owned` means stop at once and write nothing."""

    owned: bool
    cancel_requested: bool


Outcome = Literal["enqueued", "skipped_holiday", "skipped_misfire", "coalesced"]


@dataclass(frozen=True)
class Fire:
    """What becomes of a slot.

    Attributes
    ----------
    schedule_id : str
    at : datetime
        The slot, with its time zone.
    revision : int
        The schedule's, as it was read.
    outcome : {"enqueued", "skipped_holiday", "skipped_misfire", "coalesced"}
    as_of : date or None
        Valuation date of the slot.
    portfolio_ids : sequence of str or None
        A job for each; None: for those that the schedule names, as they are now.
    note : str
        What is remarkable: the holiday, an early close.
    """

    schedule_id: str
    at: datetime
    revision: int
    outcome: Outcome = "enqueued"
    as_of: date | None = None
    portfolio_ids: Sequence[str] | None = None
    note: str = ""


class WorkerQueue(Queue):
    """The queue with the service's key: for workers and schedulers.

    Parameters
    ----------
    url, service_key : str
    timeout : float
        Longest wait for an answer [s]; well below the lease, so that a worker knows in time that it has lost it.
    """

    def __init__(self, url: str, service_key: str, timeout: float = HEARTBEAT) -> None:
        super().__init__(url, service_key, lambda: service_key, timeout)

    def enqueue(self, team_id: str, kind: str, args: Mapping[str, Any], **columns: Any) -> str:
        """Queue a job; its id, the same for the same `idempotency_key`.

        Parameters
        ----------
        team_id, kind : str
        args : mapping
        **columns
            portfolio_id, as_of, queue, priority, run_at, max_attempts, timeout_s, idempotency_key, created_by.
        """
        given = {"team_id": team_id, "kind": kind, "args": dict(args), **columns}
        return str(self._call("enqueue_job", p_job=given))

    def claim(self, worker: str, queue: str = "default", lease: float = LEASE) -> Held | None:
        """The most urgent job of a queue whose team has a place free; None if there is none."""
        found = self._call("claim_job", p_worker=worker, p_queue=queue, p_lease=f"{lease} s")
        return Held(job(found[0]), worker) if found else None

    def heartbeat(self, held: Held, percent: int | None = None, cell: int | None = None, lease: float = LEASE) -> Beat:
        """Renew the lease, and say how far the work is if that is known."""
        arguments = {**held.proof, "p_lease": f"{lease} s", "p_percent": percent, "p_cell": cell}
        (row,) = self._call("heartbeat_job", **arguments)
        return Beat(row["owned"], row["cancel_requested"])

    def complete(self, held: Held, record: RunRecord | None = None, result: Mapping[str, Any] | None = None) -> bool:
        """Commit the job with its run, metrics and artifacts, all or nothing; the same again is a no-op.

        False: the job is no longer ours, and nothing was written. After Unavailable nobody knows: say it again.
        """
        run, metrics, artifacts = (None, [], []) if record is None else rows.run_rows(record)
        made = {"p_run": run, "p_metrics": metrics, "p_artifacts": artifacts, "p_result": dict(result or {})}
        return bool(self._call("complete_job", **held.proof, **made))

    def fail(self, held: Held, error: Mapping[str, Any], retryable: bool = True) -> State | None:
        """Say what went wrong (type, message, cell); what the job is now, None if it is no longer ours."""
        state: State | None = self._call("fail_job", **held.proof, p_error=dict(error), p_retryable=retryable)
        return state

    def release(self, held: Held) -> bool:
        """Give the job back unharmed; False if it is no longer ours or was given back too often."""
        return bool(self._call("release_job", **held.proof))

    def reap(self, limit: int = 100) -> tuple[tuple[str, State], ...]:
        """Take jobs from workers that fell silent: each job's id and what it is now."""
        return tuple((row["job_id"], row["new_state"]) for row in self._call("reap_jobs", p_limit=limit))

    def fire(self, fire: Fire) -> tuple[str, ...] | None:
        """Decide a slot: the jobs it made. None: it was decided before, or the schedule is paused or was edited."""
        made = self._call(
            "fire_schedule",
            p_schedule=fire.schedule_id,
            p_fire_at=fire.at.astimezone(UTC).isoformat(),
            p_revision=fire.revision,
            p_outcome=fire.outcome,
            p_as_of=None if fire.as_of is None else fire.as_of.isoformat(),
            p_portfolios=None if fire.portfolio_ids is None else list(fire.portfolio_ids),
            p_note=fire.note or None,
        )
        return None if made is None else tuple(made)


def between(field: str, beginning: str) -> tuple[str, str]:
    """The first and the last uuid that begin so; `field` says of what they are the ids."""
    digits = beginning.replace("-", "").lower()
    try:
        if len(digits) < _ENOUGH:
            raise ValueError
        return str(UUID(digits.ljust(_ID_LENGTH, "0"))), str(UUID(digits.ljust(_ID_LENGTH, "f")))
    except ValueError:
        raise InputError(field, beginning, f"the id of a {field}, or its first {_ENOUGH} digits at least") from None
