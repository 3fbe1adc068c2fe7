"""Pages of our own: what every handler shares, and how an error looks."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import jinja2
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.escape import url_escape
from tornado.web import HTTPError

from riskkit.errors import NotSignedIn, Unavailable
from riskkit.serving.identity import ViewerIdentity
from riskkit.serving.kernels import OwnedKernels, TooManyKernels
from riskkit.serving.sessions import BrowserSession
from riskkit.serving.surroundings import Surroundings

log = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Message:
    """What a page says when it has nothing else to show: what happened, and what to do."""

    title: str
    sentences: tuple[str, ...]
    action: str = "All dashboards"
    address: str = ""


NOT_FOUND = Message("Not found", ("There is nothing at this address, or nothing that you may see.",))
FORBIDDEN = Message("Not for this sign-in", ("Your role does not open this page. Ask an administrator of your team.",))
STALE_FORM = Message("This form is too old", ("Load the page again, then repeat what you did.",))
UNAVAILABLE = Message("Not available just now", ("A service this page needs does not answer. Try again in a minute.",))
BROKEN = Message("Something went wrong", ("It is our fault, and it is in the log.",))
FULL = {
    "yours": Message(
        "Too many dashboards open",
        (
            "You have as many dashboards open as one person may.",
            "Close one of their browser tabs, wait a few seconds, and load this page again.",
        ),
    ),
    "everybody's": Message(
        "The server is full",
        ("As many dashboards are open as this server can hold.", "Try again in a few minutes."),
    ),
}


class Page(JupyterHandler):
    """A handler that answers with one of our pages, errors included."""

    #: The session the request's cookie names; `ViewerIdentity.get_user` sets it.
    viewer: BrowserSession | None = None

    @property
    def kernels(self) -> OwnedKernels:
        """The kernel manager."""
        return cast(OwnedKernels, self.kernel_manager)

    @property
    def identity(self) -> ViewerIdentity:
        """The identity provider."""
        return cast(ViewerIdentity, self.identity_provider)

    @property
    def surroundings(self) -> Surroundings:
        """What the application shares with its handlers."""
        found: Surroundings = self.settings["surroundings"]
        return found

    @property
    def session(self) -> BrowserSession:
        """The signed-in session; only in a method that requires one."""
        return cast(BrowserSession, self.viewer)

    def render_page(self, template: str, **names: Any) -> None:
        """Write a page from `templates/pages`."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(self._rendered(template, **names))

    def say(self, status: int, message: Message, reference: str = "") -> None:
        """Answer with a message page."""
        self.set_status(status)
        self.render_page("message.html.j2", message=message, reference=reference)

    def address(self, *parts: str) -> str:
        """An address on this server, base URL included."""
        return url_path_join(self.base_url, *(quote(part, safe="/") for part in parts))

    def public_address(self, *parts: str) -> str:
        """The same with scheme and host, for a mail; never what the request's `Host` says, which anybody may forge."""
        return self.surroundings.origin + self.address(*parts)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page that says what happened and what to do; details go to the log under a reference."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, NotSignedIn):
            if (
                self.viewer is not None and not self.viewer.ended
            ):  # else the sign-in page would send a live session back here, for ever
                self.identity.end_now(self.viewer, "refused by the database")
            back = f"?next={url_escape(self.request.uri or '')}" if self.request.method == "GET" else ""
            self.redirect(self.address("sign-in") + back, status=303)
            return
        reference = secrets.token_hex(4) if status_code >= 500 else ""
        if reference and not isinstance(error, TooManyKernels):
            log.error("page failed", extra={"reference": reference, "path": self.request.path}, exc_info=error)
        self.clear_header("Content-Security-Policy")
        self.say(*_answer(status_code, error), reference)

    def _rendered(self, template: str, **names: Any) -> str:
        viewer = self.viewer
        return self.surroundings.pages.get_template(template).render(
            address=self.address,
            asset=self.surroundings.assets.address,
            email=viewer.email if viewer is not None else None,
            xsrf=self.xsrf_token.decode() if viewer is not None or "fields" in names else "",
            **names,
        )


def _answer(status: int, error: BaseException | None) -> tuple[int, Message]:
    if isinstance(error, TooManyKernels):
        return 503, FULL[error.whose]
    if isinstance(error, Unavailable):
        return 503, UNAVAILABLE
    if status == 403 and isinstance(error, HTTPError) and "_xsrf" in str(error.log_message):
        return 403, STALE_FORM
    known = {403: FORBIDDEN, 404: NOT_FOUND, 405: NOT_FOUND, 503: UNAVAILABLE}
    return status, known.get(status, BROKEN)


def page_environment() -> jinja2.Environment:
    """The templates of our own pages; every value is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "pages"), autoescape=True, undefined=jinja2.StrictUndefined
    )
