from tornado.httputil import HTTPHeaders

from riskkit.serving.headers import STRICT, SecurityHeaders, dashboard_policy


def transformed(**given):
    _, headers, _ = SecurityHeaders(None).transform_first_chunk(200, HTTPHeaders(given), b"", True)
    return headers


def test_a_page_without_a_policy_gets_the_strict_one():
    headers = transformed(Server="TornadoServer/6")
    assert headers["Content-Security-Policy"] == STRICT
    assert "Server" not in headers
    assert headers["X-Frame-Options"] == "DENY"


def test_a_page_keeps_its_own_policy():
    policy = dashboard_policy("abc")
    assert transformed(**{"Content-Security-Policy": policy})["Content-Security-Policy"] == policy


def test_a_dashboard_allows_no_inline_script_but_its_own_and_no_other_host():
    directives = dict(part.strip().split(" ", 1) for part in dashboard_policy("abc").split(";"))
    assert directives["default-src"] == "'none'"
    assert "'unsafe-inline'" not in directives["script-src"]
    assert "'nonce-abc'" in directives["script-src"]
    assert directives["connect-src"] == "'self'"
    assert not [source for value in directives.values() for source in value.split() if "." in source or "*" in source]
