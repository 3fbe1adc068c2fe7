"""The queue under 400 kills, 80 pauses and 6 crashes of the database; the suite runs the same small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results")
SMALL = {"jobs": 60, "slots": 20, "kills": 10, "pauses": 2, "crashes": 1, "workers": 4}


def crashes(seconds: float, **plan: int) -> dict[str, object]:
    """What the tool found; it ends with an error if there is any fault."""
    options = [f"--{name}={value}" for name, value in plan.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.queue_crashes", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_nothing_is_lost_or_committed_twice_small() -> None:
    found = crashes(250, **SMALL)
    assert found["lost"] == found["committed_twice"] == found["half_committed"] == 0
    assert found["jobs"] == 80


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_is_lost_or_committed_twice() -> None:
    """`RISKKIT_SOAK_KILLS` sets another count of kills; pauses and crashes of the database go with it."""
    kills = int(os.environ.get("RISKKIT_SOAK_KILLS", "400"))
    found = crashes(3500, kills=kills, pauses=kills // 5, crashes=max(1, kills // 60), jobs=5 * kills, slots=kills)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "queue_crashes.json").write_text(json.dumps({**found, "processors": os.cpu_count()}, indent=1) + "\n")
    sys.stdout.write(json.dumps(found) + "\n")
