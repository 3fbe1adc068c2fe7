"""`riskkit demo`: twice gives the same rows, and neither its end nor Ctrl-C leaves a process or a port."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from riskkit.local.stack import Stack

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of its own, with its home in it, as after a clone."""
    folder = tmp_path_factory.mktemp("newcomer") / "riskkit"
    for name in ("notebooks", "parameters", "supabase"):
        shutil.copytree(ROOT / name, folder / name)
    yield folder
    Stack(folder / ".riskkit", folder).remove()


def start(project, *options):
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("RISKKIT_", "SUPABASE_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "riskkit", "demo", *options],
        cwd=project, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def finished(process):
    output, _ = process.communicate(timeout=280)
    assert process.returncode == 0, output
    return output


def left_behind(project):
    """Command lines of processes that belong to this project."""
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [
        line
        for line in lines
        if str(project) in line or str(Stack(project / ".riskkit", project).status().data) in line
    ]


def answers(url):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1].rstrip("/")))) == 0


def row_counts(project):
    stack = Stack(project / ".riskkit", project)
    with psycopg.connect(stack.start().db_url) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public' order by 1"
        ).fetchall()
        counts = {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for (name,) in tables}
    stack.stop()
    return counts


@pytest.fixture(scope="module")
def first(project):
    return finished(start(project, "--no-serve"))


def test_the_last_slots_reports_are_official_and_it_says_where_they_lie(project, first):
    pages = re.findall(r"(reports/\S+/report\.html)", first)
    made = [(report, book) for _, report, _, _, book, *_ in (page.split("/") for page in pages)]
    var = [("portfolio_var", book) for book in ("demo", "equities", "fund")]
    assert made == [*var, ("stress_test", "demo"), ("report_status", "fund")]
    assert first.count("· 2022-12-28 · official") == 5
    assert [line for line in first.splitlines() if line != line.rstrip()] == []
    assert all((project / page).is_file() for page in pages)
    assert "2022-12-28" in first
    assert left_behind(project) == []


def test_a_second_run_changes_no_row(project, first):
    before = row_counts(project)
    assert before["public.factor_levels"] > 100_000
    assert before["public.report_runs"] == before["public.calculation_jobs"] == 5
    assert finished(start(project, "--no-serve")).count("already there") == 5
    after = row_counts(project)
    signed_in = after.pop("public.audit_log") - before.pop("public.audit_log")
    assert after == before
    assert signed_in == 1  # on record, like every sign-in
    assert left_behind(project) == []


@pytest.mark.usefixtures("first")
def test_ctrl_c_stops_all_that_it_started(project):
    process = start(project, "--port", "0")
    seen = []
    for line in process.stdout:
        seen.append(line)
        if line.startswith("Dashboards: "):
            break
    urls = re.findall(r"http://127\.0\.0\.1:\d+", "".join(seen))
    assert len(urls) == 2, seen
    assert "quant@atlas.example" in "".join(seen)
    assert httpx.get(urls[1], follow_redirects=True).status_code == 200
    children = psutil.Process(process.pid).children()
    assert [one.cmdline()[3] for one in children] == ["worker", "serve"], "what is requested on a dashboard is made"
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    finished(process)
    time.sleep(0.5)
    assert not any(one.is_running() for one in children)
    assert [url for url in urls if answers(url)] == []
    assert left_behind(project) == []
