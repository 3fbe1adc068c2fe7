"""The account's page: the password, and where one is signed in."""

import re

PASSWORD = "riskkit-demo"
NEW = "a new and longer password"


def signed_in(new_browser, server, email, password=PASSWORD):
    visitor = new_browser(server.url)
    assert visitor.sign_in(email, password).status_code == 303
    return visitor


def numbers(page):
    return re.findall(r'name="which" value="([0-9a-f-]+)"', page)


def test_sessions_are_listed_and_ended_each_and_all(server, new_browser, new_user, quant):
    email = new_user()
    here, there, third = (signed_in(new_browser, server, email) for _ in range(3))
    page = here.get("/account").text
    assert page.count('<th scope="row">A program') == 3
    assert page.count("this one") == 1
    assert len(numbers(page)) == 2
    answer = here.post("/account/sessions", which=numbers(page)[0])
    assert answer.headers["location"] == "/account?ended"
    assert sorted(one.get("/").status_code for one in (there, third)) == [200, 302]
    foreign = numbers(here.get("/account").text)[0]
    quant.xsrf = quant.http.cookies["_xsrf"]
    assert quant.post("/account/sessions", which=foreign).status_code == 422, "another's session is as unknown as none"
    assert quant.post("/account/sessions", which="nonsense").status_code == 422
    assert sorted(one.get("/").status_code for one in (there, third)) == [200, 302]
    assert here.http.post("/account/sessions", data={"which": "everywhere"}).status_code == 403
    assert here.post("/account/sessions", which="everywhere").headers["location"] == "/sign-in?out"
    assert {one.get("/").status_code for one in (here, there, third)} == {302}
    assert quant.get("/").status_code == 200


def test_a_password_is_changed_by_who_knows_it(server, new_browser, new_user):
    email = new_user()
    here, there = (signed_in(new_browser, server, email) for _ in range(2))
    for status, sentence, fields in (
        (401, "That is not your present password.", {"current": "wrong", "password": NEW, "again": NEW}),
        (422, "Give your present password.", {"current": "", "password": NEW, "again": NEW}),
        (422, "10 characters or more", {"current": PASSWORD, "password": "short", "again": "short"}),
        (422, "The two are not the same.", {"current": PASSWORD, "password": NEW, "again": NEW + "x"}),
        (422, "at most 72 bytes", {"current": PASSWORD, "password": "ü" * 40, "again": "ü" * 40}),
        (422, "your password already", {"current": PASSWORD, "password": PASSWORD, "again": PASSWORD}),
    ):
        answer = here.post("/account/password", **fields)
        assert (answer.status_code, sentence in answer.text) == (status, True), sentence
        assert 'role="alert" id="' in answer.text, "the sentence stands beside its field"
        assert NEW not in answer.text
    before = dict(here.http.cookies)
    answer = here.post("/account/password", current=PASSWORD, password=NEW, again=NEW)
    assert answer.headers["location"] == "/account?password"
    assert dict(here.http.cookies) != before, "a new session id"
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302
    assert new_browser(server.url).sign_in(email).status_code == 401
    assert new_browser(server.url).sign_in(email, NEW).status_code == 303


def test_present_passwords_are_guessed_no_faster_here(server, new_browser, new_user):
    visitor = signed_in(new_browser, server, new_user())
    fields = {"password": NEW, "again": NEW}
    tries = [visitor.post("/account/password", current=f"wrong {n}", **fields).status_code for n in range(6)]
    assert tries == [401] * 5 + [429]
    assert visitor.post("/account/factors", name="Phone", proof=PASSWORD).status_code == 429


def test_who_is_not_signed_in_is_asked_to(browser):
    browser.get("/sign-in")
    browser.xsrf = browser.http.cookies["_xsrf"]
    for path in ("/account/password", "/account/sessions", "/account/factors", "/account/factors/new",
                 "/account/factors/remove"):  # fmt: skip
        answer = browser.post(path, which="everywhere")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Faccount")
    assert browser.get("/account").headers["location"] == "/sign-in?next=%2Faccount"
