"""A notebook run by stock papermill as anybody would: `papermill IN OUT`, a new process for each report."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskkit.settings import Settings


@dataclass(frozen=True)
class Stock:
    """What stock papermill is given, again and again.

    Attributes
    ----------
    settings : Settings
        Of the project.
    notebook, inputs : Path
        The notebook, and the inputs frozen for a run of it by riskkit; that costs stock papermill nothing here.
    parameters : dict
        All of them.
    """

    settings: Settings
    notebook: Path
    inputs: Path
    parameters: dict[str, Any]

    def run(self, folder: Path) -> dict[str, float]:
        """Run it once; seconds by part, by the clock, and `processor` for all processes together."""
        shutil.copytree(self.inputs, folder / "run" / "inputs")
        target = folder / "out.ipynb"
        command = [sys.executable, "-m", "papermill", str(self.notebook), str(target), "--no-progress-bar"]
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RISKKIT_PROJECT": str(self.settings.project),
            "RISKKIT_HOME": str(folder / "home"),
            "RISKKIT_RUN_DIR": str(folder / "run"),
        }
        begin = time.time()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-y", json.dumps(self.parameters)], cwd=folder, env=environ, stdout=log, stderr=log
            )
        _, status, used = os.wait4(process.pid, 0)
        end = time.time()
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, (folder / "log").read_text()
        notebook = json.loads(target.read_text())
        cells = [cell["metadata"]["papermill"] for cell in notebook["cells"]]
        started, first, last = (
            moment(text)
            for text in (notebook["metadata"]["papermill"]["start_time"], cells[0]["start_time"], cells[-1]["end_time"])
        )
        return {
            "start": started - begin,
            "kernel": first - started,
            "cells": last - first,
            "import cell": import_cell(notebook),
            "close": end - last,
            "all": end - begin,
            "processor": used.ru_utime + used.ru_stime,
        }


def moment(text: str) -> float:
    """Seconds since 1970 of one of papermill's times, which are UTC."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def import_cell(notebook: dict[str, Any]) -> float:
    """Seconds of the cell that imports riskkit."""
    cells = [one for one in notebook["cells"] if one["cell_type"] == "code" and "import" in "".join(one["source"])]
    return float(cells[0]["metadata"]["papermill"]["duration"])
