"""The status page's cards: late and failed first, bars with both limits, and a sentence where there is nothing."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from riskkit import charts
from riskkit.schedules import Misfire, Timetable
from riskkit.status import LimitUse, Observed, ObservedFire, ObservedJob, ObservedSchedule, StatusSpec, report_status

HOSTILE = "<img src=x onerror=alert(1)>"
SLOT = datetime(2022, 12, 28, 23, 15, tzinfo=UTC)
DAY = date(2022, 12, 28)
WHEN = Timetable("15 18 * * MON-FRI", "America/New_York", "XNYS", misfire=Misfire(grace_minutes=60))


def job(book, state, number, error=None, verdict=None, **more):
    ended = SLOT + timedelta(seconds=9.25) if state in ("succeeded", "dead") else None
    progress = {"percent": 45, "cell": 7} if state == "running" else {"percent": None, "cell": None}
    return ObservedJob(
        f"j{number}", "atlas", "portfolio_var", book, "s", SLOT, DAY, state, 1, 5, created_at=SLOT, started_at=SLOT,
        finished_at=ended, error=error, run=None, run_as_of=None, verdict=verdict, **progress, **more,
    )  # fmt: skip


def limit(of, figure, soft, hard, verdict, unit="USD"):
    used = figure / (hard or soft)
    return LimitUse(
        "portfolio_var", "atlas", "demo", DAY, "r", of, verdict, figure, soft, hard, unit, used, "A sentence."
    )


@pytest.fixture
def busy():
    """Every state at once."""
    schedule = ObservedSchedule("s", "atlas", "portfolio_var", "portfolio_var", WHEN, 60, True, SLOT, ("demo",), SLOT)
    jobs = (
        job("demo", "succeeded", 0, verdict="WARN"),
        job("equities", "running", 1),
        job("fund", "dead", 2, error={"type": "MarketDataError", "message": HOSTILE, "cell": 5}),
        job("global", "queued", 3),
    )
    limits = (
        limit("VaR", 5_400_000.0, 4_000_000.0, 5_000_000.0, "BLOCK"),
        limit("Component VaR of position AAPL", 900_000.0, 800_000.0, 1_200_000.0, "WARN"),
        limit("The change of var", 0.12, None, 0.25, "PASS", "fraction"),
    )
    fire = ObservedFire("s", SLOT, DAY, "enqueued", 4, "", SLOT)
    seen = Observed(SLOT + timedelta(hours=2), DAY, DAY, (schedule,), (fire,), jobs, limits)
    return report_status(seen, StatusSpec())


def text(view):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", str(view.body()))).replace("\xa0", " ")


def test_the_headline_counts_and_names_what_is_wrong(busy):
    html = charts.status_headline(busy).html
    assert dict(re.findall(r'data-metric="(\w+)" data-value="([^"]+)"', html)) == {
        "done": "1.0",
        "failed": "1.0",
        "late": "2.0",
        "largest_limit_use": "1.08",
    }
    assert "1 WARN" in html
    assert "1 running" in html


def test_reports_are_called_as_people_call_them_and_a_per_cent_has_no_unit(busy):
    for view in (charts.status_headline, charts.status_reports, charts.status_limits, charts.status_coming):
        shown = text(view(busy))
        assert "portfolio_var" not in shown
        assert "fraction" not in shown
    assert "Portfolio VaR" in shown


def test_late_and_failed_reports_come_first_and_say_why(busy):
    shown = text(charts.status_reports(busy))
    order = [shown.index(f"atlas/{book}") for book in ("equities", "global", "fund", "demo")]
    assert order == sorted(order)
    for said in ("late running", "45 %, cell 7", "expected by 19:15 EST", "failed", "cell 5", "done WARN", "9.2 s"):
        assert said in shown, said
    assert HOSTILE not in str(charts.status_reports(busy).html)


def test_each_bar_has_a_mark_for_each_limit(busy):
    bars = re.findall(r'<span class="rk-bar rk-use".*?</span>', charts.status_limits(busy).html)
    assert [bar.count("rk-mark") for bar in bars] == [2, 2, 1]
    widths = [float(re.search(r"width:([\d.]+)%", bar)[1]) for bar in bars]
    hard = [float(re.search(r'rk-hard" style="left:([\d.]+)%', bar)[1]) for bar in bars]
    assert widths[0] > hard[0]
    assert widths[1] == pytest.approx(0.75 * hard[1], abs=0.01)


def test_without_schedules_it_says_what_to_do():
    nothing = report_status(Observed(SLOT, DAY, DAY), StatusSpec())
    assert "riskkit schedule sync" in charts.status_reports(nothing).html
    assert "riskkit schedule sync" in charts.status_coming(nothing).html
    assert "No run of these days" in charts.status_limits(nothing).html
    assert "nan" not in str(charts.status_headline(nothing).html).lower()


def test_days_without_a_slot_say_so(busy):
    seen = Observed(SLOT, date(2022, 12, 25), date(2022, 12, 25), busy.seen.schedules)
    assert "No slot of a schedule lies on" in charts.status_reports(report_status(seen, StatusSpec())).html
