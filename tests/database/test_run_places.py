"""A run's place: one current run a slot, reruns with a reason, holds, and a record that does not change."""

import json
import threading
import uuid
from datetime import UTC, date, datetime
from functools import partial

import psycopg
import pytest

from tests.database.desk import Desk, Hold

SLOT = datetime(2020, 1, 3, 23, 15, tzinfo=UTC)


@pytest.fixture
def desk(stack):
    with Desk(stack.keys().db_url) as made:
        yield made
        made.owner.execute("update report_runs set hold = null where team_id = %s", [made.team])


@pytest.fixture
def people(desk, world):
    """Members of the desk's team: user of the world to role."""
    roles = {"nobody": "viewer", "removed": "analyst", "b_approver": "approver", "b_admin": "approver"}
    for user, role in roles.items():
        values = [desk.team, world.users[user], role]
        desk.owner.execute("insert into memberships (team_id, user_id, role) values (%s, %s, %s)", values)
    return roles


def made(desk, job, **run):
    """Work a job off: the id of its run."""
    hold = desk.claim()
    assert hold.id == job
    document = desk.run(**run)
    assert desk.complete(hold, document)
    return uuid.UUID(document["id"])


def row(desk, run, columns="current, supersedes, reason, slot, attempt, schedule_id, author"):
    return tuple(desk.owner.execute(f"select {columns} from report_runs where id = %s", [run]).fetchone())


def as_user(desk, world, user, statement, *values):
    """A request of a user, kept: the first value, or the field that is refused, or the code."""
    with desk.owner.transaction():
        claims = json.dumps({"sub": str(world.users[user]), "role": "authenticated", "aal": "aal2"})
        desk.owner.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        desk.owner.execute("set local role authenticated")
        return desk.owner.execute(statement, values).fetchone()[0]


def refused(desk, world, user, statement, *values):
    with pytest.raises(psycopg.Error) as caught:
        as_user(desk, world, user, statement, *values)
    detail = caught.value.diag.message_detail
    return json.loads(detail)["field"] if caught.value.sqlstate == "PT422" else caught.value.sqlstate


def fired(desk, world, editor):
    """A schedule that somebody edited last, and its slot's run: both ids."""
    schedule = as_user(
        desk, world, "removed",
        "insert into schedules (team_id, name, cron, timezone, args, portfolios, queue)"
        " values (%s, 'var', '15 18 * * *', 'America/New_York', '{\"report\": \"var\"}', '{b}', %s) returning id",
        desk.team, desk.queue,
    )  # fmt: skip
    edit = "update schedules set timeout_s = 300 where id = %s returning revision"
    revision = as_user(desk, world, editor, edit, schedule)
    fire = "select fire_schedule(%s, %s, %s, 'enqueued', '2020-01-02')"
    (job,) = desk.ask(fire, schedule, SLOT, revision)
    return schedule, made(desk, job)


def test_the_author_of_a_scheduled_run_is_who_last_edited_its_schedule_and_cannot_approve_it(desk, world, people):
    schedule, run = fired(desk, world, "b_approver")
    place = (True, None, "", SLOT, 1, schedule, world.users["b_approver"])
    assert row(desk, run) == place
    decide = "select decide_on_run(%s, run_hash(%s), 'approved')"
    assert refused(desk, world, "b_approver", decide, run, run) == "42501"
    assert as_user(desk, world, "b_admin", decide, run, run), "another approver may"


def test_a_rerun_keeps_the_slot_and_supersedes_with_its_reason_and_what_was_approved_stays_with_the_old_run(
    desk, world, people
):
    schedule, old = fired(desk, world, "removed")
    hashed = desk.one("select run_hash(%s)", old)
    as_user(desk, world, "b_approver", "select decide_on_run(%s, %s, 'approved')", old, hashed)
    desk.owner.execute("update schedules set enabled = false where id = %s", [schedule])
    rerun = "select rerun_run(%s, %s)"
    job = as_user(desk, world, "removed", rerun, old, " The close of ACME was wrong. ")
    assert as_user(desk, world, "removed", rerun, old, "again") == job, "while it waits, it is the same job"
    asked = desk.job(job)
    assert (asked["as_of"], asked["fire_at"], asked["queue"]) == (date(2020, 1, 2), SLOT, desk.queue)
    assert (asked["args"]["report"], asked["args"]["parameters"]) == ("var", {})
    assert row(desk, old)[0] is True, "until the other is there"
    desk.fail(desk.claim(), type="lease_expired", message="silent")
    desk.due(job)
    new = made(desk, job)
    assert row(desk, old)[0] is False
    assert row(desk, new) == (True, old, "The close of ACME was wrong.", SLOT, 2, schedule, world.users["removed"])
    assert [one["type"] for one in row(desk, new, "failures")[0]] == ["lease_expired"]
    assert desk.one("select run_hash(%s)", old) == hashed
    assert desk.one("select run_hash from approvals where run_id = %s", old) == hashed
    assert desk.one("select count(*) from approvals where run_id = %s", new) == 0
    assert refused(desk, world, "removed", rerun, old, "once more") == "run", "only the current one is made again"
    told = "select detail from audit_log where team_id = %s and action = 'run.rerun_requested'"
    (detail,) = desk.owner.execute(told, [desk.team]).fetchone()
    assert (detail["reason"], detail["job"]) == ("The close of ACME was wrong.", str(job))


@pytest.mark.parametrize("reason", [None, "", " \n", "x\u202ey", "x" * 1001])
def test_a_rerun_or_a_hold_without_a_reason_names_the_field(desk, world, people, reason):
    _, run = fired(desk, world, "removed")
    assert refused(desk, world, "removed", "select rerun_run(%s, %s)", run, reason) == "reason"
    assert refused(desk, world, "removed", "select hold_run(%s, %s)", run, reason) == "reason"


def test_who_may_rerun_hold_and_release(desk, world, people):
    _, run = fired(desk, world, "removed")
    for statement in ("select rerun_run(%s, 'x')", "select hold_run(%s, 'x')", "select release_run(%s)"):
        assert refused(desk, world, "nobody", statement, run) == "42501"
        assert refused(desk, world, "a_admin", statement, run) == "run"
    as_user(desk, world, "removed", "select hold_run(%s, 'Audit of 2020')", run)
    assert refused(desk, world, "removed", "select release_run(%s)", run) == "42501", "an analyst holds"
    assert as_user(desk, world, "b_approver", "select release_run(%s)", run) is True, "an approver releases"
    assert as_user(desk, world, "b_approver", "select release_run(%s)", run) is False
    own = desk.run(official=False)
    as_user(desk, world, "removed", "select record_run(%s, '[]', '[]')", json.dumps(own))
    assert refused(desk, world, "removed", "select rerun_run(%s, 'x')", own["id"]) == "run", "not official"


def test_without_a_slot_a_day_and_its_parameters_have_one_current_run(desk):
    first = made(desk, desk.enqueue_report(as_of="2020-01-02"))
    other_day = made(desk, desk.enqueue_report(as_of="2020-01-03"), as_of="2020-01-03")
    other_report = made(desk, desk.enqueue_report(as_of="2020-01-02"), report="stress")
    second = made(desk, desk.enqueue_report(as_of="2020-01-02"))
    columns = "current, supersedes, reason"
    assert row(desk, first, columns) == (False, None, "")
    assert row(desk, second, columns) == (True, first, "made again")
    for run in (other_day, other_report):
        assert row(desk, run, columns) == (True, None, "")


def test_a_request_with_other_parameters_stands_beside(desk):
    """Where there is no slot the parameters are part of the place; portfolio and day are not: they are its columns."""
    ask = partial(desk.enqueue_report, as_of="2020-01-02")
    first = made(desk, ask(), parameters={"confidence_level": 0.99, "as_of": "latest"})
    other = made(desk, ask(), parameters={"confidence_level": 0.95})
    again = made(desk, ask(), parameters={"as_of": "2020-01-02", "confidence_level": 0.99})
    columns = "current, supersedes"
    assert row(desk, other, columns) == (True, None)
    assert row(desk, first, columns) == (False, None)
    assert row(desk, again, columns) == (True, first)


def test_a_rerun_supersedes_though_its_notebook_has_a_new_parameter_since(desk, world, people):
    old = made(desk, desk.enqueue_report(as_of="2020-01-02"), parameters={"method": "historical"})
    job = as_user(desk, world, "removed", "select rerun_run(%s, 'The close of ACME was wrong.')", old)
    desk.owner.execute("update calculation_jobs set queue = %s where id = %s", [desk.queue, job])
    new = made(desk, job, parameters={"method": "historical", "tail": "acerbi_tasche"})
    assert row(desk, old, "current") == (False,)
    assert row(desk, new, "current, supersedes, reason") == (True, old, "The close of ACME was wrong.")


def test_two_commits_of_one_slot_at_once_leave_one_current_run(desk):
    holds = [desk.claim() for _ in range(4) if desk.enqueue_report(as_of="2020-01-02")]
    wrong = []

    def commit(hold: Hold):
        connection = desk.connect()
        try:
            assert desk.complete(hold, desk.run(), connection=connection)
        except (psycopg.Error, AssertionError) as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=commit, args=(hold,)) for hold in holds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    counts = (
        "select count(*) a, count(*) filter (where current) b, count(supersedes) c from report_runs where team_id = %s"
    )
    assert tuple(desk.owner.execute(counts, [desk.team]).fetchone()) == (4, 1, 3), "a chain with one end"
    with pytest.raises(psycopg.errors.UniqueViolation):
        desk.owner.execute(
            "insert into report_runs (id, team_id, portfolio_id, report, notebook, as_of, run_at, official, parameters,"
            " inputs, code, packages) select gen_random_uuid(), team_id, portfolio_id, report, notebook, as_of, run_at,"
            " official, '{}', '{}', '{}', '{}' from report_runs where team_id = %s limit 1",
            [desk.team],
        )


def test_the_same_commit_twice_supersedes_nothing(desk):
    hold, run = (desk.enqueue_report(), desk.claim())[1], desk.run()
    assert desk.complete(hold, run)
    assert desk.complete(hold, run)
    assert row(desk, run["id"])[:3] == (True, None, "")
    again = json.dumps(run)
    desk.service.execute("select record_run(%s, '[]', '[]')", [again])
    assert row(desk, run["id"])[:3] == (True, None, "")


@pytest.mark.parametrize("role", ["postgres", "service_role"])
def test_nobody_changes_a_record(desk, role):
    metric = {"name": "var", "value": 1, "unit": "USD"}
    file = {"name": "a", "media_type": "text/html", "sha256": "0" * 64, "size": 1, "key": "00/" + "0" * 64}
    hold, run = (desk.enqueue_report(), desk.claim())[1], desk.run()
    assert desk.complete(hold, run, [metric], [file])
    connection = desk.owner if role == "postgres" else desk.service
    fixed = {
        "parameters": "'{\"a\": 1}'", "inputs": "'{\"a\": \"b\"}'", "as_of": "'2020-01-09'", "official": "false",
        "code": "'{\"a\": 1}'", "slot": "now()", "run_at": "now()", "gates": "'[]'", "failures": "'[{}]'",
        "seed": "7", "attempt": "7",
        "supersedes": "gen_random_uuid(), reason = 'x'", "overrides": "'{\"a\": 1}'", "author": "gen_random_uuid()",
    }  # fmt: skip
    for column, value in fixed.items():
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(f"update report_runs set {column} = {value} where id = %s", [run["id"]])
        assert caught.value.sqlstate == "RK011", column
    for statement in ("update run_metrics set value = 2 where run_id = %s",
                      "update run_artifacts set size = 2 where run_id = %s"):  # fmt: skip
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(statement, [run["id"]])
        assert caught.value.sqlstate == "RK011"
    connection.execute("update report_runs set current = false, hold = 'x' where id = %s", [run["id"]])
    with pytest.raises(psycopg.Error) as caught:
        connection.execute("update report_runs set current = true where id = %s", [run["id"]])
    assert caught.value.sqlstate == "RK011", "what was superseded stays so"
    with pytest.raises(psycopg.Error) as caught:
        connection.execute("delete from report_runs where id = %s", [run["id"]])
    assert caught.value.sqlstate == "RK012", "on hold"
