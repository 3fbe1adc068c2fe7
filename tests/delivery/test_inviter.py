"""Invitations that admins wrote down: mailed once, the role given, and what Auth does not take is told."""

import uuid

import pytest

from riskkit.delivery.inviter import Inviter
from riskkit.local.client import service_client
from riskkit.settings import Settings
from riskkit.store.invitations import Invitations

PAGE = "http://127.0.0.1:8866/sign-in/link"


@pytest.fixture
def service(stack):
    with service_client(stack.keys()) as client:
        yield client


@pytest.fixture
def team(service):
    slug = f"team-{uuid.uuid4().hex[:8]}"
    made = service.table("teams").insert({"slug": slug, "name": slug}).execute().data[0]["id"]
    yield made, slug
    service.table("teams").delete().eq("id", made).execute()


@pytest.fixture
def inviter(stack, tmp_path):
    keys = stack.keys()
    with Invitations(keys.url, keys.service_key) as invitations:
        yield Inviter(Settings(tmp_path, tmp_path, keys.url, keys.anon_key), invitations, keys.service_key, PAGE)


def test_one_that_waits_is_mailed_and_becomes_a_member(service, stack, team, inviter):
    team_id, slug = team
    new = f"new@{slug}.example"
    service.table("invitations").insert({"team_id": team_id, "email": new, "role": "analyst"}).execute()
    assert inviter.invite()
    assert not inviter.invite()
    members = service.table("memberships").select("role").eq("team_id", team_id).execute().data
    assert members == [{"role": "analyst"}]
    mails = [path.read_text() for path in (stack.home / "local" / "outbox").glob("*.eml")]
    assert sum(f"To: {new}" in mail and "sign-in/link?token_hash" in mail.replace("=\n", "") for mail in mails) == 1
    assert service.table("invitations").select("id").eq("team_id", team_id).execute().data == []


def test_what_is_refused_is_told_and_not_tried_again(service, team, inviter):
    team_id, slug = team
    row = {"team_id": team_id, "email": f"j\u00f6rg@{slug}.example", "role": "viewer"}
    service.table("invitations").insert(row).execute()
    assert inviter.invite()
    assert not inviter.invite()
    (left,) = service.table("invitations").select("problem").eq("team_id", team_id).execute().data
    assert left["problem"].startswith("an address that Auth takes: ")
    assert service.table("memberships").select("role").eq("team_id", team_id).execute().data == []
