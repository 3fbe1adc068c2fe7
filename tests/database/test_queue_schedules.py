"""Schedules and their slots: each is decided once, with its jobs and the cursor, however many schedulers there are."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.database.desk import Desk

SLOT = datetime(2026, 3, 6, 23, 15, tzinfo=UTC)
FIRE = "select fire_schedule(%s, %s, %s, %s, %s, %s)"


@pytest.fixture
def desk(stack):
    with Desk(stack.keys().db_url) as made:
        yield made


def make(desk, **columns):
    given = {"team_id": desk.team, "name": "nightly", "cron": "15 18 * * MON-FRI", "timezone": "America/New_York",
             "queue": desk.queue, "args": '{"report": "var"}', **columns}  # fmt: skip
    names, places = ", ".join(given), ", ".join(["%s"] * len(given))
    return desk.one(f"insert into schedules ({names}) values ({places}) returning id", *given.values())


def fire(desk, schedule, at=SLOT, revision=1, outcome="enqueued", as_of="2026-03-06", books=None, connection=None):
    return desk.ask(FIRE, schedule, at, revision, outcome, as_of, books, connection=connection)


def cursor(desk, schedule):
    return desk.one("select cursor_at from schedules where id = %s", schedule)


def test_a_slot_its_jobs_and_the_cursor_are_one(desk):
    schedule = make(desk, priority=3, max_attempts=2, timeout_s=77)
    desk.owner.execute("update schedules set cursor_at = '2026-03-01' where id = %s", [schedule])
    second = desk.one(
        "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'c', 'C', 'USD') returning id",
        desk.team,
    )
    jobs = fire(desk, schedule, books=[desk.book, second])
    assert len(jobs) == 2
    found = [desk.job(job) for job in jobs]
    assert {one["portfolio_id"] for one in found} == {desk.book, second}
    for one in found:
        assert (one["schedule_id"], one["fire_at"], str(one["as_of"])) == (schedule, SLOT, "2026-03-06")
        assert (one["priority"], one["max_attempts"], one["timeout_s"], one["queue"]) == (3, 2, 77, desk.queue)
        assert one["args"] == {"report": "var"}
    assert cursor(desk, schedule) == SLOT
    assert desk.one("select jobs from schedule_fires where schedule_id = %s", schedule) == 2
    assert fire(desk, schedule, books=[desk.book, second]) is None
    assert fire(desk, schedule, outcome="skipped_misfire") is None


def test_racing_schedulers_fire_every_slot_once_and_never_wait_for_each_other_in_a_circle(desk):
    schedule = make(desk)
    slots = [SLOT + timedelta(minutes=n) for n in range(30)]

    def scheduler(number):
        ordered = slots if number % 2 else slots[::-1]
        with desk.connect() as connection:
            return [fire(desk, schedule, at, books=[desk.book], connection=connection) for at in ordered]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for answers in pool.map(scheduler, range(8)) for answer in answers]
    fired = [answer for answer in answers if answer is not None]
    assert len(fired) == len(slots)
    assert desk.one("select count(*) from calculation_jobs where schedule_id = %s", schedule) == len(slots)
    assert desk.one("select count(*) from schedule_fires where schedule_id = %s and jobs = 1", schedule) == len(slots)
    assert cursor(desk, schedule) >= slots[-1]


@pytest.mark.parametrize("outcome", ["skipped_holiday", "skipped_misfire", "coalesced"])
def test_a_slot_that_is_not_due_is_on_record(desk, outcome):
    schedule = make(desk)
    assert fire(desk, schedule, outcome=outcome, as_of=None) == []
    assert desk.one("select outcome from schedule_fires where schedule_id = %s", schedule) == outcome
    assert fire(desk, schedule) is None


def test_a_later_slot_does_not_keep_an_earlier_one_from_being_fired(desk):
    schedule = make(desk)
    assert fire(desk, schedule, SLOT + timedelta(days=3))
    assert fire(desk, schedule, SLOT)
    assert cursor(desk, schedule) >= SLOT + timedelta(days=3)


def test_nothing_is_fired_of_a_schedule_that_is_paused_edited_or_gone(desk):
    schedule = make(desk)
    assert fire(desk, schedule, revision=2) is None
    desk.owner.execute("update schedules set enabled = false where id = %s", [schedule])
    assert fire(desk, schedule, revision=2) is None
    assert fire(desk, uuid.uuid4()) is None
    assert desk.one("select count(*) from schedule_fires where schedule_id = %s", schedule) == 0


@pytest.mark.parametrize("at", ["2999-01-01", "infinity", None])
def test_a_slot_has_come(desk, at):
    with pytest.raises(psycopg.Error) as refused:
        fire(desk, make(desk), at)
    assert refused.value.sqlstate == "PT422"


def test_a_schedule_reaches_no_other_teams_book(desk):
    schedule = make(desk)
    _, foreign = desk.add_team()
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        fire(desk, schedule, books=[desk.book, foreign])
    assert desk.one("select count(*) from schedule_fires where schedule_id = %s", schedule) == 0
    assert desk.one("select count(*) from calculation_jobs where schedule_id = %s", schedule) == 0


def test_an_edit_counts_from_now_on(desk):
    schedule = make(desk)
    state = "select revision, cursor_at > now() - interval '1 min' from schedules where id = %s"
    for change, revision, counts_from_now in (
        ("cursor_at = '2020-01-01'", 1, False),
        ('args = \'{"report": "stress"}\'', 2, False),
        ("enabled = false", 3, False),
        ("priority = 2", 4, False),
        ("enabled = true", 5, True),
        ("cursor_at = '2020-01-01'", 5, False),
        ("cron = '0 9 * * *'", 6, True),
    ):
        desk.owner.execute(f"update schedules set {change} where id = %s", [schedule])
        assert tuple(desk.owner.execute(state, [schedule]).fetchone()) == (revision, counts_from_now), change


CRONS = ("* * * *", "", "* * * * * *", "* * * * * * *", "@every 1s", "@daily", "a b c d e;", "*  * * * *",
         "1\n* * * *", "0 0 * * " + "1," * 200)  # fmt: skip


@pytest.mark.parametrize(
    "columns",
    [
        *({"cron": cron} for cron in CRONS),
        *({"timezone": zone} for zone in ("Mars/X", "EST5", "../etc", "", "America/New York", "utc")),
        {"calendar": "no calendar"},
        {"misfire": "maybe"},
        {"misfire_cap": 0},
        {"grace_minutes": 100_000},
        {"roll": "sideways"},
        {"as_of_rule": "tomorrow"},
        {"args": "{}"},
        {"args": '{"report": "x", "parameters": {"a b": 1}}'},
        {"priority": 11},
        {"name": "Nightly Report"},
    ],
    ids=str,
)
def test_a_schedule_has_bounds(desk, columns):
    with pytest.raises(psycopg.Error) as refused:
        make(desk, **columns)
    assert refused.value.sqlstate in ("23514", "PT422")


def test_schedules_of_users(world):
    """Analysts write, admins with a second factor remove; who edits last is the author; all of it is on record."""
    team = world.teams["a"]
    create = "insert into schedules (team_id, name, cron, timezone, args) values (%s, 'mine', '0 1 * * *', 'UTC', %s)"
    args = json.dumps({"report": "var"})
    assert world.attempt("a_viewer", create, (team, args)) == "42501"
    assert world.attempt("b_analyst", create, (team, args)) == "42501"
    assert (
        world.attempt(
            "a_analyst", create.replace("args)", "args, cursor_at)").replace("%s)", "%s, now())"), (team, args)
        )
        == "42501"
    )
    with world.acting("a_analyst") as session:
        session.execute(create, (team, args))
        who = "select edited_by from schedules where team_id = %s and name = 'mine'"
        assert session.execute(who, [team]).fetchone()[0] == world.users["a_analyst"]
        assert session.execute("delete from schedules where name = 'mine'").rowcount == 0, "pausing is an analyst's"
        session.execute("reset role")
        world_claims(session, world, "a_admin", "aal1")
        assert session.execute("delete from schedules where name = 'mine' and team_id = %s", [team]).rowcount == 0
        session.execute("update schedules set enabled = false where team_id = %s and name = 'mine'", [team])
        assert session.execute(who, [team]).fetchone()[0] == world.users["a_admin"]
        session.execute("reset role")
        world_claims(session, world, "a_admin", "aal2")
        assert session.execute("delete from schedules where name = 'mine' and team_id = %s", [team]).rowcount == 1
        session.execute("reset role")
        noted = session.execute(
            "select action, actor from audit_log where team_id = %s and subject = 'mine' order by seq", [team]
        ).fetchall()
    analyst, admin = world.users["a_analyst"], world.users["a_admin"]
    assert [tuple(row) for row in noted] == [
        ("schedule.created", analyst), ("schedule.changed", admin), ("schedule.deleted", admin),
    ]  # fmt: skip


def world_claims(session, world, user, aal):
    claims = {"sub": str(world.users[user]), "role": "authenticated", "aal": aal}
    session.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
    session.execute("set local role authenticated")
