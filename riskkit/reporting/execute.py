"""Execute a notebook with papermill in a process that has nothing of ours to lose, and that cannot outlive us."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riskkit.errors import RiskkitError
from riskkit.reporting.fence import Fence
from riskkit.reporting.launch import ANEW, Child, Launcher, Nursery, Start
from riskkit.reporting.stopping import Stop
from riskkit.settings import Settings, surroundings

#: What a report's processes may know of our environment; everything else, credentials included, stays here.
KEPT = frozenset(("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"))
_ALWAYS = {"PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1"}

#: Told (cells done, cells in all, number of the next one in the notebook).
OnCell = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Limits:
    """What one report may use.

    Attributes
    ----------
    run_seconds, cell_seconds : int
        Longest run, and longest single cell.
    output_bytes : int
        Most that its cells may print and display together.
    memory_bytes : int
        Address space of each of its processes; what asks for more gets a MemoryError.
    """

    run_seconds: int = 900
    cell_seconds: int = 600
    output_bytes: int = 20 * 2**20
    memory_bytes: int = 4 * 2**30


@dataclass(frozen=True)
class Guard:
    """How a run's processes are begun and ended.

    Attributes
    ----------
    limits : Limits
    stop : Stop
        Ends them from another thread.
    launcher : Launcher
    """

    limits: Limits = field(default_factory=Limits)
    stop: Stop = field(default_factory=Stop)
    launcher: Launcher = field(default=ANEW)


@dataclass(frozen=True)
class Executed:
    """What the child said when it was done: seconds by part, wall and processor."""

    seconds: dict[str, float]
    processor_seconds: dict[str, float]


class CellFailed(RiskkitError):
    """The notebook did not come to its end.

    Attributes
    ----------
    cell : int or None
        Number of the cell in the notebook, counted from 1.
    name, message : str
        The error's class and text.
    traceback : str
        As the kernel sent it, without colours; for the log, not for a reader.
    """

    def __init__(self, cell: int | None, name: str, message: str, traceback: str = "") -> None:
        self.cell, self.name, self.message, self.traceback = cell, name, message, traceback
        super().__init__(f"{name}: {message}")


def execute(
    work: Path,
    settings: Settings,
    parameters: Mapping[str, object],
    limits: Limits,
    on_cell: OnCell,
    stop: Stop,
    launcher: Launcher = ANEW,
) -> Executed:
    """Run `work/notebook.ipynb` into `work/executed.ipynb`.

    Parameters
    ----------
    work : Path
        The run's work folder; `work/run` holds the frozen inputs and receives the outputs.
    settings : Settings
        Only the project's place is told to the kernel.
    parameters : mapping
        Validated: papermill escapes values, but runs names as code.
    limits : Limits
    on_cell : callable
        Told (cells done, cells in all, number of the next in the notebook) as they are done.
    stop : Stop
        Ends the processes from another thread.
    launcher : Launcher, optional
        Starts them.

    Raises
    ------
    CellFailed
        A cell failed, the kernel died, a limit was exceeded, or the result could not be written.
    Stopped
        It was told to end.
    """
    work = work.resolve()
    with _runtime(work.name) as runtime:
        order = _order(work, runtime, settings, parameters, limits)
        child = launcher.launch(Start(order, work, _environment(work, settings, runtime), work / "log.txt"))
        overdue = threading.Event()

        def end_overdue() -> None:
            overdue.set()
            child.kill()

        timer = threading.Timer(limits.run_seconds, end_overdue)
        timer.start()
        try:
            with stop.ending(child.kill):
                last = _follow(child, on_cell)
        finally:
            timer.cancel()
            ended = child.end()
    stop.check()
    if overdue.is_set():
        raise CellFailed(None, "Timeout", f"no end after {limits.run_seconds} s")
    if "done" in last:
        return Executed(last["done"], last["cpu"])
    failed = last.get("failed") or {"name": "ProcessDied", "message": f"papermill ended{ended}"}
    traceback = "\n".join(failed.get("traceback", ()))
    raise CellFailed(failed.get("cell"), failed["name"], failed["message"], traceback)


def runtime_folder(run_id: str) -> Path:
    """Where a run's kernel has its sockets: a short path, because a socket's path has at most about 100 bytes."""
    return Path(tempfile.gettempdir()) / f"riskkit-{os.getuid()}-{run_id[-12:]}"


@contextlib.contextmanager
def _runtime(run_id: str) -> Iterator[Path]:
    folder = runtime_folder(run_id)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _order(work: Path, runtime: Path, settings: Settings, parameters: Mapping[str, object], limits: Limits) -> Path:
    """Write what the processes are to do, and give them, and only them, what they need for it."""
    own = [work / "home", work / "cwd", work / "run" / "outputs"]
    for folder in own:
        folder.mkdir()
    own += [work / "executed.ipynb", runtime]
    own[-2].touch()
    fence = Fence.around(work, runtime, settings.project)
    order = {
        "notebook": str(work / "notebook.ipynb"),
        "output": str(work / "executed.ipynb"),
        "parameters": dict(parameters),
        "cwd": str(work / "cwd"),
        "runtime": str(runtime),
        "cell_timeout": limits.cell_seconds,
        "output_limit": limits.output_bytes,
        "memory_limit": limits.memory_bytes,
        "fence": fence and fence.facts(),
    }
    path = work / "order.json"
    path.write_text(json.dumps(order), encoding="utf-8")
    if fence is not None:
        fence.hand_over(work, own)
    return path


def nursery() -> Nursery:
    """A kept process that knows of our environment what a report's may know."""
    return Nursery({**surroundings(KEPT), **_ALWAYS})


def _environment(work: Path, settings: Settings, runtime: Path) -> dict[str, str]:
    home = work / "home"
    return {
        **surroundings(KEPT),
        **_ALWAYS,
        "HOME": str(home),
        "TMPDIR": str(home),
        "USER": "notebook",
        "LOGNAME": "notebook",
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "RISKKIT_HOME": str(home / "riskkit"),  # so that it finds no sign-in and no Supabase
        "RISKKIT_PROJECT": str(settings.project),
        "RISKKIT_RUN_DIR": str(work / "run"),
    }


def _follow(child: Child, on_cell: OnCell) -> dict[str, Any]:
    """Read what the child says to its end; the last thing it said."""
    last: dict[str, Any] = {}
    cells = 0
    for line in child.stdout:
        last = json.loads(line)
        cells = last.get("cells", cells)
        if "cell" in last:
            on_cell(last["cell"], cells, last["next"])
    child.silent = True
    return last
