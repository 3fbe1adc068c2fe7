"""A desk with schedules, and schedulers that look at it at a moment of the past."""

import contextlib
import select
import socket
import socketserver
import threading
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from riskkit.store.schedules import SchedulerStore
from tests.database.desk import Desk

#: A team may have many slots here: these are about firing, not about quotas.
_COLUMNS = {"cron": "0 18 * * *", "timezone": "UTC", "args": '{"report": "var"}', "portfolios": ["*"]}


class At(SchedulerStore):
    """The store at a moment that the test says; slots up to now may be fired, so that the past can be looked at."""

    def __init__(self, keys, now, team, timeout=30.0):
        super().__init__(keys.url, keys.service_key, timeout)
        self.now, self.team = now, team

    def clock(self):
        return self.now

    def enabled(self):
        """Those of one team: other tests have theirs in the same database."""
        return tuple(one for one in super().enabled() if one.team_id == self.team)


class Office(Desk):
    """A desk whose schedules can be made, and looked back at."""

    def add_schedule(self, cursor, **columns):
        given = {"team_id": self.team, "name": "daily", "queue": self.queue, **_COLUMNS, **columns}
        names, places = ", ".join(given), ", ".join(["%s"] * len(given))
        made = self.one(f"insert into schedules ({names}) values ({places}) returning id", *given.values())
        self.owner.execute("update schedules set cursor_at = %s where id = %s", [cursor, made])
        return made

    def fires(self, schedule):
        """(slot, as of, outcome, jobs) of each decided slot, in order."""
        found = self.owner.execute(
            "select to_char(fire_at at time zone 'UTC', 'MM-DD HH24:MI') as slot, to_char(as_of, 'MM-DD') as day,"
            " outcome, jobs"
            " from schedule_fires where schedule_id = %s order by fire_at",
            [schedule],
        )
        return [tuple(row) for row in found]

    def cursor(self, schedule):
        return self.one("select cursor_at from schedules where id = %s", schedule)


@pytest.fixture
def office(stack):
    with Office(stack.keys().db_url) as made:
        yield made


@pytest.fixture
def at(stack, office):
    """`at(moment)` is the scheduler's store at that moment; closed afterwards."""
    opened = []

    def store(moment, url=None):
        keys = stack.keys() if url is None else replace(stack.keys(), url=url)
        opened.append(At(keys, moment, str(office.team)))
        return opened[-1]

    yield store
    for one in opened:
        one.close()


class Door:
    """An address in front of another that nobody answers at until it is opened, nor after it is shut."""

    def __init__(self, url):
        self.behind = (urlsplit(url).hostname, urlsplit(url).port)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self.server = f"http://127.0.0.1:{self.port}", None

    def open(self):
        behind = self.behind

        class Through(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.create_connection(behind) as other, contextlib.suppress(OSError):
                    pair = {self.request: other, other: self.request}
                    while True:
                        for ready in select.select(list(pair), [], [])[0]:
                            data = ready.recv(65536)
                            if not data:
                                return
                            pair[ready].sendall(data)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", self.port), Through)
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    def shut(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@pytest.fixture
def door(stack):
    made = Door(stack.keys().url)
    yield made
    made.shut()
