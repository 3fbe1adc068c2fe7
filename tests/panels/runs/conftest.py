"""A team with an official run and a later one of the same place, and the page on them as one of its members."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from riskkit import notebook
from riskkit.gates import GateReport
from riskkit.gates.findings import Finding
from riskkit.metric import Metric
from riskkit.notebook import screen
from riskkit.notebook.surroundings import Surroundings
from riskkit.panels.runs import watch
from riskkit.parameters.notebook import notebook_declarations
from riskkit.portfolio import Cash, Position
from riskkit.settings import Settings
from riskkit.status import RunsSpec, report_runs
from riskkit.store.contract import RunRecord
from riskkit.store.memory import MemoryDatabase, MemoryStore
from riskkit.store.place import Place

ROOT = Path(__file__).resolve().parents[3]
ROLES = {"viewer": "viewer", "quant": "analyst", "approver": "approver", "other": "approver"}
FIRST, SECOND, OWN = (f"{n}0000000-0000-4000-8000-000000000000" for n in "123")
DAY = date(2020, 3, 16)


def mail(name):
    return f"{name}@atlas.example"


@pytest.fixture
def stores(monkeypatch):
    """By name: the same runs as each member sees them."""
    monkeypatch.setattr(watch, "EVERY", 3600.0)  # a test says itself when to look
    database = MemoryDatabase()
    database.add_team("atlas", {mail(name): role for name, role in ROLES.items()})
    made = {name: MemoryStore(database, mail(name)) for name in ROLES}
    ref = made["quant"].import_portfolio("atlas", "demo", "Demo", "USD", [Position(Cash("USD"), 1.0)], date(2020, 1, 1))
    gates = GateReport((Finding("limits", "WARN", "VaR is 91 % of its limit."),))
    first = RunRecord(
        FIRST, "portfolio_var", "portfolio_var", ref.id, ref.team_id, DAY, datetime(2020, 3, 16, 22, tzinfo=UTC), True,
        {"method": "historical"}, {"portfolio.json": "a" * 64}, {"version": "1"}, {}, 7,
        (Metric("value", 9e6, "USD"), Metric("var", 1.2e6, "USD"), Metric("expected_shortfall", 1.5e6, "USD")),
        gates=gates,
    )  # fmt: skip
    place = Place(supersedes=FIRST, reason="The close of <b>ACME</b> was wrong.")
    second = replace(first, id=SECOND, run_at=datetime(2020, 3, 17, 9, tzinfo=UTC), place=place)
    second = replace(second, metrics=(Metric("value", 9e6, "USD"), Metric("var", 1.3e6, "USD")))
    database.record_official(replace(first, place=Place(current=False)))
    database.record_official(second)
    made["other"].record_run(replace(first, id=OWN, report="stress_test", official=False))
    return made


@pytest.fixture
def opened(stores, monkeypatch, tmp_path):
    """The page as a member: the live run and its panel."""
    monkeypatch.setattr(screen, "widget", lambda _widget: None)
    declared = notebook_declarations(ROOT / "notebooks" / "report_runs.ipynb")

    def open_(name, run_id="", as_of="latest"):
        settings = Settings(ROOT, tmp_path / "home", broker=tmp_path / "broker.sock")
        around = Surroundings(settings, lambda: stores[name], lambda: declared)
        run = notebook.open_run(report_runs, "demo", as_of, RunsSpec(31, ""), around)
        run.controls()
        run.act("runs", run_id=run_id)
        panel = run.panels["runs"]
        panel.settle = lambda: settle(run, panel)
        panel.settle()
        return run, panel

    return open_


def settle(run, panel):
    """Until nothing is under way."""
    for _ in range(3):
        for errands in (panel._reading, panel._writing, panel._comparing, panel._following):
            assert errands.wait(30)
        assert run.wait(30)


def text(panel):
    """What the panel says."""
    found, waiting = [], [panel.box]
    while waiting:
        one = waiting.pop(0)
        if one.layout.display != "none":
            found.append(str(getattr(one, "value", "") or ""))
            waiting = [*getattr(one, "children", ()), *waiting]
    return "\n".join(found)
