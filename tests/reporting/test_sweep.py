"""What a killed run leaves is settled by its row; a living run is left alone."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from riskkit.errors import InputError
from riskkit.reporting.places import Places, abandoned, work_folder
from riskkit.reporting.runner import FinishedRun, run_report
from riskkit.reporting.sweep import COMMIT, Swept, sweep
from riskkit.settings import Settings
from riskkit.store.memory import MemoryDatabase, MemoryStore

NOTHING = Swept((), (), ())


@pytest.fixture(scope="module")
def template(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MemoryDatabase, FinishedRun]:
    """A project with one report in it, made once and copied for each test."""
    settings = tiny.make_project(tmp_path_factory.mktemp("sweep") / "project")
    database = tiny.make_database()
    run = run_report(settings, MemoryStore(database, tiny.QUANT), "tiny", {"portfolio": "demo"})
    return settings.project, database, run


@pytest.fixture
def made(
    template: tuple[Path, MemoryDatabase, FinishedRun], tiny: ModuleType, tmp_path: Path
) -> tuple[Places, MemoryStore, FinishedRun]:
    """A copy: its places, its store, and its report as it lies there."""
    project, database, run = template
    shutil.copytree(project, tmp_path / "project")
    own = replace(database, records=dict(database.records), recorders=dict(database.recorders))
    folder = tmp_path / "project" / run.folder.relative_to(project)
    return Places(tmp_path / "project" / "reports"), MemoryStore(own, tiny.QUANT), replace(run, folder=folder)


def back_to_work(places: Places, run: FinishedRun, user_id: str) -> None:
    """As if the run had been killed between its row and its rename."""
    work = places.work / run.record.id
    (places.work / f"{run.record.id}.lock").touch()
    work.mkdir()
    run.folder.rename(work / "final")
    (work / COMMIT).write_text(json.dumps({"user_id": user_id, "folder": str(run.folder.relative_to(places.reports))}))


def test_nothing_to_do(made: tuple[Places, MemoryStore, FinishedRun]) -> None:
    places, store, run = made
    assert sweep(places, store, store.member().user_id) == NOTHING
    assert run.html.is_file()
    assert sweep(Places(places.reports / "new"), store, "me").removed == ()


def test_with_a_row_it_is_finished(made: tuple[Places, MemoryStore, FinishedRun]) -> None:
    places, store, run = made
    back_to_work(places, run, "somebody else")
    assert sweep(places, store, store.member().user_id) == Swept((), (run.record.id,), ())
    assert run.html.is_file()
    assert list(places.work.iterdir()) == []


def test_without_a_row_it_is_removed(made: tuple[Places, MemoryStore, FinishedRun], tiny: ModuleType) -> None:
    places, store, run = made
    back_to_work(places, run, store.member().user_id)
    empty = MemoryStore(tiny.make_database(), tiny.QUANT)
    assert sweep(places, empty, store.member().user_id) == Swept((run.record.id,), (), ())
    assert not run.folder.exists()
    assert list(places.work.iterdir()) == []


def test_another_users_run_is_left_to_them_where_its_row_cannot_be_seen(
    made: tuple[Places, MemoryStore, FinishedRun], tiny: ModuleType
) -> None:
    places, store, run = made
    back_to_work(places, run, store.member().user_id)
    other = MemoryStore(store._db, "quant@borealis.example")
    assert sweep(places, other, other.member().user_id) == NOTHING
    assert (places.work / run.record.id / "final" / "report.html").is_file()
    assert sweep(places, store, store.member().user_id).finished == (run.record.id,)


@pytest.mark.parametrize("intent", ["", '{"user_id": "m', None])
def test_killed_before_its_intent_was_whole_it_is_removed(
    made: tuple[Places, MemoryStore, FinishedRun], intent: str | None
) -> None:
    places, store, _ = made
    (places.work / "018f.lock").touch()
    (places.work / "018f").mkdir()
    if intent is not None:
        (places.work / "018f" / COMMIT).write_text(intent)
    assert sweep(places, store, "me").removed == ("018f",)
    assert list(places.work.iterdir()) == []


def test_damaged_pages_are_restored_from_the_artifacts(made: tuple[Places, MemoryStore, FinishedRun]) -> None:
    places, store, run = made
    back_to_work(places, run, store.member().user_id)
    (places.work / run.record.id / "final" / "report.html").write_text("half")
    assert sweep(places, store, store.member().user_id) == Swept((), (), (run.record.id,))
    assert "Tiny" in run.html.read_text()


def test_a_missing_folder_is_restored_and_a_damaged_artifact_is_not(
    made: tuple[Places, MemoryStore, FinishedRun],
) -> None:
    places, store, run = made
    before = run.html.read_bytes()
    shutil.rmtree(run.folder)
    assert sweep(places, store, store.member().user_id).restored == (run.record.id,)
    assert run.html.read_bytes() == before
    shutil.rmtree(run.folder)
    page = next(artifact for artifact in run.record.artifacts if artifact.name == "report.html")
    kept = places.objects.folder / page.key
    kept.chmod(0o644)
    kept.write_bytes(before[:-1] + b"!")
    assert sweep(places, store, store.member().user_id) == NOTHING
    assert not run.folder.exists()
    assert list(places.work.iterdir()) == []


def planted(places: Places, store: MemoryStore, run: FinishedRun, text: str) -> str:
    """The run's folder gone, and its recorded `run.json` another text; the name of what holds it."""
    shutil.rmtree(run.folder)
    path = places.reports / "run.json"
    path.write_text(text)
    made = places.objects.put(path, "run.json")
    path.unlink()
    others = tuple(one for one in run.record.artifacts if one.name != "run.json")
    store._db.records[run.record.id] = replace(run.record, artifacts=(*others, made))
    return made.sha256


def there(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("portfolio", ["../../../../elsewhere/x", "/tmp/elsewhere", "atlas/other", None])
def test_the_row_says_where_a_run_is_restored_not_its_pages(
    made: tuple[Places, MemoryStore, FinishedRun], portfolio: str | None
) -> None:
    places, store, run = made
    content = json.loads((run.folder / "run.json").read_text()) | {"portfolio": portfolio}
    planted(places, store, run, json.dumps(content))
    before = there(places.reports.parent.parent)
    assert sweep(places, store, store.member().user_id).restored == (run.record.id,)
    after = there(places.reports.parent.parent) - before
    assert {path.parent for path in after} == {run.folder, run.folder / "tables"}


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"artifacts": 1}'])
def test_a_run_that_is_none_is_left_out_and_logged(
    made: tuple[Places, MemoryStore, FinishedRun], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    places, store, run = made
    planted(places, store, run, text)
    assert sweep(places, store, store.member().user_id) == NOTHING
    assert not run.folder.exists()
    assert [record.__dict__["run_id"] for record in caplog.records] == [run.record.id]


def test_bytes_that_do_not_have_the_recorded_hash_are_not_even_parsed(
    made: tuple[Places, MemoryStore, FinishedRun],
) -> None:
    places, store, run = made
    digest = planted(places, store, run, "[" * 200_000)
    kept = places.objects.folder / digest[:2] / digest
    kept.chmod(0o644)
    kept.write_text("]" * 200_000)
    assert sweep(places, store, store.member().user_id) == NOTHING
    assert not run.folder.exists()


def test_what_others_recorded_is_theirs_to_restore(made: tuple[Places, MemoryStore, FinishedRun]) -> None:
    places, store, run = made
    shutil.rmtree(run.folder)
    colleague = MemoryStore(store._db, "viewer@atlas.example")
    assert [one.id for one in colleague.runs()] == [run.record.id]
    assert sweep(places, colleague, colleague.member().user_id) == NOTHING
    assert not run.folder.exists()


@pytest.mark.parametrize("folder", ["../a/b/c/d", "/tmp/a/b/c/d", ".work/a/b/c/d", "tiny/../../c/d", "a/b"])
def test_a_run_lies_inside_reports(tmp_path: Path, folder: str) -> None:
    places = Places(tmp_path / "reports")
    with pytest.raises(InputError, match="levels below"):
        places.inside(folder)
    assert places.run("var", "2020-01-02", "team/book", "id") == places.reports / "var/2020-01-02/team/book/id"
    (tmp_path / "elsewhere").mkdir()
    places.reports.mkdir()
    (places.reports / "var").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="levels below"):
        places.run("var", "2020-01-02", "team/book", "id")


def test_a_living_run_is_left_alone(made: tuple[Places, MemoryStore, FinishedRun]) -> None:
    places, store, _ = made
    with work_folder(places, "018f") as work:
        with abandoned(places.work / "018f.lock") as found:
            assert found is None
        assert sweep(places, store, store.member().user_id) == NOTHING
        assert work.is_dir()
    assert list(places.work.iterdir()) == []


def test_reports_made_at_the_same_time_do_not_disturb_each_other(
    settings: Settings, store: MemoryStore, tiny: ModuleType
) -> None:
    def make(number: int) -> str:
        return run_report(settings, store, "tiny", {"portfolio": "demo", "horizon_days": number}).record.id

    with ThreadPoolExecutor(3) as pool:
        ids = list(pool.map(make, (1, 2, 3)))
    assert set(tiny.complete_runs(settings.project / "reports")) == set(ids)
    assert {record.id for record in store.runs()} == set(ids)
