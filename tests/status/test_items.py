"""Late, due, made, failed: judged from facts alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from riskkit.schedules import Misfire, Timetable
from riskkit.status import Observed, ObservedFire, ObservedJob, ObservedSchedule, StatusSpec, report_status

WHEN = Timetable("15 18 * * MON-FRI", "America/New_York", "XNYS", misfire=Misfire(grace_minutes=90))
DAY = date(2022, 12, 28)
SLOT = datetime(2022, 12, 28, 23, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def schedule(cursor_at=SLOT - HOUR, enabled=True, books=("demo",), last=None, late_after=60):
    return ObservedSchedule("s", "atlas", "nightly", "portfolio_var", WHEN, late_after, enabled, cursor_at, books, last)


def fire(at=SLOT, outcome="enqueued", jobs=1, note="", decided_at=SLOT):
    return ObservedFire("s", at, DAY, outcome, jobs, note, decided_at)


def job(state="succeeded", book="demo", number=0, at=SLOT, **more):
    queued = SLOT + timedelta(minutes=number)
    ended = queued + timedelta(seconds=9) if state in ("succeeded", "dead", "cancelled") else None
    facts = {"percent": None, "cell": None, "error": None, "run": None, "run_as_of": None, "verdict": None} | more
    return ObservedJob(
        f"j{number}", "atlas", "portfolio_var", book, "s" if at else None, at, DAY, state, 1, 5,
        created_at=queued, started_at=queued, finished_at=ended, **facts,
    )  # fmt: skip


def status(now=SLOT + 2 * HOUR, first=DAY, last=DAY, **seen):
    return report_status(Observed(now, first, last, **seen), StatusSpec())


def one(**seen):
    (found,) = status(**{"schedules": (schedule(),), **seen}).items
    return found


def test_a_slot_that_nobody_fired_is_due_within_its_grace_and_late_after_it():
    assert status(now=SLOT - timedelta(minutes=1), schedules=(schedule(),)).items == ()
    waiting = one(now=SLOT + HOUR)
    assert (waiting.state, waiting.late, waiting.due_by) == ("due", False, SLOT + HOUR)
    late = one(now=SLOT + HOUR + timedelta(seconds=1))
    assert (late.state, late.late, late.book, late.reason) == ("due", True, "demo", "no scheduler has fired it")


def test_what_raises_the_alarm_is_what_is_late():
    soon = (schedule(late_after=15),)
    assert not one(schedules=soon, now=SLOT + timedelta(minutes=15)).late
    assert one(schedules=soon, now=SLOT + timedelta(minutes=16)).due_by == SLOT + timedelta(minutes=15)
    assert one(schedules=soon, fires=(fire(),), jobs=(job("queued"),), now=SLOT + timedelta(minutes=16)).late


def test_a_slot_before_the_schedule_or_of_a_paused_one_is_not_awaited():
    assert status(schedules=(schedule(cursor_at=SLOT),)).items == ()
    assert status(schedules=(schedule(enabled=False),)).items == ()


@pytest.mark.parametrize(("state", "late"), [("queued", True), ("running", True), ("succeeded", False)])
def test_a_job_that_is_not_at_its_end_after_the_grace_is_late(state, late):
    assert one(fires=(fire(),), jobs=(job(state),)).late is late
    assert not one(fires=(fire(),), jobs=(job(state),), now=SLOT + HOUR).late


def test_a_failed_one_says_which_cell_and_why_and_is_not_called_late():
    found = one(fires=(fire(),), jobs=(job("dead", error={"type": "KeyError", "message": "'x'", "cell": 5}),))
    assert (found.state, found.failed_cell, found.reason, found.late) == ("failed", 5, "KeyError: 'x'", False)


def test_of_several_jobs_for_a_report_the_one_that_made_it_counts_else_the_last():
    dead, again = job("dead"), job("running", number=5, percent=40, cell=3)
    assert one(fires=(fire(),), jobs=(again, dead)).percent == 40
    made = job("succeeded", number=2, verdict="WARN")
    found = one(fires=(fire(),), jobs=(dead, made, again))
    assert (found.state, found.verdict, found.seconds) == ("done", "WARN", 9.0)


def test_a_backfilled_slot_is_expected_from_when_it_was_fired():
    later = SLOT + timedelta(days=900)
    backfilled = fire(note="backfilled; early close", decided_at=later)
    assert not one(fires=(backfilled,), jobs=(job("queued"),), now=later + HOUR).late
    assert one(fires=(backfilled,), jobs=(job("queued"),), now=later + 2 * HOUR).late
    assert one(fires=(fire(decided_at=later),), jobs=(job("queued"),), now=later).late


def test_slots_without_a_report_say_why_and_holidays_are_no_items():
    assert status(schedules=(schedule(),), fires=(fire(outcome="skipped_holiday", jobs=0),)).items == ()
    missed = one(fires=(fire(outcome="coalesced", jobs=0),))
    assert (missed.state, missed.reason, missed.book) == ("skipped", "missed; a later slot stands for it", "")
    assert one(fires=(fire(jobs=0, note="there is no book x"),)).reason == "there is no book x"


def test_requests_and_what_is_under_way_from_before_stand_beside_the_slots():
    before = SLOT - timedelta(days=3)
    found = status(
        schedules=(schedule(cursor_at=SLOT),),
        jobs=(job("running", at=None), job("succeeded", at=None, number=1), job("queued", at=before, number=2)),
    ).items
    assert [(item.schedule, item.state) for item in found] == [("nightly", "queued"), ("", "running"), ("", "done")]
    assert found[0].late
    old = status(schedules=(), first=DAY + timedelta(5), last=DAY + timedelta(5), jobs=(job("succeeded", at=None),))
    assert old.items == ()


def test_coming_slots_follow_the_days_looked_at_or_now():
    after_days = status(now=SLOT + timedelta(days=300), schedules=(schedule(cursor_at=SLOT),)).coming[0][1]
    assert [slot.as_of for slot in after_days] == [date(2022, 12, 29), date(2022, 12, 30), date(2023, 1, 3)]
    assert status(now=SLOT - HOUR, schedules=(schedule(),)).coming[0][1][0].at == SLOT


def test_the_latest_day_is_today_or_the_last_slots_where_all_are_paused():
    now, slept = SLOT + timedelta(days=400), schedule(enabled=False, last=SLOT)
    assert Observed(now, DAY, DAY, (slept,)).latest_day == DAY
    assert Observed(now, DAY, DAY, (slept, schedule())).latest_day == now.date()
    assert Observed(now, DAY, DAY).latest_day == now.date()


def test_a_report_does_not_wait_for_itself():
    seen = Observed(SLOT, DAY, DAY, (schedule(),), (fire(jobs=2),), (job("running"), job("running", "other", 1)))
    seen = seen.without("portfolio_var", "demo")
    assert [item.book for item in report_status(seen, StatusSpec()).items] == ["other"]
    assert report_status(seen.without("portfolio_var", "other"), StatusSpec()).items == ()


def test_facts_read_back_and_figures_count_the_states():
    seen = Observed(
        SLOT + 2 * HOUR, DAY, DAY, (schedule(),), (fire(jobs=3),),
        (job("dead", "a", error={"type": "E", "message": "m"}), job("queued", "b", 1), job("succeeded", "c", 2)),
    )  # fmt: skip
    assert Observed.of(seen.facts()) == seen
    found = report_status(seen, StatusSpec())
    figures = {metric.name: metric.value for metric in found.metrics()}
    assert (figures["done"], figures["failed"], figures["late"], figures["queued"]) == (1, 1, 1, 1)
    assert list(found.tables()["reports"]["state"]) == ["failed", "queued", "done"]
