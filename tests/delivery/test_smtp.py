"""Handing in a mail: whatever happens, it is known whether it was taken."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from riskkit.delivery.smtp import send_mail
from riskkit.settings import MailServer
from tests.delivery.conftest import Sink


def mail() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "riskkit <risk@atlas.example>", "you@atlas.example", "T"
    made.set_content("x\n.\n")
    return made


def test_a_mail_is_handed_in_once(sink: Sink) -> None:
    assert send_mail(sink.server, mail()).status == "sent"
    assert [one.get_content() for one in sink.mails] == ["x\r\n.\r\n"]
    assert sink.senders == ["risk@atlas.example"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [("451 greylisted", "pending"), ("452 full", "pending"), ("550 no such user", "failed"), ("554 spam", "failed")],
)
def test_a_refusal_is_for_now_or_for_good(sink: Sink, answer: str, status: str) -> None:
    sink.answers = [answer]
    ended = send_mail(sink.server, mail())
    assert (ended.status, sink.mails) == (status, [])
    assert answer in ended.reason


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        server = MailServer("127.0.0.1", nobody.getsockname()[1], "none", "risk@atlas.example")
        ended = send_mail(server, mail())
    assert (ended.status, "not reached" in ended.reason) == ("pending", True)


@pytest.mark.parametrize(
    ("last", "status"), [(b"EHLO", "pending"), (b"MAIL", "pending"), (b"RCPT", "pending"), (b"DATA", "unknown")]
)
def test_a_server_that_breaks_off_after_the_text_may_have_taken_it(last: bytes, status: str) -> None:
    ended = against(last, lambda server: send_mail(server, mail(), timeout=5).status)
    assert ended == status


def test_a_password_never_goes_in_the_clear_and_is_in_no_reason() -> None:
    def attempt(server: MailServer) -> str:
        secret = MailServer(server.host, server.port, "starttls", server.sender, "me", "hunter2-canary")
        ended = send_mail(secret, mail(), timeout=5)
        assert "hunter2-canary" not in repr(secret) + ended.reason
        return ended.status

    assert against(b"AUTH", attempt) == "pending"  # it offers no STARTTLS


def against(last: bytes, attempt: Callable[[MailServer], str]) -> str:
    """A server that closes the connection when it hears a word, or for DATA when it has heard the text."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 here\r\n")
                for line in lines:
                    heard.append(line)
                    if line.upper().startswith(last) and last != b"DATA":
                        return
                    connection.sendall(b"354 go on\r\n" if line.upper().startswith(b"DATA") else b"250 ok\r\n")
                    if line.upper().startswith(b"DATA"):
                        while next(lines) != b".\r\n":
                            pass
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        status = attempt(MailServer("127.0.0.1", listening.getsockname()[1], "none", "risk@atlas.example"))
        thread.join(10)
    assert not any(b"hunter2" in line for line in heard)
    return status
