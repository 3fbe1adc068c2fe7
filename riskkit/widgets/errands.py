"""Work of a panel that takes longer than a blink: in a thread, its answer in the event loop; the newest wins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_Found = TypeVar("_Found")


class Errands:
    """Sends out one piece of work after the other.

    Made in the kernel's event loop; where none runs, as in a script, answers are given in the thread.
    """

    def __init__(self) -> None:
        self._number, self._under_way = 0, 0
        self._soon: list[Callable[[], None]] = []
        self._changed = threading.Condition()
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def send(
        self, work: Callable[[], _Found], done: Callable[[_Found], None], failed: Callable[[Exception], None]
    ) -> None:
        """Do this beside; the answer to what was sent before is no longer wanted.

        Parameters
        ----------
        work : callable
            Called in a thread; touches no widget.
        done, failed : callable
            Told what it returned, or what it raised.
        """
        with self._changed:
            self._number += 1
            self._under_way += 1
            number = self._number
        threading.Thread(target=self._do, args=(number, work, done, failed), name="riskkit-errand", daemon=True).start()

    def tell(self, act: Callable[[], None]) -> None:
        """Have this done in the kernel's event loop, from another thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)
        else:
            act()

    def soon(self, act: Callable[[], None]) -> None:
        """Have this done as soon as whoever calls has returned, without a loop in `wait`; nothing overtakes it."""
        if self._loop is not None:
            self._loop.call_soon(act)
        else:
            self._soon.append(act)

    def wait(self, seconds: float) -> bool:
        """Wait in another thread until everything has come back; False if that takes longer."""
        while self._soon:
            self._soon.pop(0)()
        with self._changed:
            return self._changed.wait_for(lambda: self._under_way == 0, seconds)

    def _do(
        self, number: int, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        try:
            found = work()
        except Exception as error:  # noqa: BLE001, RUF100 (whatever it was, the panel says so and the log has it)
            fault = error
            self.tell(lambda: self._back(number, lambda: failed(fault)))
        else:
            self.tell(lambda: self._back(number, lambda: done(found)))

    def _back(self, number: int, act: Callable[[], None]) -> None:
        try:
            if number == self._number:
                act()
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
