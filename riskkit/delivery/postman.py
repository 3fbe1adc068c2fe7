"""The postman: sends what is due, one message after the other, beside any number of others that do the same.

What he has begun he alone sends. Killed while he sends, nobody knows whether it arrived, and it is not sent again by
itself; a server that does not take it for now is asked again later, and the reports are made meanwhile.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from riskkit.delivery.ending import Ended, because
from riskkit.delivery.files import NOTHING, Enclosed, Shelf, enclosed
from riskkit.delivery.message import message
from riskkit.delivery.pages import link_of
from riskkit.delivery.smtp import send_mail
from riskkit.delivery.told import Told, told
from riskkit.delivery.webhook import payload, post
from riskkit.errors import RiskkitError
from riskkit.parameters.report_file import load_report
from riskkit.settings import Channels
from riskkit.store.deliveries import LEASE, Delivery, Outbox

_log = logging.getLogger("riskkit.delivery")

#: Seconds between two looks at an empty outbox, and between two looks for those that fell silent.
_IDLE, _REAP = 2.0, 5.0
#: The end of a message that was sent is said so often, so many seconds apart: it is all that keeps it from `unknown`.
_TRIES, _PAUSE = 10, 1.0


@dataclass(frozen=True)
class Round:
    """What a postman needs.

    Attributes
    ----------
    project : Path
        Its `parameters/` name the reports.
    outbox : Outbox
    shelf : Shelf
    channels : Channels
    lease : float
        Seconds after which a message that he has begun counts as unknown.
    """

    project: Path
    outbox: Outbox
    shelf: Shelf
    channels: Channels
    lease: float = LEASE


class Postman:
    """Sends until he is stopped."""

    def __init__(self, plan: Round) -> None:
        self._plan = plan
        self._id = str(uuid.uuid4())
        self._stopping = threading.Event()
        self._reaped = -_REAP
        # No proxy, no .netrc: a message goes where its address says.
        self._http = httpx.Client(trust_env=False, limits=httpx.Limits(keepalive_expiry=1.0))

    def stop(self) -> None:
        """Begin no more."""
        self._stopping.set()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self) -> None:
        """Send again and again until `stop`; a database that does not answer is waited for."""
        if self._plan.channels.mail is None:
            _log.warning("mails wait: RISKKIT_SMTP_URL is not set")
        while not self._stopping.is_set():
            if not self.deliver():
                self._stopping.wait(_IDLE * random.uniform(0.8, 1.2))  # noqa: S311 (no secret)

    def drain(self) -> int:
        """Send all that is due now; how many messages were begun."""
        begun = 0
        while not self._stopping.is_set() and self.deliver():
            begun += 1
        return begun

    def deliver(self) -> bool:
        """Send the longest due message; False if there is none or nobody answers."""
        channels = self._plan.channels
        try:
            self._reap()
            found = self._plan.outbox.claim(self._id, channels.mail is not None, channels.webhooks, self._plan.lease)
        except RiskkitError as error:
            _log.warning("no delivery", extra={"error": str(error)})
            return False
        if found is None:
            return False
        self._finish(found, self._sent(found))
        return True

    def _reap(self) -> None:
        if time.monotonic() - self._reaped >= _REAP:
            self._reaped = time.monotonic()
            lost = self._plan.outbox.reap()
            if lost:
                _log.error("deliveries whose end nobody knows", extra={"count": lost})

    def _sent(self, delivery: Delivery) -> Ended:
        """How sending it ended; until it is handed in, whatever goes wrong leaves it surely unsent."""
        try:
            facts = self._plan.outbox.facts(delivery)
            if facts is None:
                return because("failed", "what it was about is gone")
            what = told(delivery, facts, _title(self._plan.project, str(facts["report"])))
            files = self._files(delivery, facts, what)
            return self._hand_in(delivery, what, files)
        except RiskkitError as error:
            return because("pending", str(error))
        except Exception as error:  # a row or a file that is odd: it ends, named, and the next one is sent
            _log.exception("a message could not be written", extra={"delivery": delivery.id})
            return because("failed", f"it could not be written: {type(error).__name__}")

    def _hand_in(self, delivery: Delivery, what: Told, files: Enclosed) -> Ended:
        channels = self._plan.channels
        if delivery.channel == "webhook":
            url = channels.webhooks[f"{what.team}/{delivery.recipient}"]
            return post(self._http, url, payload(what, link_of(what, channels.link)))
        assert channels.mail is not None  # noqa: S101 (none is claimed without it)
        return send_mail(channels.mail, message(what, files, channels.mail.sender, channels.link))

    def _files(self, delivery: Delivery, facts: Mapping[str, Any], what: Told) -> Enclosed:
        if delivery.channel == "webhook":
            return NOTHING
        return enclosed(self._plan.shelf, str(facts["team_id"]), what, self._plan.channels.attachments)

    def _finish(self, delivery: Delivery, ended: Ended) -> None:
        facts = {
            "delivery": delivery.id,
            "kind": delivery.kind,
            "channel": delivery.channel,
            "attempt": delivery.attempts,
        }
        for tries in range(_TRIES, 0, -1):
            try:
                now = self._plan.outbox.finish(delivery, self._id, ended.status, ended.reason, ended.after)
            except RiskkitError as error:
                _log.warning("not heard", extra={**facts, "error": str(error), "tries_left": tries - 1})
                time.sleep(_PAUSE)
            else:
                level = logging.INFO if ended.status == "sent" else logging.WARNING
                _log.log(level, "delivery " + (now or "lost"), extra={**facts, "reason": ended.reason})
                return


def _title(project: Path, report: str) -> str:
    """What people call a report; its own name where its file cannot be read."""
    try:
        return load_report(project / "parameters" / f"{report}.yml").title
    except (RiskkitError, OSError):
        return report.replace("_", " ").capitalize()
