"""Whose a run is and where it is written down: a person's own, or a job of the queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from riskkit.errors import Forbidden, Unavailable
from riskkit.store.contract import Artifact, Member, RunRecord, Store
from riskkit.store.place import Place


class Ledger(Protocol):
    """What making a run asks of whoever it is made for.

    Attributes
    ----------
    official : bool
    run_by : str
        What the page says of who made it.
    user_id : str
        Whose sweep settles it after a kill.
    place : Place
        The slot and the attempt it is made for, and the run whose place it is to take.
    """

    @property
    def official(self) -> bool: ...  # noqa: D102 (above)

    @property
    def run_by(self) -> str: ...  # noqa: D102

    @property
    def user_id(self) -> str: ...  # noqa: D102

    @property
    def place(self) -> Place: ...  # noqa: D102

    def keep(self, path: Path, artifact: Artifact) -> None:
        """Put an artifact where others find it, before the row that names it is written."""
        ...

    def commit(self, record: RunRecord) -> None:
        """Write the row: from here on the run is there."""
        ...


@dataclass(frozen=True)
class OwnLedger:
    """A run that a person starts for themselves: unofficial, recorded as that person."""

    store: Store
    member: Member
    official: bool = False
    place: Place = field(default_factory=Place)

    @classmethod
    def of(cls, store: Store, team: str) -> OwnLedger:
        """The signed-in user's; Forbidden, before a minute's work, where the database would refuse at the end."""
        member = store.member()
        if dict(member.teams).get(team, "viewer") == "viewer":
            raise Forbidden(f"Running a report takes the role analyst in team {team}; yours is viewer.")
        return cls(store, member)

    @property
    def run_by(self) -> str:
        """The person's address."""
        return self.member.email

    @property
    def user_id(self) -> str:
        """The person's."""
        return self.member.user_id

    def keep(self, path: Path, artifact: Artifact) -> None:
        """Nowhere else: it is on this person's machine."""

    def commit(self, record: RunRecord) -> None:
        """Write the row as the person."""
        try:
            self.store.record_run(record)
        except Unavailable:  # the answer may have been lost, not the row: saying it twice changes nothing
            self.store.record_run(record)
