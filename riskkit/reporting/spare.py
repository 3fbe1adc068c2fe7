"""A report's kernel forked from the nursery, where all that a notebook imports is imported: it starts in no time.

It is forked as soon as the report's process is behind its fence and within its bounds, so it has both. It holds no end
of the pipes on which that process talks to the worker, and waits until papermill says where to listen.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from functools import partial
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from riskkit.kernels import forked
from riskkit.kernels.parent import die_with_parent

#: Between two looks at a kernel that was told to end [s].
_LOOK = 0.005


class Spare:
    """A kernel that waits; to jupyter_client it is a `Popen`.

    Attributes
    ----------
    pid : int
        It leads a group of its own.
    returncode : int or None
        None while it lives.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, door: int) -> None:
        self.pid, self._door = pid, door
        self.returncode: int | None = None

    @classmethod
    def fork(cls, cwd: str) -> Spare:
        """Fork one, in a process of one thread; it ends when this process does."""
        parent, (hear, tell) = os.getpid(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(tell)
            forked.never_back(partial(_wait_and_be, hear, cwd, parent))
        os.close(hear)
        return cls(pid, tell)

    def start(self, arguments: list[str]) -> None:
        """Tell it the kernel's command line."""
        with contextlib.suppress(BrokenPipeError):  # it is dead: whoever waits for it will see
            os.write(self._door, json.dumps(arguments).encode())
        os.close(self._door)

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """How it ended, when it has."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class SpareProvisioner(LocalProvisioner):
    """Gives jupyter_client the kernel that waits, where it would start one."""

    waiting: Spare

    async def launch_kernel(self, cmd: list[str], **_: Any) -> KernelConnectionInfo:
        """Let the waiting kernel begin; its folder and environment it has already."""
        self.waiting.start(cmd[cmd.index("-f") :])
        self.process = self.waiting  # type: ignore[assignment]  # all that is asked of a Popen
        self.pid = self.pgid = self.waiting.pid
        return self.connection_info

    async def wait(self) -> int | None:
        """As its parent, which looks ten times a second: a report would wait for that."""
        while self.process and await self.poll() is None:
            await asyncio.sleep(_LOOK)
        return await super().wait()


def use(spare: Spare) -> None:
    """Whatever kernel this process is asked to start, it is this one."""
    SpareProvisioner.waiting = spare
    forked.use(SpareProvisioner)


def _wait_and_be(hear: int, cwd: str, parent: int) -> None:
    """Be the kernel, once it is known where it listens."""
    os.environ["JPY_PARENT_PID"] = str(parent)
    die_with_parent()
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.chdir(cwd)
    forked.show_name(forked.NAME)
    said = b"".join(iter(lambda: os.read(hear, 4096), b""))
    os.close(hear)
    os.close(nothing)
    if said:
        forked.be_kernel(json.loads(said))
