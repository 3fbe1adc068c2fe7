"""What can go wrong under a worker: each fault has its named outcome, the worker lives on, other reports are made."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from riskkit.local.postgres import Postgres
from riskkit.local.stack import Stack
from tests.reporting import tiny_project as tiny
from tests.reporting.shop import Shop, wait_until

ROOT = Path(__file__).resolve().parents[2]

#: By name: what a cell does, columns of its job, and how it ends: the error's type, and whether it is tried again.
NOTEBOOKS = {
    "segfault": ("import ctypes; ctypes.string_at(0)", {}, "DeadKernel", True),
    "endless loop": ("while True: pass", {"timeout_s": 10}, "Timeout", False),
    "6 GB array": ("import numpy; numpy.ones(6 * 2**27)", {}, "MemoryError", False),
    "200,000 lines": ("for line in range(200_000): print(line, 'x' * 110)", {}, "OutputTooLarge", False),
    "endless output": ("while True: print('x' * 100_000)", {}, "OutputTooLarge", False),
    "killed itself": ("import signal; os.kill(os.getpid(), signal.SIGKILL)", {}, "DeadKernel", True),
    "its parent killed": ("import signal; os.kill(os.getppid(), signal.SIGKILL)", {}, "ProcessDied", True),
}  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("faults") / "home", ROOT)
    made.start(port=0)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def ends(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, dict[str, dict[str, Any]]]:
    """One worker, one queue: a report after each fault; the rows of the jobs."""
    shop = Shop(stack.keys(), tmp_path_factory.mktemp("shop") / "project").open("demo")
    jobs = {}
    for number, (name, (cell, columns, _, _)) in enumerate(NOTEBOOKS.items()):
        tiny.write_notebook(shop.project / "notebooks" / f"fault{number}.ipynb", tiny.OPEN, cell, tiny.SHOW, tiny.SAVE)
        faulty = {"report": f"fault{number}", "parameters": {}}
        jobs[name] = shop.enqueue(args=faulty, max_attempts=1, **columns)
    others = [shop.enqueue() for _ in range(2)]
    assert shop.worker("-j", "2", "--once").wait(380) == 0
    assert [shop.row(job)["state"] for job in others] == ["succeeded"] * 2
    return shop, {name: shop.row(job) for name, job in jobs.items()}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_ends_with_a_name_and_harms_no_other(
    name: str, ends: tuple[Shop, dict[str, dict[str, Any]]]
) -> None:
    shop, rows = ends
    (error,) = rows[name]["errors"]
    assert (rows[name]["state"], error["type"]) == ("dead", NOTEBOOKS[name][2])
    assert len(error["message"]) < 3000
    assert len(shop.complete()) == 2
    assert shop.processes() == []


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="needs root, to mount a small disk")
def test_a_full_disk_fails_one_report_and_then_no_job_is_claimed_until_there_is_room(
    stack: Stack, tmp_path: Path
) -> None:
    shop = Shop(stack.keys(), tmp_path / "project").open("demo")
    fill = "with open(folder / 'outputs' / 'big', 'wb') as big:\n    while True: big.write(bytes(2**20))"
    tiny.write_notebook(shop.project / "notebooks" / "fill.ipynb", tiny.OPEN, fill)
    reports = shop.project / "reports"
    reports.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", reports], check=True)
    try:
        before = shop.enqueue(priority=9)
        full = shop.enqueue(args={"report": "fill", "parameters": {}}, max_attempts=1, priority=5)
        after = shop.enqueue()
        assert shop.worker("--once").wait(120) == 0
        assert [shop.row(job)["state"] for job in (before, full, after)] == ["succeeded", "dead", "succeeded"]
        assert shop.row(full)["errors"][0]["type"] == "enospc"
        (reports / "others").write_bytes(bytes(50 * 2**20))
        waiting = shop.enqueue()
        worker = shop.worker()
        wait_until(lambda: "disk full: no job is claimed" in shop.log(), what="the warning")
        assert shop.row(waiting)["state"] == "queued"
        (reports / "others").unlink()
        wait_until(lambda: shop.row(waiting)["state"] == "succeeded", what="the report that waited")
        worker.terminate()
        assert worker.wait(30) == 0
        assert shop.complete() == {shop.row(job)["run_id"] for job in (before, after, waiting)}
    finally:
        subprocess.run(["umount", "-l", reports], check=True)


class Door:
    """Passes requests on to Supabase, or says 503 for the paths that are down."""

    def __init__(self, url: str) -> None:
        down: set[str] = set()
        self.down = down

        class Handler(BaseHTTPRequestHandler):
            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if any(self.path.startswith(prefix) for prefix in down):
                    answer = httpx.Response(503, content=b"down")
                else:
                    kept = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                    answer = httpx.request(self.command, url + self.path, headers=kept, content=body, timeout=60)
                self.send_response(answer.status_code)
                for name in ("content-type", "content-range", "content-profile"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        for method in ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"):
            setattr(Handler, f"do_{method}", Handler.pass_on)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.timeout(1000)
def test_storage_and_then_the_database_are_away_for_a_while_and_nothing_is_lost(stack: Stack, tmp_path: Path) -> None:
    keys, door = stack.keys(), Door(stack.keys().url)
    shop = Shop(keys, tmp_path / "project").open("demo")
    door.down.add("/storage/")
    away = shop.enqueue()
    shop.keys = replace(keys, url=door.url)
    worker = shop.worker()
    shop.keys = keys
    try:
        wait_until(lambda: shop.row(away)["errors"], 300, "the failed attempt")
        assert shop.row(away)["errors"][0]["type"] == "Unavailable"
        door.down.clear()
        wait_until(lambda: shop.row(away)["state"] == "succeeded", 300, "the report, once storage is back")
        slow = shop.enqueue("8")
        wait_until(lambda: shop.row(slow)["cell"] == 4, 200, "the sleeping cell")
        database, port = Postgres.of(stack.home), Postgres.of(stack.home).port
        database.stop()
        wait_until(lambda: "no heartbeat" in shop.log(), what="a heartbeat that nobody heard")
        assert database.start(port) == port
        wait_until(lambda: shop.row(slow)["finished_at"], 300, "the report over the pause")
        # Where the pause was longer than the lease, which a busy machine's is, it was made once more: one is on record.
        assert (shop.row(slow)["state"], shop.row(slow)["attempt"] <= 2) == ("succeeded", True)
        assert worker.poll() is None
        assert shop.complete() == {shop.row(job)["run_id"] for job in (away, slow)}
    finally:
        worker.terminate()
        worker.wait(60)
        door.close()
