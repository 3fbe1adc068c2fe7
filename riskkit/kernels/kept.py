"""A process that is kept ready to be forked from, seen from the one that gives it orders."""

from __future__ import annotations

import socket
import subprocess
import sys

from riskkit.kernels.preloading import newest_code


class Kept:
    """Starts the process when it is first asked for, and anew when it was left or riskkit's code has changed.

    Close it after use.

    Parameters
    ----------
    module : str
        What it runs; a socket is its standard input, and that it is closed means that it is asked no more.
    environ : dict
        All of its environment.
    log : int
        Descriptor for what it prints; `subprocess.DEVNULL` for none.
    patience : float or None
        Seconds an answer may take; None: as long as it wants.
    """

    def __init__(
        self, module: str, environ: dict[str, str], log: int = subprocess.DEVNULL, patience: float | None = None
    ) -> None:
        self._module, self._environ, self._log, self._patience = module, environ, log, patience
        self._processes: list[subprocess.Popen[bytes]] = []  # those that were left may have forks to wait for
        self._door: socket.socket | None = None
        self._code = 0

    def door(self) -> socket.socket:
        """Where orders go. What dies with its parent dies with the thread that asks here."""
        code = newest_code()
        if code != self._code:
            self.leave()
        if self._door is None:
            self._code = code
            self._processes = [one for one in self._processes if one.poll() is None]
            here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            here.settimeout(self._patience)
            with there:
                self._processes.append(
                    subprocess.Popen(  # noqa: S603 (our own module)
                        [sys.executable, "-P", "-m", self._module],
                        stdin=there.fileno(),
                        stdout=self._log,
                        stderr=self._log,
                        env=self._environ,
                        start_new_session=True,
                    )
                )
            self._door = here
        return self._door

    def leave(self) -> None:
        """Ask no more of the process that is there; it ends by itself."""
        if self._door is not None:
            self._door.close()
            self._door = None

    def close(self) -> None:
        """End the process that is there, and those that were left."""
        self.leave()
        for one in self._processes:
            one.kill()
            one.wait()
