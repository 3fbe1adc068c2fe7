"""Forgotten passwords and invitations: a mail's link works once, and opens no more than it says."""

import re
import time
import uuid
from email import message_from_bytes, policy
from urllib.parse import parse_qs, urlsplit

import pytest

from riskkit.local.client import service_client

NEW = "a new and longer password"


@pytest.fixture
def link(demo_stack):
    """The path and query of the link in the latest mail to an address."""

    def find(email, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for path in sorted((demo_stack.home / "local" / "outbox").glob("*.eml"), reverse=True):
                message = message_from_bytes(path.read_bytes(), policy=policy.default)
                if message["To"] == email:
                    where = urlsplit(re.search(r"http\S+", message.get_body(("plain",)).get_content())[0])
                    return f"{where.scheme}://{where.netloc}", f"{where.path}?{where.query}"
            time.sleep(0.1)
        raise AssertionError(f"no mail to {email}")

    return find


def ask(visitor, email):
    visitor.get("/sign-in/forgotten")
    visitor.xsrf = visitor.http.cookies["_xsrf"]
    return visitor.post("/sign-in/forgotten", email=email)


def follow(visitor, where):
    """Open the link, and press its button."""
    page = visitor.get(where)
    assert page.status_code == 200
    visitor.xsrf = visitor.http.cookies["_xsrf"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
    return visitor.post("/sign-in/link", **query)


def test_a_new_password_by_mail(server, new_browser, new_user, link):
    email, elsewhere, visitor = new_user(), new_browser(server.url), new_browser(server.url)
    elsewhere.sign_in(email)
    assert ask(visitor, email).headers["location"] == "/sign-in?mailed"
    site, where = link(email)
    assert site == server.url
    page = visitor.get(where)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    for _ in range(2):  # mail scanners open links too
        new_browser(server.url).get(where)
    answer = follow(visitor, where)
    assert answer.headers["location"] == "/sign-in/password"
    assert visitor.get("/").status_code == 302, "not signed in before there is a password"
    for password, again in (("short", "short"), (NEW, NEW + "x"), ("x" * 73, "x" * 73), (NEW + "\0", NEW + "\0")):
        assert visitor.post("/sign-in/password", password=password, again=again).status_code == 422
    assert visitor.post("/sign-in/password", password=NEW, again=NEW).headers["location"] == "/"
    assert visitor.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302, "the sessions of the old password have ended"
    assert new_browser(server.url).sign_in(email).status_code == 401
    assert new_browser(server.url).sign_in(email, NEW).status_code == 303
    spent = follow(new_browser(server.url), where)
    assert spent.status_code == 401
    assert "used already" in spent.text
    secret = parse_qs(urlsplit(where).query)["token_hash"][0]
    assert secret not in server.log.read_text()


def test_known_and_unknown_addresses_are_answered_alike(browser, new_user):
    answers = [ask(browser, email) for email in (new_user(), f"{uuid.uuid4().hex}@nowhere.example")]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, "/sign-in?mailed")}
    assert "If that address has an account" in browser.get("/sign-in?mailed").text
    for nonsense in ("", "no address", "a\x07b@c.example"):
        answer = ask(browser, nonsense)
        assert (answer.status_code, "Give your e-mail address." in answer.text) == (422, True)


def test_mails_are_few(server, demo_stack, new_browser, new_user, link):
    email, visitor = new_user(), new_browser(server.url)
    for _ in range(6):
        assert ask(visitor, email).headers["location"] == "/sign-in?mailed"
    link(email)
    assert server.log.read_text().count("mail held back") >= 3
    mails = [path.read_text() for path in (demo_stack.home / "local" / "outbox").glob("*.eml")]
    assert sum(email in mail for mail in mails) == 1


def test_the_link_alone_does_not_pass_the_second_factor(enrolled, server, new_browser, link):
    email, app, _ = enrolled
    visitor = new_browser(server.url)
    ask(visitor, email)
    assert follow(visitor, link(email)[1]).headers["location"] == "/sign-in/code"
    assert visitor.get("/sign-in/password").headers["location"] == "/sign-in/code"
    visitor.sign_in(email, "wrong-password")  # changes nothing about the mail's sign-in
    assert visitor.post("/sign-in/code", code=app.code()).headers["location"] == "/sign-in/password"
    assert visitor.post("/sign-in/password", password=NEW, again=NEW).headers["location"] == "/"
    assert "second factor" in visitor.get("/account").text


def test_an_invitation_leads_to_a_password_and_in(server, demo_stack, new_browser, link):
    email = f"invited-{uuid.uuid4().hex[:8]}@atlas.example"
    with service_client(demo_stack.keys()) as service:
        service.auth.admin.invite_user_by_email(email, {"redirect_to": f"{server.url}/sign-in/link"})
    visitor, where = new_browser(server.url), link(email)[1]
    assert "You are invited." in visitor.get(where).text
    assert follow(visitor, where).headers["location"] == "/sign-in/password"
    assert "Choose your password" in visitor.get("/sign-in/password").text
    assert visitor.post("/sign-in/password", password=NEW, again=NEW).headers["location"] == "/"
    assert email in visitor.get("/").text


@pytest.mark.parametrize(
    "query",
    ["", "?type=recovery", "?type=signup&token_hash=" + "a" * 32, "?token_hash=x&type=x",
     "?type=recovery&token_hash=" + "<script>" * 4, "?type=invite&token_hash=" + "a" * 999],
)  # fmt: skip
def test_what_is_no_link_is_refused_without_asking(browser, query):
    answer = browser.get("/sign-in/link" + query)
    assert answer.status_code == 400
    assert "<script" not in answer.text


def test_a_forged_link_is_refused_and_few_are_tried(demo_stack, project, serve, new_browser):
    visitor = new_browser(serve(demo_stack.home, project).url)
    visitor.get("/sign-in")
    visitor.xsrf = visitor.http.cookies["_xsrf"]
    tries = [visitor.post("/sign-in/link", type="recovery", token_hash=uuid.uuid4().hex).status_code for _ in range(32)]
    assert tries == [401] * 30 + [429] * 2
    assert visitor.http.post("/sign-in/link", data={"type": "recovery", "token_hash": "a" * 32}).status_code == 403
