"""The audit log through the official client: `riskkit audit`'s own reader."""

import time

import httpx
import pytest

from riskkit.errors import Forbidden
from riskkit.store.audit import AuditLog, compare, verify_chain
from tests.database.tokens import issue


@pytest.fixture(scope="module")
def logs(world, stack):
    """(user, aal) to an open reader."""
    keys = stack.keys()
    tokens = issue(world, keys, ("a_admin", "a_approver"))
    made = {who: AuditLog(keys.url, keys.anon_key, lambda token=token: token) for who, token in tokens.items()}
    yield made
    for log in made.values():
        log.close()


def test_an_admin_with_two_factors_reads_and_verifies_the_chain(world, logs):
    log, team = logs["a_admin", "aal2"], str(world.teams["a"])
    assert log.teams(str(world.users["a_admin"])) == {world.slugs["a"]: team}
    entries = list(log.entries(team))
    assert verify_chain(entries).broken is None
    assert {"member.added", "member.removed", "limit.added", "sign_in", "sign_in.second_factor"} <= {
        entry.facts["action"] for entry in entries
    }, "sign-ins through Auth write themselves"
    assert compare(entries, entries[:2]).broken is None
    assert list(log.entries(team, entries[1].seq)) == entries[2:]
    members = log.latest(team, 50, "member")
    assert {"member.added", "member.removed"} <= {row["action"] for row in members}
    assert all(row["action"].startswith("member.") for row in members)
    assert [row["action"] for row in log.latest(team, 1, "member.added")] == ["member.added"]
    assert log.teamless().broken is None


def test_many_entries_are_read_page_by_page(world, logs):
    team = world.teams["a"]
    world.connection.execute(
        "select private.append_audit(%s, null, 'test.noted', n::text, '{}') from generate_series(1, 1100) n", [team]
    )
    entries = list(logs["a_admin", "aal2"].entries(str(team)))
    assert len(entries) > 1100
    assert verify_chain(entries).broken is None


@pytest.mark.parametrize("who", [("a_admin", "aal1"), ("a_approver", "aal2")])
def test_nobody_else_reads_a_line(world, logs, who):
    team = str(world.teams["a"])
    assert list(logs[who].entries(team)) == []
    assert logs[who].latest(team, 10) == []
    assert logs[who].teamless() is None


def test_nobody_signed_in_writes_a_line(world, logs):
    with pytest.raises(Forbidden):
        logs["a_admin", "aal2"]._call("record_audit", p_team=str(world.teams["a"]), p_action="x", p_subject="x")


def test_a_refused_sign_in_writes_itself_with_its_request(world, stack, logs):
    keys, team = stack.keys(), str(world.teams["a"])
    address = f"{keys.url}/auth/v1/token?grant_type=password"
    answer = httpx.post(
        address,
        json={"email": f"a_viewer@{world.mail}", "password": "not this one"},
        headers={"apikey": keys.anon_key, "x-request-id": "refused-1"},
        timeout=30,
    )
    assert answer.status_code == 400
    log, ends = logs["a_admin", "aal2"], time.monotonic() + 30
    while not (found := log.latest(team, 1, "sign_in.refused")) and time.monotonic() < ends:
        time.sleep(0.05)  # it is written after the answer, so that the answer's time says nothing
    (told,) = found
    assert (told["action"], told["actor"]) == ("sign_in.refused", str(world.users["a_viewer"]))
    assert told["request_id"] == "refused-1"
    assert "not this one" not in str(told), "what was tried is not kept"
