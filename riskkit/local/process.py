"""Processes by pid and start time: a recycled pid is never taken for ours, and never stopped."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

#: Start times differ by the clock's adjustments; a pid is not recycled within this many seconds.
_SAME_START = 5.0


@dataclass(frozen=True)
class Mark:
    """Who a process was when it was started."""

    pid: int
    started: float
    word: str

    @classmethod
    def of(cls, pid: int, word: str) -> Mark:
        """Mark a process that runs now; `word` is one word of its command line."""
        return cls(pid, psutil.Process(pid).create_time(), word)

    @classmethod
    def read(cls, path: Path) -> Mark | None:
        """The mark in a file, or None when there is none or it cannot be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Keep the mark in a file, in one step."""
        write_private(path, json.dumps(asdict(self)))

    def process(self) -> psutil.Process | None:
        """The process, if it still runs and is the one that was marked."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) < _SAME_START and self.word in found.cmdline()
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def stop(self, timeout: float = 5.0) -> None:
        """Ask it to end, then make it end; nothing happens when it has ended."""
        for end in (psutil.Process.terminate, psutil.Process.kill):
            process, deadline = self.process(), time.monotonic() + timeout
            if process is not None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    end(process)
            # Looked at, not waited for: it is not our child, and who reaps it may take a second.
            while self.process() is not None and time.monotonic() < deadline:
                time.sleep(0.01)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read (0600), in one step and durably."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
