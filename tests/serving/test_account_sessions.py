"""The account's page lists where one is signed in, wherever that was begun, and ends each for good."""

import html
import re
import time

import psycopg
import pytest
from supabase_auth.errors import AuthApiError

from riskkit.serving.account import MOST_LISTED
from riskkit.session.auth import auth_client
from riskkit.settings import Settings

PASSWORD = "riskkit-demo"
#: The other server asks every four seconds about a session with an open dashboard; a busy machine may take longer.
SOON = 30


@pytest.fixture
def program(demo_stack, tmp_path):
    """Auth as `riskkit login` and Lab speak to it."""
    keys = demo_stack.keys()
    with auth_client(Settings(tmp_path, tmp_path, keys.url, keys.anon_key)) as auth:
        yield auth


def rows(visitor):
    """The table's rows: the text of each without its markup, and what its button sends."""
    table = visitor.get("/account").text.split("<tbody>")[1].split("</tbody>")[0]
    found = []
    for row in table.split("</tr>")[:-1]:
        words = html.unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split()))
        found.append((words, (re.findall(r'name="which" value="([^"]+)"', row) or [None])[0]))
    return found


def test_a_programs_session_is_listed_and_ended(program, server, new_browser, new_user):
    email, visitor = new_user(), new_browser(server.url)
    visitor.sign_in(email)
    program.sign_in_with_password({"email": email, "password": PASSWORD})
    here, other = rows(visitor)
    assert here[0].startswith("A program this one 127.0.0.1 · no second factor ")
    assert here[1] is None
    assert re.fullmatch(
        r"Command line or JupyterLab on \w+ 127.0.0.1 · no second factor \d{4}-\d\d-\d\d \d\d:\d\d UTC just now End .*",
        other[0],
    )
    assert visitor.post("/account/sessions", which=other[1].upper()).status_code == 422
    assert visitor.post("/account/sessions", which=other[1]).headers["location"] == "/account?ended"
    assert [one for one in rows(visitor) if one[1]] == []
    for call in (program.get_user, program.refresh_session):
        with pytest.raises(AuthApiError):
            call()
    assert visitor.post("/account/sessions", which=other[1]).status_code == 422, "ended already"
    assert visitor.get("/").status_code == 200


def test_another_servers_session_loses_its_kernel_and_socket(
    demo_stack, project, serve, server, new_browser, new_user, page
):
    email, visitor = new_user("analyst"), new_browser(server.url)
    other = new_browser(serve(demo_stack.home, project).url)
    other.http.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/128.0"
    visitor.sign_in(email)
    other.sign_in(email)
    _, kernel = other.open("/dashboards/probe")
    (elsewhere,) = (one for one in rows(visitor) if one[1])
    assert elsewhere[0].startswith("Firefox on Windows 127.0.0.1 ")
    with other.websocket(kernel) as socket:
        page(socket).load()
        assert visitor.post("/account/sessions", which=elsewhere[1]).status_code == 303
        assert page(socket).closed(SOON) == 4401
    assert other.get("/session").json()["session"] == "ended"


def test_this_servers_session_ends_at_once(server, new_browser, new_user, page):
    email = new_user("analyst")
    visitor, other = new_browser(server.url), new_browser(server.url)
    visitor.sign_in(email)
    other.sign_in(email)
    _, kernel = other.open("/dashboards/probe")
    with other.websocket(kernel) as socket:
        page(socket).load()
        (elsewhere,) = (which for _, which in rows(visitor) if which)
        assert visitor.post("/account/sessions", which=elsewhere).status_code == 303
        assert other.get("/").status_code == 302
        assert page(socket).closed(SOON) == 4401


def test_a_second_factor_is_told(enrolled):
    _, _, visitor = enrolled
    ((words, _),) = rows(visitor)
    assert " with second factor " in words


def test_who_has_very_many_sees_those_used_last_and_this_one(demo_stack, server, new_browser, new_user):
    email, visitor = new_user(), new_browser(server.url)
    visitor.sign_in(email)
    with psycopg.connect(demo_stack.keys().db_url) as connection:
        connection.execute(
            "insert into auth.sessions (user_id, created_at, user_agent, ip) select u.id, now() + interval '1 second', "
            "'<script>', '192.0.2.1' from auth.users u, generate_series(1, %s) where u.email = %s",
            (MOST_LISTED + 1, email),
        )
    shown = rows(visitor)
    assert len(shown) == MOST_LISTED
    assert "this one" in shown[0][0]
    assert shown[1][0].startswith("Unknown browser 192.0.2.1 ")
    assert "2 more, used longer ago" in visitor.get("/account").text


def test_an_ended_session_lists_nothing(server, program, new_browser, new_user):
    email, visitor = new_user(), new_browser(server.url)
    visitor.sign_in(email)
    program.sign_in_with_password({"email": email, "password": PASSWORD})
    program.sign_out({"scope": "others"})
    end = time.monotonic() + SOON
    while visitor.get("/account").status_code == 200 and time.monotonic() < end:
        time.sleep(0.3)
    assert visitor.get("/account").is_redirect
