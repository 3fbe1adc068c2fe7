"""Pages of a Chromium that is kept for the next page: its start costs more than a report's page does.

Each page has a renderer of its own and an origin of its own, no network and nothing to store in: it leaves the next
one nothing. An idle Chromium is ended after a minute, and a busy one after a hundred pages.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from riskkit.reporting.browser import Browser, BrowserFailed

#: Seconds that one is kept without a page, and the pages after which it is not kept.
_IDLE, _PAGES = 60.0, 100


class Tab:
    """One page."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._target = browser.open()
        attached = browser.ask("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session: str = attached["sessionId"]

    def ask(self, method: str, /, **parameters: Any) -> dict[str, Any]:
        """The answer to one command of the DevTools protocol."""
        return self._browser.ask(method, session=self._session, **parameters)

    def value(self, expression: str) -> Any:
        """What an expression is on the page, awaited."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserFailed(f"the page: {details.get('exception', details).get('description', details['text'])}")
        return answer["result"].get("value")

    def close(self) -> None:
        """End it."""
        self._browser.close(self._target)


@contextlib.contextmanager
def tab(path: str, seconds: float) -> Iterator[Tab]:
    """A page of its own; when it fails or takes too long its Chromium ends with it.

    Parameters
    ----------
    path : str
        Of `find_browser`.
    seconds : float
        For the page; as many for Chromium's start, where none is kept.

    Raises
    ------
    BrowserFailed
        Chromium did not start, failed, or took too long.
    """
    browser = _KEPT.take(path, seconds) or Browser.start(path, seconds)
    try:
        with browser.within(seconds):
            page = Tab(browser)
            yield page
            page.close()
    except BaseException:  # whatever came of the page, of its browser nothing is known
        browser.end()
        raise
    _KEPT.give(path, browser)


class _Kept:
    """Idle ones, by path; any thread may take and give."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[str, Browser, threading.Timer]] = []

    def take(self, path: str, seconds: float) -> Browser | None:
        """The one that was used last and still answers."""
        while True:
            with self._lock:
                found = next((one for one in reversed(self._idle) if one[0] == path), None)
                if found is None:
                    return None
                self._idle.remove(found)
            _, browser, timer = found
            timer.cancel()
            try:
                with browser.within(seconds):
                    browser.ask("Browser.getVersion")
            except BrowserFailed:  # it died meanwhile, as one does when memory is short: the next, or a new one
                browser.end()
            else:
                return browser

    def give(self, path: str, browser: Browser) -> None:
        """Keep one for a while."""
        if browser.pages >= _PAGES:
            browser.end()
            return
        timer = threading.Timer(_IDLE, self._let_go, (browser,))
        timer.daemon = True
        with self._lock:
            self._idle.append((path, browser, timer))
        timer.start()

    def close(self) -> None:
        """End all."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, browser, timer in idle:
            timer.cancel()
            browser.end()

    def _let_go(self, browser: Browser) -> None:
        with self._lock:
            found = next((one for one in self._idle if one[1] is browser), None)
            if found is None:
                return  # somebody has just taken it
            self._idle.remove(found)
        browser.end()


_KEPT = _Kept()
atexit.register(_KEPT.close)
