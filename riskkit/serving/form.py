"""What every form page shares: small bodies, fields as they were typed, and problems that stand beside their field."""

from __future__ import annotations

import re
from typing import Any

from tornado.web import HTTPError

from riskkit.serving.pages import Page
from riskkit.serving.proof import CodeRefused

#: A form here is small; bcrypt looks at 72 bytes of a password.
LARGEST_FORM = 16_384
LONGEST_PASSWORD = 1024
LONGEST_NEW_PASSWORD = 72
SHORTEST_NEW_PASSWORD = 10
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,128}@[^\s@\x00-\x1f\x7f]{1,126}")

ENDED = "Your session has ended. Sign in again to go on."
TOO_MANY = "Too many attempts. Wait five minutes, then try again."
SILENT = "The sign-in service does not answer. Try again in a minute."
NEW_PASSWORD = f"{SHORTEST_NEW_PASSWORD} characters or more."


class Form(Page):
    """A page with a form."""

    #: Template of the page.
    template = ""

    async def prepare(self, **_: Any) -> Any:
        """Refuse an outsized form before anything reads it."""
        if len(self.request.body) > LARGEST_FORM:
            raise HTTPError(413)
        return await super().prepare()

    def show(self, status: int = 200, problem: str = "", at: str = "", **fields: Any) -> None:
        """Answer with the form.

        Parameters
        ----------
        status : int
        problem : str
            What is wrong.
        at : str
            Name of the field it is wrong with; without one it stands above the form.
        **fields
            What the template fills in.
        """
        self.set_status(status)
        problems = {at: problem} if problem else {}
        self.render_page(self.template, problems=problems, fields={"next": self.wanted(), **fields})

    def field(self, name: str) -> str:
        """A field as it was typed: tornado's own reading turns control characters into spaces, in passwords too."""
        values = self.request.body_arguments.get(name, [b""])
        return values[-1].decode("utf-8", "replace")

    def email(self) -> str | None:
        """The e-mail address of the form, in lower case; None if it cannot be one."""
        typed = self.field("email").strip().lower()
        return typed if _EMAIL.fullmatch(typed) else None

    @property
    def client(self) -> str:
        """The asker's network address."""
        return str(self.request.remote_ip)

    @property
    def agent(self) -> str:
        """The asker's browser, as it says."""
        return self.request.headers.get("User-Agent", "")[:300]

    def wanted(self) -> str:
        """Where the person wanted to go: a path of this server, or the first page."""
        wanted: str = self.get_argument("next", "")
        ours = (
            wanted.startswith(self.base_url) and not wanted.startswith("//") and not re.search(r"[\\\x00-\x20]", wanted)
        )
        return wanted if ours and len(wanted) <= 9000 else self.base_url

    def from_elsewhere(self) -> bool:
        """Whether this is a click on a link in a mail: a strict cookie is not sent with it, even when there is one.

        A page of our own that loads the address again makes it a request of the same site.
        """
        headers = self.request.headers
        return (
            headers.get("Sec-Fetch-Site") == "cross-site"
            and headers.get("Sec-Fetch-Dest") == "document"
            and self.get_cookie(self.identity.cookie) is None
        )

    def refused(self, error: CodeRefused, **fields: Any) -> None:
        """Answer that a code was not accepted."""
        self.show(error.status, str(error), "code", **fields)


def is_password(typed: str) -> bool:
    """Whether it may be sent as a password that somebody has."""
    return 0 < len(typed) <= LONGEST_PASSWORD and "\0" not in typed


def new_password_problem(typed: str, again: str) -> tuple[str, str] | None:
    """What is wrong with a new password and its repetition, as (sentence, field), or None."""
    if not is_password(typed) or len(typed) < SHORTEST_NEW_PASSWORD:
        return f"Choose a password of {NEW_PASSWORD}", "password"
    if len(typed.encode("utf-8", "replace")) > LONGEST_NEW_PASSWORD:
        return f"Choose a password of at most {LONGEST_NEW_PASSWORD} bytes; more would not be looked at.", "password"
    if typed != again:
        return "The two are not the same.", "again"
    return None
