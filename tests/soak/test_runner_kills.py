"""200 runs killed with SIGKILL: every boundary five times, and a hundred random moments within steps."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from riskkit import session
from riskkit.local.stack import Stack
from riskkit.settings import Settings
from riskkit.store.connect import open_store

KILLS = 200
IN_THE_DATABASE = 40
LANES = 2
RESULTS = Path(__file__).with_name("results")


def load(name: str) -> ModuleType:
    """A module of tests/reporting, which is no package."""
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "reporting" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills(demo_stack: Stack, tmp_path: Path) -> None:
    tiny, kills = load("tiny_project"), load("kills")
    points = [*kills.BOUNDARIES] * 5
    points += kills.moments(KILLS - len(points), seed=20200316)
    begin = time.monotonic()

    def on_files(lane: int) -> list[object]:
        project, rows = tmp_path / f"project{lane}", tmp_path / f"rows{lane}"
        tiny.make_project(project)
        store = tiny.FileStore(rows)
        return [
            kills.kill_and_look(project, str(rows), point, store) for point in points[IN_THE_DATABASE + lane :: LANES]
        ]

    with ThreadPoolExecutor(LANES) as pool:
        left = list(itertools.chain(*pool.map(on_files, range(LANES))))
    left += in_the_database(tiny, kills, demo_stack, tmp_path, points[:IN_THE_DATABASE])
    assert len(left) == KILLS
    killed = [one for one in left if one.killed]
    assert len(killed) >= 0.9 * KILLS  # a random moment may come after the end
    RESULTS.mkdir(exist_ok=True)
    result = {
        "runs": len(left),
        "killed": len(killed),
        "rows_in_postgres": IN_THE_DATABASE,
        "half_reports": 0,
        "rows_without_report": 0,
        "reports_without_row": 0,
        "longest_orphan_seconds": round(max(one.orphan_seconds for one in left), 3),
        "what_the_sweep_did": dict(Counter(one.swept for one in left)),
        "seconds": round(time.monotonic() - begin, 1),
        "processors": os.cpu_count(),
    }
    (RESULTS / "runner_kills.json").write_text(json.dumps(result, indent=1) + "\n")
    sys.stdout.write(json.dumps(result) + "\n")


def in_the_database(tiny: ModuleType, kills: ModuleType, stack: Stack, folder: Path, points: list[str]) -> list[object]:
    """The same with rows in Postgres, written as the signed-in quant."""
    project, keys = folder / "project", stack.keys()
    tiny.make_project(project)
    known = {
        "RISKKIT_PROJECT": str(project),
        "RISKKIT_HOME": str(folder / "home"),
        "SUPABASE_URL": keys.url,
        "SUPABASE_ANON_KEY": keys.anon_key,
    }
    settings = Settings.load({**os.environ, **known})
    with open_store(settings, session.sign_in(settings, tiny.QUANT, "riskkit-demo")) as store:
        return [kills.kill_and_look(project, "supabase", point, store, known) for point in points]
