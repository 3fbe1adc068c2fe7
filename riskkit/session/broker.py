"""A dashboard's kernel: short-lived tokens from the server's socket."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

from riskkit.errors import NotSignedIn, Unavailable

#: A token is asked for again when it has less than this left [s].
_FRESH_SECONDS = 30.0
_TIMEOUT = 15.0


class Broker:
    """Tokens for the ticket this kernel was given."""

    def __init__(self, path: Path, ticket: str) -> None:
        self._path, self._ticket, self._lock = path, ticket, threading.Lock()
        self._token, self._expires_at = "", 0.0

    def who(self) -> tuple[str, str]:
        """E-mail and id of the viewer."""
        user = self._ask()["user"]
        return str(user.get("email", "")), str(user["id"])

    def token(self) -> str:
        """A token that lasts a while yet."""
        with self._lock:
            if time.time() > self._expires_at - _FRESH_SECONDS:
                self._ask()
            return self._token

    def _ask(self) -> dict[str, Any]:
        connection = _UnixConnection(self._path)
        try:
            connection.request("GET", "/token", headers={"X-Riskkit-Ticket": self._ticket, "Host": "broker"})
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
            if status == 401:
                raise NotSignedIn("Your session has ended: sign in again.")
            if status != 200:
                raise Unavailable("The dashboard server cannot renew your session now; try again in a moment.")
            found: dict[str, Any] = json.loads(body)
            self._token, self._expires_at = str(found["access_token"]), float(found["expires_at"])
            if not isinstance(found.get("user"), dict) or "id" not in found["user"]:
                raise Unavailable("The dashboard server's answer names no user.")
            return found
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise Unavailable("The dashboard server does not answer; reload the page.") from error
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("broker", timeout=_TIMEOUT)
        self._socket_path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT)
        self.sock.connect(str(self._socket_path))
