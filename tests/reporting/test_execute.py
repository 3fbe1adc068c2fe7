"""Killing one process of a run fails the run, and takes its other processes along."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from riskkit.errors import RunFailed
from riskkit.reporting.execute import KEPT, runtime_folder
from riskkit.reporting.runner import run_report
from riskkit.settings import Settings
from riskkit.store.memory import MemoryStore


def living(settings: Settings, module: str) -> list[int]:
    """Processes of a project that run a module of ours."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("RISKKIT_PROJECT") == str(settings.project)
            if ours and module in process.cmdline():
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def killing(settings: Settings, module: str) -> Callable[[str, float], None]:
    """Kills that process as soon as a cell is done."""

    def watch(step: str, fraction: float) -> None:
        if step == "execute" and 0 < fraction < 1:
            for pid in living(settings, module):
                os.kill(pid, signal.SIGKILL)

    return watch


@pytest.mark.parametrize(
    ("module", "reason"),
    [("riskkit.reporting.child", "ProcessDied"), ("riskkit.reporting.kernel", "DeadKernel")],
)
def test_killing_one_process_fails_the_run_and_ends_the_other(
    module: str, reason: str, settings: Settings, store: MemoryStore, tiny: ModuleType
) -> None:
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", "import time; time.sleep(30)")
    begin = time.monotonic()
    with pytest.raises(RunFailed, match=reason):
        run_report(settings, store, "tiny", {"portfolio": "demo"}, killing(settings, module))
    assert time.monotonic() - begin < 25
    end = time.monotonic() + 5
    while living(settings, "riskkit.reporting.kernel") and time.monotonic() < end:
        time.sleep(0.05)
    assert living(settings, "riskkit.reporting.kernel") == []
    assert living(settings, "riskkit.reporting.child") == []
    assert tiny.complete_runs(settings.project / "reports") == {}


def test_a_kernel_that_is_killed_as_it_starts_is_a_dead_kernel(settings: Settings, store: MemoryStore) -> None:
    def kill() -> None:
        end = time.monotonic() + 60
        while not (found := living(settings, "riskkit.reporting.kernel")) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(RunFailed, match="DeadKernel"):
        run_report(settings, store, "tiny", {"portfolio": "demo"})
    killer.join()


def test_a_watcher_that_raises_ends_the_run_and_its_processes(
    settings: Settings, store: MemoryStore, tiny: ModuleType
) -> None:
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", "import time; time.sleep(30)")

    def interrupt(step: str, fraction: float) -> None:
        if step == "execute" and fraction > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_report(settings, store, "tiny", {"portfolio": "demo"}, interrupt)
    time.sleep(0.5)
    assert living(settings, "riskkit.reporting.child") == []
    assert living(settings, "riskkit.reporting.kernel") == []
    assert list((settings.project / "reports" / ".work").iterdir()) == []


def test_sockets_lie_at_a_short_path_for_the_user_alone() -> None:
    folder = runtime_folder("018f0000-0000-7000-8000-0123456789ab")
    assert len(str(folder / "k-ipc-5")) < 100
    assert folder == runtime_folder("018f0000-0000-7000-8000-0123456789ab")
    assert not Path(folder).exists()


def test_nothing_that_could_be_a_secret_is_kept() -> None:
    assert not [name for name in KEPT if any(word in name for word in ("KEY", "TOKEN", "SECRET", "SUPABASE", "PASS"))]


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and `unshare` (util-linux)"
)
def test_a_report_needs_no_network_not_even_its_own_machines(tiny: ModuleType, tmp_path: Path) -> None:
    tiny.make_project(tmp_path / "project")
    script = Path(__file__).with_name("killed_run.py")
    arguments = [str(script), str(tmp_path / "project"), str(tmp_path / "rows"), "begin never"]
    subprocess.run(["unshare", "-n", sys.executable, *arguments], check=True, timeout=120)
    rows = {path.stem for path in (tmp_path / "rows").glob("*.row")}
    assert set(tiny.complete_runs(tmp_path / "project" / "reports")) == rows
    assert len(rows) == 1
