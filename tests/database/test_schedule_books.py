"""A schedule's books, its places and its slots a day: expanded when a slot is fired, bounded by the database."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from riskkit.schedules import Cron
from tests.database.desk import Desk

SLOT = datetime(2026, 3, 6, 23, 15, tzinfo=UTC)


@pytest.fixture
def desk(stack):
    with Desk(stack.keys().db_url) as made:
        yield made


def make(desk, **columns):
    given = {"team_id": desk.team, "name": "nightly", "cron": "15 18 * * MON-FRI", "timezone": "America/New_York",
             "queue": desk.queue, "args": '{"report": "var"}', **columns}  # fmt: skip
    names, places = ", ".join(given), ", ".join(["%s"] * len(given))
    return desk.one(f"insert into schedules ({names}) values ({places}) returning id", *given.values())


def add_book(desk, slug, tags=()):
    return desk.one(
        "insert into portfolios (team_id, slug, title, base_currency, tags)"
        " values (%s, %s, 'B', 'USD', %s) returning id",
        desk.team,
        slug,
        list(tags),
    )


def fire(desk, schedule, at=SLOT, note=None, connection=None):
    call = "select fire_schedule(%s, %s, 1, 'enqueued', '2026-03-06', null, %s)"
    return desk.ask(call, schedule, at, note, connection=connection)


def row(desk, schedule, at=SLOT):
    found = "select outcome, jobs, note from schedule_fires where schedule_id = %s and fire_at = %s"
    return tuple(desk.owner.execute(found, [schedule, at]).fetchone())


@pytest.mark.parametrize(
    ("selectors", "slugs", "note"),
    [
        (["*"], ["b", "growth", "income", "old"], None),
        (["growth"], ["growth"], None),
        (["tag:daily"], ["growth", "income"], None),
        (["tag:daily", "growth", "old"], ["growth", "income", "old"], None),
        (["tag:weekly", "b"], ["b"], "there is no book tag:weekly"),
        (["sold", "tag:none"], [], "there is no book sold, tag:none"),
    ],
    ids=str,
)
def test_books_are_those_there_are_when_the_slot_is_fired(desk, selectors, slugs, note):
    schedule = make(desk, portfolios=selectors)
    books = {"b": desk.book, "growth": add_book(desk, "growth", ["daily", "eu"]),
             "income": add_book(desk, "income", ["daily"]), "old": add_book(desk, "old")}  # fmt: skip
    jobs = fire(desk, schedule)
    assert {desk.job(job)["portfolio_id"] for job in jobs} == {books[slug] for slug in slugs}
    assert row(desk, schedule) == ("enqueued", len(slugs), note)


def test_another_teams_books_are_never_meant(desk):
    _, foreign = desk.add_team()
    (job,) = fire(desk, make(desk, portfolios=["*"]))
    assert desk.job(job)["portfolio_id"] == desk.book != foreign


def test_what_is_remarkable_of_a_slot_is_kept(desk):
    schedule = make(desk, portfolios=["b", "gone"])
    fire(desk, schedule, note="early close")
    assert row(desk, schedule)[2] == "early close; there is no book gone"


BAD_SELECTORS = (
    [],
    ["all of them"],
    ["*", "*"],
    [None],
    ["tag:"],
    ["team/b"],
    ["b"] * 2,
    [f"b{n}" for n in range(1001)],
)
BAD_TAGS = ([""], ["End of day"], ["a", "a"], [None], [f"t{n}" for n in range(21)], ["x" * 64])


@pytest.mark.parametrize("selectors", BAD_SELECTORS, ids=lambda one: str(one)[:20])
def test_selectors_have_bounds(desk, selectors):
    with pytest.raises(psycopg.errors.CheckViolation):
        make(desk, portfolios=selectors)


@pytest.mark.parametrize("tags", BAD_TAGS, ids=lambda one: str(one)[:20])
def test_tags_have_bounds(desk, tags):
    with pytest.raises(psycopg.errors.CheckViolation):
        add_book(desk, "tagged", tags)


@pytest.mark.parametrize(
    "expression",
    ["15 18 * * *", "*/30 * * * *", "0 */4 * * *", "0,15,30 9-17 * * 1", "10-40/10 8 * * *", "5/20 22 * * *",
     "* 9 * * *", "0-10,5-15 1 * * *"],
)  # fmt: skip
def test_slots_a_day_are_counted_as_the_scheduler_counts_them(desk, expression):
    assert desk.one("select private.slots_a_day(%s)", expression) == Cron(expression).times_a_day


@pytest.mark.parametrize(
    "cron", ["60 1 * * *", "1 24 * * *", "5-1 1 * * *", "*/0 1 * * *", "1,,2 1 * * *", "MON 1 * * *"]
)
def test_minutes_and_hours_that_are_none_are_refused(desk, cron):
    with pytest.raises(psycopg.Error) as refused:
        make(desk, cron=cron)
    assert (refused.value.sqlstate, "minutes of 0 to 59" in str(refused.value)) == ("PT422", True)


def test_row_76_more_than_sixty_slots_a_day_of_a_team_are_refused(desk):
    make(desk, name="half-hourly", cron="*/30 * * * *")
    hourly = make(desk, name="hourly", cron="0 */2 * * *")
    with pytest.raises(psycopg.Error) as refused:
        make(desk, name="one-more", cron="0 1 * * *")
    assert (refused.value.sqlstate, "it has 61" in str(refused.value)) == ("PT422", True)
    desk.owner.execute("update schedules set enabled = false where id = %s", [hourly])
    make(desk, name="one-more", cron="0 1 * * *")
    with pytest.raises(psycopg.Error, match="at most 60 slots"):
        desk.owner.execute("update schedules set enabled = true where id = %s", [hourly])
    desk.owner.execute("update teams set slot_quota = 61 where id = %s", [desk.team])
    desk.owner.execute("update schedules set enabled = true where id = %s", [hourly])


def test_row_76_a_viewer_writes_no_schedule(world):
    args, team = json.dumps({"report": "var"}), world.teams["a"]
    create = "insert into schedules (team_id, name, cron, timezone, args) values (%s, 'often', '* * * * *', 'UTC', %s)"
    assert world.attempt("a_viewer", create, (team, args)) == "42501"
    assert world.attempt("a_analyst", create, (team, args)) == "PT422"


def skip(desk, schedule, slots, revision=1):
    rows = [{"fire_at": at.isoformat(), "outcome": outcome, "note": "n"} for at, outcome in slots]
    return desk.ask("select skip_slots(%s, %s, %s)", schedule, revision, json.dumps(rows))


def test_slots_without_a_job_are_decided_together_and_once(desk):
    schedule = make(desk)
    desk.owner.execute("update schedules set cursor_at = '2026-01-01' where id = %s", [schedule])
    fire(desk, schedule, SLOT + timedelta(days=1))
    slots = [(SLOT + timedelta(days=n), "coalesced" if n % 2 else "skipped_holiday") for n in range(10)]
    assert skip(desk, schedule, slots, revision=2) is None
    assert skip(desk, schedule, slots) == 9
    assert skip(desk, schedule, slots) == 0
    assert row(desk, schedule, SLOT + timedelta(days=1)) == ("enqueued", 1, None)
    assert desk.one("select cursor_at from schedules where id = %s", schedule) == slots[-1][0]


@pytest.mark.parametrize(
    "slot", [("2999-01-01", "coalesced"), ("2020-01-01", "enqueued"), ("2020-01-01", "x")], ids=str
)
def test_what_is_no_slot_without_a_job_is_refused(desk, slot):
    with pytest.raises(psycopg.Error) as refused:
        skip(desk, make(desk), [(datetime.fromisoformat(slot[0]), slot[1])])
    assert refused.value.sqlstate in ("PT422", "23514")


def test_as_many_of_a_schedules_jobs_run_as_it_says_however_many_workers_ask(desk):
    desk.owner.execute("update teams set job_slots = 16 where id = %s", [desk.team])
    for n in range(11):
        add_book(desk, f"book-{n}")
    narrow = make(desk, portfolios=["*"], concurrency=3)
    fire(desk, narrow)

    def worker(_):
        with desk.connect() as connection:
            return [desk.claim(connection=connection) for _ in range(4)]

    with ThreadPoolExecutor(6) as pool:
        held = [hold for holds in pool.map(worker, range(6)) for hold in holds if hold]
    assert len(held) == 3
    other = desk.enqueue()
    assert desk.claim().id == other, "other work is not held up"
    assert desk.complete(held[0], desk.run(portfolio_id=str(desk.job(held[0].id)["portfolio_id"]), as_of="2026-03-06"))
    assert desk.claim() is not None
    assert desk.claim() is None
    desk.owner.execute("update schedules set concurrency = null where id = %s", [narrow])
    assert sum(desk.claim() is not None for _ in range(9)) == 8


def backfill(session, schedule, slots, revision=1):
    rows = json.dumps([{"fire_at": at, "as_of": as_of} for at, as_of in slots])
    return session.execute(
        "select fire_at, jobs from backfill_schedule(%s, %s, %s)", [schedule, revision, rows]
    ).fetchall()


DAYS = [("2022-12-27T23:15Z", "2022-12-27"), ("2022-12-28T23:15Z", "2022-12-28")]


def test_a_backfill_fires_what_was_missed_and_the_same_again_nothing(desk):
    schedule = make(desk, portfolios=["*"], priority=2)
    cursor = desk.one("select cursor_at from schedules where id = %s", schedule)
    missed = datetime(2022, 12, 27, 23, 15, tzinfo=UTC)
    skip(desk, schedule, [(missed, "coalesced"), (datetime(2022, 12, 26, 23, 15, tzinfo=UTC), "skipped_holiday")])
    slots = [("2022-12-26T23:15Z", "2022-12-26"), *DAYS]
    assert [jobs for _, jobs in backfill(desk.service, schedule, slots)] == [1, 1]
    assert backfill(desk.service, schedule, slots) == []
    assert row(desk, schedule, missed) == ("enqueued", 1, "backfilled")
    found = desk.owner.execute(
        "select as_of::text, priority from calculation_jobs where schedule_id = %s order by 1", [schedule]
    ).fetchall()
    assert [tuple(one) for one in found] == [("2022-12-27", -8), ("2022-12-28", -8)], "its own day, behind today's"
    assert desk.one("select cursor_at from schedules where id = %s", schedule) == cursor


def test_a_backfill_is_worked_off_in_the_order_of_its_slots(desk):
    schedule = make(desk, portfolios=["*"], concurrency=1)
    days = [f"2022-12-{day:02}" for day in range(1, 13)]
    backfill(desk.service, schedule, [(f"{day}T23:15Z", day) for day in reversed(days)])
    claimed = []
    while hold := desk.claim():
        claimed.append(str(desk.job(hold.id)["as_of"]))
        desk.fail(hold, retryable=False, type="Test")
    assert claimed == days


def test_a_slot_that_found_no_book_is_made_up_for(desk):
    schedule = make(desk, portfolios=["later"])
    fire(desk, schedule)
    assert row(desk, schedule) == ("enqueued", 0, "there is no book later")
    add_book(desk, "later")
    assert [jobs for _, jobs in backfill(desk.service, schedule, [(SLOT.isoformat(), "2026-03-06")])] == [1]


@pytest.mark.parametrize(
    ("slots", "revision", "code"),
    [
        ([("2999-01-01T00:00Z", "2022-12-28")], 1, "PT422"),
        ([("infinity", "2022-12-28")], 1, "PT422"),
        ([("2022-12-28T23:15Z", None)], 1, "PT422"),
        ([], 1, "PT422"),
        (DAYS * 501, 1, "PT422"),
        (DAYS, 7, "PT409"),
    ],
    ids=["to come", "never", "without a day", "none", "too many", "edited"],
)
def test_a_backfill_has_bounds(desk, slots, revision, code):
    schedule = make(desk)
    with pytest.raises(psycopg.Error) as refused:
        backfill(desk.service, schedule, slots, revision)
    assert refused.value.sqlstate == code
    assert desk.one("select count(*) from schedule_fires where schedule_id = %s", schedule) == 0


def test_who_may_backfill(world):
    schedule = world.one("select id from schedules where team_id = %s", world.teams["a"])
    revision = world.one("select revision from schedules where id = %s", schedule)
    call = "select * from backfill_schedule(%s, %s, %s)"
    rows = json.dumps([{"fire_at": "2022-12-28T23:15Z", "as_of": "2022-12-28"}])
    answers = {user: world.attempt(user, call, (schedule, revision, rows))
               for user in ("a_viewer", "a_analyst", "a_admin", "b_admin", "nobody", None)}  # fmt: skip
    assert answers == {"a_viewer": "42501", "a_analyst": 1, "a_admin": 1, "b_admin": "PT422", "nobody": "PT422",
                       None: "42501"}  # fmt: skip
    assert world.attempt("a_analyst", call, (uuid.uuid4(), 1, rows)) == "PT422"


def test_the_last_slot_of_each_schedule_that_one_may_see(world):
    with world.acting("a_viewer") as session:
        found = session.execute("select schedule_id, outcome, states from last_fires()").fetchall()
    schedule = world.one("select id from schedules where team_id = %s", world.teams["a"])
    assert found == [(schedule, "skipped_holiday", {"queued": 1})]


def test_users_do_not_decide_slots(world):
    for call in ("database_clock()", "skip_slots(null, 1, '[]')", "fire_schedule(null, now(), 1)"):
        assert world.attempt("a_admin", f"select {call}", aal="aal2") == "42501"
