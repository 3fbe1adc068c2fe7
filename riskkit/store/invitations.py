"""Whom admins want invited, as the worker that mails the invitations sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from riskkit.store.rest import Rest

_LONGEST = 400


@dataclass(frozen=True)
class Invitation:
    """One that waits.

    Attributes
    ----------
    id : str
    team : str
        Slug.
    email, role : str
        Whom, and what the role will be.
    """

    id: str
    team: str
    email: str
    role: str


class Invitations(Rest):
    """Invitations that wait, with the service's key."""

    def __init__(self, url: str, service_key: str) -> None:
        super().__init__(url, service_key, lambda: service_key)

    def claim(self) -> Invitation | None:
        """Begin with the one that waits longest; whoever falls silent loses it after two minutes."""
        found: list[dict[str, Any]] = self._call("claim_invitation")
        return Invitation(*(str(found[0][name]) for name in ("id", "team", "email", "role"))) if found else None

    def done(self, invitation: Invitation) -> None:
        """It is mailed, and the role given."""
        with self._translated():
            self._rest.from_("invitations").delete().eq("id", invitation.id).execute()

    def refused(self, invitation: Invitation, why: str) -> None:
        """Auth does not take it; the admins read why."""
        with self._translated():
            row = {"problem": why[:_LONGEST]}
            self._rest.from_("invitations").update(row).eq("id", invitation.id).execute()
