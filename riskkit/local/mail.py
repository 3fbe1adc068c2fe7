"""Auth's mails: made from the project's templates, sent by SMTP, or without one written to a folder; never dropped."""

from __future__ import annotations

import asyncio
import functools
import html
import logging
import os
import re
import secrets
import smtplib
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from riskkit.errors import Unavailable
from riskkit.local.duration import seconds
from riskkit.local.process import write_private

_log = logging.getLogger(__name__)
_ENV = re.compile(r"env\((\w+)\)")
_WORD = re.compile(r"\{\{\s*\.(\w+)\s*\}\}")
_SUBJECTS = {"invite": "You have been invited", "recovery": "Reset your password"}
_TEXT = """{subject}

{{{{ .RedirectTo }}}}?token_hash={{{{ .TokenHash }}}}&type={kind}

The link works once. If you did not expect this mail, do nothing.
"""


@dataclass(frozen=True)
class Mail:
    """Where mails go and what their links lead to, in the words of `supabase/config.toml`.

    Attributes
    ----------
    site_url : str
        Where a link leads that names no other place.
    redirects : list of str
        Other addresses a link may lead to, by scheme, host and port (`*` for any): a mail never leads elsewhere.
    interval, life : int
        Seconds between two recovery mails to one user; how long a link works.
    templates : dict
        By kind of mail, its subject and HTML; Auth's placeholders, such as `{{ .TokenHash }}`, are filled in.
    host, port, user, password, sender
        The SMTP server; without a host mails are written to the outbox.
    """

    site_url: str = "http://127.0.0.1:8866"
    redirects: list[str] = field(default_factory=list)
    interval: int = 60
    life: int = 3600
    templates: dict[str, list[str]] = field(default_factory=dict)
    host: str = ""
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = "riskkit@localhost"

    def place(self, wanted: str | None) -> str:
        """Where a link leads: the wanted address if it is one of ours."""
        ours = [self.site_url, *self.redirects]
        return wanted if wanted and any(_same_place(wanted, one) for one in ours) else self.site_url

    def message(self, kind: str, to: str, words: Mapping[str, str]) -> EmailMessage:
        """One mail."""
        subject, page = self.templates.get(kind, [_SUBJECTS[kind], ""])
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, subject
        message.set_content(_filled(_TEXT.format(subject=subject, kind=kind), words))
        if page:
            message.add_alternative(_filled(page, {name: html.escape(text) for name, text in words.items()}), "html")
        return message


class Post:
    """Sends mails from threads of their own."""

    def __init__(self, mail: Mail, outbox: Path) -> None:
        self.mail, self._outbox = mail, outbox

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail to the server, or keep it in the outbox: on purpose without a server, else before it fails."""
        try:
            await asyncio.to_thread(self._deliver if self.mail.host else self._keep, message)
        except (OSError, smtplib.SMTPException) as error:
            await asyncio.to_thread(self._keep, message)
            raise Unavailable("The mail server does not take the mail; it lies in the outbox.") from error

    def _deliver(self, message: EmailMessage) -> None:
        mail, context = self.mail, ssl.create_default_context()
        kind = functools.partial(smtplib.SMTP_SSL, context=context) if mail.port == 465 else smtplib.SMTP
        with kind(mail.host, mail.port, timeout=20) as server:
            server.ehlo()
            if mail.port != 465 and (server.has_extn("starttls") or mail.password):
                server.starttls(context=context)  # a password never goes in the clear
            if mail.password:
                server.login(mail.user, mail.password)
            server.send_message(message)

    def _keep(self, message: EmailMessage) -> None:
        self._outbox.mkdir(mode=0o700, exist_ok=True)
        path = self._outbox / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}.eml"
        write_private(path, message.as_string())
        _log.warning("mail kept in the outbox", extra={"path": str(path)})


def mail_settings(auth: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The arguments of `Mail` that `[auth]` of a config.toml in that folder gives; `env(NAME)` is looked up."""
    email = auth.get("email", {})
    smtp = {name: _looked_up(value) for name, value in email.get("smtp", {}).items()}
    known = {"site_url": auth.get("site_url"), "redirects": auth.get("additional_redirect_urls")}
    known |= {"life": email.get("otp_expiry"), "interval": seconds(email.get("max_frequency", "60s"))}
    if known["interval"] is None:
        raise Unavailable(
            f"{folder / 'config.toml'}: max_frequency is {email['max_frequency']!r}; expected such as 60s"
        )
    known["templates"] = {
        kind: [given.get("subject", _SUBJECTS[kind]), _page(folder.parent / given["content_path"])]
        for kind, given in email.get("template", {}).items()
        if kind in _SUBJECTS and "content_path" in given
    }
    if smtp and smtp.get("enabled", True):
        known |= {"host": smtp.get("host"), "port": smtp.get("port"), "user": smtp.get("user")}
        known |= {"password": smtp.get("pass"), "sender": smtp.get("admin_email")}
    return {name: value for name, value in known.items() if value is not None}


def _page(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise Unavailable(f"{path}: a mail's template cannot be read: {error.strerror}") from error


def _looked_up(value: Any) -> Any:
    named = _ENV.fullmatch(value) if isinstance(value, str) else None
    return os.environ.get(named[1], "") if named else value


def _filled(text: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda found: words.get(found[1], ""), text)


def _same_place(wanted: str, ours: str) -> bool:
    """Whether two addresses agree in scheme, host and port; a port `*` is any."""
    try:
        one, two = urlsplit(wanted), urlsplit(ours)
        ports = two.netloc.endswith(":*") or one.port == two.port
    except ValueError:
        return False
    proper = wanted.isprintable() and not set(wanted) & set(" \\\"'<>") and one.username is None
    return proper and (one.scheme, one.hostname) == (two.scheme, two.hostname) and ports
