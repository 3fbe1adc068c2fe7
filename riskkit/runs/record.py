"""A run as a folder: `notebook.ipynb`, `report.html` and the `run.json` that says what they are made of."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from riskkit.errors import InputError
from riskkit.gates import GateReport
from riskkit.metric import Metric
from riskkit.runs.frozen import sha256
from riskkit.store.contract import RunRecord

#: Raised when `run.json` changes so that an older reader would misread it.
FORMAT = 1
RUN_JSON = "run.json"
#: What a run's folder holds besides `run.json`.
PAGES = ("notebook.ipynb", "report.html")
_IN_FOLDER = re.compile(
    r"notebook\.ipynb|report\.(html|pdf)|run\.json|tables\.xlsx|tables/[a-z0-9][a-z0-9_]*\.csv|figures/[a-z][a-z0-9_]*\.png"
)


def run_json(
    record: RunRecord,
    portfolio: str,
    run_by: str,
    seconds: Mapping[str, float],
    told: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """The text of `run.json`.

    Parameters
    ----------
    record : RunRecord
        All that the database keeps, `run.json` itself not yet among its artifacts.
    portfolio : str
        `team/portfolio`.
    run_by : str
        Who asked for the run.
    seconds : mapping
        Wall time by step.
    told : mapping, optional
        What else is to be said of its pages: `pdf`, `figures`.
    """
    content = {
        "format": FORMAT,
        "id": record.id,
        "report": record.report,
        "notebook": record.notebook,
        "portfolio": portfolio,
        "portfolio_id": record.portfolio_id,
        "team_id": record.team_id,
        "as_of": record.as_of.isoformat(),
        "run_at": record.run_at.isoformat(),
        "run_by": run_by,
        "official": record.official,
        "status": record.status,
        **record.place.facts,
        "parameters": dict(record.parameters),
        "inputs": dict(record.inputs),
        "code": dict(record.code),
        "packages": dict(record.packages),
        "seed": record.seed,
        "metrics": [
            {"name": metric.name, "value": metric.value, "unit": metric.unit, "labels": dict(metric.labels)}
            for metric in record.metrics
        ],
        "gates": gates_json(record.gates),
        "artifacts": [
            {"name": one.name, "media_type": one.media_type, "sha256": one.sha256, "size": one.size, "key": one.key}
            for one in record.artifacts
        ],
        **told,
        "seconds": {step: round(value, 3) for step, value in seconds.items()},
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def gates_json(gates: GateReport | None) -> dict[str, Any] | None:
    """The verdict and what each gate found; None where nothing was judged."""
    return None if gates is None else {"verdict": gates.verdict, "findings": [asdict(one) for one in gates.findings]}


def in_folder(name: str) -> bool:
    """Whether an artifact lies in its run's folder; the others, frozen inputs above all, are kept by content only.

    >>> in_folder("tables/components.csv"), in_folder("inputs/history.npz"), in_folder("tables/../run.json")
    (True, False, False)
    """
    return _IN_FOLDER.fullmatch(name) is not None


def read_run(folder: Path) -> dict[str, Any]:
    """`run.json` of a run's folder, after the pages beside it agreed with their hashes.

    Raises
    ------
    InputError
        The folder is not a complete run.
    """
    path = folder / RUN_JSON
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        hashes = {one["name"]: one["sha256"] for one in content["artifacts"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("run", str(folder), f"a folder with a readable {RUN_JSON}") from error
    if content.get("format") != FORMAT:
        raise InputError("run.format", content.get("format"), f"format {FORMAT}", source=str(path))
    for name in PAGES:
        page = folder / name
        if not page.is_file() or sha256(page) != hashes.get(name):
            raise InputError(f"run.{name}", str(page), "the file that the run wrote")
    return content


def read_metrics(path: Path) -> tuple[Metric, ...]:
    """The metrics that a notebook saved, each finite and each once.

    Raises
    ------
    InputError
        The file is missing or not what `run.save()` writes.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
        found = tuple(
            Metric(str(entry["name"]), float(entry["value"]), str(entry["unit"]), dict(entry.get("labels", {})))
            for entry in content
        )
    except FileNotFoundError:
        raise InputError("metrics", path.name, "metrics: the notebook's last cell is `run.save()`") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("metrics", path.name, "a list of {name, value, unit, labels}") from error
    identities = {(metric.name, *sorted(metric.labels.items())) for metric in found}
    if not found or len(identities) < len(found) or not all(math.isfinite(metric.value) for metric in found):
        raise InputError("metrics", path.name, "at least one metric, all finite, each name with its labels once")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no figure")
