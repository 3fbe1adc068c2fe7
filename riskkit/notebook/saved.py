"""What a run keeps of a result: its metrics and its tables, each file whole or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskkit.exports import csv_text
from riskkit.metric import Metric

#: Below the run's folder.
FOLDER = "outputs"


def save(result: Any, folder: Path, beside: Mapping[str, Any] | None = None) -> Path:
    """Write `outputs/metrics.json` and `outputs/tables/<name>.csv` of a result below `folder`.

    What the page's other analyses found, `beside`, follows it: their metrics carry the analysis as a label, their
    tables its name in front. Floats keep every bit: their text is Python's shortest that reads back the same.
    """
    found = {"": result, **(beside or {})}
    target = folder / FOLDER
    (target / "tables").mkdir(parents=True, exist_ok=True)
    for analysis, one in found.items():
        for name, frame in one.tables().items():
            _write(target / "tables" / f"{analysis + '_' if analysis else ''}{name}.csv", csv_text(frame))
    metrics = [
        _metric(metric, {"analysis": analysis} if analysis else {})
        for analysis, one in found.items()
        for metric in one.metrics()
    ]
    _write(target / "metrics.json", json.dumps(metrics, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return target


def _metric(metric: Metric, more: dict[str, str]) -> dict[str, Any]:
    labels = {**metric.labels, **more}
    return {"name": metric.name, "value": float(metric.value), "unit": metric.unit, "labels": labels}


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
