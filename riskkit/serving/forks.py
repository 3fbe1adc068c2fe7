"""Dashboards' kernels, forked from a process that is kept ready; anew where that cannot be."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
from typing import Any, ClassVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from riskkit.kernels import forked
from riskkit.kernels.preloading import newest_code

log = logging.getLogger(__name__)

#: Seconds an order may wait: the longest of the nursery's imports, on a busy machine.
_PATIENCE = 30.0


class Fork:
    """A kernel that is no child of this process; to jupyter_client it is a `Popen`.

    Attributes
    ----------
    pid : int
        It leads a group of its own.
    returncode : int or None
        None while it lives; how it ended is not told.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid, self._handle = pid, handle
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """0 if it has gone."""
        return self._look(0)

    def wait(self) -> int | None:
        """0, when it has gone."""
        return self._look(None)

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _look(self, patience: float | None) -> int | None:
        if self.returncode is None and select.select([self._handle], [], [], patience)[0]:
            os.close(self._handle)
            self.returncode = 0
        return self.returncode


class Nursery:
    """The process that is kept ready; a new one is made when it has died, or riskkit's code has changed.

    Close it after use.

    Parameters
    ----------
    environ : dict
        All that the kept process knows of this one's environment.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ
        self._turn = asyncio.Lock()
        self._door: socket.socket | None = None
        self._kept: list[subprocess.Popen[bytes]] = []
        self._code = 0

    async def fork(self, order: dict[str, Any]) -> Fork | None:
        """A kernel by this order of `environ`, `cwd` and `arguments`; None if that cannot be."""
        async with self._turn:
            for _ in range(2):
                door = self.ready()
                try:
                    return await asyncio.to_thread(_forked, door, json.dumps(order).encode())
                except (OSError, ValueError) as error:
                    log.warning("no kernel forked", extra={"error": str(error)})
                    self._leave()
        return None

    def ready(self) -> socket.socket:
        """Where orders go; it begins to import when this is first asked. Only for the main thread: what it starts
        ends with the thread that started it."""
        code = newest_code()
        if code != self._code:
            self._leave()
        if self._door is None:
            self._code = code
            self._kept = [one for one in self._kept if one.poll() is None]
            here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            here.settimeout(_PATIENCE)
            with there:
                self._kept.append(
                    subprocess.Popen(
                        [sys.executable, "-P", "-m", "riskkit.serving.nursery"],
                        stdin=there.fileno(),
                        stdout=2,  # where its log goes
                        env={**self._environ, "JPY_PARENT_PID": str(os.getpid())},
                        start_new_session=True,
                    )
                )
            self._door = here
        return self._door

    def close(self) -> None:
        """End the kept process, and whatever was forked from it."""
        self._leave()
        for one in self._kept:
            one.kill()
            one.wait()

    def _leave(self) -> None:
        """Ask no more of it: it stays until its kernels have gone."""
        if self._door is not None:
            self._door.close()
            self._door = None


class ForkProvisioner(LocalProvisioner):
    """Gives jupyter_client a fork where it would start a process."""

    nursery: ClassVar[Nursery | None] = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Let a fork be the kernel."""
        order = {"environ": kwargs["env"], "cwd": str(kwargs["cwd"]), "arguments": cmd[cmd.index("-f") :]}
        fork = await self.nursery.fork(order) if self.nursery else None
        if fork is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = fork  # type: ignore[assignment]  # all that is asked of a Popen
        self.pid = self.pgid = fork.pid
        return self.connection_info


@contextlib.contextmanager
def forking(environ: dict[str, str]) -> Any:
    """While inside, this process' kernels are forked, where the system can tell when a fork has gone."""
    if not hasattr(os, "pidfd_open"):
        yield
        return
    with contextlib.closing(Nursery(environ)) as nursery:
        nursery.ready()
        ForkProvisioner.nursery = nursery
        forked.use(ForkProvisioner)
        yield


def _forked(door: socket.socket, order: bytes) -> Fork:
    door.send(order)
    answer, handles, _, _ = socket.recv_fds(door, 32, 1)
    if not answer or not handles:
        raise OSError("the nursery has gone, or the kernel died as it was forked")
    return Fork(int(answer), handles[0])
