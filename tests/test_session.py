"""Who is signed in: the saved sign-in and its renewal, and a dashboard's broker."""

import concurrent.futures
import http.server
import json
import multiprocessing
import os
import socket
import socketserver
import stat
import threading
import time
import uuid

import httpx
import pytest
from supabase import ClientOptions, create_client

from riskkit import session
from riskkit.errors import InputError, NotSignedIn, Unavailable
from riskkit.settings import Settings

PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def user(stack):
    """Address and password of a user who is in no team."""
    keys, email = stack.keys(), f"session-{uuid.uuid4().hex[:8]}@session.example"
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        admin = create_client(keys.url, keys.service_key, options).auth.admin
        admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
    return email


@pytest.fixture
def settings(stack, tmp_path):
    keys = stack.keys()
    return Settings(tmp_path, tmp_path / "home", keys.url, keys.anon_key)


def saved(settings):
    return json.loads((settings.home / "session.json").read_text())


def expire(settings):
    known = saved(settings)
    (settings.home / "session.json").write_text(json.dumps({**known, "expires_at": time.time() + 30}))
    return known


def test_nobody_is_signed_in_at_first(settings):
    with pytest.raises(NotSignedIn, match="riskkit login"):
        session.current(settings)


def test_a_sign_in_is_remembered_for_this_user_only(settings, user):
    made = session.sign_in(settings, user, PASSWORD)
    assert made.email == user
    assert session.current(settings).user_id == made.user_id
    assert session.current(settings).access_token() == made.access_token() == saved(settings)["access_token"]
    assert stat.S_IMODE((settings.home / "session.json").stat().st_mode) == 0o600
    assert {path.name for path in settings.home.iterdir()} == {"session.json", "session.lock"}
    assert saved(settings)["access_token"] not in repr(made)


@pytest.mark.parametrize(
    ("email", "password"),
    [(None, "wrong password"), ("nobody@session.example", PASSWORD), ("", ""), (None, "x" * 5000)],
)
def test_a_wrong_sign_in_does_not_say_what_was_wrong(settings, user, email, password):
    with pytest.raises(InputError) as caught:
        session.sign_in(settings, user if email is None else email, password)
    assert str(caught.value).endswith("expected the e-mail and password of a user")
    assert password not in str(caught.value) or not password
    assert not (settings.home / "session.json").exists()


def test_a_token_about_to_end_is_renewed_once(settings, user):
    made = session.sign_in(settings, user, PASSWORD)
    before = expire(settings)
    fresh = session.current(settings)
    renewed = fresh.access_token()
    assert renewed == saved(settings)["access_token"]
    assert saved(settings)["refresh_token"] != before["refresh_token"]
    assert fresh.access_token() == renewed
    assert made.access_token() == before["access_token"], "its own is still fresh"


def _token(settings, queue):
    queue.put(session.current(settings).access_token())


def test_threads_and_processes_renew_it_together(settings, user):
    """A refresh token works once: whoever comes second takes what the first has fetched."""
    session.sign_in(settings, user, PASSWORD)
    before = expire(settings)
    shared = session.current(settings)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=_token, args=(settings, queue)) for _ in range(2)]
    for process in processes:
        process.start()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: shared.access_token(), range(16)))
        tokens |= set(pool.map(lambda _: session.current(settings).access_token(), range(8)))
    tokens |= {queue.get(timeout=60) for _ in processes}
    for process in processes:
        process.join(30)
        process.close()
    queue.close()
    assert tokens == {saved(settings)["access_token"]}
    assert saved(settings)["refresh_token"] != before["refresh_token"]
    expire(settings)
    assert session.current(settings).access_token(), "no token was used twice, which would have ended the session"


def test_a_session_ended_elsewhere_is_ended_here(settings, user):
    session.sign_in(settings, user, PASSWORD)
    keys_path = settings.home / "session.json"
    copy = keys_path.read_text()
    session.sign_out(settings)
    keys_path.write_text(json.dumps({**json.loads(copy), "expires_at": 0}))
    with pytest.raises(NotSignedIn):
        session.current(settings).access_token()
    assert not keys_path.exists()


def test_sign_out_forgets_and_may_be_repeated(settings, user):
    session.sign_in(settings, user, PASSWORD)
    session.sign_out(settings)
    with pytest.raises(NotSignedIn):
        session.current(settings)
    session.sign_out(settings)


def test_somebody_elses_sign_in_is_not_taken_over(settings, user):
    mine = session.sign_in(settings, user, PASSWORD)
    known = expire(settings)
    other = session.current(settings)
    (settings.home / "session.json").write_text(json.dumps({**known, "user_id": "x", "email": "e@x.example"}))
    with pytest.raises(NotSignedIn, match=r"e@x\.example"):
        other._token.__self__._renewed()
    assert mine.access_token()


def test_a_sign_in_for_another_server_does_not_count(settings, user):
    session.sign_in(settings, user, PASSWORD)
    elsewhere = Settings(settings.project, settings.home, "http://127.0.0.1:1", "key")
    with pytest.raises(NotSignedIn, match="is for http"):
        session.current(elsewhere)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"url": 1}'])
def test_a_damaged_file_is_no_session(settings, content):
    settings.home.mkdir()
    (settings.home / "session.json").write_text(content)
    with pytest.raises(NotSignedIn, match="cannot be read"):
        session.current(settings)
    session.sign_out(settings)
    with pytest.raises(NotSignedIn, match="Nobody"):
        session.current(settings)


def test_signing_out_works_without_a_server(settings, user):
    session.sign_in(settings, user, PASSWORD)
    session.sign_out(Settings(settings.project, settings.home))
    with pytest.raises(NotSignedIn):
        session.current(settings)


def test_no_server_is_unavailable(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    settings = Settings(tmp_path, tmp_path, url, "key")
    with pytest.raises(Unavailable, match="does not answer"):
        session.sign_in(settings, "a@b.example", PASSWORD)
    with pytest.raises(Unavailable, match="local start"):
        session.sign_in(Settings(tmp_path, tmp_path), "a@b.example", PASSWORD)


class Broker(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The dashboard server's side of the socket, for one ticket."""

    daemon_threads = True
    ticket, lifetime, status = "the ticket", 3600.0, 200

    def __init__(self, path):
        self.asked = 0
        super().__init__(str(path), _BrokerHandler)
        os.chmod(path, 0o600)  # noqa: PTH101


class _BrokerHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        broker = self.server
        broker.asked += 1
        status = broker.status if self.headers["X-Riskkit-Ticket"] == broker.ticket else 401
        body = {"access_token": f"token {broker.asked}", "expires_at": time.time() + broker.lifetime}
        payload = json.dumps({**body, "user": {"id": "u1", "email": "v@x.example"}}).encode()
        self.send_response(status if self.path == "/token" else 404)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def address_string(self):
        return "kernel"

    def log_message(self, *_):
        pass


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "b.sock") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def kernel(broker, tmp_path):
    """The settings of a dashboard's kernel: a socket and a ticket, no sign-in of its own."""
    return Settings(tmp_path, tmp_path, "http://127.0.0.1:1", "key", broker=tmp_path / "b.sock", ticket="the ticket")


def test_a_kernel_is_its_viewer(kernel, broker):
    viewer = session.current(kernel)
    assert (viewer.email, viewer.user_id) == ("v@x.example", "u1")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: viewer.access_token(), range(50))) == {"token 1"}
    assert broker.asked == 1


def test_the_brokers_token_is_asked_for_again_before_it_ends(kernel, broker):
    broker.lifetime = 29
    viewer = session.current(kernel)
    assert viewer.access_token() == "token 2"
    broker.lifetime = 100
    assert viewer.access_token() == "token 3"
    assert viewer.access_token() == "token 3"


def test_a_wrong_ticket_is_nobody(kernel, broker):
    broker.ticket = "another"
    with pytest.raises(NotSignedIn, match="sign in again"):
        session.current(kernel)


@pytest.mark.parametrize("status", [503, 500, 404])
def test_a_broker_in_trouble_is_unavailable(kernel, broker, status):
    broker.status = status
    with pytest.raises(Unavailable, match="try again"):
        session.current(kernel)


def test_no_broker_is_unavailable(tmp_path):
    settings = Settings(tmp_path, tmp_path, broker=tmp_path / "none.sock", ticket="t")
    with pytest.raises(Unavailable, match="reload"):
        session.current(settings)


def test_a_session_that_ends_while_a_dashboard_is_open_is_said(kernel, broker):
    broker.lifetime = 1
    viewer = session.current(kernel)
    broker.status = 401
    with pytest.raises(NotSignedIn):
        viewer.access_token()
