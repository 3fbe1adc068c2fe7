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
from collections.abc import Coroutine, Iterator
from typing import Any, ClassVar

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from riskkit.kernels import forked
from riskkit.kernels.kept import Kept

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
    """Forks kernels from a process that is kept ready. Close it after use.

    Parameters
    ----------
    environ : dict
        All that the kept process knows of this one's environment.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        own = {"JPY_PARENT_PID": str(os.getpid())}
        self._kept = Kept("riskkit.serving.nursery", environ | own, log=2, patience=_PATIENCE)
        self._turn = asyncio.Lock()

    def prepare(self) -> None:
        """Let it begin to import."""
        self._kept.door()

    async def fork(self, order: dict[str, Any]) -> Fork | None:
        """A kernel by this order of `environ`, `cwd` and `arguments`; None if that cannot be.

        Only for the main thread: kernels end with the thread that asked first.
        """
        async with self._turn:
            for _ in range(2):
                try:
                    return await _whole(asyncio.to_thread(_forked, self._kept.door(), json.dumps(order).encode()))
                except OSError as error:
                    log.warning("no kernel forked", extra={"error": str(error)})
                    self._kept.leave()
        return None

    def close(self) -> None:
        """End the kept process, and whatever was forked from it."""
        self._kept.close()


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
def forking(environ: dict[str, str]) -> Iterator[None]:
    """While inside, this process' kernels are forked, where the system can tell when a fork has gone."""
    if not _can_tell():
        yield
        return
    with contextlib.closing(Nursery(environ)) as nursery:
        nursery.prepare()
        ForkProvisioner.nursery = nursery
        forked.use(ForkProvisioner)
        try:
            yield
        finally:
            ForkProvisioner.nursery = None


def _can_tell() -> bool:
    """Whether a process that is no child can be watched here: Linux 5.3 and newer."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


async def _whole(asking: Coroutine[Any, Any, Fork]) -> Fork:
    """Wait for the answer even if nobody wants it any more: the next order would take it for its own."""
    answer = asyncio.ensure_future(asking)
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            (await answer).kill()
        raise


def _forked(door: socket.socket, order: bytes) -> Fork:
    door.send(order)
    answer, handles, _, _ = socket.recv_fds(door, 32, 1)
    if not answer or not handles:
        raise OSError("the nursery has gone, or the kernel died as it was forked")
    return Fork(int(answer), handles[0])
