"""A calculation that a person asks for, followed to its end: told at once by the team's channel, or asked for again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from riskkit.errors import Unavailable
from riskkit.store.channel import Channel
from riskkit.store.jobs import Job
from riskkit.store.queue import Queue

#: Seconds between two looks at a job while nobody tells of its moves, and while the channel does.
POLL, LIVE_POLL = 2.0, 10.0


class Requests:
    """Asks for official runs as the user whose token `access_token` gives, and follows them.

    Parameters
    ----------
    url, key : str
        Address of the project; publishable key.
    access_token : callable
        Gives a token that is fresh now.
    """

    def __init__(self, url: str, key: str, access_token: Callable[[], str]) -> None:
        self._channel = Channel(url, key, access_token)
        self._queue = Queue(url, key, access_token)

    def ask(self, portfolio_id: str, report: str, parameters: Mapping[str, Any], as_of: date, key: str) -> str:
        """Queue an official run; the job's id. The same key again gives the same job; see `Queue.request`."""
        return self._queue.request(portfolio_id, report, parameters, as_of, key)

    def follow(self, job_id: str, tell: Callable[[Job | Unavailable], None]) -> None:
        """Tell of the job now and whenever it moves, until it never changes again; blocks, so call it in a thread."""
        moved, over = threading.Event(), threading.Event()
        channel: threading.Thread | None = None
        live = threading.Event()
        while True:
            moved.clear()
            try:
                job = self._queue.job(job_id)
            except Unavailable as error:
                tell(error)
            else:
                tell(job)
                if job.final:
                    break
                if channel is None:

                    def heard(message: Mapping[str, Any]) -> None:
                        if not message or job_id in message.get("ids", ()):
                            moved.set()

                    listening = (job.team_id, heard, live, over)
                    channel = threading.Thread(target=self._channel.listen, args=listening, name="channel", daemon=True)
                    channel.start()
            moved.wait(LIVE_POLL if live.is_set() else POLL)
        over.set()
