"""What people do with runs: look through them, say something of one, decide on it, have it made again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from riskkit.status.runs_seen import Decision, RunsSeen
from riskkit.status.runs_seen import decision as decision_of

if TYPE_CHECKING:
    from riskkit.errors import Unavailable
    from riskkit.store.contract import PortfolioRef
    from riskkit.store.jobs import Job
    from riskkit.store.record import Artifact


@dataclass(frozen=True)
class Comment:
    """What somebody said of a run: text, never markup."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Earlier:
    """A run in the chain of those that took each other's place; `reason` is why it took it."""

    id: str
    run_at: datetime
    reason: str


@dataclass(frozen=True)
class Story:
    """What is told of a run beside its record.

    Attributes
    ----------
    hash : str
        Of everything a reader is told of it; a decision is bound to it.
    portfolio : str
        `team/portfolio`, as it is called now.
    author : str
        Who asked for it, or last edited its schedule; empty where nobody is known.
    recorded_by : str
        Who recorded it; empty: the service.
    mine : bool
        Whether the reader is one of the two.
    schedule : str
        Empty: it was asked for.
    decisions : tuple of Decision
        As they were made, the first one first.
    decision : Decision or None
        The last one as it counts now.
    comments : tuple of Comment
        The last 200, the first one first.
    history : tuple of Earlier
        From the first run of its place to the current one, itself among them.
    """

    hash: str
    portfolio: str
    author: str
    recorded_by: str
    mine: bool
    schedule: str
    decisions: tuple[Decision, ...]
    decision: Decision | None
    comments: tuple[Comment, ...]
    history: tuple[Earlier, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Story:
        """From what the rpc `run_story` answers."""
        makers = told["makers"] or {}
        decisions = tuple(decision_of(one) for one in told["decisions"])
        return cls(
            hash=told["hash"],
            portfolio=told["portfolio"],
            author=makers.get("author") or "",
            recorded_by=makers.get("recorded_by") or "",
            mine=bool(makers.get("mine")),
            schedule=told["schedule"] or "",
            decisions=tuple(one for one in decisions if one is not None),
            decision=decision_of(told["decision"]),
            comments=tuple(Comment(one["by"], moment(one["at"]), one["text"]) for one in told["comments"]),
            history=tuple(Earlier(one["id"], moment(one["run_at"]), one["reason"]) for one in told["history"]),
        )


class RunReviews(Protocol):
    """The part of a store that is about what people do with runs."""

    def runs_between(self, ref: PortfolioRef, first: date, last: date) -> RunsSeen:
        """The runs of a book with valuation dates between two days, both included: at most the last 1,000."""
        ...

    def story(self, run_id: str) -> Story:
        """Who made a run, and what was decided and said of it.

        Raises
        ------
        InputError
            There is none of that id that the user may see.
        """
        ...

    def comment(self, team_id: str, run_id: str, text: str) -> None:
        """Say something of a run: at most 4,000 characters.

        Raises
        ------
        InputError
            The text is none, or cannot be kept.
        """
        ...

    def decide(self, run_id: str, run_hash: str, decision: str, reason: str = "") -> None:
        """Approve or reject a run whose hash one has looked at. Approver and up, never its author.

        Raises
        ------
        Conflict
            It is no longer what was looked at.
        Forbidden
            The role is not enough, or it is the user's own run.
        InputError
            A rejection without a reason.
        """
        ...

    def rerun(self, run_id: str, reason: str) -> str:
        """Queue a current official run again, for its place; the job's id.

        Raises
        ------
        InputError
            The run cannot be made again, or the reason is none.
        Forbidden
            It takes the role analyst.
        """
        ...

    def follow(self, job_id: str, tell: Callable[[Job | Unavailable], None]) -> None:
        """Tell of a job until it never changes again; blocks. Where there is no queue nothing is told."""
        ...

    def listen(self, team_id: str, heard: Callable[[Mapping[str, Any]], None], live: Event, over: Event) -> None:
        """Hand on what the team's channel tells, see `Channel.listen`; returns where there is none."""
        ...

    def read_file(self, team_id: str, artifact: Artifact) -> bytes | None:
        """A run's file as it is kept in the bucket, not verified; None if there is none that the user may see."""
        ...


def moment(text: str) -> datetime:
    """A time of the database, UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
