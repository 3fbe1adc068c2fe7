"""Run ids sort by time, and the code's version is what git says."""

from __future__ import annotations

import hashlib
import subprocess
import time
import uuid
from pathlib import Path

from riskkit.runs.identity import PACKAGES, code_version, new_run_id, package_versions


def test_run_ids_are_version_7_unique_and_sorted_by_time() -> None:
    first = new_run_id()
    time.sleep(0.002)
    ids = [new_run_id() for _ in range(1000)]
    time.sleep(0.002)
    last = new_run_id()
    parsed = uuid.UUID(first)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert len(set(ids)) == 1000
    assert first < min(ids)
    assert max(ids) < last
    assert abs((parsed.int >> 80) / 1000 - time.time()) < 60


def test_the_commit_and_whether_it_is_dirty(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        subprocess.run(["git", *identity, "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    assert code_version(tmp_path)["commit"] is None
    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "first")
    version = code_version(tmp_path)
    assert len(str(version["commit"])) == 40
    assert version["dirty"] is False
    (tmp_path / "output").write_text("untracked files do not count")
    assert code_version(tmp_path)["dirty"] is False
    (tmp_path / "a").write_text("2")
    assert code_version(tmp_path) == {**version, "dirty": True}


def test_the_lock_that_the_environment_was_made_from(tmp_path: Path) -> None:
    assert code_version(tmp_path)["lock"] is None
    (tmp_path / "requirements.lock").write_text("numpy==2.0\n")
    assert code_version(tmp_path)["lock"] == hashlib.sha256(b"numpy==2.0\n").hexdigest()


def test_versions_of_what_makes_the_figures() -> None:
    assert set(package_versions()) == {"python", *PACKAGES}
