"""What bringing schedules into line with files takes, team by team."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from riskkit.errors import InputError
from riskkit.parameters.execution import Execution, Retention
from riskkit.parameters.report_file import ReportFile
from riskkit.schedules import Timetable
from riskkit.scheduling.files import changes
from riskkit.store.contract import PortfolioRef
from riskkit.store.schedules import Schedule

DAILY = Timetable("15 18 * * *", "America/New_York", "XNYS")
BOOKS = tuple(
    PortfolioRef(f"{team}-{slug}", f"id-{team}", team, slug, slug, "USD")
    for team, slug in (("atlas", "demo"), ("atlas", "growth"), ("borealis", "demo"), ("borealis", "income"))
)


def report(key="var", portfolios=("all",), timetable=DAILY, **execution):
    return ReportFile(key, "portfolio_var", "VaR", portfolios, {"horizon_days": 5}, timetable, Execution(**execution))


def kept(change, **changes_):
    made = Schedule(f"id-{change.name}", f"id-{change.team}", change.team, change.name, change.plan.columns, True,
                    datetime(2026, 1, 1, tzinfo=UTC), 1)  # fmt: skip
    return replace(made, **changes_)


def kinds(found):
    return [(one.team, one.name, one.kind) for one in found]


def test_all_and_a_tag_are_for_every_team_and_a_name_for_its_own():
    reports = [report("a", ("all",)), report("b", ("tag:eod",)), report("c", ("atlas/demo", "growth", "borealis/demo"))]
    found = changes(reports, BOOKS, (), ["borealis", "atlas"])
    assert kinds(found) == [(team, name, "add") for team in ("atlas", "borealis") for name in ("a", "b", "c")]
    assert [one.plan.portfolios for one in found] == [
        ("*",), ("tag:eod",), ("demo", "growth"), ("*",), ("tag:eod",), ("demo",)
    ]  # fmt: skip


def test_a_report_without_a_time_or_without_a_book_of_the_team_has_no_schedule():
    reports = [report("a", timetable=None), report("b", ("borealis/income",))]
    assert kinds(changes(reports, BOOKS, (), ["atlas"])) == []


def test_what_the_jobs_are_given():
    (one,) = changes([report(retries=0, timeout_minutes=2, concurrency=3)], BOOKS, (), ["atlas"])
    assert (one.plan.max_attempts, one.plan.timeout_s, one.plan.concurrency) == (1, 120, 3)
    assert one.plan.columns["args"] == {"report": "var", "parameters": {"horizon_days": 5}}


def test_which_runs_are_kept():
    given = [report("a"), replace(report("b"), retention=Retention(30, month_ends=False))]
    found = changes(given, BOOKS, (), ["atlas"])
    assert [(one.plan.keep_last, one.plan.keep_month_ends) for one in found] == [(None, True), (30, False)]


@pytest.mark.parametrize("name", ["demo", "sold", "atlas/sold"])
def test_a_portfolio_that_is_not_there_or_is_two_is_refused(name):
    with pytest.raises(InputError) as refused:
        changes([report("var", (name,))], BOOKS, (), ["atlas"])
    assert (refused.value.field, refused.value.value, refused.value.source) == (
        "portfolios", name, "parameters/var.yml"
    )  # fmt: skip


def test_in_line_changed_paused_and_gone():
    added = changes([report("same"), report("other"), report("old"), report("older")], BOOKS, (), ["atlas"])
    before = {one.name: kept(one) for one in added}
    before["older"] = replace(before["older"], enabled=False)
    before["same"] = replace(before["same"], enabled=False)
    later = [report("same"), report("other", retries=1, timetable=Timetable("0 7 * * *", "UTC"))]
    found = changes(later, BOOKS, tuple(before.values()), ["atlas"])
    assert kinds(found) == [("atlas", "old", "pause"), ("atlas", "older", "gone"), ("atlas", "other", "change"),
                            ("atlas", "same", "keep")]  # fmt: skip
    assert found[2].fields == {
        "cron": ("15 18 * * *", "0 7 * * *"), "timezone": ("America/New_York", "UTC"), "calendar": ("XNYS", None),
        "max_attempts": (5, 2),
    }  # fmt: skip
    assert [one.paused for one in found] == [True, True, False, True]


def test_another_teams_schedules_are_left_alone():
    (added,) = changes([report()], BOOKS, (), ["borealis"])
    assert kinds(changes([], BOOKS, (kept(added),), ["atlas"])) == []
