"""Asking for the official run of what a live page shows: in threads, so that the page stays awake."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from riskkit.errors import RiskkitError, Unavailable
from riskkit.notebook.analysis import SELECTORS
from riskkit.notebook.answers import Answer
from riskkit.store.contract import Member
from riskkit.store.jobs import Job
from riskkit.widgets.request import RequestLine
from riskkit.widgets.sentence import sentence

if TYPE_CHECKING:
    from riskkit.store.requests import Requests


class Asker(Protocol):
    """Whoever knows the user's roles."""

    def member(self) -> Member:
        """Who is signed in."""


class Requesting:
    """The button of one page.

    Parameters
    ----------
    requests : Requests
    store : Asker
        As whoever is signed in.
    report : str
        The page's report.
    address : str
        Where a run's page is, up to its id.
    left_out : set of str
        Parameters of the page that no report has.
    """

    def __init__(
        self, requests: Requests, store: Asker, report: str, address: str, left_out: frozenset[str] = frozenset()
    ) -> None:
        self._requests, self._store, self._report = requests, store, report
        self._left_out = left_out.union(SELECTORS)
        self._roles: dict[str, str] | None = None
        self._answer: Answer | None = None
        self.line = RequestLine(self._asked, address)

    def answered(self, answer: Answer) -> None:
        """The page shows something else: what is asked for from now on."""
        self._answer = answer
        if self._roles is None:
            _beside(self._learn_roles)
        else:
            self._allow()

    def _learn_roles(self) -> None:
        try:
            self._roles = dict(self._store.member().teams)
        except RiskkitError:
            return  # whoever cannot be asked about is offered nothing
        self._allow()

    def _allow(self) -> None:
        """Viewers may not ask: they see no button. The database decides again."""
        if self._answer is not None and self._roles is not None:
            self.line.allow(self._roles.get(self._answer.inputs.ref.team, "viewer") != "viewer")

    def _asked(self) -> None:
        if self._answer is None or self.line.button.disabled:
            return
        self.line.busy(True)
        self.line.say("Asking …")
        answer, key = self._answer, str(uuid.uuid4())
        _beside(lambda: self._run(answer, key))

    def _run(self, answer: Answer, key: str) -> None:
        """Ask, and follow the job to its end."""
        inputs = answer.inputs
        parameters = {name: value for name, value in answer.values.items() if name not in self._left_out}
        try:
            job = self._requests.ask(inputs.ref.id, self._report, parameters, inputs.as_of, key)
            self._requests.follow(job, self._tell)
        except Exception as error:  # noqa: BLE001, RUF100 (a thread's error is the page's to say)
            self.line.say(sentence(error), "rk-bad")
        finally:
            self.line.busy(False)

    def _tell(self, news: Job | Unavailable) -> None:
        if isinstance(news, Unavailable):
            self.line.say(f"{news} Trying again …", "rk-bad")
        else:
            self.line.tell(news)


def _beside(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="riskkit-request", daemon=True).start()
