"""Two pairs of eyes on a run; comments; limits and what was said of their breaches."""

import json
import uuid
from contextlib import contextmanager

import psycopg
import pytest


def decide(session, run, decision="approved", reason="", hashed=None):
    hashed = hashed or session.execute("select run_hash(%s)", [run]).fetchone()[0]
    return session.execute("select decide_on_run(%s, %s, %s, %s)", [run, hashed, decision, reason]).fetchone()[0]


def test_an_approver_decides_and_it_is_on_record(world):
    run = world.runs["a"]
    with world.acting("a_approver") as session:
        hashed = session.execute("select run_hash(%s)", [run]).fetchone()[0]
        made = decide(session, run, "rejected", "The book is stale.")
        row = session.execute("select to_jsonb(a) from approvals a where id = %s", [made]).fetchone()[0]
    assert (row["run_hash"], row["decision"], row["reason"]) == (hashed, "rejected", "The book is stale.")
    assert (row["approver"], row["approver_name"]) == (str(world.users["a_approver"]), f"a_approver@{world.mail}")
    with world.acting("a_approver") as session:
        decide(session, run)
        session.execute("reset role")
        told = session.execute(
            "select action, subject, actor, detail from audit_log order by id desc limit 1"
        ).fetchone()
    assert told[:3] == ("run.approved", str(run), world.users["a_approver"])
    assert told[3]["run_hash"] == hashed


@pytest.mark.parametrize(
    ("user", "code"),
    [("a_analyst", "42501"), ("a_viewer", "42501"), ("b_approver", "PT422"), ("nobody", "PT422"), ("removed", "PT422")],
)
def test_nobody_else_decides(world, user, code):
    """Somebody of another team is told the same as of a run that is not there."""
    hashed = world.one("select run_hash(%s)", world.runs["a"])
    call = "select decide_on_run(%s, %s, 'approved')"
    assert world.attempt(user, call, [world.runs["a"], hashed], "aal2") == code
    assert world.attempt("a_admin", call, [uuid.uuid4(), hashed]) == "PT422"


@contextmanager
def tampering(world):
    """The owner of the tables, after taking away what keeps a record from changing; undone at the end."""
    with world.connection.transaction(force_rollback=True):
        for table, trigger in (("report_runs", "run"), ("run_metrics", "metric"), ("run_artifacts", "artifact")):
            world.connection.execute(f"alter table {table} disable trigger fixed_{trigger}")
        yield


@pytest.mark.parametrize("column", ["author", "recorded_by"])
def test_the_author_cannot_decide_whatever_their_role(world, column):
    with tampering(world):
        world.connection.execute(f"update report_runs set {column} = %s", [world.users["a_admin"]])
        with (
            world.acting("a_admin", "aal2") as session,
            pytest.raises(psycopg.Error, match="author of a run") as caught,
        ):
            decide(session, world.runs["a"])
    assert caught.value.sqlstate == "42501"


@pytest.mark.parametrize(
    "change",
    [
        "update run_metrics set value = 2 where run_id = %s",
        "update run_metrics set unit = 'EUR' where run_id = %s",
        "delete from run_artifacts where run_id = %s",
        "update run_artifacts set size = 2 where run_id = %s",
        "update report_runs set parameters = '{\"x\": 1}' where id = %s",
        "update report_runs set as_of = '2020-01-03' where id = %s",
        "update report_runs set seed = 7 where id = %s",
        "update report_runs set official = true where id = %s",
    ],
)
def test_a_decision_is_bound_to_what_was_looked_at(world, change):
    run = world.runs["a"]
    seen = world.one("select run_hash(%s)", run)
    with tampering(world):
        world.connection.execute(change, [run])
        assert world.one("select run_hash(%s)", run) != seen
        with world.acting("a_approver") as session, pytest.raises(psycopg.Error, match="no longer") as caught:
            decide(session, run, hashed=seen)
    assert caught.value.sqlstate == "PT409"


def test_the_hash_does_not_depend_on_the_session_or_on_who_still_has_an_account(world):
    run = world.runs["a"]
    seen = world.one("select run_hash(%s)", run)
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local timezone = 'Asia/Tokyo'; set local datestyle = 'German'")
        world.connection.execute("update report_runs set author = null, recorded_by = null")
        assert world.one("select run_hash(%s)", run) == seen
    with world.acting("b_admin", "aal2") as session:
        assert session.execute("select run_hash(%s)", [run]).fetchone() == (None,)


@pytest.mark.parametrize(
    ("decision", "reason", "field"),
    [(None, "", "decision"), ("maybe", "", "decision"), ("rejected", " ", "reason"), ("rejected", "", "reason")],
)
def test_a_decision_that_says_nothing_is_refused(world, decision, reason, field):
    with world.acting("a_approver") as session, pytest.raises(psycopg.Error) as caught:
        decide(session, world.runs["a"], decision, reason)
    assert json.loads(caught.value.diag.message_detail)["field"] == field


def test_a_run_has_the_author_who_asked_for_it(world):
    """A user is the author of what they record, whatever they say; the service names one."""
    author = "select author from report_runs where id = %s"
    assert world.one(author, world.runs["a"]) == world.users["a_analyst"]
    run = {"id": str(uuid.uuid4()), "team_id": str(world.teams["a"]), "portfolio_id": str(world.books["a"])}
    run |= {"report": "r", "notebook": "r", "as_of": "2020-01-02", "run_at": "2026-01-01T00:00:00Z"}
    run |= {"parameters": {}, "inputs": {}, "code": {}, "packages": {}, "author": str(world.users["b_admin"])}
    with world.acting("a_approver") as session:
        session.execute("select record_run(%s, '[]', '[]')", [json.dumps(run)])
        assert session.execute(author, [run["id"]]).fetchone() == (world.users["a_approver"],)
        with pytest.raises(psycopg.Error, match="author of a run"):
            decide(session, run["id"])


def test_parameters_set_against_the_file_are_on_record(world):
    run = {"id": str(uuid.uuid4()), "team_id": str(world.teams["a"]), "portfolio_id": str(world.books["a"])}
    run |= {"report": "r", "notebook": "r", "as_of": "2020-01-02", "run_at": "2026-01-01T00:00:00Z"}
    run |= {"parameters": {}, "inputs": {}, "code": {}, "packages": {}}
    overrides = {"confidence_level": {"file": 0.99, "run": 0.95}}
    with world.acting("a_analyst") as session:
        for _ in range(2):  # said twice, written once
            session.execute("select record_run(%s, '[]', '[]')", [json.dumps({**run, "overrides": overrides})])
        session.execute("select record_run(%s, '[]', '[]')", [json.dumps({**run, "id": str(uuid.uuid4())})])
        session.execute("reset role")
        told = session.execute(
            "select actor, subject, detail from audit_log where action = 'run.parameters_overridden'"
        ).fetchall()
    assert [row[:2] for row in told] == [(world.users["a_analyst"], run["id"])]
    assert told[0][2]["overrides"] == overrides


def test_comments_are_signed_by_who_wrote_them(world):
    values = [world.teams["a"], world.runs["a"]]
    with world.acting("a_viewer") as session:
        made = session.execute(
            "insert into run_comments (team_id, run_id, body) values (%s, %s, E'Why?\\nTwice.')"
            " returning author, author_name",
            values,
        ).fetchone()
    assert made == (world.users["a_viewer"], f"a_viewer@{world.mail}")
    for column, value in (("author", world.users["a_admin"]), ("author_name", "x"), ("created_at", "2020-01-01")):
        statement = f"insert into run_comments (team_id, run_id, body, {column}) values (%s, %s, 'x', %s)"
        assert world.attempt("a_viewer", statement, [*values, value]) == "42501"
    assert world.attempt("a_admin", "update run_comments set body = 'x'") == "42501"
    foreign = "insert into run_comments (team_id, run_id, body) values (%s, %s, 'x')"
    assert world.attempt("a_viewer", foreign, [world.teams["a"], world.runs["b"]]) == "23503"


LIMIT = "insert into limits (team_id, portfolio_id, metric, scope, scope_value, basis, unit, soft, hard, valid_from)"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 1),
        ({"soft": None}, 1),
        ({"soft": None, "hard": None}, "23514"),
        ({"soft": 3}, "23514"),
        ({"hard": "NaN"}, "23514"),
        ({"hard": "Infinity"}, "23514"),
        ({"hard": "1e15"}, "23514"),
        ({"scope": "galaxy"}, "23514"),
        ({"scope": "sector"}, "23514"),
        ({"scope": "sector", "scope_value": "*"}, "PT422"),
        ({"scope_value": "Energy"}, "23514"),
        ({"scope": "sector", "scope_value": "\u202eEnergy"}, "23514"),
        ({"unit": "dollars"}, "23514"),
        ({"metric": "Value at risk"}, "23514"),
        ({"valid_from": "infinity"}, "23514"),
        ({"metric": "vra"}, "PT422"),
        ({"basis": "absolute"}, "23505"),
    ],
)
def test_limits_make_sense_and_one_is_in_force(world, change, code):
    row = {"metric": "var", "scope": "portfolio", "scope_value": "", "basis": "relative", "unit": "USD"}
    row |= {"soft": 1, "hard": 2, "valid_from": "2020-01-01", **change}
    statement = f"{LIMIT} values (%s, %s, {', '.join(['%s'] * len(row))})"
    values = [world.teams["a"], world.books["a"], *row.values()]
    assert world.attempt("a_approver", statement, values, "aal2") == code
    assert world.attempt("a_approver", statement, values, "aal1") in ("42501", "23514"), "one factor"


def test_every_change_of_a_limit_is_on_record(world):
    with world.acting("a_admin", "aal2") as session:
        session.execute("update limits set valid_to = '2021-01-01', note = 'x'")
        session.execute("delete from limits")
        told = session.execute("select action, subject, detail from audit_log order by seq desc limit 2").fetchall()
    assert [row[0] for row in told] == ["limit.removed", "limit.changed"]
    assert told[1][1] == "var absolute portfolio"
    assert told[1][2]["valid_to"] == "2021-01-01"
    assert world.attempt("a_admin", "update limits set hard = 9", aal="aal2") == "42501", "end it and set another"


def test_a_breach_is_acknowledged_once_with_a_reason(world):
    limit = world.one("select id from limits where team_id = %s", world.teams["a"])
    insert = "insert into limit_acknowledgements (team_id, limit_id, run_id, reason) values (%s, %s, %s, %s)"
    values = [world.teams["a"], limit, world.runs["a"]]
    assert world.attempt("a_approver", insert, [*values, "Known."]) == "23505"
    assert world.attempt("a_approver", insert, [*values, " "]) == "23514"
    assert world.attempt("a_approver", insert, [world.teams["a"], limit, world.runs["b"], "x"]) == "23503"
    assert world.attempt("a_admin", "update limit_acknowledgements set reason = 'x'", aal="aal2") == "42501"


def test_a_run_goes_to_a_recipient_once(world):
    insert = (
        "insert into deliveries (team_id, run_id, channel, recipient, dedupe_key)"
        " values (%s, %s, 'mail', %s, gen_random_uuid()::text)"
    )
    for recipient, code in (("a@b.example", "23505"), ("c@d.example", None), ("a\nbcc: x", "23514"), ("", "23514")):
        with world.connection.transaction(force_rollback=True):
            try:
                world.connection.execute(insert, [world.teams["a"], world.runs["a"], recipient])
                found = None
            except psycopg.Error as error:
                found = error.sqlstate
        assert found == code, recipient


def test_a_limit_is_signed_by_who_sets_and_who_ends_it_and_nobody_can_sign_for_another(world):
    with world.acting("a_approver", "aal2") as session:
        bound = json.dumps({"metric": "var", "unit": "USD", "hard": 3})
        session.execute("select set_limit(%s, %s)", [world.books["a"], bound])
        rows = session.execute(
            "select created_by_name, ended_by_name, ended_at is not null from limits where metric = 'var'"
            " order by valid_to nulls last"
        ).fetchall()
    mine = f"a_approver@{world.mail}"
    assert rows == [("", mine, True), (mine, "", False)]
    forged = "update limits set ended_by_name = 'x'"
    assert world.attempt("a_approver", forged, aal="aal2") == "42501"


def test_the_stamp_of_a_book_moves_with_its_limits_and_is_for_members_only(world):
    stamp = "select limit_stamp(%s)"
    with world.acting("a_approver", "aal2") as session:
        before = session.execute(stamp, [world.books["a"]]).fetchone()[0]
        bound = json.dumps({"metric": "var", "unit": "USD", "hard": 3})
        session.execute("select set_limit(%s, %s)", [world.books["a"], bound])
        assert session.execute(stamp, [world.books["a"]]).fetchone()[0] != before
    with world.acting("b_admin", "aal2") as session:
        assert session.execute(stamp, [world.books["a"]]).fetchone() == (None,)
