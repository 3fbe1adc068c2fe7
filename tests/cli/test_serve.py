"""`riskkit serve`, as far as it can be told without serving; the rest is in tests/serving."""

import logging
import socket
import subprocess
import sys

import pytest

from riskkit.cli.serve import is_news


def serve(tmp_path, *options, **environ):
    (tmp_path / "notebooks").mkdir(exist_ok=True)
    (tmp_path / "parameters").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "riskkit", "serve", *options], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        check=False, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **environ},
    )  # fmt: skip


def test_without_a_supabase_it_says_how_to_get_one(tmp_path):
    done = serve(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "riskkit: No Supabase is known here: start the embedded one with `riskkit local start`"
    )
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = serve(tmp_path, "--port", port, SUPABASE_URL="http://127.0.0.1:9", SUPABASE_ANON_KEY="anon")
    assert done.returncode == 1
    said = f"Cannot listen on 127.0.0.1 port {port}: Address already in use; --port 0 takes a free one."
    assert done.stderr.strip() == f"riskkit: {said}"


@pytest.mark.parametrize("base", ["risk", "//evil", "http://x/"])
def test_a_base_url_is_a_path(tmp_path, base):
    done = serve(tmp_path, "--base-url", base)
    assert done.returncode == 2
    assert "--base-url" in done.stderr


def test_a_trusted_proxy_is_an_address(tmp_path):
    done = serve(tmp_path, "--trusted-proxy", "proxy.example")
    assert done.returncode == 2
    assert "--trusted-proxy: got 'proxy.example'; expected an IP address" in done.stderr


def test_what_tornado_says_of_jupyters_pings_is_no_news():
    said = "The websocket_ping_timeout (90000) cannot be longer than the websocket_ping_interval (30000)."
    records = [logging.makeLogRecord({"name": "tornado.general", "msg": one}) for one in (said, "Something else.")]
    assert [is_news(one) for one in records] == [False, True]
