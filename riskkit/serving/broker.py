"""The token broker: a kernel shows its ticket on a unix socket and gets its own viewer's short-lived token."""

from __future__ import annotations

import logging
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket
from tornado.web import Application, RequestHandler

from riskkit.errors import NotSignedIn, Unavailable
from riskkit.serving.kernels import OwnedKernels
from riskkit.serving.sessions import Sessions

log = logging.getLogger(__name__)


class TokenHandler(RequestHandler):
    """`GET /token` with the header `X-Riskkit-Ticket`."""

    def initialize(self, kernels: OwnedKernels, sessions: Sessions) -> None:
        """Keep who knows the tickets and who holds the sessions."""
        self._kernels, self._sessions = kernels, sessions

    async def get(self) -> None:
        """200 with an access token that lasts a while; 401 for an unknown ticket or an ended session; 503."""
        self.set_header("Cache-Control", "no-store")
        session = self._kernels.owner_of_ticket(self.request.headers.get("X-Riskkit-Ticket", ""))
        if session is None:
            self._refuse(401, "unknown ticket")
            return
        try:
            grant = await self._sessions.access_token(session)
        except NotSignedIn as error:
            self._refuse(401, str(error))
        except Unavailable as error:
            self._refuse(503, str(error))
        else:
            user = {"id": grant.user_id, "email": grant.email}
            self.finish({"access_token": grant.access_token, "expires_at": grant.expires_at, "user": user})

    def _refuse(self, status: int, reason: str) -> None:
        log.info("token refused", extra={"status": status, "reason": reason})
        self.set_status(status)
        self.finish({"error": reason})


def start_broker(socket: Path, kernels: OwnedKernels, sessions: Sessions) -> HTTPServer:
    """Listen on `socket` (mode 0600, in a folder of mode 0700), never on the network."""
    server = HTTPServer(Application([("/token", TokenHandler, {"kernels": kernels, "sessions": sessions})]))
    server.add_socket(bind_unix_socket(str(socket), 0o600))
    return server
