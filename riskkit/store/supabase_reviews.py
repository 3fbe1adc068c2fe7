"""What people do with runs on Supabase: each is one rpc or one row, checked there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from threading import Event
from typing import Any
from uuid import UUID

from riskkit.errors import InputError, Unavailable
from riskkit.status.runs_seen import RunsSeen
from riskkit.store.channel import Channel
from riskkit.store.contract import Artifact, PortfolioRef
from riskkit.store.files import Files
from riskkit.store.jobs import Job
from riskkit.store.requests import Requests
from riskkit.store.rest import Rest
from riskkit.store.reviews import Story


class SupabaseReviews(Rest):
    """Reviews as the user whose token `access_token` gives."""

    def runs_between(self, ref: PortfolioRef, first: date, last: date) -> RunsSeen:
        """The runs of a book between two days, in one request."""
        days = {"first": first.isoformat(), "last": last.isoformat()}
        told = self._call("runs_between", p_portfolio=ref.id, p_from=days["first"], p_until=days["last"])
        return RunsSeen.of({**told, **days})

    def story(self, run_id: str) -> Story:
        """Who made a run, and what was decided and said of it."""
        try:
            wanted = str(UUID(run_id))
        except ValueError as error:
            raise InputError("run", run_id, "the id of a run that you may see") from error
        return Story.of(self._call("run_story", p_run=wanted))

    def comment(self, team_id: str, run_id: str, text: str) -> None:
        """Say something of a run."""
        if not text.strip():
            raise InputError("comment", text, "something to say")
        row = {"team_id": team_id, "run_id": run_id, "body": text.strip()}
        with self._translated():
            self._rest.from_("run_comments").insert(row, returning="minimal").execute()  # type: ignore[arg-type]

    def decide(self, run_id: str, run_hash: str, decision: str, reason: str = "") -> None:
        """Approve or reject a run."""
        self._call("decide_on_run", p_run=run_id, p_hash=run_hash, p_decision=decision, p_reason=reason.strip())

    def rerun(self, run_id: str, reason: str) -> str:
        """Queue a run again."""
        return str(self._call("rerun_run", p_run=run_id, p_reason=reason))

    def follow(self, job_id: str, tell: Callable[[Job | Unavailable], None]) -> None:
        """Tell of a job until it never changes again; blocks."""
        Requests(self._url, self._key, self._access_token).follow(job_id, tell)

    def listen(self, team_id: str, heard: Callable[[Mapping[str, Any]], None], live: Event, over: Event) -> None:
        """Hand on what the team's channel tells; blocks."""
        Channel(self._url, self._key, self._access_token).listen(team_id, heard, live, over)

    def read_file(self, team_id: str, artifact: Artifact) -> bytes | None:
        """A run's file as it is kept in the bucket."""
        with Files(self._url, self._key, self._access_token) as files:
            return files.read(team_id, artifact)
