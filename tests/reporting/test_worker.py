"""Workers: whose report it is, what a failure costs, and how they end."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from storage3.exceptions import StorageApiError
from supabase import ClientOptions, create_client

from riskkit.errors import InputError
from riskkit.local.client import service_client
from riskkit.local.keys import Keys
from riskkit.local.stack import Stack
from riskkit.reporting.job import Service
from riskkit.reporting.worker import Plan, Worker
from riskkit.store.connect import open_runs
from tests.reporting.shop import PASSWORD, Shop, harass, wait_until
from tests.reporting.tiny_project import make_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    stack = Stack(tmp_path_factory.mktemp("worker") / "home", ROOT)
    yield stack.start(port=0)
    stack.remove()


@pytest.fixture
def shop(keys: Keys, tmp_path: Path) -> Shop:
    return Shop(keys, tmp_path / "project").open("demo")


def test_what_an_analyst_requests_a_worker_makes_for_the_team_alone(keys: Keys, tmp_path: Path) -> None:
    shop = Shop(keys, tmp_path / "project").open("demo")
    with shop.queue() as own:
        job = own.request(shop.books["demo"], "tiny", {"horizon_days": 10})
        assert shop.worker("--once", "--queue", "default").wait(120) == 0
        assert shop.log().endswith("1 jobs: 1 succeeded\n")
        assert own.job(job).state == "succeeded"
        run_id = own.job(job).run_id or ""
        assert any(event.cell for event in own.events(job))
    with shop.store("analyst") as analyst, shop.store("viewer") as viewer, shop.store("viewer", shop.other) as other:
        run = viewer.run(run_id)
        assert (run.official, str(run.as_of), run.parameters["horizon_days"]) == (True, "2020-04-09", 10)
        assert run.gates is not None
        assert (run.gates.verdict, "coverage" in {one.gate for one in run.gates.findings}) == ("PASS", True)
        with pytest.raises(InputError):
            other.run(run_id)
        (row,) = shop.rows("report_runs")
        assert row["author"] == analyst.member().user_id
        assert row["recorded_by"] is None
    assert shop.complete() == {run_id}
    page = next(one for one in run.artifacts if one.name == "report.html")
    assert download(shop, shop.team, page.key) == (next(shop.project.glob("reports/tiny/**/report.html"))).read_bytes()
    with pytest.raises(StorageApiError):
        download(shop, shop.other, page.key)
    written = [path for path in shop.project.rglob("*") if path.is_file()]
    assert not [path for path in written if keys.service_key.encode() in path.read_bytes()]
    assert keys.service_key not in shop.log()
    made_again(shop, run_id)


def made_again(shop: Shop, old: str) -> None:
    """A data fix: the run's place is taken by another, which says so, and which is of the same day."""
    with open_runs(*shop.signed_in("analyst", shop.team)) as runs:
        job = runs.rerun(old, "ACME's close was wrong")
    assert shop.worker("--once", "--queue", "default").wait(120) == 0
    new = shop.row(job)["run_id"]
    places = {row["id"]: (row["current"], row["supersedes"], row["reason"]) for row in shop.rows("report_runs")}
    assert places == {old: (False, None, ""), new: (True, old, "ACME's close was wrong")}
    assert shop.complete() == {old, new}
    (folder,) = shop.project.glob(f"reports/tiny/2020-04-09/*/*/{new}")
    told = json.loads((folder / "run.json").read_text())
    assert (told["supersedes"], told["reason"], told["attempt"]) == (old, "ACME's close was wrong", 1)
    assert told["parameters"]["horizon_days"] == 10
    assert f"Supersedes run <code>{old[:8]}</code>: ACME&#39;s close was wrong" in (folder / "report.html").read_text()


def download(shop: Shop, team: str, key: str) -> bytes:
    with httpx.Client(timeout=30) as http:
        client = create_client(shop.keys.url, shop.keys.anon_key, ClientOptions(httpx_client=http))
        client.auth.sign_in_with_password({"email": f"viewer@{team}.example", "password": PASSWORD})
        found: bytes = client.storage.from_("reports").download(f"{shop.team_id}/{key}")
        return found


def test_one_failure_costs_the_others_nothing_and_only_what_can_pass_is_tried_again(keys: Keys, tmp_path: Path) -> None:
    shop = Shop(keys, tmp_path / "project").open("one", "poison", "two")
    args = {"report": "tiny", "parameters": {"confidence_levle": 0.9}}
    good = [shop.enqueue(book="one"), shop.enqueue(book="two", as_of="2020-03-16")]
    poison = shop.enqueue(book="poison")
    memory, endless = shop.enqueue("memory", "one"), shop.enqueue("600", "one", timeout_s=8)
    unknown, no_day = shop.enqueue(book="one", args={"report": "nothing"}), shop.enqueue(book="one", as_of="1999-01-01")
    mistyped = shop.enqueue(book="one", args=args)
    killed = shop.enqueue("exit", "one", max_attempts=2)
    assert shop.worker("-j", "2", "--once").wait(180) == 0
    ends = {job: shop.row(job) for job in (*good, poison, memory, endless, unknown, no_day, mistyped, killed)}
    assert {ends[job]["state"] for job in good} == {"succeeded"}
    assert shop.complete() == {ends[job]["run_id"] for job in good}
    assert {row["as_of"] for row in shop.rows("report_runs")} == {"2020-04-09", "2020-03-16"}
    dead = {job: ends[job]["errors"][0] for job in (poison, memory, endless, unknown, no_day, mistyped)}
    assert {ends[job]["state"] for job in dead} == {"dead"}
    assert {ends[job]["attempt"] for job in dead} == {1}
    assert [error["type"] for error in dead.values()] == [
        "ValueError", "MemoryError", "Timeout", "InputError", "InputError", "InputError",
    ]  # fmt: skip
    assert [error.get("cell") for error in dead.values()] == [4, 4, 4, None, None, None]
    assert 'raise ValueError("no <price>")' in dead[poison]["message"]
    assert str(shop.project) not in json.dumps(list(dead.values()))
    # Again after two seconds, which on a slow machine come before the worker has ended.
    assert (ends[killed]["state"], ends[killed]["attempt"]) in (("queued", 1), ("dead", 2))
    assert {error["type"] for error in ends[killed]["errors"]} == {"DeadKernel"}
    assert shop.processes() == []


@pytest.fixture
def in_thread(shop: Shop) -> Iterator[Callable[[], Worker]]:
    """A worker with a quick heart in a thread of this process."""
    service = Service.at(shop.keys.url, shop.keys.service_key)
    plan = Plan(queue=shop.team, heartbeat=0.3, grace=60.0)
    worker = Worker(make_settings(shop.project), service, plan)
    thread = threading.Thread(target=worker.run)

    def start() -> Worker:
        thread.start()
        return worker

    yield start
    worker.stop()
    thread.join(90)
    service.close()


def test_cancel_ends_what_waits_and_what_runs(shop: Shop, in_thread: Callable[[], Worker]) -> None:
    running = shop.enqueue("600", priority=5)
    waiting = shop.enqueue(run_at="2099-01-01T00:00:00Z")
    worker = in_thread()
    wait_until(lambda: shop.row(running)["cell"] == 4, what="the sleeping cell")
    with shop.queue() as queue:
        assert queue.cancel(waiting) == "cancelled"
        assert queue.cancel(running) == "requested"
    wait_until(lambda: shop.row(running)["state"] == "cancelled", 20, "the cancelled state")
    wait_until(lambda: worker.outcomes == ["cancelled"], 10)
    wait_until(lambda: not shop.running("child") and not shop.running("kernel"), 5, "the end of its processes")
    assert shop.complete() == set()
    assert list((shop.project / "reports" / ".work").iterdir()) == []


def test_a_lost_lease_ends_the_attempt_and_another_makes_the_one_report(
    shop: Shop, in_thread: Callable[[], Worker]
) -> None:
    job = shop.enqueue("2")
    worker = in_thread()
    wait_until(lambda: shop.row(job)["cell"] == 4, what="the sleeping cell")
    with psycopg.connect(shop.keys.db_url) as owner:
        owner.execute("update calculation_jobs set lease_expires_at = now() - interval '1 s' where id = %s", [job])
        owner.commit()
    with service_client(shop.keys) as service:
        service.rpc("reap_jobs", {}).execute()
    wait_until(lambda: shop.row(job)["state"] == "succeeded", 60, "the second attempt")
    wait_until(lambda: len(worker.outcomes) == 2, 10)
    assert worker.outcomes == ["lost", "succeeded"]
    assert shop.complete() == {shop.row(job)["run_id"]} == {row["id"] for row in shop.rows("report_runs")}


def test_sigterm_lets_a_report_finish_or_gives_its_job_back_and_a_second_one_is_hard(shop: Shop) -> None:
    short = shop.enqueue("1.5")
    worker = shop.worker("--grace", "60")
    wait_until(lambda: shop.row(short)["cell"] == 4, what="the sleeping cell")
    job = shop.enqueue("600")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert (shop.row(short)["state"], shop.row(job)["state"]) == ("succeeded", "queued")
    worker = shop.worker("--grace", "0.5")
    wait_until(lambda: shop.row(job)["cell"] == 4, what="the sleeping cell")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    row = shop.row(job)
    assert (row["state"], row["attempt"], row["max_attempts"], row["errors"]) == ("queued", 1, 6, [])
    worker = shop.worker("--grace", "600")
    wait_until(lambda: (shop.row(job)["attempt"], shop.row(job)["cell"]) == (2, 4), what="the sleeping cell")
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 128 + signal.SIGTERM
    wait_until(lambda: not shop.processes(), 5, "the end of its processes")
    assert shop.row(job)["state"] == "running"  # until its lease lapses


@pytest.mark.timeout(400)
def test_five_kills_and_exactly_one_report_each(shop: Shop) -> None:
    found = harass(shop, 5, seed=20200316)
    assert found["jobs"] >= 5
    assert found["kills"]["worker"] == 2
