"""Where a notebook runs: as a report, as a dashboard or in JupyterLab; it never has to ask itself."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from riskkit import logs
from riskkit.notebook.parameters_cell import declared_here
from riskkit.parameters.declaration import Parameter
from riskkit.settings import Settings
from riskkit.store.contract import Store

if TYPE_CHECKING:
    from riskkit.store.requests import Requests

Face = Literal["report", "dashboard", "lab"]


def _no_queue() -> Requests | None:
    """A store in memory has none."""
    return None


@dataclass(frozen=True)
class Surroundings:
    """What one kernel has around it.

    Attributes
    ----------
    settings : Settings
    connect : callable
        Opens the store as whoever is signed in; not called in a report, which has no network and no credential.
    declared : callable
        The parameters that the notebook's parameters cell declares.
    requests : callable
        Opens what asks for official runs as whoever is signed in; None where there is no queue.
    """

    settings: Settings
    connect: Callable[[], Store]
    declared: Callable[[], tuple[Parameter, ...]] = declared_here
    requests: Callable[[], Requests | None] = _no_queue

    @property
    def face(self) -> Face:
        """`report` in a frozen run directory, `dashboard` beside a token broker, else `lab`."""
        if self.settings.run_dir is not None:
            return "report"
        return "dashboard" if self.settings.broker is not None else "lab"

    @classmethod
    def here(cls) -> Surroundings:
        """What this process has around it."""
        settings = Settings.load()
        _log_beside_the_page()
        return cls(settings, lambda: _signed_in(settings), requests=lambda: _requests(settings))


def _signed_in(settings: Settings) -> Store:
    """The store of whoever is signed in."""
    # the supabase client takes a second to import, and has no place in a report's kernel
    from riskkit import session
    from riskkit.store.connect import open_store

    return open_store(settings, session.current(settings))


def _requests(settings: Settings) -> Requests:
    """What asks for official runs as whoever is signed in."""
    # the supabase client again
    from riskkit import session
    from riskkit.store.requests import Requests

    return Requests(*settings.supabase(), session.current(settings).access_token)


def _log_beside_the_page() -> None:
    """Send riskkit's log to the process's own standard error: the kernel's goes to the browser, tracebacks and all."""
    if logging.getLogger("riskkit").handlers:
        return
    original = getattr(sys.stderr, "_original_stdstream_copy", None)  # what ipykernel put aside
    logs.configure(os.fdopen(os.dup(original), "w", buffering=1) if isinstance(original, int) else sys.stderr)
