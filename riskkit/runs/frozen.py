"""The inputs of one run as plain files: written once, hashed, and read back to the last bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from riskkit.errors import InputError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Portfolio, Position, instrument_from_terms, instrument_terms
from riskkit.scenarios import Shock, StressScenario
from riskkit.store.contract import Inputs, PortfolioRef

#: Raised when the layout of the files changes, so that an old run is read as what it is.
FORMAT = 1
#: Below a run's folder.
FOLDER = "inputs"
FILES = ("portfolio.json", "history.npz", "scenarios.json", "parameters.json")
MANIFEST = "manifest.json"


def freeze(inputs: Inputs, parameters: Mapping[str, object], folder: Path) -> dict[str, str]:
    """Write everything a run reads below `folder/inputs`.

    Numbers keep every bit: floats are written as Python's shortest round-trip text or as raw arrays. The same inputs
    give the same bytes, so their hashes can be compared between runs.

    Parameters
    ----------
    inputs : Inputs
        The book, its factor history and the scenarios, as the user could read them.
    parameters : mapping
        Every parameter of the notebook, resolved.
    folder : Path
        The run's folder; `inputs/` in it must not exist yet.

    Returns
    -------
    dict of str to str
        File name to sha256 (hex), the manifest excepted.
    """
    target = folder / FOLDER
    target.mkdir(parents=True)
    portfolio = {
        "ref": asdict(inputs.ref),
        "as_of": inputs.as_of.isoformat(),
        "name": inputs.portfolio.name,
        "title": inputs.portfolio.title,
        "base_currency": inputs.portfolio.base_currency,
        "positions": [
            {"instrument": instrument_terms(position.instrument), "quantity": float(position.quantity)}
            for position in inputs.portfolio.positions
        ],
        "notes": list(inputs.notes),
        "sources": list(inputs.sources),
    }
    _write_json(target / "portfolio.json", portfolio)
    _write_history(target / "history.npz", inputs.history)
    _write_json(target / "scenarios.json", [_scenario(scenario) for scenario in inputs.scenarios])
    _write_json(target / "parameters.json", dict(parameters))
    hashes = {name: sha256(target / name) for name in FILES}
    _write_json(target / MANIFEST, {"format": FORMAT, "sha256": hashes})
    return hashes


def thaw(folder: Path) -> Inputs:
    """Read back what `freeze` wrote, and nothing else.

    Raises
    ------
    InputError
        A file is missing, was changed since it was frozen, or is of a layout this version does not know.
    """
    source = _verified(folder)
    book = json.loads((source / "portfolio.json").read_text(encoding="utf-8"))
    positions = tuple(
        Position(instrument_from_terms(entry["instrument"]), entry["quantity"]) for entry in book["positions"]
    )
    return Inputs(
        ref=PortfolioRef(**book["ref"]),
        portfolio=Portfolio(
            name=book["name"], base_currency=book["base_currency"], positions=positions, title=book["title"]
        ),
        history=_read_history(source / "history.npz"),
        scenarios=tuple(
            _read_scenario(entry) for entry in json.loads((source / "scenarios.json").read_text(encoding="utf-8"))
        ),
        as_of=date.fromisoformat(book["as_of"]),
        notes=tuple(book["notes"]),
        sources=tuple(book["sources"]),
    )


def thaw_parameters(folder: Path) -> dict[str, Any]:
    """The parameters `freeze` wrote, verified."""
    found: dict[str, Any] = json.loads((_verified(folder) / "parameters.json").read_text(encoding="utf-8"))
    return found


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verified(folder: Path) -> Path:
    """The folder of the inputs, after every file agreed with the manifest."""
    source = folder / FOLDER
    try:
        manifest = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("inputs", str(source), f"a folder with {MANIFEST}") from None
    if manifest.get("format") != FORMAT:
        raise InputError("inputs.format", manifest.get("format"), f"format {FORMAT}")
    for name in FILES:
        path, expected = source / name, manifest["sha256"][name]
        found = sha256(path) if path.is_file() else "no such file"
        if found != expected:
            raise InputError(f"inputs.{name}", found, f"the bytes that were frozen, sha256 {expected}")
    return source


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no parameter value")


def _write_history(path: Path, history: FactorHistory) -> None:
    described = json.dumps({"factors": [asdict(factor) for factor in history.factors], "notes": list(history.notes)})
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            dates=np.asarray(history.dates, dtype="datetime64[D]").astype(np.int64),
            levels=np.ascontiguousarray(history.levels, dtype=np.float64),
            described=np.array(described),
        )


def _read_history(path: Path) -> FactorHistory:
    with np.load(path, allow_pickle=False) as arrays:
        described = json.loads(str(arrays["described"]))
        return FactorHistory(
            factors=tuple(RiskFactor(**factor) for factor in described["factors"]),
            dates=arrays["dates"].astype("datetime64[D]"),
            levels=arrays["levels"],
            notes=tuple(described["notes"]),
        )


def _scenario(scenario: StressScenario) -> dict[str, Any]:
    return {
        **asdict(scenario),
        "window": [day.isoformat() for day in scenario.window] if scenario.window else None,
        "shocks": [asdict(shock) for shock in scenario.shocks],
    }


def _read_scenario(entry: dict[str, Any]) -> StressScenario:
    window = entry["window"]
    return StressScenario(
        **{
            **entry,
            "window": (date.fromisoformat(window[0]), date.fromisoformat(window[1])) if window else None,
            "shocks": tuple(Shock(**shock) for shock in entry["shocks"]),
        }
    )
