"""The gateway's process, as the folder of one home knows it: started in the background, found again, stopped."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from riskkit.errors import Unavailable
from riskkit.local.postgres import free_port
from riskkit.local.process import Mark, write_private

PREFERRED_PORT = 54321
_MODULE = "riskkit.local.gateway"
_LOG_BYTES = 10 << 20


class Gateway:
    """The gateway of one home; `folder` holds its mark and its log."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log, self._settings = folder, folder / "gateway.log", folder / "settings.json"

    @property
    def running(self) -> Mark | None:
        """Who it is, if it runs."""
        mark = Mark.read(self._folder / "gateway.json")
        return mark if mark is not None and mark.process() is not None else None

    def stop(self) -> None:
        """Stop it; nothing happens when it does not run."""
        mark = self.running
        if mark is not None:
            mark.stop()
        (self._folder / "gateway.json").unlink(missing_ok=True)

    def start(self, port: int | None, last_url: str | None, settings: dict[str, Any]) -> str:
        """Start it unless one runs that has the same settings and code; where it answers."""
        last = int(last_url.rsplit(":", 1)[1]) if last_url else None
        wanted = _fingerprint(settings)
        same = port in (None, 0, last) and self._settings.exists() and self._settings.read_text() == wanted
        if self.running and last_url and same and _healthy(last_url):
            return last_url
        self.stop()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", _chosen(port, last)))
            listener.listen(128)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self._spawn(listener, {"url": url, **settings})
        write_private(self._settings, wanted)
        deadline = time.monotonic() + 30
        while not _healthy(url):
            if self.running is None or time.monotonic() > deadline:
                raise Unavailable(f"The gateway did not start; its log is {self._log}.")
            time.sleep(0.03)
        return url

    def _spawn(self, listener: socket.socket, settings: dict[str, Any]) -> None:
        """Start it on a socket that we hold; it reads its secrets from a pipe, never from its arguments.

        The process we start forks, says its child's pid and ends: nobody has to wait for the gateway.
        """
        if self._log.exists() and self._log.stat().st_size > _LOG_BYTES:
            self._log.replace(self._folder / "gateway.log.1")
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
        with self._log.open("ab") as output:
            done = subprocess.run(  # noqa: S603 (our own module)
                [sys.executable, "-m", _MODULE, "--fd", str(listener.fileno())],
                input=json.dumps(settings).encode(),
                stdout=subprocess.PIPE,
                stderr=output,
                cwd="/",
                env=environment,
                pass_fds=[listener.fileno()],
                start_new_session=True,
                timeout=60,
                check=False,
            )
        if done.returncode != 0:
            raise Unavailable(f"The gateway did not start; its log is {self._log}.")
        Mark.of(int(done.stdout), _MODULE).write(self._folder / "gateway.json")


def _chosen(wanted: int | None, last: int | None) -> int:
    """The wanted port exactly, or the last, the usual or any free one."""
    if wanted is None:
        return free_port(last, PREFERRED_PORT)
    if wanted and free_port(wanted) != wanted:
        raise Unavailable(f"Port {wanted} on 127.0.0.1 is taken.")
    return wanted


def _healthy(url: str) -> bool:
    """Whether the gateway answers and reaches its database."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/auth/v1/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _fingerprint(settings: dict[str, Any]) -> str:
    """Of the settings and the gateway's code: one that runs others is replaced at the next start."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in sorted(Path(__file__).parent.glob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
