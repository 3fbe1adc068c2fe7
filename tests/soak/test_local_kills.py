"""The embedded Supabase killed 60 times in the middle of writes, gateway and Postgres in turn: nothing is lost."""

import json
import random
import time
from pathlib import Path

import pytest

from riskkit.local.stack import Stack
from tests.local import kills
from tests.local.conftest import make_project

KILLS = 60
RESULTS = Path(__file__).with_name("results")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_sixty_kills(tmp_path):
    stack = Stack(tmp_path / "home", make_project(tmp_path / "project", kills.SCHEMA))
    rows = files = doubtful = 0
    begun, moments = time.monotonic(), random.Random(20261122)
    try:
        stack.start(port=0)
        for number in range(KILLS):
            which = "gateway" if number % 2 else "postmaster"
            outcome = kills.write_until_killed(stack, which, moments.uniform(0.2, 1.5), number * 100_000)
            assert outcome.lost == set(), (number, which)
            rows, files = rows + len(outcome.rows), files + len(outcome.files)
            doubtful += len(outcome.present_rows - outcome.rows) + len(outcome.whole_files - outcome.files)
    finally:
        stack.remove()
    result = {
        "kills": KILLS, "rows acknowledged": rows, "files acknowledged": files, "lost": 0,
        "there without an answer": doubtful, "seconds": round(time.monotonic() - begun),
    }  # fmt: skip
    (RESULTS / "local_kills.json").write_text(json.dumps(result, indent=1) + "\n")
