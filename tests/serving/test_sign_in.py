"""Signing in and out."""

import asyncio
import contextlib
import http.client
import os
import re

import pytest
from websockets.exceptions import InvalidStatus

from riskkit.serving.limits import RateLimit

QUANT = "quant@atlas.example"


def test_the_right_password_gives_a_strict_cookie_with_an_opaque_id(browser):
    answer = browser.sign_in(QUANT)
    assert answer.status_code == 303
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith("riskkit")]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "expires" not in cookie.lower()
    assert "eyJ" not in cookie
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("email", [QUANT, "nobody@nowhere.example"])
def test_a_wrong_password_and_an_unknown_address_read_alike(browser, email):
    answer = browser.sign_in(email, "wrong-password")
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert re.sub(r'value="[^"]*"', "", answer.text).count("@") == 0
    assert not [name for name in browser.http.cookies if name.startswith("riskkit")]


@pytest.mark.parametrize(
    "fields",
    [{"email": "", "password": "x"}, {"email": QUANT, "password": ""}, {"email": "no address", "password": "x"},
     {"email": QUANT, "password": "a\0b"}, {"email": QUANT, "password": "x" * 5000},
     {"email": "a\x07b@c.example", "password": "x"}],
)  # fmt: skip
def test_a_form_that_cannot_be_right_is_422(browser, fields):
    browser.get("/sign-in")
    browser.xsrf = browser.http.cookies["_xsrf"]
    answer = browser.post("/sign-in", **fields)
    assert answer.status_code == 422
    assert "Give your e-mail address and your password." in answer.text


def test_an_outsized_form_is_refused_unread(browser):
    browser.get("/sign-in")
    assert browser.post("/sign-in", email=QUANT, password="x" * 20_000).status_code == 413
    assert browser.post("/sign-in", **{f"field{n}": "x" for n in range(10_000)}).status_code == 400  # tornado's limit
    with contextlib.closing(http.client.HTTPConnection(browser.url.removeprefix("http://"), timeout=30)) as raw:
        raw.putrequest("POST", "/sign-in")
        raw.putheader("Content-Length", "50000000")
        raw.endheaders()
        assert raw.getresponse().status == 400  # tornado's, before a byte of the body is read


def test_text_in_the_form_is_escaped(browser):
    answer = browser.sign_in('"><script>alert(1)</script>@x.example', "wrong")
    assert "<script" not in answer.text
    assert browser.get('/sign-in?next=/"><script>alert(1)</script>').text.count("<script") == 0


def test_without_the_forms_token_nothing_is_signed_in(browser):
    answer = browser.http.post("/sign-in", data={"email": QUANT, "password": "riskkit-demo"})
    assert answer.status_code == 403
    assert "too old" in answer.text
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil.example"]
)
def test_signing_in_leads_nowhere_else(browser, wanted):
    assert browser.sign_in(QUANT, next=wanted).headers["location"] == "/"


def test_signing_in_leads_where_one_wanted_to_go(browser):
    asked = browser.get("/dashboards/probe?level=0.95")
    assert asked.headers["location"] == "/sign-in?next=%2Fdashboards%2Fprobe%3Flevel%3D0.95"
    form = browser.get(asked.headers["location"]).text
    wanted = re.search(r'name="next" value="([^"]+)"', form)[1]
    assert browser.sign_in(QUANT, next=wanted).headers["location"] == "/dashboards/probe?level=0.95"


def test_each_sign_in_has_an_id_of_its_own_and_ends_the_one_before(browser):
    browser.sign_in(QUANT)
    first = dict(browser.http.cookies)
    browser.xsrf = browser.http.cookies["_xsrf"]
    browser.post("/sign-in", email=QUANT, password="riskkit-demo")
    name = next(name for name in first if name.startswith("riskkit"))
    assert browser.http.cookies[name] != first[name]
    browser.http.cookies.set(name, first[name])
    assert browser.get("/").status_code == 302


def test_a_forged_cookie_is_nobodys(browser, quant):
    name = next(name for name in quant.http.cookies if name.startswith("riskkit"))
    value = quant.http.cookies[name]
    for forged in (value[:-2], value[:-1] + ("0" if value[-1] != "0" else "1"), "x", "", value.split("|")[-2]):
        browser.http.cookies.clear()
        browser.http.cookies.set(name, forged)
        assert browser.get("/").status_code == 302


@pytest.mark.parametrize("how", [{"headers": {"Authorization": "token x"}}, {"params": {"token": "x"}}])
def test_no_other_way_in(browser, how):
    assert browser.get("/", **how).status_code == 302


def test_five_wrong_passwords_hold_back_that_account_and_no_other(demo_stack, project, serve, new_browser):
    served = serve(demo_stack.home, project)
    guesser = new_browser(served.url)
    answers = [guesser.sign_in("viewer@borealis.example", "wrong-password").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert guesser.sign_in("viewer@borealis.example").status_code == 429
    assert "Wait five minutes" in guesser.sign_in("viewer@borealis.example").text
    assert new_browser(served.url).sign_in("viewer@atlas.example").status_code == 303


def test_parallel_guesses_count_too():
    limit = RateLimit(5, 300, clock=lambda: 0.0)

    async def guess():
        if limit.reached("a"):
            return False
        limit.record("a")
        await asyncio.sleep(0)
        return True

    async def all_at_once():
        return await asyncio.gather(*(guess() for _ in range(50)))

    assert sum(asyncio.run(all_at_once())) == 5


def test_a_click_in_a_mail_finds_the_session(browser, quant):
    """A strict cookie is not sent from elsewhere; the sign-in page loads itself again, now as a page of this site."""
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    answer = browser.get("/sign-in?next=/dashboards/probe", headers=elsewhere)
    again = re.search(r'url=([^"]+)"', answer.text)[1]
    assert quant.get(again).headers["location"] == "/dashboards/probe"
    assert "Sign in" in browser.get(again).text


def test_signing_out_is_a_post_with_the_forms_token(quant):
    assert quant.get("/sign-out").status_code == 405
    assert quant.http.post("/sign-out").status_code == 403
    assert quant.get("/").status_code == 200


def test_signing_out_ends_session_websocket_and_kernel_and_nobody_elses(quant, stranger, page):
    _, kernel = quant.open("/dashboards/probe")
    with quant.websocket(kernel) as socket:
        pid = page(socket).load().seen()["pid"]
        answer = quant.post("/sign-out")
        assert answer.headers["location"] == "/sign-in?out"
        assert "You are signed out." in quant.get("/sign-in?out").text
        assert page(socket).closed() == 4401
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert quant.get("/dashboards/probe").status_code == 302
    with pytest.raises(InvalidStatus):
        quant.websocket(kernel)
    assert stranger.get("/").status_code == 200
