"""A worker whose project and database do not fit claims nothing, says why, and goes on once they do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from riskkit.local.keys import Keys
from riskkit.local.stack import Stack
from riskkit.reporting.job import Service
from riskkit.reporting.schema import SchemaCheck
from riskkit.reporting.worker import Plan, Worker
from riskkit.store.queue import WorkerQueue
from tests.reporting.shop import Shop
from tests.reporting.tiny_project import make_settings

ROOT = Path(__file__).resolve().parents[2]
NEWER = "20991231235959"


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    stack = Stack(tmp_path / "home", ROOT)
    yield stack.start(port=0)
    stack.remove()


def test_a_worker_of_another_version_claims_nothing_until_it_fits(keys: Keys, tmp_path: Path) -> None:
    shop = Shop(keys, tmp_path / "project").open("demo")
    shutil.copytree(ROOT / "supabase" / "migrations", shop.project / "supabase" / "migrations")
    job = shop.enqueue(args={"report": "nothing"})
    with psycopg.connect(keys.db_url, autocommit=True) as owner:
        owner.execute("insert into supabase_migrations.schema_migrations (version) values (%s)", [NEWER])
        assert shop.worker("--once").wait(120) == 1
        assert f"no job was claimed: the database is newer than this worker: it has {NEWER}" in shop.log()
        assert (shop.row(job)["state"], shop.row(job)["attempt"]) == ("queued", 0)
        owner.execute("delete from supabase_migrations.schema_migrations where version = %s", [NEWER])
        service = Service.at(keys.url, keys.service_key)
        worker = Worker(make_settings(shop.project), service, Plan(queue=shop.team, once=True))
        worker.run()
        assert (worker.outcomes, worker.misfit) == (["dead"], ""), "there is no such report"
        assert service.queue.schema_versions() == {path.name.partition("_")[0] for path in _migrations(shop.project)}
        service.close()
        owner.execute("drop function public.schema_versions()")
    queue = WorkerQueue(keys.url, keys.service_key)
    assert queue.schema_versions() == frozenset(), "a database that is too old to say"
    queue.close()


def test_it_goes_on_by_itself_and_says_each_change_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, applied = tmp_path / "supabase" / "migrations", {"20260101000000"}
    folder.mkdir(parents=True)
    for name in ("20260101000000_make_one.sql", "20260102000000_make_two.sql", "README.md"):
        (folder / name).touch()
    check = SchemaCheck(tmp_path, lambda: applied)
    with caplog.at_level("INFO", "riskkit.worker"):
        assert [check.fits(), check.fits()] == [False, False]
        assert "it has 20260101000000, needed is 20260102000000: it lacks 20260102000000." in check.misfit
        applied.add("20260102000000")
        assert [check.fits(), check.fits()] == [True, True]
        assert check.misfit == ""
    assert [one.levelname for one in caplog.records] == ["ERROR", "INFO"]


def test_a_project_without_migrations_says_nothing_of_them(tmp_path: Path) -> None:
    assert SchemaCheck(tmp_path, lambda: {"20260101000000"}).fits()


def _migrations(project: Path) -> list[Path]:
    return list((project / "supabase" / "migrations").glob("*.sql"))
