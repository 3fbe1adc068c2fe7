"""The page on reports follows them by itself: what is queued is seen, the passing of time alone is not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from riskkit.panels.desk import Desk
from riskkit.panels.news import News
from riskkit.panels.status import StatusPanel, stamp
from riskkit.schedules import Misfire, Timetable
from riskkit.status import Observed, ObservedFire, ObservedJob, ObservedSchedule, StatusSpec, report_status
from riskkit.store.contract import PortfolioRef
from riskkit.store.memory import MemoryDatabase, MemoryStore

SLOT = datetime(2022, 12, 28, 23, 15, tzinfo=UTC)
DAY = date(2022, 12, 28)
WHEN = Timetable("15 18 * * MON-FRI", "America/New_York", "XNYS", misfire=Misfire(grace_minutes=60))
SCHEDULE = ObservedSchedule("s", "atlas", "nightly", "portfolio_var", WHEN, 60, False, SLOT, ("demo",), SLOT)
JOB = ObservedJob(
    "j", "atlas", "portfolio_var", "demo", "s", SLOT, DAY, "queued", 0, 5, created_at=SLOT, started_at=None,
    finished_at=None, error=None, run=None, run_as_of=None, verdict=None, percent=None, cell=None,
)  # fmt: skip
SEEN = Observed(
    SLOT + timedelta(minutes=1), DAY, DAY, (SCHEDULE,), (ObservedFire("s", SLOT, DAY, "enqueued", 1, "", SLOT),), (JOB,)
)


def told(**changed):
    return stamp(report_status(replace(SEEN, **changed), StatusSpec()))


def test_only_what_the_page_would_show_is_news():
    assert told() == told(now=SEEN.now + timedelta(minutes=5))
    assert told() != told(now=SEEN.now + timedelta(hours=2)), "it is late now"
    assert told() != told(jobs=(replace(JOB, state="running", percent=40),))
    assert told() != told(schedules=(replace(SCHEDULE, enabled=True),))
    assert told() == told(schedules=(replace(SCHEDULE, cursor_at=SLOT + timedelta(days=1)),)), "a scheduler looked"


class Quiet:
    """A channel on which nothing is said."""

    def listen(self, team_id, heard, live, over):
        live.set()
        over.wait()


def test_a_change_is_told_once_and_another_question_is_no_change():
    now, refreshed, shown = ["a"], [], ["a"]

    def changed():
        shown[0] = now[0]
        refreshed.append(now[0])

    news = News(Quiet(), frozenset(), lambda _ref: now[0], lambda _ref: shown == now, changed)
    news.look()
    news._ref = PortfolioRef("p", "t", "atlas", "demo", "Demo", "USD")  # as `follow`, without its thread
    news.look()
    now[0] = "b"
    news.look()
    news.look()
    assert refreshed == ["b"]
    now[0] = shown[0] = "c"
    news.forget()
    news.look()
    assert refreshed == ["b"]
    now[0] = "d"  # while the page was being made of what it had read before
    news.forget()
    news.look()
    news.look()
    assert refreshed == ["b", "d"]


def test_of_a_store_in_memory_nobody_hears():
    database = MemoryDatabase()
    database.add_team("atlas", {"quant@atlas.example": "analyst"})
    panel = StatusPanel(Desk(MemoryStore(database, "quant@atlas.example"), print, print, print))
    panel.answered(None)
    assert panel._news is None
    assert panel.box.children == ()
