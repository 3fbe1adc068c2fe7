"""Journeys through several pages: in with a second factor, a link handed on, out again."""

import time
import uuid

import psutil
import pyotp
import pytest

from riskkit.kernels.forked import NAME as KERNEL
from riskkit.local.client import service_client

PASSWORD = "riskkit-demo"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def new_user(demo_stack):
    """Make a user of a team: `new_user("atlas", "viewer")`; the address."""
    with service_client(demo_stack.keys()) as service:

        def user(slug, role):
            team = service.table("teams").select("id").eq("slug", slug).execute().data[0]["id"]
            email = f"{role}-{uuid.uuid4().hex[:8]}@{slug}.example"
            made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
            row = {"team_id": team, "user_id": made.user.id, "role": role}
            service.table("memberships").insert(row).execute()
            return email

        yield user


def test_in_with_a_second_factor(visit, new_user):
    email = new_user("atlas", "viewer")
    there = visit().sign_in(email)
    page = there.page
    page.goto(there.url + "/account")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    secret = page.locator(".rk-secret").inner_text().replace(" ", "")
    totp = pyotp.TOTP(secret)
    page.locator("input.rk-code").fill(totp.at(time.time() - 30))
    page.locator("form:has(input.rk-code) button").first.click()
    page.get_by_text("The second factor is set up").wait_for()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("input.rk-code").wait_for()
    page.goto(there.url + "/dashboards/portfolio_var", wait_until="commit")
    assert page.get_by_role("button", name="Sign out", exact=True).count() == 0  # the password alone opens nothing
    there.page.goto(there.url + "/sign-in/code")
    page.locator("input.rk-code").fill(totp.at(time.time()))
    page.locator("form:has(input.rk-code) button").first.click()
    page.get_by_role("button", name="Sign out", exact=True).wait_for()
    page.goto(there.url + "/account")
    assert "password and second factor" in page.locator(".rk-lead").inner_text()
    assert there.outside() == []


def test_a_link_is_the_same_view_for_a_colleague_and_nothing_for_another_team(visit, new_user):
    first = visit().sign_in(new_user("atlas", "analyst"), "/dashboards/stress_test?portfolio=atlas/equities").ready()
    address = first.page.url.removeprefix(first.url)
    shown = first.shown()
    assert shown["tiles"]
    first.context.close()
    colleague = visit().sign_in(new_user("atlas", "viewer"), address).ready()
    assert colleague.shown()["tiles"] == shown["tiles"]
    stranger = visit().sign_in(new_user("borealis", "viewer"))
    answer = stranger.page.goto(stranger.url + address)
    nowhere = stranger.page.goto(stranger.url + address.replace("equities", "nothing-of-the-kind"))
    assert answer.status == nowhere.status == 404
    assert "atlas" not in stranger.page.inner_text("main").lower()
    assert [figure for figure in shown["tiles"].values() if figure[1] in stranger.page.content()] == []


def kernels(served):
    children = psutil.Process(served.process.pid).children(recursive=True)
    return [one.pid for one in children if one.name() == KERNEL]


def test_signing_out_closes_the_kernel(visit, served, new_user):
    before = set(kernels(served))
    there = visit().sign_in(new_user("atlas", "viewer"), "/dashboards/stress_test?portfolio=atlas/equities").ready()
    (mine,) = set(kernels(served)) - before
    there.page.get_by_role("button", name="Sign out", exact=True).first.click()
    there.page.get_by_label("E-mail").wait_for()
    end = time.monotonic() + 60
    while psutil.pid_exists(mine) and time.monotonic() < end:
        time.sleep(0.2)
    assert not psutil.pid_exists(mine)
