"""One report's time, wall and processor: start, kernel, cells, render, and everything else."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from riskkit import session
from riskkit.local.stack import Stack
from riskkit.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 5

#: Runs one report, and tells what the process itself took before the runner began, and all processors after it.
CHILD = """
import json, resource, sys, time
begin = time.perf_counter()
from riskkit import session
from riskkit.reporting.runner import run_report
from riskkit.settings import Settings
from riskkit.store.connect import open_store
settings = Settings.load()
with open_store(settings, session.current(settings)) as store:
    start = time.perf_counter()
    run = run_report(settings, store, sys.argv[1], {"portfolio": "atlas/demo", "as_of": "2020-03-16"})
    end = time.perf_counter()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
processor = [one.ru_utime + one.ru_stime for one in used]
print(json.dumps({"import": start - begin, "all": end - begin, "own": processor[0], "children": processor[1],
                  "seconds": dict(run.seconds), "processor": dict(run.processor_seconds)}))
"""


@pytest.mark.benchmark
@pytest.mark.timeout(900)
@pytest.mark.parametrize("report", ["portfolio_var", "stress_test"])
def test_the_time_of_one_report(report: str, demo_stack: Stack, tmp_path: Path) -> None:
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
    session.sign_in(settings, "quant@atlas.example", "riskkit-demo")
    told = []
    for _ in range(REPEATS):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, report],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    one = sorted(told, key=lambda run: run["all"])[REPEATS // 2]
    wall, total = one["seconds"], one["all"]
    shown = {
        "import of the runner": one["import"],
        "prepare and freeze": wall["prepare"] + wall["sweep"] + wall["freeze"],
        "papermill's process and import": wall["execute"]
        - sum(wall[f"execute.{part}"] for part in ("kernel", "cells", "close")),
        "kernel start": wall["execute.kernel"],
        "cells": wall["execute.cells"],
        "kernel end": wall["execute.close"],
        "render": wall["render"],
        "verify, store, commit, publish": sum(wall[name] for name in ("verify", "store", "commit", "publish")),
    }
    machine = f"{os.cpu_count()} × {platform.machine()}, Python {platform.python_version()}"
    lines = [f"{report}, the middle one of {REPEATS} runs, {machine}"]
    lines += [f"  {name:<32}{seconds:7.2f} s  {100 * seconds / total:5.1f} %" for name, seconds in shown.items()]
    lines.append(f"  {'in all, wall':<32}{total:7.2f} s")
    lines.append(f"  {'in all, processor':<32}{one['own'] + one['children']:7.2f} s")
    lines.append(f"  {'  of it this process':<32}{one['own']:7.2f} s")
    lines.append(f"  {'  papermill':<32}{one['processor']['execute.import and client']:7.2f} s")
    lines.append(f"  {'  kernel':<32}{one['processor']['execute.kernel']:7.2f} s")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert sum(shown.values()) == pytest.approx(total, rel=0.05)
