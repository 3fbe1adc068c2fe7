"""Teams with books, a tiny report and workers: what the tests of the worker need, and its soak."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from riskkit import session
from riskkit.kernels.forked import NAME as KERNEL
from riskkit.local.client import service_client
from riskkit.local.keys import Keys
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Cash, Equity, Position
from riskkit.settings import Settings
from riskkit.store.connect import open_queue, open_store
from riskkit.store.queue import Queue
from riskkit.store.supabase import SupabaseStore
from tests.reporting import tiny_project as tiny

PASSWORD = "riskkit-shop-1"
_NURSERY = "riskkit.reporting.nursery"
#: After `OPEN`: what the parameter `note` or the book's name asks for.
BEHAVE = """\
import os, time
if book["ref"]["slug"].startswith("poison") or note == "boom":
    raise ValueError("no <price>")
if note == "memory":
    held = bytearray(6 * 2**30)
if note == "exit":
    os._exit(3)
time.sleep(float(note or 0))
"""


@dataclass
class Shop:
    """A project, two teams and their users on one Supabase.

    Attributes
    ----------
    keys : Keys
    project : Path
    team : str
        Slug of the team whose reports are made; `team_id` likewise.
    books : mapping of slug to id
    paper : bool
        Whether workers find Chromium: their PDF is most of a tiny report's time.
    """

    keys: Keys
    project: Path
    team: str = field(default_factory=lambda: f"shop-{uuid.uuid4().hex[:8]}")
    other: str = field(default_factory=lambda: f"other-{uuid.uuid4().hex[:8]}")
    team_id: str = ""
    books: dict[str, str] = field(default_factory=dict)
    paper: bool = False

    def open(self, *slugs: str) -> Shop:
        """Make it all; the books are alike."""
        tiny.make_project(self.project)
        cells = (tiny.OPEN, BEHAVE, tiny.SHOW, tiny.SAVE)
        tiny.write_notebook(self.project / "notebooks" / "tiny.ipynb", *cells)
        (self.project.parent / "service-key").write_text(self.keys.service_key)
        with service_client(self.keys) as service:
            for team in (self.team, self.other):
                made: Any = service.table("teams").insert({"slug": team, "name": team}).execute().data
                for role in ("analyst", "viewer"):
                    given = {"email": f"{role}@{team}.example", "password": PASSWORD, "email_confirm": True}
                    user = service.auth.admin.create_user(given)  # type: ignore[arg-type]
                    row = {"team_id": made[0]["id"], "user_id": user.user.id, "role": role}
                    service.table("memberships").insert(row).execute()
        days = np.arange("2018-01-01", "2020-04-10", dtype="datetime64[D]")
        levels = 100.0 + 10.0 * np.sin(np.arange(len(days)))
        series = FactorSeries(RiskFactor("ACME", "equity", "USD"), days, levels)
        positions = (Position(Equity("ACME", "USD"), 10.0), Position(Cash("USD"), -5.0))
        with self.store("analyst") as store:
            store.import_prices(self.team, [series])
            for slug in slugs or ("demo",):
                ref = store.import_portfolio(self.team, slug, slug, "USD", positions, date(2020, 1, 1))
                self.books[slug], self.team_id = ref.id, ref.team_id
        return self

    def signed_in(self, role: str, team: str) -> tuple[Settings, Any]:
        """Settings and session of a member."""
        known = {"RISKKIT_PROJECT": str(self.project), "RISKKIT_HOME": str(self.project.parent / f"{role}-{team}"),
                 "SUPABASE_URL": self.keys.url, "SUPABASE_ANON_KEY": self.keys.anon_key}  # fmt: skip
        settings = Settings.load(known)
        return settings, session.sign_in(settings, f"{role}@{team}.example", PASSWORD)

    def store(self, role: str, team: str | None = None) -> SupabaseStore:
        """The store as a member."""
        return open_store(*self.signed_in(role, team or self.team))

    @contextlib.contextmanager
    def queue(self) -> Iterator[Queue]:
        """The queue as the analyst."""
        with open_queue(*self.signed_in("analyst", self.team)) as queue:
            yield queue

    def enqueue(self, note: str = "", book: str = "demo", **columns: Any) -> str:
        """Queue a job as a scheduler would; its id."""
        given = {"team_id": self.team_id, "kind": "report", "portfolio_id": self.books[book], "queue": self.team,
                 "args": {"report": "tiny", "parameters": {"note": note}}, **columns}  # fmt: skip
        with service_client(self.keys) as service:
            return str(service.rpc("enqueue_job", {"p_job": given}).execute().data)

    def row(self, job: str) -> dict[str, Any]:
        """A job as it is now."""
        with service_client(self.keys) as service:
            found: Any = service.table("calculation_jobs").select("*").eq("id", job).execute().data
        return dict(found[0])

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A team's rows of a table."""
        with service_client(self.keys) as service:
            found: Any = service.table(table).select("*").eq("team_id", self.team_id).execute().data
        return [dict(row) for row in found]

    def worker(
        self, *arguments: str, script: str | None = None, environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `riskkit worker` on the team's queue, or a script of this folder; its log is `worker.log`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPABASE")}
        known = {"RISKKIT_PROJECT": str(self.project), "RISKKIT_HOME": str(self.project.parent / "worker-home"),
                 "SUPABASE_URL": self.keys.url, "SUPABASE_ANON_KEY": self.keys.anon_key,
                 "SUPABASE_SERVICE_ROLE_KEY_FILE": str(self.project.parent / "service-key")}  # fmt: skip
        if not self.paper:
            known["PATH"] = path_without_chromium(self.project.parent / "no-chromium")
        program = ["-m", "riskkit", "worker"] if script is None else [str(Path(__file__).with_name(script))]
        with (self.project.parent / "worker.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, *program, "--queue", self.team, *arguments], cwd=self.project, stdout=log, stderr=log,
                env={**kept, **known, **(environ or {})},
            )  # fmt: skip

    def log(self) -> str:
        """What the workers have logged."""
        return (self.project.parent / "worker.log").read_text()

    def processes(self) -> list[psutil.Process]:
        """papermill and kernels of the project's reports, and what they are forked from."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                forked = _NURSERY in process.cmdline() and process.cwd().startswith(str(self.project))
                if forked or process.environ().get("RISKKIT_RUN_DIR", "").startswith(str(self.project)):
                    found.append(process)
        return found

    def running(self, kind: str) -> list[psutil.Process]:
        """Those of a kind: `child` or `kernel`, both forks in a report's work folder."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                at_work = process.cwd().startswith(str(self.project / "reports" / ".work"))
                if at_work and _NURSERY in process.cmdline() and (process.name() == KERNEL) == (kind == "kernel"):
                    found.append(process)
        return found

    def complete(self) -> set[str]:
        """Ids of the reports that lie in the project, each whole."""
        return set(tiny.complete_runs(self.project / "reports"))


def path_without_chromium(folder: Path) -> str:
    """A PATH with what a worker needs and no more."""
    folder.mkdir(exist_ok=True)
    for name in ("git", "sh"):
        if not (folder / name).exists():
            (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


def wait_until(true: Callable[[], Any], seconds: float = 60.0, what: str = "it") -> None:
    """Poll until something holds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come about in {seconds} s"
        time.sleep(0.1)


def harass(
    shop: Shop, kills: int, seed: int, reports: Sequence[str] = ("tiny",), longest_wait: float = 2.5
) -> dict[str, Any]:
    """Kill workers, papermill and kernels at random moments until so many are dead; then let the rest be made.

    There are two reports for five kills, so that most are killed more than once, and at least five.

    Every job must end with exactly one complete report, none may ever be seen half, and what a kill leaves alive must
    be gone in five seconds.
    """
    dice, longest = random.Random(seed), 0.0
    hit, misses = {"worker": 0, "child": 0, "kernel": 0}, 0
    kinds = itertools.cycle(reports)

    def another() -> str:
        return shop.enqueue(max_attempts=25, args={"report": next(kinds), "parameters": {}})

    jobs = [another() for _ in range(max(5, 2 * kills // 5))]
    worker = shop.worker(script="quick_worker.py")
    looks = 0

    def at_work() -> bool:
        """Whether a report runs; while we look, the last one may end, and another is needed."""
        if all(shop.row(job)["finished_at"] for job in jobs[-3:]):
            jobs.append(another())
        return bool(shop.running("child"))

    try:
        while (killed := sum(hit.values())) < kills:
            kind = ("worker", "child", "kernel")[killed % 3]
            wait_until(at_work, 300, "a report that runs")
            time.sleep(dice.uniform(0, longest_wait))
            orphans = _kill(shop, kind, worker, dice)
            if orphans is None:
                misses += 1
                continue
            hit[kind] += 1
            begin = time.monotonic()
            wait_until(lambda left=orphans: not any(map(_lives, left)), 5, f"the end of what a dead {kind} left")
            longest = max(longest, time.monotonic() - begin)
            if kind == "worker":
                worker.wait()
                wait_until(lambda: not shop.processes(), 5, "the end of a dead worker's processes")
                worker = shop.worker(script="quick_worker.py")
            looks += len(shop.complete())  # raises if one is there that is not whole
        limit = 300 + 15 * kills
        wait_until(lambda: all(shop.row(job)["finished_at"] for job in jobs), limit, "the end of every job")
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(120)
    assert shop.worker("--once").wait(240) == 0  # its sweep settles what the last one left
    ends = [shop.row(job) for job in jobs]
    runs = {row["id"] for row in shop.rows("report_runs")}
    others = [(row["state"], row["errors"]) for row in ends if row["state"] != "succeeded"]
    assert others == []
    assert len({row["run_id"] for row in ends}) == len(jobs)
    assert shop.complete() == runs == {row["run_id"] for row in ends}
    assert list((shop.project / "reports" / ".work").iterdir()) == []
    assert shop.processes() == []
    tried = sum(row["attempt"] > 1 for row in ends)
    made = dict(Counter(row["args"]["report"] for row in ends))
    return {"kills": hit, "reports": made, "moments_between_two_reports": misses, "jobs": len(jobs),
            "jobs_tried_again": tried, "reports_seen_meanwhile": looks,
            "longest_orphan_seconds": round(longest, 2)}  # fmt: skip


def _kill(shop: Shop, kind: str, worker: subprocess.Popen[bytes], dice: random.Random) -> list[psutil.Process] | None:
    """Kill one, and what must end with it; None if there was nothing to kill."""
    children, kernels = shop.running("child"), shop.running("kernel")
    if kind == "worker":
        worker.kill()
        return [*children, *kernels]
    for process in dice.sample(found, len(found)) if (found := children if kind == "child" else kernels) else []:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            return [*children, *kernels]
    return None


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
