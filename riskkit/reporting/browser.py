"""The machine's Chromium, told over a pipe what to do: no port to listen on, no profile to keep, no network.

It ends with its pipe: whatever becomes of this process, nothing of it is left.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from riskkit.errors import RiskkitError
from riskkit.settings import surroundings

_log = logging.getLogger("riskkit.browser")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: What it may know of our environment: no credential is among it.
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ")
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # a container's is small
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--proxy-server=127.0.0.1:9",  # nobody listens: what would ask for something gets nothing
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
#: Of its folder's name, and the seconds after which nobody can still need one [s].
_PREFIX, _STALE = "riskkit-page-", 3600
#: It speaks on the descriptors 3 and 4; a shell puts them there.
_SHELL = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null'


class BrowserFailed(RiskkitError):
    """Chromium did not do what it was asked."""


def find_browser() -> str | None:
    """The path of this machine's Chromium, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A Chromium that runs until it is ended, or this process is; one thread at a time may ask it.

    As root it runs as nobody, whom its sandbox suits. Where the machine allows no sandbox, as many containers do, it
    runs without: what it shows is our own page, whose policy forbids any script but ours.

    Attributes
    ----------
    pages : int
        How many it has opened.
    """

    def __init__(self, command: list[str]) -> None:
        self.pages = 0
        self._number, self._rest = 0, b""
        self._home = _home()
        self._process = _started(command, self._home)

    @classmethod
    def start(cls, path: str, seconds: float) -> Browser:
        """Start one, and wait until it has opened a page.

        Parameters
        ----------
        path : str
            Of `find_browser`.
        seconds : float
            After which it is killed.

        Raises
        ------
        BrowserFailed
            It did not start, or took too long.
        """
        for sandbox in ([], ["--no-sandbox"]):
            started = cls([path, *_FLAGS, *sandbox])
            try:
                with started.within(seconds):
                    started.close(started.open())
            except BrowserFailed:
                said = started.end()
                if sandbox or not any(word in said for word in ("sandbox", "namespace")):
                    raise
                _log.warning("Chromium runs without its sandbox", extra={"reason": said.splitlines()[0][:200]})
            else:
                break
        return started

    def open(self) -> str:
        """An empty page, in a process of its own; its id."""
        self.pages += 1
        os.utime(self._home)
        target: str = self.ask("Target.createTarget", url="about:blank")["targetId"]
        return target

    def close(self, target: str) -> None:
        """End a page."""
        self.ask("Target.closeTarget", targetId=target)

    def ask(self, method: str, /, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The answer to one command of the DevTools protocol, of the browser or of a session with a page.

        Raises
        ------
        BrowserFailed
            It refused, or it is gone.
        """
        self._number += 1
        said = {"id": self._number, "method": method, "params": parameters}
        self._say(method, said if session is None else {**said, "sessionId": session})
        while (heard := self._hear(method)).get("id") != self._number:
            pass
        if "error" in heard:
            raise BrowserFailed(f"{method}: {heard['error'].get('message')}")
        answer: dict[str, Any] = heard["result"]
        return answer

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Kill it when the time is over."""
        timer = threading.Timer(seconds, self._kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def end(self) -> str:
        """Kill it with all of its processes, and remove what it wrote; what it said on its error output."""
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not yet written is nobody's loss
                    pipe.close()
        self._process.wait()
        said = ""
        with contextlib.suppress(OSError):  # somebody cleared the folder for temporary files
            said = (self._home / "stderr").read_text(encoding="utf-8", errors="replace").strip()
        shutil.rmtree(self._home, ignore_errors=True)
        return said

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _say(self, method: str, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101 (pipes, by `_started`)
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\0")
            self._process.stdin.flush()
        except OSError as error:
            raise BrowserFailed(f"Chromium is gone before {method}") from error

    def _hear(self, method: str) -> dict[str, Any]:
        """The next message; each ends with a zero."""
        assert self._process.stdout is not None  # noqa: S101 (as above)
        while b"\0" not in self._rest:
            part = os.read(self._process.stdout.fileno(), 2**20)
            if not part:
                raise BrowserFailed(f"Chromium ended during {method}")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


def _started(command: list[str], home: Path) -> subprocess.Popen[bytes]:
    environ = {**surroundings(_KEPT), "HOME": str(home), "TMPDIR": str(home)}
    with (home / "stderr").open("wb") as stderr:
        return subprocess.Popen(  # noqa: S603 (the machine's browser, fixed flags)
            ["/bin/sh", "-c", _SHELL, "sh", *command, f"--user-data-dir={home / 'profile'}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=home,
            env=environ,
            start_new_session=True,
            **_other_user(),
        )


def _other_user() -> dict[str, Any]:
    """Whom a browser that root starts runs as."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}


def _home() -> Path:
    """A folder for its profile; what is left of one whose owner was killed is removed."""
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    for left in home.parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
    if who := _other_user():
        os.chown(home, who["user"], who["group"])
    return home
