"""Whom the watch asks about in a round, and which answers end nothing."""

import asyncio
import http.server
import json
import threading
import time

import pytest

from riskkit.serving.auth import AuthClient, Grant
from riskkit.serving.limits import Limits
from riskkit.serving.sessions import Sessions
from riskkit.serving.watch import CLOSED, MOST_AT_ONCE, OPEN, Watch

GRANT = Grant("id", "a@b.example", "access", "refresh", time.time() + 3600, 3600)


def test_a_round_is_bounded_and_takes_turns():
    now = [0.0]
    sessions = Sessions(AuthClient("http://127.0.0.1:1", "key"), Limits(), lambda: now[0])
    made = [sessions.create(GRANT) for _ in range(3 * MOST_AT_ONCE)]
    opened = set(made[: 2 * MOST_AT_ONCE])
    watch = Watch(sessions, lambda session: session in opened, lambda: now[0])
    seen = []
    for _ in range(3):
        due = watch.due()
        assert len(due) == MOST_AT_ONCE
        seen += due
        for session in due:
            session.checked = now[0]
    assert set(seen) == set(made)
    assert watch.due() == []
    now[0] = OPEN
    assert set(watch.due()) <= opened
    now[0] = CLOSED
    assert len(watch.due()) == MOST_AT_ONCE


class Supabase(http.server.BaseHTTPRequestHandler):
    """Auth knows the user; the database answers as it is told."""

    def do_GET(self):
        ok = {"email": "a@b.example"} if "/auth/" in self.path else []
        status = 200 if "/auth/" in self.path else self.server.status
        body = json.dumps(ok if status == 200 else {"code": "PGRST205", "message": "reloading"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(("status", "over"), [(200, False), (404, False), (429, False), (503, False), (401, True)])
def test_only_a_refusal_of_this_session_ends_it(status, over):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Supabase) as server:
        server.status = status
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        sessions = Sessions(AuthClient(f"http://127.0.0.1:{server.server_port}", "key"), Limits())
        session = sessions.create(GRANT)
        reason = asyncio.run(Watch(sessions, lambda _: True).reason(session))
        server.shutdown()
        thread.join()
    assert bool(reason) == over
