"""What every request meets: the local host, an id, a log line, a size limit; and the paths nobody serves."""

import json
import socket

import httpx
import pytest

from tests.local.conftest import CONNECTION


@pytest.fixture(scope="module")
def key(keys):
    return {"apikey": keys.anon_key}


def test_unknown_paths_are_never_an_empty_success(keys, key):
    for path, status in {
        "/storage/v1/bucket": 501, "/realtime/v1/websocket": 501, "/functions/v1/x": 501, "/rest/v1/": 501,
        "/auth/v1/settings": 501, "/": 404, "/rest/v2/desks": 404, "/rest/v1/a/b/c": 501,
    }.items():  # fmt: skip
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = CONNECTION.request(method, keys.url + path, headers=key)
            assert (answer.status_code, "code" in answer.json()) == (status, True), (method, path)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", ""])
def test_only_this_machine_is_answered(keys, key, host):
    answer = CONNECTION.get(f"{keys.url}/rest/v1/desks", headers={**key, "Host": host})
    assert answer.status_code in (400, 403)


def test_a_request_id_is_kept_or_made_and_logged(keys, key, own_stack):
    answer = CONNECTION.get(f"{keys.url}/rest/v1/desks", headers={**key, "x-request-id": "test-77"})
    assert answer.headers["x-request-id"] == "test-77"
    made = CONNECTION.get(f"{keys.url}/rest/v1/desks", headers={**key, "x-request-id": "no good"}).headers[
        "x-request-id"
    ]
    assert len(made) == 16
    lines = [json.loads(line) for line in (own_stack.folder / "gateway.log").read_text().splitlines()]
    line = next(line for line in lines if line.get("request_id") == "test-77")
    assert (line["method"], line["path"], line["status"], line["role"]) == ("GET", "/rest/v1/desks", 200, "anon")


def test_no_secret_is_logged(keys, own_stack, alice):
    assert alice.client.rpc("about_me").execute()
    log = (own_stack.folder / "gateway.log").read_text()
    session = alice.client.auth.get_session()
    for secret in (keys.service_key, keys.anon_key, keys.jwt_secret, session.access_token, session.refresh_token):
        assert secret not in log


def test_a_body_past_the_limit_is_refused_unread(keys, key):
    head = f"POST /rest/v1/desks HTTP/1.1\r\nHost: localhost\r\napikey: {keys.anon_key}\r\n"
    with socket.create_connection(("127.0.0.1", int(keys.url.rsplit(":", 1)[1]))) as connection:
        connection.sendall(f"{head}Content-Length: {10**12}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    try:
        chunked = CONNECTION.post(
            f"{keys.url}/rest/v1/desks", headers=key, content=(b"x" * (1 << 20) for _ in range(40))
        )
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return  # the server has answered and closed before all was sent
    assert (chunked.status_code, chunked.json()["code"]) == (413, "RISKKIT413")


@pytest.mark.parametrize("path", ["/rest/v1/de%00sks", "/rest/v1/desks?id=eq.%00", "/auth/v1/x%00"])
def test_nul_is_refused(keys, key, path):
    assert CONNECTION.get(keys.url + path, headers=key).status_code in (400, 501)


def test_health_needs_no_key(keys):
    assert CONNECTION.get(f"{keys.url}/auth/v1/health").json() == {"name": "riskkit-local", "healthy": True}
