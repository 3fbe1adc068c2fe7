"""The token broker on its unix socket."""

import base64
import http.client
import json
import socket
import stat
import time
from pathlib import Path

import pytest


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("broker", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(self.path))


def ask(path, ticket, method="GET", target="/token"):
    connection = UnixConnection(path)
    connection.request(method, target, headers={"X-Riskkit-Ticket": ticket})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if body.startswith(b"{") else {}


@pytest.fixture
def kernel(quant, page):
    """The probe's kernel: its broker and, as the kernel itself holds it, its ticket."""
    _, kernel_id = quant.open("/dashboards/probe")
    with quant.websocket(kernel_id) as websocket:
        seen = page(websocket).load().seen()
    return Path(seen["environ"]["RISKKIT_BROKER"]), seen["ticket"], kernel_id


def test_a_ticket_gives_its_own_viewers_access_token(kernel):
    broker, ticket, _ = kernel
    status, answer = ask(broker, ticket)
    assert status == 200
    assert set(answer) == {"access_token", "expires_at", "user"}
    assert answer["user"]["email"] == "quant@atlas.example"
    assert answer["expires_at"] > time.time() + 60
    claims = json.loads(base64.urlsafe_b64decode(answer["access_token"].split(".")[1] + "=="))
    assert claims["sub"] == answer["user"]["id"]
    assert claims["role"] == "authenticated"


@pytest.mark.parametrize("ticket", ["", "x", "a" * 43, "é", "x" * 5000])
def test_anything_else_gives_none(kernel, ticket):
    broker, _, _ = kernel
    assert ask(broker, ticket.encode("latin-1"))[0] == 401


@pytest.mark.parametrize(("method", "target"), [("POST", "/token"), ("GET", "/"), ("GET", "/token/x")])
def test_there_is_nothing_else_on_the_socket(kernel, method, target):
    broker, ticket, _ = kernel
    assert ask(broker, ticket, method, target)[0] in (404, 405)


def test_a_ticket_ends_with_its_kernel_and_with_the_session(kernel, quant):
    broker, ticket, kernel_id = kernel
    quant.close(kernel_id)
    assert ask(broker, ticket)[0] == 401


def test_a_ticket_ends_with_the_session(kernel, quant):
    broker, ticket, _ = kernel
    quant.post("/sign-out")
    assert ask(broker, ticket)[0] == 401


def test_only_this_user_reaches_the_socket(kernel):
    broker, _, _ = kernel
    assert stat.S_ISSOCK(broker.stat().st_mode)
    assert stat.S_IMODE(broker.stat().st_mode) == 0o600
    assert broker.parent.stat().st_mode & 0o777 == 0o700
