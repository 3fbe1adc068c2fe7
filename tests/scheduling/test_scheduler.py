"""Schedulers on the database: the policy's rows and no others, each slot once, whoever looks and however often."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from riskkit.scheduling.scheduler import Looked, Scheduler

#: Down over Good Friday, the change of London's clocks (Sunday, 31 March) and Easter Monday.
DOWN, BACK = datetime(2024, 3, 26, 12, tzinfo=UTC), datetime(2024, 4, 2, 12, tzinfo=UTC)
EASTER = [("03-29 18:00", None, "skipped_holiday", 0), ("03-30 18:00", None, "skipped_holiday", 0),
          ("03-31 17:00", None, "skipped_holiday", 0), ("04-01 17:00", None, "skipped_holiday", 0)]  # fmt: skip
MISSED = (("03-26 18:00", "03-26"), ("03-27 18:00", "03-27"), ("03-28 18:00", "03-28"))
LONDON = {"cron": "0 18 * * *", "timezone": "Europe/London", "calendar": "XLON"}


@pytest.mark.parametrize(
    ("policy", "outcomes"),
    [
        ({"misfire": "skip"}, ["skipped_misfire"] * 3),
        ({"misfire": "coalesce"}, ["coalesced", "coalesced", "enqueued"]),
        ({"misfire": "all"}, ["enqueued"] * 3),
        ({"misfire": "all", "misfire_cap": 2}, ["coalesced", "enqueued", "enqueued"]),
    ],
    ids=str,
)
def test_down_over_a_change_of_clocks_and_a_holiday(office, at, policy, outcomes):
    schedule = office.add_schedule(DOWN, **LONDON, **policy)
    scheduler = Scheduler(at(BACK))
    looked = scheduler.look()
    fired = outcomes.count("enqueued")
    expected = [
        (*slot, outcome, int(outcome == "enqueued")) for slot, outcome in zip(MISSED, outcomes, strict=True)
    ] + EASTER
    assert office.fires(schedule) == expected
    assert looked == Looked(decided=7, jobs=fired)
    assert office.cursor(schedule) == datetime(2024, 4, 1, 17, tzinfo=UTC)
    assert (scheduler.look(), Scheduler(at(BACK)).look()) == (Looked(), Looked()), "nothing is left to decide"
    as_of = "select to_char(as_of, 'MM-DD') from calculation_jobs where schedule_id = %s order by 1"
    jobs = [row[0] for row in office.owner.execute(as_of, [schedule])]
    assert jobs == [slot[1] for slot, outcome in zip(MISSED, outcomes, strict=True) if outcome == "enqueued"]


def test_three_days_over_the_hour_that_comes_twice(office, at):
    down, back = datetime(2025, 10, 31, 12, tzinfo=UTC), datetime(2025, 11, 3, 12, tzinfo=UTC)
    schedule = office.add_schedule(down, cron="30 1 * * *", timezone="America/New_York", misfire="all")
    Scheduler(at(back)).look()
    assert office.fires(schedule) == [
        ("11-01 05:30", "10-31", "enqueued", 1), ("11-02 05:30", "11-01", "enqueued", 1),
        ("11-03 06:30", "11-02", "enqueued", 1),
    ]  # fmt: skip


def test_a_job_for_each_portfolio_with_the_slots_own_date(office, at):
    for n in range(4):
        office.owner.execute(
            "insert into portfolios (team_id, slug, title, base_currency, tags) values (%s, %s, 'B', 'USD', '{eod}')",
            [office.team, f"book-{n}"],
        )
    now = datetime(2024, 5, 14, 18, 5, tzinfo=UTC)
    schedule = office.add_schedule(now - timedelta(hours=1), portfolios=["tag:eod"], calendar="XLON")
    assert Scheduler(at(now)).look() == Looked(1, 4)
    found = office.owner.execute(
        "select f.slug, j.as_of::text, j.args ->> 'report' from calculation_jobs j"
        " join portfolios f on f.id = j.portfolio_id where j.schedule_id = %s order by 1",
        [schedule],
    )
    assert [tuple(row) for row in found] == [(f"book-{n}", "2024-05-14", "var") for n in range(4)]


def test_a_retry_keeps_the_slots_date(office, at):
    now = datetime(2024, 5, 14, 18, 5, tzinfo=UTC)
    office.add_schedule(now - timedelta(hours=1), calendar="XLON", max_attempts=2)
    Scheduler(at(now)).look()
    for _ in range(2):
        hold = office.claim()
        assert str(office.job(hold.id)["as_of"]) == "2024-05-14"
        assert office.fail(hold, type="KernelDied") in ("queued", "dead")
        if office.state(hold.id) == "queued":
            office.due(hold.id)
    again = office.ask("select redrive_job(%s)", hold.id)
    assert str(office.job(again)["as_of"]) == "2024-05-14"


def test_four_schedulers_race_over_two_hundred_slots(office, at):
    now = datetime(2024, 5, 14, 12, 1, tzinfo=UTC)
    first = now - timedelta(minutes=30 * 210)
    schedule = office.add_schedule(first, cron="*/30 * * * *", misfire="all", misfire_cap=1000)
    schedulers = [Scheduler(at(now)) for _ in range(4)]
    together, looked = threading.Barrier(4), []

    def race(scheduler):
        together.wait()
        looked.append(scheduler.look())

    threads = [threading.Thread(target=race, args=[one]) for one in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fires = office.fires(schedule)
    assert len(looked) == 4
    assert len(fires) == sum(one.decided for one in looked) == sum(one.jobs for one in looked) == 210
    assert {fire[2:] for fire in fires} == {("enqueued", 1)}
    counted = "select count(*) as jobs, count(distinct fire_at) as slots from calculation_jobs where schedule_id = %s"
    assert tuple(office.owner.execute(counted, [schedule]).fetchone()) == (210, 210)


def test_ten_thousand_missed_slots_take_a_few_requests(office, at):
    now = datetime(2024, 5, 14, 12, 2, tzinfo=UTC)
    often = {"cron": "*/30 * * * *", "misfire": "all", "grace_minutes": 1}
    schedule = office.add_schedule(now - timedelta(minutes=30 * 10_000), **often)
    assert Scheduler(at(now)).look() == Looked(10_000, 10)
    counted = "select outcome, count(*) from schedule_fires where schedule_id = %s group by 1 order by 1"
    found = [tuple(row) for row in office.owner.execute(counted, [schedule])]
    assert found == [("coalesced", 9_990), ("enqueued", 10)]


def test_an_edit_is_noticed_and_counts_from_now_on(office, at):
    now = datetime(2024, 5, 14, 12, 1, tzinfo=UTC)
    schedule = office.add_schedule(now - timedelta(days=2), cron="0 6 * * *", misfire="all")
    store = at(now)
    scheduler = Scheduler(store)
    assert scheduler.look().jobs == 2
    office.owner.execute("update schedules set cron = '0 7 * * *' where id = %s", [schedule])
    office.owner.execute("update schedules set cursor_at = %s where id = %s", [now, schedule])
    store.now = now + timedelta(days=1)
    assert scheduler.look().jobs == 1
    assert office.fires(schedule)[-1][0] == "05-15 07:00"
    office.owner.execute("update schedules set enabled = false where id = %s", [schedule])
    store.now = now + timedelta(days=2)
    assert scheduler.look() == Looked()


def test_between_two_slots_a_schedule_is_left_alone(office, at):
    now = datetime(2024, 5, 14, 12, 1, tzinfo=UTC)
    schedule = office.add_schedule(now, cron="0 18 * * *")
    store = at(now)
    scheduler = Scheduler(store)
    assert scheduler.look() == Looked()
    office.owner.execute("update schedules set cron = '0 18 * * *', cursor_at = %s where id = %s", [now, schedule])
    for hours, jobs in ((1, 0), (5, 0), (6, 1), (7, 0)):
        store.now = now + timedelta(hours=hours)
        assert scheduler.look().jobs == jobs, hours


def test_a_schedule_that_cannot_be_read_keeps_no_other_from_being_fired(office, at):
    now = datetime(2024, 5, 14, 18, 5, tzinfo=UTC)
    office.add_schedule(now - timedelta(hours=1), name="a-broken", calendar="NOWHERE")
    office.add_schedule(now - timedelta(hours=1), name="b-good")
    assert Scheduler(at(now)).look() == Looked(1, 1, 1)


def test_slots_that_a_backfill_took_are_passed(office, at):
    now = datetime(2024, 5, 14, 18, 5, tzinfo=UTC)
    schedule = office.add_schedule(now - timedelta(days=2), misfire="all")
    rows = '[{"fire_at": "2024-05-13T18:00Z", "as_of": "2024-05-12"}]'
    office.ask("select count(*) from backfill_schedule(%s, 1, %s)", schedule, rows)
    assert Scheduler(at(now)).look().decided == 1
    assert [fire[2:] for fire in office.fires(schedule)] == [("enqueued", 1)] * 2
    assert office.cursor(schedule) == datetime(2024, 5, 14, 18, tzinfo=UTC)


def wait_until(true, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_database_that_does_not_answer_is_waited_for(office, at, door):
    now = datetime(2024, 5, 14, 18, 5, tzinfo=UTC)
    schedule = office.add_schedule(now - timedelta(hours=1))
    scheduler = Scheduler(at(now, door.url), interval=0.05)
    thread = threading.Thread(target=scheduler.run)
    thread.start()
    wait_until(lambda: scheduler.failures >= 2)
    assert office.fires(schedule) == []
    door.open()
    wait_until(lambda: office.fires(schedule))
    door.shut()
    scheduler.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert office.fires(schedule)[0][2:] == ("enqueued", 1)


def test_waits_are_jittered_and_grow_to_a_minute(at):
    scheduler = Scheduler(at(datetime(2024, 5, 14, tzinfo=UTC)), interval=5.0)
    for failures, expected in ((0, 5.0), (1, 10.0), (3, 40.0), (4, 60.0), (200, 60.0)):
        scheduler.failures = failures
        waits = [scheduler.pause() for _ in range(50)]
        assert 0.8 * expected <= min(waits) < max(waits) <= 1.2 * expected
