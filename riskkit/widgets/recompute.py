"""Answer the latest request in a thread: wait until the controls rest, compute, drop what is out of date."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

#: [s] How long the controls must rest: a spinner held down is one request.
DEBOUNCE = 0.1


class Recompute:
    """One worker for one page.

    Parameters
    ----------
    compute : callable
        Runs in the thread, with the request; touches no widget. It yields the parts of the answer one after the other,
        and each is shown before the next is begun.
    apply, fail : callable
        Called with each part or the error: in the kernel's event loop if there is one, else in the thread. Neither
        is called for a request that a newer one has overtaken.
    """

    def __init__(
        self,
        compute: Callable[[Any], Iterator[Any]],
        apply: Callable[[Any], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._compute, self._apply, self._fail = compute, apply, fail
        self._changed = threading.Condition()
        self._number, self._done, self._request = 0, 0, None
        self._worker: threading.Thread | None = None
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def request(self, request: Any) -> None:
        """Ask for an answer; whatever was asked before is no longer wanted."""
        with self._changed:
            self._number, self._request = self._number + 1, request
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="riskkit-recompute", daemon=True)
                self._worker.start()
            self._changed.notify_all()

    @property
    def pending(self) -> bool:
        """Whether an answer is still owed."""
        with self._changed:
            return self._done != self._number

    def wait(self, seconds: float) -> bool:
        """Wait in another thread until nothing is owed; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done == self._number, seconds)

    def _work(self) -> None:
        while True:
            number, request = self._next()
            try:
                for part in self._compute(request):
                    self._hand_over(number, self._apply, part)
                    if self._overtaken(number):
                        break
            except Exception as error:  # whatever it was, the page says so and the log has the traceback
                self._hand_over(number, self._fail, error)
            with self._changed:
                self._done = number
                self._changed.notify_all()

    def _next(self) -> tuple[int, Any]:
        """The newest request, once no newer one has come for a moment."""
        with self._changed:
            self._changed.wait_for(lambda: self._done != self._number)
            number = -1
            while number != self._number:
                number = self._number
                self._changed.wait_for(lambda: self._overtaken(number), DEBOUNCE)  # noqa: B023 (called at once)
            return number, self._request

    def _overtaken(self, number: int) -> bool:
        return number != self._number

    def _hand_over(self, number: int, act: Callable[[Any], None], what: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            handed = threading.Event()
            self._loop.call_soon_threadsafe(self._finish, number, act, what, handed)
            handed.wait()
        else:
            self._finish(number, act, what, threading.Event())

    def _finish(self, number: int, act: Callable[[Any], None], what: Any, handed: threading.Event) -> None:
        try:
            if number == self._number:
                act(what)
        except Exception as error:  # a view that cannot be drawn is said like any other failure
            self._fail(error)
        finally:
            handed.set()
