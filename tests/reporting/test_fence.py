"""What a notebook can do to the machine it runs on, when root starts it: next to nothing."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from riskkit.errors import RunFailed
from riskkit.reporting.fence import COUNT, FIRST, MOST_PROCESSES, Fence
from riskkit.reporting.runner import run_report
from riskkit.settings import Settings
from riskkit.store.memory import MemoryStore

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run the tests as root")

#: Says what it can do; TOLD is what there is to try.
PROBE = """\
import resource, socket, subprocess
told = TOLD
tried = {}
for name, attempt in {
    "read": lambda: [pathlib.Path(one).read_bytes() for one in told["secret"]],
    "list": lambda: os.listdir(told["project"]),
    "write": lambda: pathlib.Path(told["project"], "notebooks", "planted.ipynb").write_text("x"),
    "inputs": lambda: (folder / "inputs" / "portfolio.json").write_text("{}"),
    "signal": lambda: os.kill(told["pid"], 0),
    "root": lambda: os.setuid(0),
    "connect": lambda: socket.create_connection(("127.0.0.1", told["port"]), 2),
}.items():
    try:
        tried[name] = str(attempt())
    except OSError as error:
        tried[name] = type(error).__name__
subprocess.Popen(["sleep", told["sleep"]], start_new_session=True)
tried["user"] = [os.getresuid(), os.getresgid(), os.getgroups()]
tried["processes"] = resource.getrlimit(resource.RLIMIT_NPROC)[0]
tried["seen"] = len([one for one in os.listdir("/proc") if one.isdigit()])
(folder / "outputs" / "tables" / "tried.csv").write_text(json.dumps(tried))
"""


def sleeping(seconds: str) -> list[psutil.Process]:
    """Processes `sleep SECONDS`."""
    return [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == ["sleep", seconds]]


def test_a_notebook_reads_no_secret_writes_no_project_reaches_no_network_and_leaves_nothing_behind(
    settings: Settings, store: MemoryStore, tiny: ModuleType, tmp_path: Path
) -> None:
    secret, opened = tmp_path / "service-key", tmp_path / "project" / "left-open.txt"
    for path in (secret, opened):
        path.write_text("canary")
    secret.chmod(0o600)
    told = {"secret": [str(secret)], "project": str(settings.project), "pid": os.getpid(), "port": 1, "sleep": "3917"}
    cells = (tiny.OPEN, tiny.SHOW, tiny.SAVE, PROBE.replace("TOLD", repr(told)))
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", *cells)
    run = run_report(settings, store, "tiny", {"portfolio": "demo"})
    found = next(one for one in run.record.artifacts if one.name == "tables/tried.csv")
    tried: dict[str, Any] = json.loads((settings.project / "reports" / ".objects" / found.key).read_text())
    (uid, *others), groups, more = tried.pop("user")
    assert FIRST <= uid < FIRST + COUNT
    assert {*others, *groups} == {uid}
    assert more == []
    assert tried.pop("seen") < 8
    assert tried == {
        "read": "FileNotFoundError", "list": "['reports']", "write": "FileNotFoundError", "inputs": "PermissionError",
        "signal": "ProcessLookupError", "root": "PermissionError", "connect": "OSError", "processes": MOST_PROCESSES,
    }  # fmt: skip
    end = time.monotonic() + 5
    while sleeping("3917") and time.monotonic() < end:
        time.sleep(0.05)
    assert sleeping("3917") == []
    assert not (settings.project / "notebooks" / "planted.ipynb").exists()


def test_nobody_else_may_read_the_work_folder_of_a_run(settings: Settings, tmp_path: Path) -> None:
    work = tmp_path / "01a2026b-74ef-74f4-9654-71a38540dd45"
    (work / "run" / "outputs").mkdir(parents=True)
    (work / "order.json").write_text("{}")
    fence = Fence.around(work, tmp_path, settings.project)
    assert fence is not None
    assert fence.uid != Fence(FIRST, (), ()).uid
    fence.hand_over(work, [work / "run" / "outputs"])
    for path in (work, *work.rglob("*")):
        found = path.stat()
        assert found.st_gid == fence.uid
        assert not found.st_mode & stat.S_IRWXO
        assert found.st_uid == (fence.uid if path.name == "outputs" else 0)


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs `setpriv` (util-linux)")
def test_where_root_may_make_no_namespaces_a_closed_folder_is_named_with_what_to_do(
    tiny: ModuleType, tmp_path: Path
) -> None:
    """As in an ordinary container: pytest's folders are closed to others, and cannot be replaced in a view here."""
    tiny.make_project(tmp_path / "project")
    program = [sys.executable, str(Path(__file__).with_name("killed_run.py"))]
    arguments = [str(tmp_path / "project"), str(tmp_path / "rows"), "begin never"]
    without = ["setpriv", "--inh-caps=-sys_admin", "--bounding-set=-sys_admin"]
    done = subprocess.run([*without, *program, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert RunFailed.__name__ in done.stderr
    assert "NotFenced" in done.stderr
    assert "chmod -R o+rX it and the folders above it, or start the worker as an unprivileged user" in done.stderr
    assert tiny.complete_runs(tmp_path / "project" / "reports") == {}
