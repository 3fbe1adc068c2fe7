"""`kill -9` at a boundary of a run leaves no half report, no half row and no process."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from riskkit import session
from riskkit.local.stack import Stack
from riskkit.settings import Settings
from riskkit.store.connect import open_store

#: Those at which what a kill leaves is decided; `make soak` takes every one, five times.
DECIDED = (
    "begin prepare",
    "end execute",
    "end store",
    "row before",
    "row after",
    "end commit",
    "begin publish",
    "end publish",
)


@pytest.mark.timeout(900)
def test_a_kill_at_the_boundaries_that_decide(tiny: ModuleType, kills: ModuleType, tmp_path: Path) -> None:
    def lane(number: int) -> list[object]:
        project, rows = tmp_path / f"project{number}", tmp_path / f"rows{number}"
        tiny.make_project(project)
        store = tiny.FileStore(rows)
        return [kills.kill_and_look(project, str(rows), point, store) for point in DECIDED[number::2]]

    with ThreadPoolExecutor(2) as pool:
        left = {one.point: one for one in itertools.chain(*pool.map(lane, range(2)))}
    assert set(left) == set(DECIDED) <= set(kills.BOUNDARIES)
    assert all(one.killed for one in left.values())
    done = {point: one.swept for point, one in left.items()}
    assert done["begin prepare"] == done["end publish"] == "nothing"
    assert done["end execute"] == done["end store"] == done["row before"] == "removed"
    assert done["row after"] == done["end commit"] == done["begin publish"] == "finished"


@pytest.mark.timeout(600)
def test_a_row_in_the_database_is_the_truth(
    tiny: ModuleType, kills: ModuleType, demo_stack: Stack, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    tiny.make_project(project)
    keys = demo_stack.keys()
    known = {
        "RISKKIT_PROJECT": str(project),
        "RISKKIT_HOME": str(tmp_path / "home"),
        "SUPABASE_URL": keys.url,
        "SUPABASE_ANON_KEY": keys.anon_key,
    }
    settings = Settings.load({**os.environ, **known})
    signed_in = session.sign_in(settings, tiny.QUANT, "riskkit-demo")
    with open_store(settings, signed_in) as store:
        left = [
            kills.kill_and_look(project, "supabase", point, store, known)
            for point in ("row before", "row after", "end commit")
        ]
    assert [one.swept for one in left] == ["removed", "finished", "finished"]
