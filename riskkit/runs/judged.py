"""What a run was judged against as plain files: the same judge on the same files finds the same.

The notebook never sees them, so they lie beside the inputs that it reads and are not in those inputs' manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from riskkit.errors import InputError
from riskkit.gates import EarlierBacktest, EarlierRun, GateFacts, GateRules, Limit, Threshold, ZoneRule
from riskkit.metric import Metric
from riskkit.runs.frozen import FOLDER, sha256, write_json

#: Limits in force and the report's rules; the run before and the backtest.
GATE_FILES = ("limits.json", "previous.json")


def freeze_facts(facts: GateFacts, rules: GateRules, folder: Path) -> dict[str, str]:
    """Write below `folder/inputs`, which exists, what a run is judged against.

    Returns
    -------
    dict of str to str
        File name to sha256 (hex).
    """
    limits = {"limits": [asdict(one) for one in facts.limits], "rules": asdict(rules)}
    previous = {
        "run": None if facts.previous is None else asdict(facts.previous),
        "backtest": None if facts.backtest is None else asdict(facts.backtest),
    }
    for name, content in zip(GATE_FILES, (limits, previous), strict=True):
        write_json(folder / FOLDER / name, content)
    return {name: sha256(folder / FOLDER / name) for name in GATE_FILES}


def thaw_facts(folder: Path) -> tuple[GateFacts, GateRules]:
    """Read back what `freeze_facts` wrote; whoever calls has compared the files with their hashes.

    Raises
    ------
    InputError
        A file is missing or of another layout.
    """
    try:
        limits, previous = (json.loads((folder / FOLDER / name).read_text(encoding="utf-8")) for name in GATE_FILES)
        return (
            GateFacts(
                tuple(Limit(**one) for one in limits["limits"]),
                previous["run"] and _run(previous["run"]),
                previous["backtest"] and _backtest(previous["backtest"]),
            ),
            _rules(limits["rules"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("gates", str(folder / FOLDER), f"readable {' and '.join(GATE_FILES)}") from error


def _run(entry: Mapping[str, Any]) -> EarlierRun:
    metrics = tuple(Metric(**one) for one in entry["metrics"])
    return EarlierRun(entry["run_id"], date.fromisoformat(entry["as_of"]), metrics)


def _backtest(entry: Mapping[str, Any]) -> EarlierBacktest:
    return EarlierBacktest(entry["run_id"], date.fromisoformat(entry["as_of"]), entry["zone"])


def _rules(entry: Mapping[str, Any]) -> GateRules:
    thresholds = {name: Threshold(**one) for name, one in entry.items() if name not in ("limits", "backtest")}
    return GateRules(limits=entry["limits"], backtest=ZoneRule(**entry["backtest"]), **thresholds)
