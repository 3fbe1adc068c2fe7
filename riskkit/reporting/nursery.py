"""A process from which each report's process and its kernel are forked: a batch pays for all imports once.

`python -m riskkit.reporting.nursery`, with a socket as standard input. It holds no secret and knows no report: each
order brings its environment, its folder and its three standard files.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from functools import partial

from riskkit.kernels.forked import never_back
from riskkit.kernels.preloading import PRELOADED, preload
from riskkit.reporting import child

_LONGEST = 2**16
#: So many orders are no batch yet: who makes one report is not made to import for others.
_SINGLE = 2


def serve(door: socket.socket) -> None:
    """Fork a process for each order, and say its number, until the worker is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the ended ones need no funeral
    missing, forked = list(PRELOADED), 0
    while True:
        if missing and forked >= _SINGLE and not select.select([door], [], [], 0)[0]:
            preload(missing.pop(0))
            continue
        message, files, _, _ = socket.recv_fds(door, _LONGEST, 3)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            door.close()
            never_back(partial(become, json.loads(message), files))
        for file in files:
            os.close(file)
        door.send(str(pid).encode())
        forked += 1


def become(order: dict[str, object], files: list[int]) -> None:
    """Be the process of one report."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(str(order["work"]))
    os.environ.clear()
    os.environ.update(order["environ"])  # type: ignore[call-overload]  # texts, as launch wrote them
    child.begin(str(order["order"]))


if __name__ == "__main__":
    with socket.socket(fileno=os.dup(0)) as standing:
        serve(standing)
