"""A mail server and a webhook to send to, both real, on this machine; and what a delivery has to tell."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from riskkit.settings import MailServer
from riskkit.store.deliveries import Delivery


@dataclass
class Sink:
    """A mail server: keeps what it is given, and answers as `answer` says, a call a mail.

    Attributes
    ----------
    answers : list of str
        For the next mails, in order; afterwards all are taken.
    on_mail : callable
        Called with each mail before it is answered.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    on_mail: Any = None
    port: int = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert len(envelope.rcpt_tos) == 1
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.senders.append(envelope.mail_from)
        if self.on_mail is not None:
            self.on_mail()
        return answer

    @property
    def server(self) -> MailServer:
        return MailServer("127.0.0.1", self.port, "none", "risk@atlas.example")

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


class Loopback(Controller):
    """Takes a free port, and knows which it was."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A running mail server."""
    made = Sink()
    controller = Loopback(made, hostname="127.0.0.1", port=0, data_size_limit=50_000_000)
    controller.start()
    made.port = controller.port
    yield made
    controller.stop()


@dataclass
class Hook:
    """A webhook: keeps what is posted, and answers (status, headers), the last again and again."""

    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A running webhook."""
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, headers = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            if status == 0:  # breaks off
                self.connection.close()
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


RUN_ID = "01a20104-c97a-7501-9fa9-fa54a98931cd"
METRICS = [
    {"name": "var", "value": 1900447.4, "unit": "USD"},
    {"name": "expected_shortfall", "value": 2480120.9, "unit": "USD"},
    {"name": "value", "value": 37802417.07, "unit": "USD"},
    {"name": "gross_value", "value": 87468597.07, "unit": "USD"},
]


def run(verdict: str | None = "PASS", **changes: Any) -> dict[str, Any]:
    """A run as the database tells it."""
    gates = [] if verdict in (None, "PASS") else [{"verdict": verdict, "sentence": "VaR is 95 % of its limit."}]
    return {
        "id": RUN_ID, "report": "portfolio_var", "as_of": "2022-12-28", "run_at": "2022-12-28T23:15:40+00:00",
        "verdict": verdict, "gates": gates, "metrics": METRICS, "artifacts": [], "reason": "",
        "code": {"commit": "4c91772aa", "dirty": False},
        "parameters": {"confidence_level": 0.99, "horizon_days": 1}, **changes,
    }  # fmt: skip


def job(portfolio: str | None = "demo", **changes: Any) -> dict[str, Any]:
    """A book's job as the database tells it."""
    return {
        "id": "7f3c0d9e-0000-4000-8000-000000000001", "state": "succeeded", "as_of": "2022-12-28", "attempt": 1,
        "percent": 100, "cell": None, "portfolio": portfolio, "title": "Demo book", "currency": "USD", "error": None,
        "run": run(), **changes,
    }  # fmt: skip


def dead(portfolio: str = "poison", **error: Any) -> dict[str, Any]:
    """A job that failed."""
    told = {"type": "ValueError", "cell": 4, "message": "cell 4: ValueError\n    raise ValueError('no price')", **error}
    return job(portfolio, state="dead", run=None, error=told, id="7f3c0d9e-0000-4000-8000-00000000000f")


def facts(*jobs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What the database tells of a delivery."""
    return {
        "team_id": "11111111-0000-4000-8000-000000000000", "team": "atlas", "schedule": "portfolio_var",
        "report": "portfolio_var", "timezone": "America/New_York", "role": "analyst",
        "slot": "2022-12-28T23:15:00+00:00", "as_of": "2022-12-28", "outcome": "enqueued", "note": None,
        "due_at": "2022-12-29T00:15:00+00:00", "jobs": list(jobs), **changes,
    }  # fmt: skip


def delivery(kind: Any = "report", **changes: Any) -> Delivery:
    """One that has been claimed."""
    now = datetime(2022, 12, 28, 23, 16, tzinfo=UTC)
    given = {
        "id": "d0000000-0000-4000-8000-000000000001", "kind": kind, "channel": "mail", "status": "sending",
        "recipient": "risk@atlas.example", "attempts": 1, "error": "", "slot": now, "job_id": None, "run_id": None,
        "key": f"{kind} 1 2 3", "created_at": now, "next_at": now, "sent_at": None, **changes,
    }  # fmt: skip
    return Delivery(**given)
