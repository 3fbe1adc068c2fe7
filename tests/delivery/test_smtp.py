"""Handing in a mail: whatever happens, it is known whether it was taken."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from riskkit.delivery.smtp import send_mail
from riskkit.settings import MailServer
from tests.delivery.conftest import Loopback, Sink


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


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
def test_over_tls_a_trusted_server_is_signed_in_to_and_takes_the_mail_and_another_gets_nothing(
    encryption: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, signed_in = Sink(), []

    def authenticate(
        _server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        signed_in.append((data.login, data.password, session.ssl is not None or encryption == "tls"))
        return AuthResult(success=True)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate(tmp_path))
    over: dict[str, Any] = (
        {"ssl_context": context, "auth_require_tls": False}
        if encryption == "tls"
        else {"tls_context": context, "require_starttls": True}
    )
    controller = Loopback(taken, hostname="127.0.0.1", port=0, authenticator=authenticate, **over)
    try:
        controller.start()
        server = MailServer("127.0.0.1", controller.port, encryption, "risk@atlas.example", "me", "hunter2")
        ended = send_mail(server, mail(), timeout=20)
        assert (ended.status, taken.mails, signed_in) == ("pending", [], [])
        assert "certificate verify failed" in ended.reason
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert send_mail(server, mail(), timeout=20).status == "sent"
    finally:
        controller.stop()
    assert [one.get_content() for one in taken.mails] == ["x\r\n.\r\n"]
    assert signed_in == [(b"me", b"hunter2", True)]


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 with its key; whoever is to trust it reads `ca.pem` beside it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now, here = datetime.now(UTC), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    ).public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "ca.pem").write_bytes(made)
    (folder / "server.pem").write_bytes(secret + made)
    return folder / "server.pem"


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
