"""riskkit's worker beside stock papermill, on the same notebook, inputs and parameters, turn by turn in one run.

Stock papermill only executes the notebook. riskkit also freezes and checks the inputs, judges the figures, writes HTML,
CSV and XLSX (and PDF, where that is said), and commits the whole to the database and the bucket.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from riskkit import session
from riskkit.local.client import service_client
from riskkit.local.keys import Keys
from riskkit.local.stack import Stack
from riskkit.reporting.execute import Guard, nursery
from riskkit.reporting.ledger import OwnLedger
from riskkit.reporting.making import FinishedRun, Task, make
from riskkit.reporting.order import Order, definition, place_order
from riskkit.reporting.places import Places
from riskkit.reporting.steps import Steps, silent
from riskkit.runs.kept import take_inputs
from riskkit.settings import Settings
from riskkit.store.connect import open_store
from riskkit.store.contract import Store
from tests.benchmarks.stock import Stock, import_cell

ROOT = Path(__file__).resolve().parents[2]
REPORT, BOOK, AS_OF = "portfolio_var", "atlas/demo", "2020-03-16"
LANES, BATCH = 2, 4
#: Turns of all that are compared.
TURNS = int(os.environ.get("RISKKIT_BENCH_TURNS", "3"))


@dataclass(frozen=True)
class Bench:
    """A project on the demo's data, and its quant.

    Attributes
    ----------
    keys : Keys
    settings : Settings
    store : Store
    folder : Path
        For what the benchmark writes.
    """

    keys: Keys
    settings: Settings
    store: Store
    folder: Path

    def order(self) -> Order:
        """The one report."""
        return place_order(self.store, definition(self.settings.project, REPORT), {"portfolio": BOOK, "as_of": AS_OF})

    def stock(self, run: FinishedRun) -> Stock:
        """Stock papermill, on what riskkit froze for a run."""
        folder = self.folder / "frozen"
        folder.mkdir()
        assert not list(take_inputs(Places.of(self.settings).objects, run.record, folder))
        return Stock(self.settings, self.order().definition.notebook, folder / "inputs", dict(run.record.parameters))


@pytest.fixture
def bench(demo_stack: Stack, tmp_path: Path) -> Iterator[Bench]:
    project, keys = tmp_path / "project", demo_stack.keys()
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, project / name)
    known = {
        "RISKKIT_PROJECT": str(project),
        "RISKKIT_HOME": str(tmp_path / "home"),
        "SUPABASE_URL": keys.url,
        "SUPABASE_ANON_KEY": keys.anon_key,
    }
    settings = Settings.load({**os.environ, **known})
    with open_store(settings, session.sign_in(settings, "quant@atlas.example", "riskkit-demo")) as store:
        yield Bench(keys, settings, store, tmp_path)


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_where_the_time_of_one_report_goes_beside_stock_papermill(bench: Bench) -> None:
    kept, ledger = nursery(), OwnLedger.of(bench.store, "atlas")
    told: dict[str, list[dict[str, float]]] = {"papermill": [], "riskkit": [], "with PDF": []}

    def ours(paper: bool) -> FinishedRun:
        task = Task(bench.order(), bench.store, ledger, paper=paper)
        return make(bench.settings, task, Steps(silent), Guard(launcher=kept))

    try:
        stock = bench.stock(ours(False))
        for _ in range(2):  # until the nursery has imported what it imports
            ours(False)
            time.sleep(3)
        for number in range(TURNS):
            told["papermill"].append(stock.run(_made(bench.folder / f"stock-{number}")))
            told["riskkit"].append(_parts(ours(False)))
            told["with PDF"].append(_parts(ours(True)))
    finally:
        kept.close()
    middle = {
        who: {part: statistics.median(run[part] for run in runs) for part in runs[0]} for who, runs in told.items()
    }
    _print(
        f"{REPORT}, medians of {TURNS} turns: clock [s]",
        [f"{'':<30}" + "".join(f"{who:>12}" for who in middle)]
        + [f"{part:<30}" + "".join(_cell(one.get(part)) for one in middle.values()) for part in middle["riskkit"]]
        + [_ratio("clock", told, "all"), _ratio("processor", told, "processor")],
    )
    assert middle["riskkit"]["processor"] < middle["papermill"]["processor"]


def _parts(run: FinishedRun) -> dict[str, float]:
    """Seconds by part, as stock papermill's; then what only riskkit does."""
    wall, used = run.seconds, run.processor_seconds
    inner = sum(wall[f"execute.{part}"] for part in ("kernel", "cells", "close"))
    steps = [name for name in wall if "." not in name]
    return {
        "start": wall["execute"] - inner,
        "kernel": wall["execute.kernel"],
        "cells": wall["execute.cells"],
        "import cell": import_cell(json.loads((run.folder / "notebook.ipynb").read_text())),
        "close": wall["execute.close"],
        "freeze, verify, judge": sum(wall[name] for name in ("freeze", "verify", "judge")),
        "render": wall["render"],
        "store, commit, publish": sum(wall[name] for name in ("store", "commit", "publish")),
        "all": sum(wall[name] for name in steps),
        "processor": sum(used[name] for name in used if name != "execute"),
    }


@pytest.mark.benchmark
@pytest.mark.timeout(3600)
def test_reports_a_minute_beside_stock_papermill(bench: Bench) -> None:
    first = Task(bench.order(), bench.store, OwnLedger.of(bench.store, "atlas"))
    stock = bench.stock(make(bench.settings, first, Steps(silent), Guard()))
    programs = _made(bench.folder / "bin")
    for name in ("git", "sh"):
        (programs / name).symlink_to(str(shutil.which(name)))
    workers = {"riskkit": str(programs), "with PDF": os.environ["PATH"]}
    started = {queue: _worker(bench, queue.split()[-1].lower(), path) for queue, path in workers.items()}
    told: dict[str, list[float]] = {"papermill": [], **{name: [] for name in started}}
    try:
        for name in started:
            _batch(bench, name.split()[-1].lower())  # until its nursery has imported what it imports
            _batch(bench, name.split()[-1].lower())
        for turn in range(TURNS):
            told["papermill"].append(_minute(lambda turn=turn: _stocks(stock, bench.folder / f"turn-{turn}")))
            for name in started:
                told[name].append(_minute(lambda name=name: _batch(bench, name.split()[-1].lower())))
    finally:
        for process in started.values():
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    pairs = {name: [ours / theirs for ours, theirs in zip(told[name], told["papermill"], strict=True)] for name in told}
    _print(
        f"{REPORT}, {TURNS} turns of {BATCH} reports, {LANES} at once: reports a minute",
        [
            f"{name:<30}{statistics.median(told[name]):8.1f}   {statistics.median(pairs[name]):5.2f} × papermill "
            f"({min(pairs[name]):.2f} to {max(pairs[name]):.2f})"
            for name in told
        ],
    )


def _worker(bench: Bench, queue: str, path: str) -> subprocess.Popen[bytes]:
    secret = bench.folder / "service-key"
    secret.write_text(bench.keys.service_key)
    secret.chmod(0o600)
    known = {"RISKKIT_PROJECT": str(bench.settings.project), "RISKKIT_HOME": str(bench.folder / f"home-{queue}"),
             "SUPABASE_URL": bench.keys.url, "SUPABASE_ANON_KEY": bench.keys.anon_key, "PATH": path,
             "SUPABASE_SERVICE_ROLE_KEY_FILE": str(secret)}  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPABASE")}
    with (bench.folder / f"worker-{queue}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "riskkit", "worker", "-j", str(LANES), "--queue", queue],
            env={**kept, **known}, cwd=bench.settings.project, stdout=log, stderr=log,
        )  # fmt: skip


def _batch(bench: Bench, queue: str) -> None:
    """Queue a batch and wait until its last report is there."""
    ref = bench.order().ref
    job = {"team_id": ref.team_id, "kind": "report", "portfolio_id": ref.id, "queue": queue, "as_of": AS_OF,
           "args": {"report": REPORT, "parameters": {}}}  # fmt: skip
    with service_client(bench.keys) as service:
        ids = [str(service.rpc("enqueue_job", {"p_job": job}).execute().data) for _ in range(BATCH)]
        while True:
            rows: Any = service.table("calculation_jobs").select("state,errors").in_("id", ids).execute().data
            if all(row["state"] == "succeeded" for row in rows):
                return
            assert not [row for row in rows if row["state"] in ("dead", "cancelled")], rows
            time.sleep(0.1)


def _stocks(stock: Stock, folder: Path) -> None:
    with ThreadPoolExecutor(LANES) as lanes:
        list(lanes.map(lambda number: stock.run(_made(folder / str(number))), range(BATCH)))


def _minute(batch: Callable[[], None]) -> float:
    begin = time.monotonic()
    batch()
    return 60 * BATCH / (time.monotonic() - begin)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _cell(seconds: float | None) -> str:
    return f"{'':>12}" if seconds is None else f"{seconds:12.2f}"


def _ratio(what: str, told: dict[str, list[dict[str, float]]], part: str) -> str:
    """riskkit's time over papermill's, turn by turn."""
    ratios = {
        who: statistics.median(ours[part] / theirs[part] for ours, theirs in zip(runs, told["papermill"], strict=True))
        for who, runs in told.items()
    }
    return f"{what + ' × papermill':<30}" + "".join(f"{ratio:12.2f}" for ratio in ratios.values())


def _print(title: str, lines: list[str]) -> None:
    machine = (
        f"{os.cpu_count()} × {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.0f}"
    )
    sys.stdout.write("\n" + "\n".join([f"{title} ({machine})", *(f"  {line}" for line in lines)]) + "\n")
