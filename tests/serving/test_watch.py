"""What is ended elsewhere ends here within seconds: session, websocket and kernel."""

import os
import time

import pyotp
import pytest

from riskkit.local.client import service_client
from riskkit.session.auth import auth_client
from riskkit.settings import Settings

PASSWORD = "riskkit-demo"
#: The server asks every four seconds about a session with an open dashboard; a busy machine may take longer.
SOON = 30


def everywhere(service, user, elsewhere):
    elsewhere.sign_in_with_password({"email": user.email, "password": PASSWORD})
    elsewhere.sign_out({"scope": "global"})


def banned(service, user, elsewhere):
    service.auth.admin.update_user_by_id(user.id, {"ban_duration": "1h"})


def removed(service, user, elsewhere):
    service.table("memberships").delete().eq("user_id", user.id).execute()


def demoted(service, user, elsewhere):
    service.table("memberships").update({"role": "viewer"}).eq("user_id", user.id).execute()


def enrolled(service, user, elsewhere):
    """A second factor set up elsewhere: a session without one is no longer enough."""
    elsewhere.sign_in_with_password({"email": user.email, "password": PASSWORD})
    made = elsewhere.mfa.enroll({"factor_type": "totp", "friendly_name": "elsewhere"})
    elsewhere.mfa.challenge_and_verify({"factor_id": made.id, "code": pyotp.TOTP(made.totp.secret).now()})
    elsewhere.sign_out({"scope": "local"})


@pytest.fixture
def service(demo_stack):
    with service_client(demo_stack.keys()) as client:
        yield client


@pytest.fixture
def elsewhere(demo_stack, tmp_path):
    """The official client's Auth part, for a sign-in that the dashboards know nothing of."""
    keys = demo_stack.keys()
    with auth_client(Settings(tmp_path, tmp_path, keys.url, keys.anon_key)) as auth:
        yield auth


@pytest.fixture
def account(service, new_user):
    """A user of the team, as Auth's admin sees it."""

    def made(role):
        email = new_user(role)
        return next(user for user in service.auth.admin.list_users(per_page=1000) if user.email == email)

    return made


@pytest.mark.parametrize("ending", [everywhere, banned, removed, demoted, enrolled])
def test_what_ends_elsewhere_closes_kernel_and_socket(service, account, elsewhere, viewers, page, ending):
    user = account("analyst")
    visitor = viewers(user.email)
    _, kernel = visitor.open("/dashboards/probe")
    with visitor.websocket(kernel) as socket:
        pid = page(socket).load().seen()["pid"]
        ending(service, user, elsewhere)
        begun = time.monotonic()
        assert page(socket).closed(SOON) == 4401
        end = begun + SOON
        while time.monotonic() < end and _alive(pid):
            time.sleep(0.1)
        assert not _alive(pid)
    assert visitor.get("/session").json()["session"] == "ended"


def test_without_a_dashboard_the_next_page_asks(service, account, viewers):
    user = account("viewer")
    visitor = viewers(user.email)
    service.auth.admin.update_user_by_id(user.id, {"ban_duration": "1h"})
    assert _sent_away(visitor)
    assert "Your session has ended" in visitor.get("/sign-in").text


def test_a_reset_second_factor_ends_the_session(server, service, new_browser, new_user):
    visitor, email = new_browser(server.url), new_user()
    visitor.sign_in(email)
    visitor.enrol()
    user = next(user for user in service.auth.admin.list_users(per_page=1000) if user.email == email)
    for factor in service.auth.admin.mfa.list_factors({"user_id": user.id}):
        service.auth.admin.mfa.delete_factor({"user_id": user.id, "id": factor.id})
    assert _sent_away(visitor)
    assert new_browser(server.url).sign_in(email).headers["location"] == "/", "the password alone, until there is one"


def _sent_away(visitor):
    """Whether the next pages are refused; one within two seconds of the last look at Auth is not."""
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        answer = visitor.get("/")
        if answer.is_redirect:
            return answer.headers["location"].startswith("/sign-in")
        time.sleep(0.3)
    return False


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
