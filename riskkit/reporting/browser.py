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


class Tab:
    """One page of a Chromium that lives no longer than the page is needed."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._number = 0
        self._rest = b""
        self._session: dict[str, str] = {}
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def ask(self, method: str, /, **parameters: Any) -> dict[str, Any]:
        """The answer to one command of the DevTools protocol.

        Raises
        ------
        BrowserFailed
            It refused, or it is gone.
        """
        self._number += 1
        said = {"id": self._number, "method": method, "params": parameters, **self._session}
        assert self._process.stdin is not None  # noqa: S101 (pipes, by the call below)
        try:
            self._process.stdin.write(json.dumps(said).encode() + b"\0")
            self._process.stdin.flush()
        except OSError as error:
            raise BrowserFailed(f"Chromium is gone before {method}") from error
        while (heard := self._hear(method)).get("id") != self._number:
            pass
        if "error" in heard:
            raise BrowserFailed(f"{method}: {heard['error'].get('message')}")
        answer: dict[str, Any] = heard["result"]
        return answer

    def value(self, expression: str) -> Any:
        """What an expression is on the page, awaited."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserFailed(f"the page: {details.get('exception', details).get('description', details['text'])}")
        return answer["result"].get("value")

    def _hear(self, method: str) -> dict[str, Any]:
        """The next message; each ends with a zero."""
        assert self._process.stdout is not None  # noqa: S101
        while b"\0" not in self._rest:
            part = os.read(self._process.stdout.fileno(), 2**20)
            if not part:
                raise BrowserFailed(f"Chromium ended during {method}")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextlib.contextmanager
def tab(path: str, seconds: float) -> Iterator[Tab]:
    """A page of a new Chromium, which is killed with all of its processes at the end, or when the time is over.

    As root it runs as nobody, whom its sandbox suits. Where the machine allows no sandbox, as many containers do, it
    runs without: what it shows is our own page, whose policy forbids any script but ours.

    Parameters
    ----------
    path : str
        Of `find_browser`.
    seconds : float
        From its start to its end.

    Raises
    ------
    BrowserFailed
        It did not start, failed, or took too long.
    """
    with _home() as home:
        for sandbox in ((), ("--no-sandbox",)):
            process = _started([path, *_FLAGS, *sandbox], home)
            timer = threading.Timer(seconds, _kill, (process,))
            timer.start()
            try:
                opened = _opened(process, home, last=bool(sandbox))
                if opened is not None:
                    yield opened
                    return
            finally:
                timer.cancel()
                _kill(process)
                _close(process)


def _opened(process: subprocess.Popen[bytes], home: Path, *, last: bool) -> Tab | None:
    """Its first page; none if only its sandbox is in its way."""
    try:
        return Tab(process)
    except BrowserFailed:
        said = (home / "stderr").read_text(encoding="utf-8", errors="replace")
        if last or not any(word in said for word in ("sandbox", "namespace")):
            raise
        _log.warning("Chromium runs without its sandbox", extra={"reason": said.strip().splitlines()[0][:200]})
        return None


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


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was not yet written is nobody's loss
                pipe.close()
    process.wait()


def _other_user() -> dict[str, Any]:
    """Whom a browser that root starts runs as."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """A folder for its profile: nothing of it is kept, nor of one whose owner was killed."""
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    for left in home.parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
    try:
        if who := _other_user():
            os.chown(home, who["user"], who["group"])
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
