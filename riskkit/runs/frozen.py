"""The inputs of one run as plain files: written once, hashed, and read back to the last bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from riskkit.errors import InputError
from riskkit.limits import LimitFacts
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import BookTree, DatedBook, Portfolio, Position, instrument_from_terms, instrument_terms
from riskkit.scenarios import Shock, StressScenario
from riskkit.scenarios.shock_text import named_targets
from riskkit.status import Observed, RunsSeen
from riskkit.store.contract import Inputs, PortfolioRef
from riskkit.store.market import SeriesMarket

#: Raised when the layout of the files changes, so that an old run is read as what it is.
FORMAT = 2
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
        The book and its past, every level of its factors, and the scenarios, as the user could read them. The series of
        a factor that a parameter names is among them.
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
        "ref": {name: value for name, value in asdict(inputs.ref).items() if name not in ("children", "tags")},
        "as_of": inputs.as_of.isoformat(),
        **_portfolio(inputs.portfolio),
        "tree": None if inputs.tree is None else _tree(inputs.tree),
        "books": [{"held_from": book.held_from, **_portfolio(book.portfolio)} for book in inputs.books],
        "notes": list(inputs.notes),
        "sources": list(inputs.sources),
    }
    if inputs.status is not None:
        portfolio["status"] = inputs.status.facts()
    if inputs.limits is not None:
        portfolio["limits"] = inputs.limits.facts()
    if inputs.runs is not None:
        portfolio["runs"] = inputs.runs.facts()
    if inputs.looked_at:
        portfolio["looked_at"] = list(inputs.looked_at)
    write_json(target / "portfolio.json", portfolio)
    _write_series(target / "history.npz", inputs.market.series(_factors(inputs, parameters)))
    write_json(target / "scenarios.json", [_scenario(scenario) for scenario in inputs.scenarios])
    write_json(target / "parameters.json", dict(parameters))
    hashes = {name: sha256(target / name) for name in FILES}
    write_json(target / MANIFEST, {"format": FORMAT, "sha256": hashes})
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
    as_of = date.fromisoformat(book["as_of"])
    return Inputs(
        ref=PortfolioRef(**book["ref"]),
        portfolio=_read_portfolio(book),
        market=SeriesMarket(_read_series(source / "history.npz"), as_of),
        scenarios=tuple(
            _read_scenario(entry) for entry in json.loads((source / "scenarios.json").read_text(encoding="utf-8"))
        ),
        as_of=as_of,
        notes=tuple(book["notes"]),
        sources=tuple(book["sources"]),
        tree=None if book["tree"] is None else _read_tree(book["tree"]),
        books=tuple(DatedBook(date.fromisoformat(one["held_from"]), _read_portfolio(one)) for one in book["books"]),
        status=Observed.of(book["status"]) if "status" in book else None,
        limits=LimitFacts.of(book["limits"]) if "limits" in book else None,
        runs=RunsSeen.of(book["runs"]) if "runs" in book else None,
        looked_at=tuple(book.get("looked_at", ())),
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


def write_json(path: Path, content: object) -> None:
    """The same content gives the same bytes."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no parameter value")


def _portfolio(portfolio: Portfolio) -> dict[str, Any]:
    return {
        "name": portfolio.name,
        "title": portfolio.title,
        "base_currency": portfolio.base_currency,
        "positions": [
            {"instrument": instrument_terms(position.instrument), "quantity": float(position.quantity)}
            for position in portfolio.positions
        ],
    }


def _read_portfolio(entry: Mapping[str, Any]) -> Portfolio:
    positions = tuple(Position(instrument_from_terms(one["instrument"]), one["quantity"]) for one in entry["positions"])
    return Portfolio(entry["name"], entry["base_currency"], positions, entry["title"])


def _tree(tree: BookTree) -> dict[str, Any]:
    return {"portfolio": _portfolio(tree.portfolio), "children": [_tree(child) for child in tree.children]}


def _read_tree(entry: Mapping[str, Any]) -> BookTree:
    return BookTree(_read_portfolio(entry["portfolio"]), tuple(_read_tree(child) for child in entry["children"]))


def _factors(inputs: Inputs, parameters: Mapping[str, object]) -> tuple[str, ...]:
    """Every factor that an analysis may ask for: of the book, of what it was, and what a parameter may name."""
    texts = [value for value in parameters.values() if isinstance(value, str)]
    named = {*texts, *(target for text in texts for target in named_targets(text))}
    books = (inputs.portfolio, *(book.portfolio for book in inputs.books))
    return tuple(sorted({*named, *inputs.looked_at, *(factor for book in books for factor in book.factors)}))


def _write_series(path: Path, series: Sequence[FactorSeries]) -> None:
    """All levels one after the other, each series under its own days."""
    ordered = sorted(series, key=lambda one: one.factor.name)
    described = json.dumps([asdict(one.factor) for one in ordered])
    days = [np.asarray(one.dates, "datetime64[D]").astype(np.int64) for one in ordered]
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            counts=np.array([len(one) for one in days], np.int64),
            dates=np.concatenate([np.empty(0, np.int64), *days]),
            levels=np.concatenate([np.empty(0), *(np.asarray(one.levels, np.float64) for one in ordered)]),
            described=np.array(described),
        )


def _read_series(path: Path) -> tuple[FactorSeries, ...]:
    with np.load(path, allow_pickle=False) as arrays:
        factors = [RiskFactor(**factor) for factor in json.loads(str(arrays["described"]))]
        ends = np.cumsum(arrays["counts"])[:-1]
        days, levels = arrays["dates"].astype("datetime64[D]"), arrays["levels"]
        if not factors:
            return ()
        parts = zip(factors, np.split(days, ends), np.split(levels, ends), strict=True)
        return tuple(FactorSeries(factor, own, its) for factor, own, its in parts)


def _scenario(scenario: StressScenario) -> dict[str, Any]:
    facts = {name: value for name, value in asdict(scenario).items() if name != "own" or value}
    return {
        **facts,
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
