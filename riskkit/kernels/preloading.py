"""What notebooks import, imported before they are known."""

from __future__ import annotations

import gc
import importlib
from pathlib import Path

#: In pieces of less than a second: between two of them an order is seen to.
PRELOADED = (
    "ipykernel.kernelapp",
    "numpy",
    "pandas",
    "scipy.optimize",
    "bokeh.core.properties",
    "bokeh.models",
    "bokeh.plotting",
    "riskkit.charts",
    "riskkit.notebook",
)


def preload(name: str) -> None:
    """Import for all forks to come, and keep the collector from touching, and so copying, what they share."""
    importlib.import_module(name)
    gc.collect()
    gc.freeze()


def newest_code() -> int:
    """When riskkit's code was last written [ns since the epoch]: whoever has imported older code forks no more."""
    return max(path.stat().st_mtime_ns for path in Path(__file__).parents[1].rglob("*.py"))
