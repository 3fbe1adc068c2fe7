"""How a report's process is started: anew, or forked from one that has papermill imported."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from riskkit.kernels.kept import Kept

_COMMAND = (sys.executable, "-P", "-m")


@dataclass(frozen=True)
class Start:
    """What a report's process is started with.

    Attributes
    ----------
    order : Path
        The file that says what to do.
    work : Path
        Its working directory.
    environ : mapping
        All of its environment.
    log : Path
        Receives its standard error.
    """

    order: Path
    work: Path
    environ: dict[str, str]
    log: Path


@dataclass
class Child:
    """A running report.

    Attributes
    ----------
    pid : int
        It leads a group of its own.
    stdin, stdout : file
        It ends when its standard input ends, and tells on its standard output.
    popen : Popen or None
        None for a fork, which is no child of this process.
    silent : bool
        Whether its standard output has come to its end, and so has it.
    """

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]
    popen: subprocess.Popen[bytes] | None = None
    silent: bool = False

    def kill(self) -> None:
        """End it and its group; its kernel, in a group of its own, dies with it."""
        if self.silent and self.popen is None:
            return  # it has gone, and its number may be another's by now
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> str:
        """Kill it, wait until it has gone, and say how it ended."""
        self.kill()
        with contextlib.suppress(OSError, ValueError):
            self.stdin.close()
        while self.stdout.read(65536):  # its end is the process' end: nobody else has the other side
            pass
        self.stdout.close()
        return "" if self.popen is None else f" with code {self.popen.wait()}"


class Launcher(Protocol):
    """Starts the processes of reports."""

    def launch(self, start: Start) -> Child:
        """Start one."""
        ...


class Anew:
    """A new interpreter for each report."""

    def launch(self, start: Start) -> Child:
        """Start one."""
        with start.log.open("wb") as log:
            popen = subprocess.Popen(  # noqa: S603 (our own module)
                [*_COMMAND, "riskkit.reporting.child", str(start.order)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=start.work,
                env=start.environ,
                start_new_session=True,
            )
        assert popen.stdin is not None  # noqa: S101 (pipes, by the call above)
        assert popen.stdout is not None  # noqa: S101 (as above)
        return Child(popen.pid, popen.stdin, popen.stdout, popen)


ANEW = Anew()


class Nursery:
    """Forks from a process that is kept ready; a new one is made when it has died, or riskkit's code has changed.

    Close it after use.

    Parameters
    ----------
    environ : dict
        All that the kept process knows of this one's environment.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        self._lock = threading.Lock()
        self._kept = Kept("riskkit.reporting.nursery", environ)

    def launch(self, start: Start) -> Child:
        """Fork one; anew if that cannot be."""
        told, tell = os.pipe()
        hear, heard = os.pipe()
        ends = [told, heard]
        try:
            with start.log.open("wb") as log:
                pid = self._forked(start, [told, heard, log.fileno()])
        finally:
            for one in ends:
                os.close(one)
        stdin, stdout = os.fdopen(tell, "wb", buffering=0), os.fdopen(hear, "rb")
        if pid is None:
            stdin.close()
            stdout.close()
            return ANEW.launch(start)
        return Child(pid, stdin, stdout)

    def close(self) -> None:
        """End the kept process; those forked from it end by themselves."""
        with self._lock:
            self._kept.close()

    def _forked(self, start: Start, files: list[int]) -> int | None:
        order = {"order": str(start.order), "work": str(start.work), "environ": start.environ}
        with self._lock:
            for _ in range(2):
                try:
                    door = self._kept.door()
                    socket.send_fds(door, [json.dumps(order).encode()], files)
                    answer = door.recv(32)
                except OSError:
                    answer = b""
                if answer:
                    return int(answer)
                self._kept.leave()
        return None
