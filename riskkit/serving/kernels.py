"""Kernels with one owner each, counted, and closed when nobody looks at them."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError

from riskkit.serving.limits import Limits
from riskkit.serving.sessions import BrowserSession

log = logging.getLogger(__name__)

#: Close code of a websocket whose kernel has gone.
KERNEL_GONE = 4410
#: A kernel without a page may make room for another after this many seconds.
UNLOADED = 10.0
#: Of so many kernels that have gone it is known why.
REMEMBERED = 500


@dataclass(eq=False)
class Owned:
    """One kernel as the serving process sees it.

    Attributes
    ----------
    owner : BrowserSession
        Who started it; nobody else may touch it.
    ticket : str
        SHA-256 of the secret the kernel shows at the broker.
    sockets : set
        Open websockets of its page.
    alone_since : float or None
        When the last websocket closed; None while there is one, or while the page is still being made.
    """

    owner: BrowserSession
    ticket: str
    sockets: set[Any] = field(default_factory=set, repr=False)
    alone_since: float | None = None


class TooManyKernels(HTTPError):
    """A cap is reached; `whose` is "yours" or "everybody's"."""

    def __init__(self, whose: str) -> None:
        self.whose = whose
        super().__init__(503, f"kernel cap reached ({whose})")


class OwnedKernels(AsyncMappingKernelManager):
    """Jupyter's kernel manager, with owners, tickets and caps.

    The caps and the environment are handed in by `configure`, because Voila constructs this class itself.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._owned: dict[str, Owned] = {}
        self._opening: list[BrowserSession] = []
        self._gone: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._limits = Limits()
        self._tickets = Path()
        self._environment: Callable[[Path], dict[str, str]] = lambda _ticket: {}
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.allow_tracebacks = False

    def configure(self, limits: Limits, tickets: Path, environment: Callable[[Path], dict[str, str]]) -> None:
        """Set the caps, the folder for tickets, and the function that makes a kernel's environment from its ticket."""
        self._limits, self._tickets, self._environment = limits, tickets, environment

    def owner(self, kernel_id: str) -> BrowserSession | None:
        """The session that owns the kernel, or None for an unknown id."""
        owned = self._owned.get(kernel_id)
        return owned.owner if owned else None

    def has_open(self, session: BrowserSession) -> bool:
        """Whether the session has a dashboard open, or opening."""
        return session in self._opening or any(owned.owner is session for owned in self._owned.values())

    def owner_of_ticket(self, ticket: str) -> BrowserSession | None:
        """The session behind a kernel's ticket."""
        digest = hashlib.sha256(ticket.encode()).hexdigest()
        for owned in self._owned.values():
            if secrets.compare_digest(owned.ticket, digest):
                return owned.owner
        return None

    async def admit(self, session: BrowserSession) -> None:
        """Reserve a place for one more kernel of this session, closing pages that have gone if it must.

        Raises
        ------
        TooManyKernels
            Every place is taken by a dashboard that is open.
        """
        if self._count(session.user_id) >= self._limits.kernels_per_user and not await self._make_room(session.user_id):
            raise TooManyKernels("yours")
        if self._count() >= self._limits.kernels and not await self._make_room():
            raise TooManyKernels("everybody's")
        self._opening.append(session)

    async def open(self, session: BrowserSession, kernel_name: str) -> str:
        """Start the kernel that was admitted; the page that is being made for it keeps it alive until `opened`."""
        self._opening.remove(session)
        ticket = secrets.token_urlsafe(32)
        kernel_id = self.new_kernel_id(kernel_name=kernel_name)
        self._owned[kernel_id] = Owned(session, hashlib.sha256(ticket.encode()).hexdigest())
        try:
            environment = self._environment(_written(self._ticket_file(kernel_id), ticket))
            await ensure_async(
                self.start_kernel(kernel_id=kernel_id, kernel_name=kernel_name, path="", env=environment)  # type: ignore[arg-type]
            )
        except BaseException:
            self._forget(kernel_id)
            raise
        if session.ended:  # signed out meanwhile
            await self.close(kernel_id)
            raise HTTPError(403, "session ended")
        return kernel_id

    def give_up(self, session: BrowserSession) -> None:
        """The page that was admitted will not open its kernel."""
        if session in self._opening:
            self._opening.remove(session)

    async def _async_start_kernel(self, *, kernel_id: str | None = None, path: Any = None, **kwargs: Any) -> str:
        if kernel_id not in self._owned:
            raise HTTPError(403, "a kernel is started by opening a dashboard")
        return await super()._async_start_kernel(kernel_id=kernel_id, path=path, **kwargs)

    start_kernel = _async_start_kernel  # type: ignore[assignment]  # as upstream does

    def joined(self, kernel_id: str, socket: Any) -> None:
        """A websocket of the kernel's page has opened."""
        if owned := self._owned.get(kernel_id):
            owned.sockets.add(socket)
            owned.alone_since = None

    def left(self, kernel_id: str, socket: Any = None) -> None:
        """A websocket has closed, or the page has been sent and none has opened yet."""
        if owned := self._owned.get(kernel_id):
            owned.sockets.discard(socket)
            if not owned.sockets:
                owned.alone_since = time.monotonic()

    def gone(self, kernel_id: str, user_id: str) -> str:
        """Why a kernel of this user's has gone: `died`, `idle` or `closed`."""
        owner, reason = self._gone.get(kernel_id, ("", "closed"))
        return reason if owner == user_id else "closed"

    async def close(self, kernel_id: str, reason: str = "closed") -> None:
        """End a kernel at once, if it is still there."""
        self._note(kernel_id, reason)
        if kernel_id in self:
            await ensure_async(self.shutdown_kernel(kernel_id, now=True))  # type: ignore[no-untyped-call]
        self._forget(kernel_id)

    async def end_of(self, session: BrowserSession) -> None:
        """The session is over, and so are its kernels."""
        for kernel_id in [k for k, owned in self._owned.items() if owned.owner is session]:
            await self.close(kernel_id)

    async def sweep(self) -> None:
        """Close kernels whose page has gone, and forget those that have died."""
        for kernel_id, owned in list(self._owned.items()):
            if owned.alone_since is not None and time.monotonic() - owned.alone_since > self._limits.orphan:
                log.info("kernel without a page closed", extra={"kernel_id": kernel_id})
                await self.close(kernel_id)
            elif kernel_id in self and kernel_id not in self._gone and not await ensure_async(self.is_alive(kernel_id)):
                log.warning("kernel died", extra={"kernel_id": kernel_id, "user_id": owned.owner.user_id})
                await self.close(kernel_id, "died")

    def _note(self, kernel_id: str, reason: str) -> None:
        if (owned := self._owned.get(kernel_id)) and kernel_id not in self._gone:
            self._gone[kernel_id] = (owned.owner.user_id, reason)
            while len(self._gone) > REMEMBERED:
                self._gone.popitem(last=False)

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget the kernel, its owner and its ticket; its page is told. Whoever comes here first is the culler."""
        self._note(kernel_id, "idle")
        self._forget(kernel_id)
        return super().remove_kernel(kernel_id)

    def _ticket_file(self, kernel_id: str) -> Path:
        return self._tickets / f"ticket-{kernel_id}"

    def _forget(self, kernel_id: str) -> None:
        if owned := self._owned.pop(kernel_id, None):
            self._ticket_file(kernel_id).unlink(missing_ok=True)  # a kernel that asked for no token has left it
            for socket in list(owned.sockets):
                socket.close(KERNEL_GONE, "kernel gone")

    def _count(self, user_id: str | None = None) -> int:
        owners = [owned.owner for owned in self._owned.values()] + self._opening
        return sum(user_id is None or owner.user_id == user_id for owner in owners)

    async def _make_room(self, user_id: str | None = None) -> bool:
        now = time.monotonic()
        alone = [
            (owned.alone_since, kernel_id)
            for kernel_id, owned in self._owned.items()
            if owned.alone_since is not None and now - owned.alone_since > UNLOADED
            and (user_id is None or owned.owner.user_id == user_id)
        ]  # fmt: skip
        if not alone:
            return False
        await self.close(min(alone)[1])
        return True


def _written(path: Path, ticket: str) -> Path:
    """The ticket in a new file that only this user can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(ticket)
    return path
