"""The second factor: without its code a password opens nothing, and a code works once."""

import re
import uuid

import pytest
from websockets.exceptions import InvalidStatus

KERNEL = str(uuid.UUID(int=7))


def half(browser):
    return next((name for name in browser.http.cookies if name.startswith("riskkit-half")), None)


def whole(browser):
    return [name for name in browser.http.cookies if re.fullmatch(r"riskkit-\d+", name)]


def test_the_password_alone_opens_nothing(enrolled, server, new_browser):
    email, app, _ = enrolled
    visitor = new_browser(server.url)
    answer = visitor.sign_in(email, next="/dashboards/probe?level=0.95")
    assert answer.headers["location"] == "/sign-in/code"
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith("riskkit")]
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert half(visitor)
    assert whole(visitor) == []
    for path in ("/", "/dashboards/probe", "/account", "/account/factors/new", f"/api/kernels/{KERNEL}"):
        assert visitor.get(path).status_code in (302, 303, 403)
    assert visitor.get("/session").json()["session"] == "ended"
    with pytest.raises(InvalidStatus):
        visitor.websocket(KERNEL)
    # the half sign-in's cookie under the session's name is nobody's either
    name = half(visitor).replace("-half", "")
    visitor.http.cookies.set(name, visitor.http.cookies[half(visitor)])
    assert visitor.get("/").status_code == 302
    visitor.http.cookies.delete(name)
    page = visitor.get("/sign-in/code").text
    assert "From the authenticator app on Phone." in page
    assert 'autocomplete="one-time-code"' in page
    answer = visitor.post("/sign-in/code", code=app.code())
    assert answer.headers["location"] == "/dashboards/probe?level=0.95"
    assert half(visitor) is None
    assert "signed in with password and second factor" in visitor.get("/account").text


def test_a_code_works_once(enrolled, server, new_browser):
    email, app, _ = enrolled
    first, second = new_browser(server.url), new_browser(server.url)
    code = app.code()
    first.sign_in(email)
    assert first.post("/sign-in/code", code=code).headers["location"] == "/"
    second.sign_in(email)
    answer = second.post("/sign-in/code", code=code)
    assert answer.status_code == 401
    assert "was used before" in answer.text
    assert re.search(r'<input id="code"[^>]* autofocus aria-invalid="true" aria-describedby="code-problem', answer.text)
    assert second.post("/sign-in/code", code=" ".join(app.code())).headers["location"] == "/", "spaces do not matter"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "12345a", "000000\0", "１２３４５６"])
def test_what_is_no_code_is_422_and_no_guess(enrolled, server, new_browser, code):
    visitor = new_browser(server.url)
    visitor.sign_in(enrolled[0])
    for _ in range(6):
        answer = visitor.post("/sign-in/code", code=code)
        assert answer.status_code == 422
        assert "Give the six digits" in answer.text


def test_wrong_codes_end_the_sign_in_and_then_hold_the_account_back(enrolled, server, new_browser):
    email, app, _ = enrolled
    guesser = new_browser(server.url)
    guesser.sign_in(email)
    wrong = [f"{number:06}" for number in range(100_000, 100_005)]
    answers = [guesser.post("/sign-in/code", code=code) for code in wrong]
    assert [answer.status_code for answer in answers] == [401] * 4 + [303]
    assert "Too many codes were wrong" in guesser.get(answers[-1].headers["location"]).text
    assert guesser.post("/sign-in/code", code="100007").headers["location"] == "/sign-in?again"
    guesser.sign_in(email)
    answer = guesser.post("/sign-in/code", code=app.code())
    assert (answer.status_code, "Too many codes" in answer.text) == (429, True)


def test_the_code_page_is_for_who_has_shown_the_password(browser):
    browser.get("/sign-in")
    browser.xsrf = browser.http.cookies["_xsrf"]
    assert browser.get("/sign-in/code").headers["location"] == "/sign-in?again"
    assert browser.post("/sign-in/code", code="123456").headers["location"] == "/sign-in?again"
    assert browser.http.post("/sign-in/code", data={"code": "123456"}).status_code == 403


def test_setting_up_needs_the_password_and_a_first_code(server, new_browser, new_user, app):
    visitor = new_browser(server.url)
    visitor.sign_in(new_user())
    answer = visitor.post("/account/factors", name="Phone", proof="not the password")
    assert (answer.status_code, "That is not your present password." in answer.text) == (401, True)
    assert visitor.get("/account/factors/new").headers["location"] == "/account"
    assert visitor.post("/account/factors", name="x" * 41, proof="riskkit-demo").status_code == 422
    assert visitor.post("/account/factors", name="a\u202eb", proof="riskkit-demo").status_code == 422
    assert visitor.http.post("/account/factors", data={"proof": "riskkit-demo"}).status_code == 403
    visitor.post("/account/factors", name="<b>Phone", proof="riskkit-demo")
    page = visitor.get("/account/factors/new").text
    assert "<svg" in page
    assert "&lt;b&gt;Phone" in page
    assert "<b>Phone" not in page
    secret = re.search(r'class="rk-secret">([^<]+)<', page)[1]
    assert visitor.post("/account/factors/new", code="000000").status_code == 401
    assert secret in visitor.get("/account/factors/new").text, "the same secret, to try again"
    before = visitor.http.cookies[whole(visitor)[0]]
    answer = visitor.post("/account/factors/new", code=app(secret).code())
    assert answer.headers["location"] == "/account?added"
    assert visitor.http.cookies[whole(visitor)[0]] != before, "a right was gained: a new session id"
    assert visitor.get("/account/factors/new").headers["location"] == "/account", "the secret is shown no more"


def test_giving_up_leaves_nothing(server, new_browser, new_user):
    visitor = new_browser(server.url)
    visitor.sign_in(new_user())
    visitor.post("/account/factors", name="Phone", proof="riskkit-demo")
    assert visitor.post("/account/factors/new", cancel="1").headers["location"] == "/account"
    visitor.post("/account/factors", name="Phone", proof="riskkit-demo")  # left open
    assert visitor.enrol("Phone")


def test_two_devices_and_no_third_each_removed_by_a_code_of_any(enrolled, server, new_browser):
    email, phone, visitor = enrolled
    assert visitor.post("/account/factors", name="Phone", proof=phone.code()).status_code == 422
    tablet = visitor.enrol("Tablet", phone.code())
    page = visitor.get("/account").text
    assert page.count("/account/factors/remove?id=") == 2
    assert "Set up" not in page
    assert visitor.post("/account/factors", name="Third", proof="000000").status_code == 422
    there = {name: number for number, name in re.findall(r'remove\?id=([^"]+)">Remove<span[^>]*> (\w+)<', page)}
    assert "Remove Phone" in visitor.get(f"/account/factors/remove?id={there['Phone']}").text
    assert visitor.post("/account/factors/remove", id=there["Phone"], code="000000").status_code == 401
    other = new_browser(server.url)
    other.sign_in(email)
    assert other.post("/sign-in/code", code=tablet.code()).headers["location"] == "/", "either device's code will do"
    answer = visitor.post("/account/factors/remove", id=there["Phone"], code=tablet.code())
    assert answer.headers["location"] == "/account?removed"
    assert "Tablet" in visitor.get("/account").text
    assert visitor.post("/account/factors/remove", id=there["Phone"], code="000000").headers["location"] == "/account"


def test_without_the_last_device_the_session_is_one_of_a_password(enrolled):
    _, app, visitor = enrolled
    number = re.search(r'remove\?id=([^"]+)"', visitor.get("/account").text)[1]
    assert visitor.post("/account/factors/remove", id=number, code=app.code()).headers["location"] == "/account?removed"
    page = visitor.get("/account").text
    assert "signed in with password only" in page
    assert visitor.get("/").status_code == 200
