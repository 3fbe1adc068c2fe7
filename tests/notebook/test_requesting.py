"""The button that asks for an official run: who sees it, what it asks for, and what the page says of it."""

import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from riskkit import VarSpec, notebook, portfolio_var
from riskkit.errors import Forbidden, Unavailable
from riskkit.store.jobs import Job
from riskkit.store.memory import MemoryStore

SPEC = VarSpec("historical", 0.99, 1, 250)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUEUED = Job(
    "1f0c9a27-0000-4000-8000-000000000000", "t", "atlas", "report", "default", "p", "atlas/demo", date(2020, 1, 2), {},
    10, "queued", 0, 5, 900, NOW, None, None, False, (), None, None, None, None, None, NOW, None, None,
)  # fmt: skip


class Told:
    """Requests whose job moves when the test says so."""

    def __init__(self, moves, refusal=None):
        self.moves, self.refusal, self.asked = moves, refusal, []
        self.may_move = threading.Semaphore(0)

    def ask(self, portfolio_id, report, parameters, as_of, key):
        if self.refusal is not None:
            raise self.refusal
        self.asked.append((portfolio_id, report, parameters, as_of, key))
        return QUEUED.id

    def follow(self, job_id, tell):
        assert job_id == QUEUED.id
        for move in self.moves:
            tell(move)
            assert self.may_move.acquire(timeout=20)


def until(said, seconds=20):
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def opened(surroundings, shown):
    def make(requests, face="dashboard"):
        around = replace(surroundings(face), requests=lambda: requests)
        run = notebook.open_run(portfolio_var, "demo", "latest", SPEC, around)
        run.controls()
        return run

    return make


def test_each_move_of_the_job_is_said_and_the_page_stays_awake(opened):
    moves = (
        QUEUED,
        replace(QUEUED, state="running", percent=45, cell=7),
        Unavailable("Supabase does not answer."),
        replace(QUEUED, state="succeeded", run_id="0190aaaa-0000-7000-8000-000000000001"),
    )
    requests = Told(moves)
    run = opened(requests)
    line = run.official.line
    until(lambda: line.box.layout.display is None)
    line.button.click()
    for said in (
        "Queued: it waits for a worker",
        "Running: 45 %, cell 7",
        "does not answer",
        'href="../reports/0190aaaa',
    ):
        until(lambda said=said: said in line.line.value)
        assert line.button.disabled
        line.button.click()  # a second one while it is under way is none
        run.panel.fields["horizon_days"].widget.value += 1
        assert run.wait(30)
        requests.may_move.release()
    until(lambda: not line.button.disabled)
    ((portfolio, report, parameters, as_of, _),) = requests.asked
    assert (portfolio, report, as_of) == (run.answer.inputs.ref.id, "portfolio_var", run.answer.inputs.as_of)
    assert parameters["horizon_days"] == 1
    assert not {"portfolio", "as_of"} & parameters.keys()
    line.button.click()
    until(lambda: len(requests.asked) == 2)
    assert requests.asked[1][2]["horizon_days"] == 5
    assert requests.asked[0][4] != requests.asked[1][4]


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        (Told([replace(QUEUED, state="dead", errors=({"type": "KeyError", "message": "<b>", "cell": 5},))]),
         "Failed in cell 5: KeyError: &lt;b&gt;"),
        (Told([replace(QUEUED, state="cancelled")]), "Cancelled (job 1f0c9a27)"),
        (Told([replace(QUEUED, attempt=1, errors=({"type": "KernelDied"},))]), "Queued, attempt 2 after KernelDied"),
        (Told([], Forbidden("Requesting takes the role analyst.")), "Requesting takes the role analyst."),
    ],
)  # fmt: skip
def test_an_end_that_is_no_report_says_why(opened, requests, said):
    line = opened(requests).official.line
    until(lambda: line.box.layout.display is None)
    line.button.click()
    until(lambda: said in line.line.value)
    requests.may_move.release()
    until(lambda: not line.button.disabled)


def test_in_lab_there_is_no_server_to_link_to(opened):
    requests = Told([replace(QUEUED, state="succeeded", run_id="0190aaaa-0000-7000-8000-000000000001")])
    line = opened(requests, face="lab").official.line
    until(lambda: line.box.layout.display is None)
    line.button.click()
    until(lambda: "riskkit runs open 0190aaaa-0000" in line.line.value)


def test_a_viewer_sees_no_button(surroundings, shown, store):
    store._db.teams["atlas"] = replace(store._db.teams["atlas"], roles={"viewer@atlas.example": "viewer"})
    watching = MemoryStore(store._db, "viewer@atlas.example")
    around = replace(surroundings("dashboard"), connect=lambda: watching, requests=lambda: Told([]))
    run = notebook.open_run(portfolio_var, "demo", "latest", SPEC, around)
    run.controls()
    until(lambda: run.official._roles is not None)
    assert run.official.line.box.layout.display == "none"


def test_without_a_queue_there_is_none(surroundings, shown):
    run = notebook.open_run(portfolio_var, "demo", "latest", SPEC, surroundings("dashboard"))
    run.controls()
    assert run.official is None
