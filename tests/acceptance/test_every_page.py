"""Every dashboard and every page of our own, by role: it opens, is quiet, asks nobody else, and is accessible.

The list is the catalogue's own, so that a notebook that is published is looked at. Our own pages are looked at in every
run; each dashboard as a viewer and as one other role with `pytest -m soak tests/acceptance`, as all by `make soak`.
"""

from pathlib import Path

import pytest

from riskkit.demo.books import USERS
from riskkit.serving.catalogue import Catalogue
from tests.acceptance.looking import look
from tests.acceptance.moving import interact

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = [one.name for one in Catalogue(ROOT).dashboards()]
OTHERS = ("analyst", "approver", "admin")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def people():
    """Role to the address of somebody who has it in the demo's team."""
    return {role: email for email, (team, role) in USERS.items() if team == "atlas"}


@pytest.mark.soak
@pytest.mark.parametrize("role", ["viewer", *OTHERS])
def test_every_dashboard(role, people, visit):
    there = visit().sign_in(people[role])
    mine = [name for n, name in enumerate(DASHBOARDS) if role == "viewer" or OTHERS[n % 3] == role]
    assert mine
    found = {name: look(there, f"/dashboards/{name}") for name in mine}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_our_own_pages(people, visit):
    there = visit()
    found = {path: look(there, path, dashboard=False) for path in ("/sign-in", "/sign-in/forgotten")}
    there.sign_in(people["admin"])
    for path in ("/", "/account", "/account/members"):
        found[path] = look(there, path, dashboard=False)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.soak
def test_every_interaction_is_answered_or_shown_to_be_worked_on(people, visit):
    """Within what time, tests/soak/test_pages.py measures on a quiet machine."""
    there = visit().sign_in(people["analyst"], "/dashboards/portfolio_var?portfolio=atlas/demo").ready()
    found = interact(there.page, 6)
    assert len(found) == 6
    assert there.complaints == []
