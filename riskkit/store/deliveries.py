"""Deliveries: what is to be told to whom, seen by members, sent by workers.

A delivery is written with the end of the job that it is about. Whoever begins to send it is the only one who ever does:
one that nobody knows the end of is `unknown`, and a person decides whether it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from riskkit.errors import InputError
from riskkit.store.queue import HEARTBEAT, between
from riskkit.store.rest import PAGE, Rest
from riskkit.store.rows import Row

Status = Literal["pending", "sending", "sent", "failed", "refused", "unknown"]
Kind = Literal["report", "failure", "digest", "alarm"]
#: How an attempt may end; `pending`: it was not taken, and is tried again after a while.
Ending = Literal["sent", "failed", "unknown", "pending"]
#: An attempt that says nothing for so long is given up for unknown [s]: longer than the slowest mail takes.
LEASE = 600.0
_OWN = "id,kind,channel,recipient,status,attempts,last_error,slot,job_id,run_id,dedupe_key,created_at,next_at,sent_at"
_COLUMNS = f"{_OWN},teams(slug),schedules(name),portfolios(slug)"


@dataclass(frozen=True)
class Delivery:
    """A message to one recipient, and what has become of it.

    Attributes
    ----------
    id : str
    kind : {'report', 'failure', 'digest', 'alarm'}
    channel : {'mail', 'webhook'}
    recipient : str
        A mail address, or the name of a webhook of the team.
    status : str
        `sending`: begun; `unknown`: begun, and nobody knows how it ended; `refused`: the recipient may not have it.
    attempts : int
    error : str
        Why it was not sent, or not at once.
    slot : datetime or None
    job_id, run_id : str or None
    key : str
        What it is and for whom: there is never another one of the same.
    created_at, next_at, sent_at : datetime
        `sent_at` may be None.
    team, schedule, portfolio : str
        Empty where there is none, or for one just claimed.
    """

    id: str
    kind: Kind
    channel: Literal["mail", "webhook"]
    recipient: str
    status: Status
    attempts: int
    error: str
    slot: datetime | None
    job_id: str | None
    run_id: str | None
    key: str
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    team: str = ""
    schedule: str = ""
    portfolio: str = ""


class Deliveries(Rest):
    """Deliveries as a signed-in user: analysts see their team's and may have one sent again."""

    def deliveries(self, status: Status | None = None, limit: int = 50) -> tuple[Delivery, ...]:
        """The latest that the user may see, newest first."""
        with self._translated():
            query = self._rest.from_("deliveries").select(_COLUMNS)
            query = query.eq("status", status) if status is not None else query
            found: Any = query.order("created_at", desc=True).order("id").limit(min(limit, PAGE)).execute().data
        return tuple(map(_delivery, found))

    def delivery(self, delivery_id: str) -> Delivery:
        """The delivery whose id this is or begins with.

        Raises
        ------
        InputError
            There is none that the user may see, or there are several.
        """
        first, last = between("delivery", delivery_id)
        found = self._select("deliveries", _COLUMNS, lambda q: q.gte("id", first).lte("id", last))
        if len(found) != 1:
            several = "more of the id: several deliveries begin with this"
            raise InputError(
                "delivery", delivery_id, several if found else "the id of a delivery of a team where you are analyst"
            )
        return _delivery(found[0])

    def resend(self, delivery_id: str) -> str:
        """Have one that failed, was refused or is unknown sent again, if its recipient may have it; what it was."""
        return str(self._call("resend_delivery", p_delivery=delivery_id))


class Outbox(Rest):
    """Deliveries with the service's key: for workers."""

    def __init__(self, url: str, service_key: str, timeout: float = HEARTBEAT) -> None:
        super().__init__(url, service_key, lambda: service_key, timeout)

    def claim(self, worker: str, mail: bool, webhooks: Iterable[str], lease: float = LEASE) -> Delivery | None:
        """Begin the longest due that can be sent from here; None if there is none.

        Parameters
        ----------
        worker : str
            The claimant's uuid.
        mail : bool
            Whether mails can be sent from here.
        webhooks : iterable of str
            `team/name` of those that are known here.
        lease : float
            Seconds.
        """
        arguments = {"p_worker": worker, "p_mail": mail, "p_webhooks": list(webhooks), "p_lease": f"{lease} s"}
        found = self._call("claim_delivery", **arguments)
        return _delivery(found[0]) if found else None

    def facts(self, delivery: Delivery) -> Mapping[str, Any] | None:
        """What it is to tell, and no more than its recipient may know; None: what it was about is gone."""
        found: Mapping[str, Any] | None = self._call("delivery_facts", p_delivery=delivery.id)
        return found

    def finish(
        self, delivery: Delivery, worker: str, ending: Ending, error: str = "", after: float = 0.0
    ) -> str | None:
        """Say how the attempt ended: what the delivery is now; None: the attempt is no longer ours.

        `after` is the least number of seconds to wait before it is tried again.
        """
        arguments = {"p_delivery": delivery.id, "p_worker": worker, "p_attempt": delivery.attempts}
        told = {"p_status": ending, "p_error": error[:2000], "p_after_s": int(min(after, 86400))}
        found: str | None = self._call("finish_delivery", **arguments, **told)
        return found

    def reap(self) -> int:
        """How many are unknown from now on, because who had begun them fell silent."""
        return int(self._call("reap_deliveries"))


def _delivery(row: Row) -> Delivery:
    same = ("id", "kind", "channel", "recipient", "status", "attempts", "job_id", "run_id")
    times = {
        name: None if row[name] is None else datetime.fromisoformat(row[name])
        for name in ("slot", "next_at", "sent_at")
    }
    return Delivery(
        **{name: row[name] for name in same},
        **times,  # type: ignore[arg-type]
        error=row["last_error"],
        key=row["dedupe_key"],
        created_at=datetime.fromisoformat(row["created_at"]),
        team=(row.get("teams") or {}).get("slug", ""),
        schedule=(row.get("schedules") or {}).get("name", ""),
        portfolio=(row.get("portfolios") or {}).get("slug", ""),
    )
