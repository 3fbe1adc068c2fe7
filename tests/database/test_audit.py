"""The audit log: complete, append-only, one unbroken chain a team, and readable by whom it concerns."""

import hashlib
import json
import threading
import uuid

import psycopg
import pytest

from tests.database.world import ROLES

NOBODY = "select private.append_audit(%s, null, 'test.noted', %s, %s)"


def entries(world, team):
    return world.connection.execute(
        "select seq, private.audit_entry(l), previous, hash from audit_log l where team_id is not distinct from %s"
        " order by seq",
        [team],
    ).fetchall()


def last(world, team="a"):
    row = world.connection.execute(
        "select to_jsonb(l) from audit_log l where team_id = %s order by seq desc limit 1", [world.teams[team]]
    ).fetchone()
    return row[0]


def verdicts(session):
    return {row[0]: row[1:] for row in session.execute("select * from verify_audit()")}


def test_every_change_of_a_member_is_on_record(world):
    nobody, team = world.users["nobody"], world.teams["a"]
    headers = json.dumps({"x-request-id": "req-1"})
    with world.acting("a_admin", "aal2") as session:
        session.execute("select set_config('request.headers', %s, true)", [headers])
        session.execute("insert into memberships (team_id, user_id, role) values (%s, %s, 'viewer')", [team, nobody])
        session.execute("update memberships set role = 'analyst' where user_id = %s", [nobody])
        session.execute("update memberships set role = 'analyst' where user_id = %s", [nobody])
        session.execute("delete from memberships where user_id = %s", [nobody])
        told = session.execute(
            "select action, detail, actor, actor_name, db_role, team_role::text, subject, request_id from audit_log"
            " where team_id = %s order by seq desc limit 3",
            [team],
        ).fetchall()
    assert [row[0] for row in told] == ["member.removed", "member.role_changed", "member.added"]
    assert told[1][1] == {"user_id": str(nobody), "from": "viewer", "to": "analyst"}
    who = (world.users["a_admin"], f"a_admin@{world.mail}", "authenticated", "admin")
    assert {row[2:6] for row in told} == {who}
    assert {row[6:] for row in told} == {(f"nobody@{world.mail}", "req-1")}


def test_a_team_keeps_an_admin(world):
    team, admin = world.teams["a"], world.users["a_admin"]
    for statement in ("delete from memberships where", "update memberships set role = 'viewer' where"):
        assert world.attempt("a_admin", f"{statement} user_id = %s", [admin], aal="aal2") == "PT422"
        with world.connection.transaction(force_rollback=True), pytest.raises(psycopg.Error, match="at least one"):
            world.connection.execute(f"{statement} user_id = %s", [admin])
    with world.connection.transaction(force_rollback=True), pytest.raises(psycopg.Error, match="at least one"):
        world.connection.execute("delete from auth.users where id = %s", [admin])
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("update memberships set role = 'admin' where team_id = %s and role = 'viewer'", [team])
        assert world.connection.execute("delete from memberships where user_id = %s", [admin]).rowcount == 1
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("delete from report_runs where team_id = %s", [team])
        world.connection.execute("delete from positions where team_id = %s", [team])
        assert world.connection.execute("delete from teams where id = %s", [team]).rowcount == 1


def test_two_admins_cannot_remove_each_other_at_once(world):
    """The second waits for the first, and is then refused."""
    with psycopg.connect(world.url, autocommit=True) as owner:
        team = owner.execute("insert into teams (slug, name) values (%s, 'Two') returning id", [uuid.uuid4().hex])
        (team,) = team.fetchone()
        pair = [world.users["b_admin"], world.users["nobody"]]
        for user in pair:
            owner.execute("insert into memberships values (%s, %s, 'admin')", [team, user])
    answers, waiting = [], threading.Event()
    remove = "delete from memberships where team_id = %s and user_id = %s"

    def second():
        with psycopg.connect(world.url, autocommit=True) as other:
            waiting.set()
            try:
                answers.append(other.execute(remove, [team, pair[1]]).rowcount)
            except psycopg.Error as error:
                answers.append(error.sqlstate)

    thread = threading.Thread(target=second)
    with psycopg.connect(world.url) as first:
        first.execute(remove, [team, pair[0]])
        thread.start()
        waiting.wait(30)
    thread.join(30)
    world.connection.execute("delete from teams where id = %s", [team])
    assert answers == ["PT422"]


@pytest.mark.parametrize(
    "statement", ["update audit_log set subject = 'x'", "delete from audit_log", "truncate audit_log"]
)
def test_nobody_changes_what_is_written(world, statement):
    """Not even the owner; users and the service may not so much as try."""
    with world.connection.transaction(force_rollback=True), pytest.raises(psycopg.Error, match="append-only") as caught:
        world.connection.execute(statement)
    assert caught.value.sqlstate == "RK010"
    for user in ("a_viewer", "a_admin"):
        assert world.attempt(user, statement, aal="aal2") == "42501"
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local role service_role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.connection.execute(statement)


def test_the_triggers_fire_always(world):
    """Also for a superuser who switches ordinary triggers off with session_replication_role."""
    enabled = "select array_agg(tgenabled::text) from pg_trigger where tgrelid = 'audit_log'::regclass"
    assert world.one(enabled) == ["A", "A"]


def test_only_an_admin_with_two_factors_reads_it(world):
    query = "select from audit_log where team_id = %s"
    for role in ROLES:
        for aal in ("aal1", "aal2"):
            seen = world.attempt(f"a_{role}", query, [world.teams["a"]], aal)
            assert (seen > 0) == (role == "admin" and aal == "aal2"), (role, aal)
    assert world.attempt("b_admin", query, [world.teams["a"]], "aal2") == 0
    assert world.attempt("a_admin", "select from audit_log where team_id is null", aal="aal2") == 0
    assert world.attempt(None, "select from audit_log") == "42501"


def test_users_cannot_write_it(world):
    values = [world.teams["a"], "x", "{}"]
    assert world.attempt("a_admin", NOBODY, values, "aal2") == "42501"
    assert world.attempt("a_admin", "select private.audit(%s, 'x', 'x')", values[:1], "aal2") == "42501"
    assert world.attempt("a_admin", "select record_audit(%s, 'x', 'x')", values[:1], "aal2") == "42501"
    insert = "insert into audit_log (team_id, seq, action) values (%s, 1, 'x')"
    assert world.attempt("a_admin", insert, values[:1], "aal2") == "42501"


def test_the_service_writes_on_somebodys_behalf(world):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local role service_role")
        world.connection.execute(
            "select record_audit(%s, 'sign_in.refused', E'x\\u202e\\n', '{\"why\": \"second factor\"}', %s)",
            [world.teams["a"], world.users["a_viewer"]],
        )
        world.connection.execute("reset role")
        told = last(world)
    assert (told["action"], told["subject"], told["db_role"]) == ("sign_in.refused", "x??", "service_role")
    assert (told["actor"], told["team_role"]) == (str(world.users["a_viewer"]), "viewer")


def test_facts_of_any_length_and_letters_go_on_record(world):
    for fact, kept in (("a\u202eb", "a?b"), ("x" * 70_000, None), ("tab\t\x1b", "tab\t\x1b")):
        with world.connection.transaction(force_rollback=True):
            world.connection.execute(NOBODY, [world.teams["a"], "x" * 1000, json.dumps({"fact": fact})])
            told = last(world)
            assert verdicts(world.connection)[world.teams["a"]][2] is None
        assert told["detail"].get("fact") == kept
        assert (kept is None) == (told["detail"].get("too_long", 0) > 70_000)
        assert told["subject"] == "x" * 320


def test_sign_ins_and_refusals_are_noted_for_every_team_of_the_user(world):
    user = world.users["a_viewer"]
    with world.connection.transaction(force_rollback=True):
        session = world.one("insert into auth.sessions (user_id, ip) values (%s, '10.0.0.1') returning id", user)
        told = last(world)
        assert (told["action"], told["actor"]) == ("sign_in", str(user))
        assert told["detail"]["session_id"] == str(session)
        world.connection.execute("update auth.sessions set aal = 'aal2' where id = %s", [session])
        assert last(world)["action"] == "sign_in.second_factor"
        for hook, action in (("password", "sign_in.refused"), ("factor", "second_factor.refused")):
            for valid in (True, False):
                before = last(world)["seq"]
                event = json.dumps({"user_id": str(user), "valid": valid, "ip": "10.0.0.2"})
                answer = world.one(f"select private.note_{hook}_attempt(%s)", event)
                assert answer == {"decision": "continue"}
                assert last(world)["seq"] == before + (not valid)
            assert (last(world)["action"], last(world)["detail"]) == (action, {"ip": "10.0.0.2"})
        world.connection.execute("insert into auth.sessions (user_id) values (%s)", [world.users["nobody"]])
        teamless = world.one("select actor from audit_log where team_id is null order by seq desc limit 1")
        assert teamless == world.users["nobody"]


def test_the_chain_is_computed_again_by_anybody_who_may_read_it(world):
    with world.acting("a_admin", "aal2") as session:
        read = session.execute("select * from audit_entries(%s)", [world.teams["a"]]).fetchall()
    assert read == entries(world, world.teams["a"])[:1000], "a page of it"
    previous = "0" * 64
    for place, (seq, entry, before, digest) in enumerate(read, 1):
        assert (seq, before) == (place, previous)
        previous = hashlib.sha256(f"{before}\n{entry}".encode()).hexdigest()
        assert digest == previous
        assert json.loads(entry)["seq"] == seq
    assert len(read) >= len(ROLES)


@pytest.mark.parametrize(
    ("tampering", "broken", "reason"),
    [
        ("update audit_log set subject = 'x' where team_id = %s and seq = 2", 2, "it was changed"),
        ("update audit_log set detail = '{}', hash = repeat('a', 64) where team_id = %s and seq = 2", 2, "changed"),
        ("delete from audit_log where team_id = %s and seq = 2", 3, "missing"),
        ("delete from audit_log where team_id = %s and seq = 1", 2, "missing"),
        (
            "with gone as (delete from audit_log where team_id = %s and seq = 2 returning team_id)"
            " update audit_log l set seq = seq - 1 from gone where l.team_id = gone.team_id and l.seq = 3",
            2,
            "follow",
        ),
        ("update audit_log set at = at - interval '1 us' where team_id = %s and seq = 1", 1, "changed"),
        ("update audit_log set actor = gen_random_uuid() where team_id = %s and seq = 3", 3, "changed"),
    ],
)
def test_what_the_owner_does_behind_the_triggers_is_found(world, tampering, broken, reason):
    with world.connection.transaction(force_rollback=True):
        for _ in range(3):
            world.connection.execute(NOBODY, [world.teams["a"], "x", '{"n": 1}'])
        assert verdicts(world.connection)[world.teams["a"]][2] is None
        world.connection.execute("alter table audit_log disable trigger no_change")
        world.connection.execute(tampering, [world.teams["a"]])
        with world.acting("a_admin", "aal2") as session:
            found = verdicts(session)
    assert found[world.teams["a"]][2] == broken
    assert reason in found[world.teams["a"]][3]


def test_an_admin_asks_about_his_own_chains_only(world):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(NOBODY, [None, "x", "{}"])
        with world.acting("a_admin", "aal2") as session:
            assert set(verdicts(session)) == {None, world.teams["a"]}
        for user, aal in (("a_admin", "aal1"), ("a_approver", "aal2"), ("nobody", "aal2")):
            with world.acting(user, aal) as session:
                assert verdicts(session) == {}
        assert {None, *world.teams.values()} <= set(verdicts(world.connection)), "the service: every chain"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_chain_without_a_team_is_verified_in_parts(world, size):
    part = "select entries, last_seq, head, broken, reason from verify_audit_part(%s, %s)"
    with world.connection.transaction(force_rollback=True):
        for _ in range(6):
            world.connection.execute(NOBODY, [None, "x", "{}"])
        heads, count, after = [row[3] for row in entries(world, None)], 0, 0
        with world.acting("a_admin", "aal2") as session:
            while row := session.execute(part, [after, size]).fetchone():
                assert (row[2], row[3]) == (heads[row[1] - 1], None)
                count, after = count + row[0], row[1]
        assert count == after == len(heads)
        for user, aal in (("a_admin", "aal1"), ("a_approver", "aal2"), ("nobody", "aal2")):
            assert world.attempt(user, part, [0, size], aal) == 0
        world.connection.execute("alter table audit_log disable trigger no_change")
        for change, broken, reason in (
            ("update audit_log set subject = 'y' where team_id is null and seq = %s", 0, "changed"),
            ("delete from audit_log where team_id is null and seq = %s", 1, "missing"),
        ):
            with world.connection.transaction(force_rollback=True):
                world.connection.execute(change, [after - 3])
                found = world.connection.execute(part, [after - 5, 100]).fetchone()
                assert (found[3], reason in found[4]) == (after - 3 + broken, True)
                # Also where a part begins with it.
                assert world.connection.execute(part, [after - 4, 1]).fetchone()[3] == after - 3 + broken


def test_many_writers_at_once_make_one_chain(world):
    """Eight connections, two teams and none; some roll back. No fork, no gap."""
    teams = [*world.teams.values(), None]
    before = {team: len(entries(world, team)) for team in teams}

    def write(number):
        with psycopg.connect(world.url) as own:
            for turn in range(9):
                own.execute(NOBODY, [teams[turn % 3], f"writer {number}", json.dumps({"turn": turn})])
                own.rollback() if turn % 3 == number % 3 and turn > 5 else own.commit()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = verdicts(world.connection)
    assert all(found[team][2] is None for team in teams), found
    assert sum(found[team][0] - before[team] for team in teams) == 8 * 9 - 8
