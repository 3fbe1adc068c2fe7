"""Cookies, hosts and frames that are none of ours."""

import contextlib
import http.client
import json
import re
import uuid

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus


def raw(url, *headers, path="/"):
    """A request with exactly these header lines: its status and `Location`."""
    with contextlib.closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)) as connection:
        connection.putrequest("GET", path, skip_host=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or ""


def host(url):
    return ("Host", url.removeprefix("http://"))


@pytest.mark.parametrize(
    "name",
    ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1", "0", "127.0.0.1, evil.example"],
)
def test_another_host_is_400(server, name):
    assert raw(server.url, ("Host", name))[0] == 400


def test_two_hosts_or_none_are_400(server):
    assert raw(server.url, host(server.url), ("Host", "evil.example"))[0] == 400
    assert raw(server.url)[0] == 400
    assert raw(server.url, host(server.url), ("X-Forwarded-Host", "evil.example")) == (302, "/sign-in?next=%2F")


def test_a_websocket_for_another_host_is_refused(server, quant):
    _, kernel = quant.open("/dashboards/probe")
    cookies = ("Cookie", quant.cookies())
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
               ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]  # fmt: skip
    path = f"/api/kernels/{kernel}/channels?session_id={uuid.uuid4()}"
    assert raw(server.url, ("Host", "evil.example"), cookies, *upgrade, path=path)[0] == 400
    assert raw(server.url, host(server.url), cookies, *upgrade, path=path)[0] == 101


@pytest.mark.parametrize("value", ["x" * 16_384, "\x80\x81", "2|1:0|10:1|9:riskkit-0|4:eA==|" + "0" * 64, "a|b|c", '"'])
def test_a_cookie_that_is_none_of_ours_is_nobodys(server, quant, value):
    name = next(name for name in quant.http.cookies if re.fullmatch(r"riskkit-\d+", name))
    status, where = raw(server.url, host(server.url), ("Cookie", f"{name}={value}"))
    assert status in (302, 303, 400)
    assert status == 400 or where.startswith("/sign-in")


def test_tossed_cookies_give_no_session_and_break_none(server, quant, stranger):
    """A cookie set from a sibling host comes as a second of the same name: one is taken, and only if we signed it."""
    name = next(name for name in quant.http.cookies if re.fullmatch(r"riskkit-\d+", name))
    mine = quant.http.cookies[name]
    tossed = raw(server.url, host(server.url), ("Cookie", f"{name}=forged; {name}=forged too"))
    assert tossed[0] == 302
    both = raw(server.url, host(server.url), ("Cookie", f"{name}=forged; {name}={mine}"))
    assert both[0] in (200, 302)
    half = name.replace("riskkit-", "riskkit-half-")
    assert raw(server.url, host(server.url), ("Cookie", f"{half}={mine}"), path="/sign-in/code")[1] == "/sign-in?again"
    assert quant.get("/").status_code == 200
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_websocket_from_elsewhere_is_refused(quant, origin):
    _, kernel = quant.open("/dashboards/probe")
    with pytest.raises(InvalidStatus) as refused:
        quant.websocket(kernel, origin)
    assert refused.value.response.status_code in (403, 404)


def test_a_monstrous_frame_closes_the_socket_and_nothing_else(quant, stranger, page):
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel) as socket:
        page(socket).load()
        with contextlib.suppress(ConnectionClosed):  # it may be closed before all of it is sent
            socket.send(json.dumps({"header": "x" * 20_000_000}))
        assert page(socket).closed() in (1006, 1009)
    assert quant.get("/").status_code == 200
    assert stranger.get("/").status_code == 200
