"""Who is asking, as a proxy says it and as anybody may."""

import json
import uuid

import pytest

OWNER = "admin@atlas.example"


def addresses(served):
    """Who tried to sign in, as the log says."""
    lines = [line for line in served.log.read_text().splitlines() if "sign-in " in line]
    return [json.loads(line)["address"] for line in lines]


def tries(visitor, *headers, email=None):
    """Try to sign in with a wrong password, first without a header and then under each of these.

    An account of its own unless one is named: Auth counts too.
    """
    email = email or f"{uuid.uuid4()}@nowhere.example"
    visitor.sign_in(email, "wrong-password")
    found = []
    for header in headers:
        data = {"_xsrf": visitor.xsrf, "email": email, "password": "wrong-password"}
        found.append(visitor.http.post("/sign-in", data=data, headers=header).status_code)
    return found


@pytest.mark.parametrize("options", [(), ("--trusted-proxy", "192.0.2.7")])
def test_what_somebody_says_who_is_no_proxy_is_ignored(demo_stack, project, serve, new_browser, options):
    served = serve(demo_stack.home, project, *options)
    forged = [{"X-Forwarded-For": f"203.0.113.{n}", "X-Real-Ip": f"203.0.113.{n}"} for n in range(5)]
    assert tries(new_browser(served.url), *forged) == [401] * 4 + [429]
    assert set(addresses(served)) == {"127.0.0.1"}


def test_a_named_proxy_says_who_is_asking(demo_stack, project, serve, new_browser):
    served = serve(demo_stack.home, project, "--trusted-proxy", "127.0.0.1", "--trusted-proxy", "192.0.2.7")
    said = [
        {"X-Forwarded-For": "203.0.113.1"},
        {"X-Forwarded-For": "198.51.100.9, 203.0.113.1"},  # what the client sent itself stands to the left
        {"X-Forwarded-For": "203.0.113.2, 192.0.2.7"},
        {"X-Forwarded-For": "203.0.113.3", "X-Real-Ip": "10.0.0.1"},
        {"X-Forwarded-For": "no address"},
    ]
    assert tries(new_browser(served.url), *said) == [401] * 5
    own, client = "127.0.0.1", "203.0.113."
    assert addresses(served) == [own, client + "1", client + "1", client + "2", client + "3", own]


def test_behind_a_named_proxy_the_public_name_is_answered(demo_stack, project, serve, new_browser):
    served = serve(demo_stack.home, project, "--trusted-proxy", "127.0.0.1", "--public-host", "risk.example")
    visitor = new_browser(served.url)
    for host in ("risk.example", "RISK.example:443"):
        answer = visitor.get("/", headers={"Host": host, "X-Forwarded-Proto": "https"})
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("/sign-in")
    assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 400, (
        "a proxy in front does not end the check"
    )


def test_a_guesser_elsewhere_does_not_keep_the_owner_out(demo_stack, project, serve, new_browser):
    served = serve(demo_stack.home, project, "--trusted-proxy", "127.0.0.1")
    guesser, owner = new_browser(served.url), new_browser(served.url)
    guesser.http.headers["X-Forwarded-For"] = "203.0.113.1"
    owner.http.headers["X-Forwarded-For"] = "198.51.100.2"
    assert tries(guesser, {}, {}, {}, {}, {}, email=OWNER) == [401] * 4 + [429]
    assert owner.sign_in(OWNER).status_code == 303
    assert guesser.sign_in(OWNER).status_code == 429
