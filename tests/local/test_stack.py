"""The stack as a whole: started, raced, killed, reset, removed; what was acknowledged stays."""

import json
import os
import shutil
import stat
import subprocess
import sys
import time

import httpx
import psutil
import pytest
from postgrest.exceptions import APIError

from riskkit.errors import Unavailable
from riskkit.local.client import service_client
from riskkit.local.postgres import Postgres
from riskkit.local.process import Mark
from riskkit.local.stack import Stack
from tests.local.conftest import make_project

ROWS = "create table public.rows (id int primary key); grant all on public.rows to service_role;"


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    """A stack of its own, below a folder that only its owner may enter."""
    folder = tmp_path_factory.mktemp("victim")
    folder.chmod(0o700)
    (folder / "closed").mkdir(mode=0o700)
    stack = Stack(folder / "closed" / "home", make_project(folder / "closed" / "project", ROWS))
    yield stack
    stack.remove()


@pytest.fixture
def running(victim):
    victim.start(port=0)
    return victim


def processes(stack):
    postmaster = Postgres.of(stack.home).process()
    gateway = Mark.read(stack.folder / "gateway.json")
    return [one for one in (postmaster, gateway.process() if gateway else None) if one is not None]


def write(keys, *ids):
    """Insert one row after another; the ids that were acknowledged."""
    acknowledged = []
    with service_client(keys) as client:
        for one in ids:
            try:
                client.table("rows").insert({"id": one}).execute()
            except (httpx.HTTPError, APIError):
                break
            acknowledged.append(one)
    return acknowledged


def ids(keys):
    with service_client(keys) as client:
        return {row["id"] for row in client.table("rows").select("id").limit(1000).execute().data}


def test_it_starts_below_a_closed_folder_and_keeps_its_secrets_to_itself(running):
    keys = running.keys()
    assert running.status().running
    assert keys.url.startswith("http://127.0.0.1:")
    for name in ("secrets.json", "gateway.json", "public.json"):
        assert stat.S_IMODE((running.folder / name).stat().st_mode) == 0o600
    assert set(json.loads((running.folder / "public.json").read_text())) == {
        "SUPABASE_URL", "SUPABASE_ANON_KEY", "DATABASE_PORT",
    }  # fmt: skip
    assert keys.service_key not in repr(keys)
    for process in processes(running):
        told = " ".join(process.cmdline()) + json.dumps(process.environ())
        assert not any(secret in told for secret in (keys.service_key, keys.jwt_secret, keys.db_url))


def test_it_listens_on_loopback_only(running):
    for process in processes(running):
        listening = [one.laddr.ip for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
        assert listening == ["127.0.0.1"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands Postgres to another user")
def test_postgres_does_not_run_as_root(running):
    postmaster = Postgres.of(running.home).process()
    assert postmaster.username() == "riskkit-pg"
    assert running.status().data.is_relative_to("/var/lib/riskkit-local/data")


def test_a_second_start_is_quick_and_changes_nothing(running):
    before = {process.pid for process in processes(running)}
    begun = time.monotonic()
    assert running.start() == running.keys()
    assert time.monotonic() - begun < 2
    assert {process.pid for process in processes(running)} == before


def test_starts_that_race_end_in_one_stack(running):
    running.stop()
    got, code = [], "import sys; from pathlib import Path; from riskkit.local.stack import Stack; "
    code += "print(Stack(Path(sys.argv[1]), Path(sys.argv[2])).start().url)"
    command = [sys.executable, "-c", code, str(running.home), str(running.project)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for racer in racers:
        got.append(racer.communicate(timeout=60)[0].strip())
        assert racer.returncode == 0
    assert len(set(got)) == 1
    assert len(processes(running)) == 2


def test_stop_leaves_no_process_and_start_finds_everything_again(running):
    keys = running.keys()
    begin = 1 + max(ids(keys), default=0)
    write(keys, begin)
    alive = processes(running)
    alive += [child for process in alive for child in process.children(recursive=True)]
    running.stop()
    running.stop()
    assert not [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert not running.status().running
    with pytest.raises(Unavailable, match="riskkit local start"):
        running.keys()
    again = running.start()
    assert (again.url, again.anon_key) == (keys.url, keys.anon_key)
    assert begin in ids(again)


def test_the_gateway_outlives_a_restart_of_postgres(running):
    keys = running.keys()
    pid = Mark.read(running.folder / "gateway.json").pid
    postgres = Postgres.of(running.home)
    port = postgres.port
    postgres.stop()
    headers = {"apikey": keys.service_key}
    down = httpx.get(f"{keys.url}/rest/v1/rows?limit=1", headers=headers, timeout=30)
    assert (down.status_code, down.json()["code"]) == (503, "PGRST000")
    assert httpx.get(f"{keys.url}/auth/v1/health", timeout=30).status_code == 503
    assert postgres.start(port) == port
    assert httpx.get(f"{keys.url}/rest/v1/rows?limit=1", headers=headers, timeout=30).status_code == 200
    assert Mark.read(running.folder / "gateway.json").pid == pid


def test_a_recycled_pid_is_nobody_of_ours(running):
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        mark = Mark(bystander.pid, psutil.Process(bystander.pid).create_time(), "riskkit.local.gateway")
        assert mark.process() is None
        mark.stop()
        old = Mark(bystander.pid, psutil.Process(bystander.pid).create_time() - 100, "-c")
        old.stop()
        assert bystander.poll() is None
        running.stop()
        pid_file = running.status().data / "postmaster.pid"
        pid_file.write_text(f"{bystander.pid}\n{running.status().data}\n0\n1\n\n127.0.0.1\n\nready\n")
        assert Postgres.of(running.home).process() is None
        running.stop()
        assert bystander.poll() is None
        assert running.start().url
    finally:
        bystander.kill()
        bystander.wait()


def test_reset_begins_again_with_the_same_keys(running):
    keys = running.keys()
    write(keys, 10**6)
    again = running.reset()
    assert (again.url, again.anon_key, again.service_key) == (keys.url, keys.anon_key, keys.service_key)
    assert ids(again) == set()


def test_a_taken_port_is_refused_by_name_and_avoided_by_default(running, own_stack):
    taken = int(own_stack.keys().url.rsplit(":", 1)[1])
    running.stop()
    with pytest.raises(Unavailable, match=str(taken)):
        running.start(port=taken)
    assert running.start().url != own_stack.keys().url


def test_data_without_their_secrets_or_secrets_without_their_data_are_no_fresh_start(running):
    running.stop()
    kept = (running.folder / "secrets.json").rename(running.folder / "kept")
    with pytest.raises(Unavailable, match="riskkit local reset"):
        running.start()
    kept.rename(running.folder / "secrets.json")
    data = running.status().data
    data.rename(data.with_name("elsewhere"))
    with pytest.raises(Unavailable, match="is gone"):
        running.start()
    data.with_name("elsewhere").rename(data)
    assert running.start()


def test_a_home_that_was_deleted_begins_anew_and_loses_nothing(running):
    """Root's data lie outside the home: deleting a clone and cloning again must not end in a dead start."""
    data = running.status().data
    running.stop()
    shutil.rmtree(running.home)
    assert running.start()
    aside = data.parent.with_name(data.parent.name + ".aside")
    assert (aside / "data" / "PG_VERSION").is_file() == (os.geteuid() == 0)
    shutil.rmtree(aside, ignore_errors=True)


def test_remove_leaves_nothing(running):
    data = running.status().data
    running.remove()
    assert not data.exists()
    assert [path.name for path in running.folder.iterdir() if path.is_file()] == ["lock"]
