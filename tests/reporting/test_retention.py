"""Retention: storage shrinks, nothing that is kept or named goes, whenever whoever does it is killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from riskkit.errors import Unavailable
from riskkit.local.keys import Keys
from riskkit.local.stack import Stack
from riskkit.reporting.places import Places
from riskkit.reporting.retention import AGE, Released, retain, run_folders
from riskkit.runs.record import read_run
from riskkit.store.retention import RetentionStore
from riskkit.store.service import Bucket, ServiceStore
from tests.reporting import kept_runs
from tests.reporting.kept_runs import Keeper
from tests.reporting.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
#: Of January and February the last day is a month's end; the latest two days are 3 and 4 March.
GOES, STAYS = ("2020-01-30", "2020-02-26", "2020-03-02"), ("2020-01-31", "2020-02-28", "2020-03-03", "2020-03-04")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    stack = Stack(tmp_path_factory.mktemp("retention") / "home", ROOT)
    yield stack.start(port=0)
    stack.remove()


@pytest.fixture
def shop(keys: Keys, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(keys, tmp_path / "project")
    (tmp_path / "service-key").write_text(keys.service_key)
    team = "insert into teams (slug, name) values (%s, 'x') returning id::text"
    book = (
        "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'demo', 'x', 'USD')"
        " returning id::text"
    )
    schedule = (
        "insert into schedules (team_id, name, cron, timezone, args, keep_last) values (%s, 'tiny', '0 18 * * *',"
        " 'UTC', '{\"report\": \"tiny\"}', 2)"
    )
    with psycopg.connect(keys.db_url, autocommit=True) as owner:
        made.team_id = owner.execute(team, [made.team]).fetchone()[0]  # type: ignore[index]
        made.books["demo"] = owner.execute(book, [made.team_id]).fetchone()[0]  # type: ignore[index]
        owner.execute(schedule, [made.team_id])
        yield made
        owner.execute("delete from schedules where team_id = %s", [made.team_id])


@pytest.fixture
def keeper(shop: Shop) -> Iterator[Keeper]:
    places, bucket = Places(shop.project / "reports"), Bucket(shop.keys.url, shop.keys.service_key)
    with ServiceStore(shop.keys.url, shop.keys.service_key) as store:
        yield Keeper(places, store, bucket, shop.team_id, shop.books["demo"], f"{shop.team}/demo")
    bucket.close()


def retained(keeper: Keeper, shop: Shop, age: float) -> Released:
    with RetentionStore(shop.keys.url, shop.keys.service_key) as store:
        return retain(keeper.places, store, keeper.bucket, age)


def hold(shop: Shop, run: str) -> None:
    with psycopg.connect(shop.keys.db_url, autocommit=True) as owner:
        owner.execute("update report_runs set hold = 'Audit of 2020' where id = %s", [run])


def bucket(shop: Shop) -> dict[str, int]:
    """Bytes of the team's files in the bucket, by key."""
    query = (
        "select substr(o.name, 38), octet_length(c.body) from storage.objects o join storage.contents c"
        " on c.object_id = o.id where o.name like %s"
    )
    with psycopg.connect(shop.keys.db_url) as owner:
        return dict(owner.execute(query, [f"{shop.team_id}/%"]).fetchall())


def on_disk(folder: Path) -> int:
    """Bytes of runs and objects; index pages are left out: they list what there is, from the first change on."""
    runs = [path for run in run_folders(Places(folder)) for path in run.rglob("*")]
    return sum(path.stat().st_size for path in (*runs, *(folder / ".objects").rglob("*")) if path.is_file())


def assert_whole(shop: Shop, keeper: Keeper) -> None:
    """Every row has its files in the bucket, and every folder is a whole run."""
    named = {row["key"] for row in shop.rows("run_artifacts")}
    official = {row["id"] for row in shop.rows("report_runs") if row["official"]}
    wanted = {row["key"] for row in shop.rows("run_artifacts") if row["run_id"] in official}
    assert wanted <= set(bucket(shop))
    for folder in run_folders(keeper.places):
        read_run(folder)
    here = {f"{path.parent.name}/{path.name}" for path in keeper.places.objects.folder.glob("??/*")}
    assert named <= here


def fill(shop: Shop, keeper: Keeper) -> dict[str, Any]:
    """Runs of which some go: by day; the last of a list is current."""
    made: dict[str, Any] = {day: keeper.run(day) for day in (*GOES, *STAYS)}
    made["superseded"], made["2020-03-02"] = made["2020-03-02"], keeper.run("2020-03-02")
    made["held"] = keeper.run("2020-02-27", shared="of a run on hold")
    made["like the held one"] = keeper.run("2020-02-25", shared="of a run on hold")
    hold(shop, made["held"])
    made["own"] = keeper.run("2020-01-15", shared="a person's", official=False)
    made["elsewhere"] = keeper.run("2020-01-16", shared="of another database", official=False, recorded=False)
    return made


def test_rows_files_folders_and_objects_shrink_and_what_is_kept_stays(shop: Shop, keeper: Keeper) -> None:
    made = fill(shop, keeper)
    gone = {made[name] for name in (*GOES, "superseded", "like the held one")}
    rows, files, disk = len(shop.rows("run_artifacts")), sum(bucket(shop).values()), on_disk(keeper.places.reports)

    first = retained(keeper, shop, AGE)
    assert (first.runs, first.folders, first.files, first.objects) == (5, 5, 0, 0), "files wait for two days"
    assert_whole(shop, keeper)
    second = retained(keeper, shop, 0.0)
    # Of each a page, a notebook and a run.json; their input is another's too.
    assert (second.runs, second.folders, second.files, second.objects) == (0, 0, 15, 15)
    assert_whole(shop, keeper)

    assert {row["id"] for row in shop.rows("report_runs")} == set(made.values()) - gone - {made["elsewhere"]}
    assert {folder.name for folder in run_folders(keeper.places)} == set(made.values()) - gone
    assert not list(keeper.places.reports.rglob("2020-03-02")), "nor an empty folder"
    assert len(shop.rows("run_artifacts")) == rows - 5 * 4
    assert sum(bucket(shop).values()) < files - 5 * 40_000
    assert on_disk(keeper.places.reports) < disk - 2 * 5 * 40_000, "folders and objects"
    assert second.object_bytes > 5 * 40_000
    alone = {made["own"], made["elsewhere"], made["held"]}
    for folder in run_folders(keeper.places):
        if folder.name in alone:
            for artifact in read_run(folder)["artifacts"]:
                assert (keeper.places.objects.folder / artifact["key"]).is_file(), artifact["name"]
    assert retained(keeper, shop, 0.0) == Released(0, 0, 0, 0, 0)
    told = "select detail ->> 'runs' from audit_log where team_id = %s and action = 'runs.pruned'"
    with psycopg.connect(shop.keys.db_url) as owner:
        assert all(run in owner.execute(told, [shop.team_id]).fetchone()[0] for run in gone)  # type: ignore[index]


def test_killed_at_any_moment_it_leaves_orphans_and_never_a_row_without_its_files(shop: Shop, keeper: Keeper) -> None:
    dice, made = random.Random(7), fill(shop, keeper)
    for _ in range(4):
        for day in ("2019-05-06", "2019-05-07"):
            keeper.run(day, size=1000)
    keeper.run("2019-05-31")
    arguments = [str(shop.project), shop.keys.url, str(shop.project.parent / "service-key")]
    for _ in range(3):
        process = subprocess.Popen([sys.executable, str(kept_runs.__file__), *arguments], cwd=ROOT)
        time.sleep(dice.uniform(0.8, 2.5))
        process.kill()
        process.wait()
        assert_whole(shop, keeper)
    retained(keeper, shop, 0.0)
    assert_whole(shop, keeper)
    kept = {row["id"] for row in shop.rows("report_runs")}
    assert {made[name] for name in (*STAYS, "held", "own")} <= kept
    assert {folder.name for folder in run_folders(keeper.places)} == kept | {made["elsewhere"]}
    assert set(bucket(shop)) == {row["key"] for row in shop.rows("run_artifacts") if row["run_id"] != made["own"]}, (
        "no orphan is left"
    )
    assert not list(keeper.places.work.glob("*"))


def test_a_file_that_was_just_collected_is_not_named_before_it_is_there_again(shop: Shop, keeper: Keeper) -> None:
    """A worker found its input in the bucket, an orphan of two days ago, which goes before the worker commits."""
    keeper.run("2020-01-02")
    orphan = keeper.places.work / "orphan.json"
    orphan.write_text("of a run that was never committed" * 1000)
    artifact = keeper.places.objects.put(orphan, "inputs/portfolio.json")
    keeper.bucket.put(keeper.team_id, artifact, orphan)
    assert retained(keeper, shop, 0.0).files == 1
    keeper.places.objects.put(orphan, "inputs/portfolio.json")
    record = next(one for one in keeper.store.runs() if one.team_id == keeper.team_id)
    named = type(record)(**{**vars(record), "id": kept_runs.new_run_id(), "artifacts": (artifact,)})
    with pytest.raises(Unavailable, match="just been collected"):
        keeper.store.record_run(named)
    later = "update private.collected_objects set collected_at = collected_at - interval '2 min'"
    with psycopg.connect(shop.keys.db_url, autocommit=True) as owner:
        owner.execute(later)
        with pytest.raises(Unavailable, match="just been collected"):
            keeper.store.record_run(named)
        keeper.bucket.put(keeper.team_id, artifact, orphan)
        keeper.store.record_run(named)
    assert retained(keeper, shop, 0.0).files == 0
