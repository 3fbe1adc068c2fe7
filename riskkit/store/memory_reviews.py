"""What people do with runs, in memory: the same rules as the database's."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, cast

from riskkit.errors import Conflict, Forbidden, InputError, Unavailable
from riskkit.status.runs_seen import Decision, RunsSeen, SeenRun
from riskkit.store import rows
from riskkit.store.contract import Artifact, PortfolioRef, RunRecord
from riskkit.store.jobs import Job
from riskkit.store.reviews import Comment, Earlier, Story

if TYPE_CHECKING:
    from riskkit.store.memory_database import MemoryDatabase

_FOREMOST = ("var", "expected_shortfall", "stress_loss", "exceptions", "turnover")
_RANKS = ("viewer", "analyst", "approver", "admin")


@dataclass
class RunTalk:
    """What was said and decided of the runs there are, and which are to be made again: by the run's id."""

    comments: dict[str, list[Comment]] = field(default_factory=dict)
    decisions: dict[str, list[tuple[str, Decision]]] = field(default_factory=dict)
    reruns: dict[str, str] = field(default_factory=dict)

    def say(self, run_id: str, by: str, text: str) -> None:
        """Add a comment."""
        if not text.strip():
            raise InputError("comment", text, "something to say")
        self.comments.setdefault(run_id, []).append(Comment(by, datetime.now(UTC), text.strip()))

    def decide(self, record: RunRecord, given: tuple[str, str, str], by: str, role: str, *, own: bool) -> None:
        """Decide as the rpc does: `given` are hash, decision and reason."""
        seen, decision, reason = given
        if _RANKS.index(role) < _RANKS.index("approver"):
            raise Forbidden("Deciding on a run takes the role approver in its team.")
        if own:
            raise Forbidden("The author of a run cannot decide on it: ask another approver.")
        if decision not in ("approved", "rejected"):
            raise InputError("decision", decision, "approved or rejected")
        if decision == "rejected" and not reason.strip():
            raise InputError("reason", reason, "a reason for the rejection")
        if seen != run_hash(record):
            raise Conflict("Somebody else changed the same thing, nothing was written (open it again).")
        made = Decision(cast("Literal['approved', 'rejected']", decision), by, datetime.now(UTC), reason.strip())
        self.decisions.setdefault(record.id, []).append((seen, made))

    def decision(self, record: RunRecord) -> Decision | None:
        """The last one, as it counts now."""
        if record.id not in self.decisions:
            return None
        seen, made = self.decisions[record.id][-1]
        return made if seen == run_hash(record) else Decision("void", made.by, made.at, made.reason)

    def rerun(self, record: RunRecord, reason: str) -> str:
        """The id of the job that makes it again."""
        if not reason.strip():
            raise InputError("reason", reason, "why the run is made again, in 1 to 1000 visible characters")
        if not record.official or not record.place.current:
            raise InputError("run", record.id, "the current official run of its place")
        return self.reruns.setdefault(record.id, str(uuid.uuid4()))

    def between(self, records: list[RunRecord], first: date, last: date) -> RunsSeen:
        """What is seen of these runs of one book between two days."""
        found = [one for one in records if first <= one.as_of <= last]
        found.sort(key=lambda one: (-one.as_of.toordinal(), -one.run_at.timestamp(), one.id))
        days = [one.as_of for one in records]
        before, after = [one for one in days if one < first], [one for one in days if one > last]
        return RunsSeen(
            first, last, tuple(self._seen(one) for one in found), max(before, default=None), min(after, default=None)
        )

    def _seen(self, one: RunRecord) -> SeenRun:
        headline = [metric for metric in one.metrics if not metric.labels]
        shown = sorted(headline, key=lambda metric: _FOREMOST.index(metric.name) if metric.name in _FOREMOST else 9)
        return SeenRun(
            one.id, one.report, one.as_of, one.run_at, one.place.slot, one.official, one.place.current, one.status,
            None if one.gates is None else one.gates.verdict, one.place.hold, one.place.supersedes, one.place.reason,
            self.decision(one), len(self.comments.get(one.id, ())), tuple(shown[:2]),
        )  # fmt: skip


class MemoryReviews:
    """The part of a store in memory that is about what people do with runs."""

    _db: MemoryDatabase
    _email: str

    def runs_between(self, ref: PortfolioRef, first: date, last: date) -> RunsSeen:
        """The runs of a book between two days."""
        if ref.team_id not in self._roles() or ref.id not in self._db.books:
            raise InputError("portfolio", ref.id, "a portfolio that you may see")
        own = [one for one in self._db.records.values() if one.portfolio_id == ref.id]
        return self._db.talk.between(own, first, last)

    def story(self, run_id: str) -> Story:
        """Who made a run, and what was decided and said of it."""
        record, talk = self._record(run_id), self._db.talk
        recorder = "" if record.official else self._recorder(run_id)
        return Story(
            hash=run_hash(record),
            portfolio=next(ref.path for ref in self._db.books.values() if ref.id == record.portfolio_id),
            author=recorder,
            recorded_by=recorder,
            mine=recorder == self._email,
            schedule="",
            decisions=tuple(made for _, made in talk.decisions.get(run_id, ())),
            decision=talk.decision(record),
            comments=tuple(talk.comments.get(run_id, ())),
            history=chain(self._db.records, record),
        )

    def comment(self, team_id: str, run_id: str, text: str) -> None:  # noqa: ARG002 (the database wants the team)
        """Say something of a run."""
        self._db.talk.say(self._record(run_id).id, self._email, text)

    def decide(self, run_id: str, run_hash: str, decision: str, reason: str = "") -> None:
        """Approve or reject a run."""
        record = self._record(run_id)
        role = self._roles()[record.team_id]
        own = self._recorder(run_id) == self._email
        self._db.talk.decide(record, (run_hash, decision, reason), self._email, role, own=own)

    def rerun(self, run_id: str, reason: str) -> str:
        """Queue a run again."""
        record = self._record(run_id)
        if self._roles()[record.team_id] == "viewer":
            raise Forbidden("This takes the role analyst in the run's team.")
        return self._db.talk.rerun(record, reason)

    def follow(self, job_id: str, tell: Callable[[Job | Unavailable], None]) -> None:
        """Memory has no queue: nothing is told."""

    def listen(self, team_id: str, heard: Callable[[Mapping[str, Any]], None], live: Event, over: Event) -> None:
        """Memory has no channel: who wants to know looks again."""

    def read_file(self, team_id: str, artifact: Artifact) -> bytes | None:  # noqa: ARG002 (as the bucket)
        """Memory has no bucket."""
        return None

    def _roles(self) -> dict[str, str]:
        return {team.id: team.roles[self._email] for team in self._db.teams.values() if self._email in team.roles}

    def _record(self, run_id: str) -> RunRecord:
        record = self._db.records.get(run_id)
        if record is None or record.team_id not in self._roles():
            raise InputError("run", run_id, "the id of a run that you may see")
        return record

    def _recorder(self, run_id: str) -> str:
        """The address of who recorded it; empty: the service."""
        who = self._db.recorders.get(run_id, "")
        known = {email for team in self._db.teams.values() for email in team.roles}
        return next((email for email in known if str(uuid.uuid5(uuid.NAMESPACE_URL, email)) == who), "")


def run_hash(record: RunRecord) -> str:
    """Of everything a reader is told of a run."""
    run, metrics, artifacts = rows.run_rows(record)
    kept = {name: value for name, value in run.items() if name not in ("schedule_id",)}
    return hashlib.sha256(json.dumps([kept, metrics, artifacts], sort_keys=True).encode()).hexdigest()


def chain(records: Mapping[str, RunRecord], record: RunRecord) -> tuple[Earlier, ...]:
    """From the first run of its place to the current one."""
    found, back, ahead = [record], record, record
    while back.place.supersedes in records:
        back = records[str(back.place.supersedes)]
        found.insert(0, back)
    while later := next((one for one in records.values() if one.place.supersedes == ahead.id), None):
        ahead = later
        found.append(ahead)
    return tuple(Earlier(one.id, one.run_at, one.place.reason) for one in found)
