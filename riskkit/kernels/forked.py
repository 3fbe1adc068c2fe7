"""To be a kernel in a process just forked, and to be the one that jupyter_client starts."""

from __future__ import annotations

import ctypes
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from typing import NoReturn

#: As `ps` and `top` show it.
NAME = "riskkit-kernel"
_PR_SET_NAME = 15


def show_name(name: str) -> None:
    """Give this process a name that `ps` shows, where that is possible; a fork has the command line of its origin."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def never_back(be: Callable[[], None]) -> NoReturn:
    """Be something else until the end: a fork that came back would be a second one of its origin."""
    try:
        be()
    except BaseException:  # whatever it was: into the log, and out
        traceback.print_exc()
    os._exit(1)


def be_kernel(arguments: Sequence[str]) -> None:
    """Be the kernel with this command line, `-f` and its connection file first, until it is told to end."""
    from ipykernel import kernelapp  # there already in a fork; heavy elsewhere
    from numpy import random

    show_name(NAME)
    random.seed()  # each fork would draw the same; the module `random` sees to that itself
    sys.argv = [NAME, *arguments]
    kernelapp.launch_new_instance(argv=list(arguments))


def use(provisioner: type) -> None:
    """Let jupyter_client start every kernel of this process by it, a class at the top of its module."""
    from jupyter_client.provisioning.factory import KernelProvisionerFactory  # a fork that is a kernel needs none

    factory = KernelProvisionerFactory.instance()
    place = f"{provisioner.__module__}:{provisioner.__name__}"
    factory.provisioners["riskkit"] = EntryPoint("riskkit", place, factory.GROUP_NAME)
    factory.default_provisioner_name = "riskkit"
