"""A Supabase that refuses: a stand-in says what a hosted one would, and no browser is sent in circles."""

import base64
import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

CLAIMS = base64.urlsafe_b64encode(b'{"sub": "7", "email": "a@b.example"}').decode().rstrip("=")


class Refusing(http.server.BaseHTTPRequestHandler):
    """Auth that signs everybody in, with a REST interface that takes no token."""

    lifetime, refresh = 3600, 200

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if "grant_type=refresh_token" in self.path and self.refresh != 200:
            self.answer(self.refresh, {"msg": "Request rate limit reached"})
            return
        user = {"id": "7", "email": "a@b.example"}
        tokens = {"access_token": f"x.{CLAIMS}.y", "refresh_token": "r", "expires_in": self.lifetime, "user": user}
        self.answer(200, tokens)

    def do_GET(self):
        self.answer(401, {"code": "PGRST301", "message": "No suitable key was found to decode the JWT"})

    def answer(self, status, body):
        found = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, *_):
        pass


@pytest.fixture
def refusing(project, serve, new_browser, tmp_path):
    """A browser signed in to a server whose Supabase behaves as told."""
    running = []

    def start(**behaviour):
        kind = type("Told", (Refusing,), behaviour)
        stand_in = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
        running.append(stand_in)
        threading.Thread(target=stand_in.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{stand_in.server_port}"
        visitor = new_browser(serve(tmp_path, project, SUPABASE_URL=url, SUPABASE_ANON_KEY="anon").url)
        assert visitor.sign_in("a@b.example", "any").status_code == 303
        return visitor

    yield start
    for stand_in in running:
        stand_in.shutdown()
        stand_in.server_close()


@pytest.mark.parametrize("path", ["/", "/dashboards/probe?level=0.9"])
def test_a_token_that_the_database_refuses_ends_the_session(refusing, path):
    visitor = refusing()
    answer = visitor.get(path)
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert (where.path, parse_qs(where.query)["next"]) == ("/sign-in", [path])
    page = visitor.get(answer.headers["location"])
    assert page.status_code == 200
    assert "Your session has ended. Sign in again to go on." in page.text
    assert visitor.get("/session").json()["session"] == "ended"


def test_a_refresh_that_auth_has_no_time_for_keeps_the_session(refusing):
    visitor = refusing(lifetime=0, refresh=429)
    for _ in range(2):
        answer = visitor.get("/")
        assert answer.status_code == 503
        assert "Not available just now" in answer.text
    assert visitor.get("/session").json()["session"] == "live"


def test_a_refresh_that_auth_refuses_ends_the_session(refusing):
    visitor = refusing(lifetime=0, refresh=400)
    answer = visitor.get("/")
    assert answer.status_code == 303
    assert "Your session has ended" in visitor.get(answer.headers["location"]).text
