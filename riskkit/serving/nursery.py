"""A process from which each dashboard's kernel is forked: what notebooks import is imported once, for all of them.

`python -m riskkit.serving.nursery`, with a socket as standard input. It holds no secret and knows no viewer: each order
brings a kernel's environment, folder and command line. It dies with the server, and its kernels with it; when the
server only wants no more of it, it stays until the last of its kernels has gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from functools import partial
from typing import Any

from riskkit.kernels.forked import be_kernel, never_back
from riskkit.kernels.parent import die_with_parent
from riskkit.kernels.preloading import PRELOADED, preload

_LONGEST = 2**16
#: What dashboards import and reports do not.
_DASHBOARDS = (
    "ipywidgets",
    "riskkit.panels",
    "riskkit.notebook.live",
    "riskkit.store.supabase",
    "riskkit.widgets.controls",
)
#: Imported before there is a kernel, ipywidgets has not told one that it listens to pages.
_EXTENSION = ("--InteractiveShellApp.extra_extensions=ipywidgets",)


def serve(door: socket.socket) -> None:
    """Fork a kernel for each order; answer with its number and a handle that tells when it has gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the ended ones need no funeral
    missing, own = [*PRELOADED, *_DASHBOARDS], os.getpid()
    while True:
        if missing and not select.select([door], [], [], 0)[0]:
            preload(missing.pop(0))
            continue
        message = door.recv(_LONGEST)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            door.close()
            never_back(partial(be, json.loads(message), own))
        answer(door, pid)


def answer(door: socket.socket, pid: int) -> None:
    """Say which process it is, with a handle of it; who does not wait for it any more has no kernel."""
    handles = []
    with contextlib.suppress(ProcessLookupError):  # gone already
        handles.append(os.pidfd_open(pid))
    try:
        socket.send_fds(door, [str(pid).encode()], handles)
    except OSError:
        os.kill(pid, signal.SIGKILL)
    for handle in handles:
        os.close(handle)


def be(order: dict[str, Any], parent: int) -> None:
    """Be the kernel of one dashboard, a child of `parent`."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(order["environ"])
    os.environ["JPY_PARENT_PID"] = str(parent)
    die_with_parent()
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.chdir(order["cwd"])
    be_kernel([*order["arguments"], *_EXTENSION])


def wait_for_kernels() -> None:
    """Until the last one has gone."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


if __name__ == "__main__":
    die_with_parent()
    with socket.socket(fileno=os.dup(0)) as standing:
        serve(standing)
    wait_for_kernels()
