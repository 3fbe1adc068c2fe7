"""A schedule for 200 books of which three are poisoned: 197 reports, and three failures that are named."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from riskkit.local.stack import Stack
from tests.reporting.fan_out import fan_out
from tests.reporting.shop import Shop

RESULTS = Path(__file__).with_name("results")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_three_poisoned_books_cost_the_other_197_nothing(stack: Stack, tmp_path: Path) -> None:
    found = fan_out(Shop(stack.keys(), tmp_path / "project"), 200, 3)
    found |= {"lanes": 2, "pdf": False, "processors": os.cpu_count(), "load": round(os.getloadavg()[1], 1)}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "fan_out.json").write_text(json.dumps(found, indent=1) + "\n")
    sys.stdout.write(json.dumps(found) + "\n")
    assert found["reports"] == 197
