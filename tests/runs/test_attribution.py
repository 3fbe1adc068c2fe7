"""The change of VaR between two runs, from what they kept: effects sum, each cause alone, refusals in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.runs.attribution import attribute
from riskkit.runs.frozen import FILES, FOLDER, freeze, sha256
from riskkit.runs.objects import Objects
from riskkit.store.contract import Inputs, PortfolioRef, RunRecord
from riskkit.store.market import SeriesMarket

DAYS = np.arange("2020-01-01", "2020-06-30", dtype="datetime64[D]")
LEVELS = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.02, (len(DAYS), 2)), axis=0))
MODEL = {"method": "historical", "confidence_level": 0.95, "lookback_days": 60}


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "objects")


def made(objects: Objects, folder: Path, book: dict[str, float], as_of: date, **model: Any) -> RunRecord:
    """A run that keeps a book, the levels of its factors up to a day, and a model."""
    folder.mkdir()
    positions = tuple(Position(Equity(name, "USD"), quantity) for name, quantity in book.items())
    known = as_of >= DAYS
    series = [
        FactorSeries(RiskFactor(name, "equity", "USD"), DAYS[known], LEVELS[known, i])
        for i, name in enumerate(("AAA", "BBB"))
        if name in book
    ]
    parameters = {**MODEL, **model}
    inputs = Inputs(
        PortfolioRef("p", "t", "atlas", "demo", "Demo", "USD"),
        Portfolio("atlas/demo", "USD", positions),
        SeriesMarket(series, as_of),
        (),
        as_of,
    )
    (folder / "notebook.ipynb").write_text("{}")
    hashes = {"notebook.ipynb": sha256(folder / "notebook.ipynb"), **freeze(inputs, parameters, folder)}
    kept = [objects.put(folder / "notebook.ipynb", "inputs/notebook.ipynb")]
    kept += [objects.put(folder / FOLDER / name, f"inputs/{name}") for name in FILES]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return RunRecord(
        str(folder.name), "r", "r", "p", "t", as_of, moment, False, parameters, hashes, {}, {}, None, (), tuple(kept)
    )


def effects(change: Any) -> dict[str, float]:
    return dict(zip(change.effects["effect"], change.effects["var"], strict=True))


def test_three_causes_sum_to_the_change_and_a_lacking_factor_is_borrowed(objects: Objects, tmp_path: Path) -> None:
    one = made(objects, tmp_path / "one", {"AAA": 10.0}, date(2020, 5, 29))
    two = made(objects, tmp_path / "two", {"AAA": 10.0, "BBB": 5.0}, date(2020, 5, 29), confidence_level=0.9)
    change = attribute(objects, one, two)
    found = effects(change)
    assert sum(found.values()) == pytest.approx(change.change, rel=1e-12)
    assert found["positions"] != 0.0
    assert found["model"] < 0.0


@pytest.mark.parametrize(
    ("which", "book", "as_of", "level"),
    [
        ("positions", {"AAA": 20.0}, date(2020, 5, 29), 0.95),
        ("market", {"AAA": 10.0}, date(2020, 6, 15), 0.95),
        ("model", {"AAA": 10.0}, date(2020, 5, 29), 0.9),
    ],
)
def test_one_cause_alone(
    objects: Objects, tmp_path: Path, which: str, book: dict[str, float], as_of: date, level: float
) -> None:
    one = made(objects, tmp_path / "one", {"AAA": 10.0}, date(2020, 5, 29))
    two = made(objects, tmp_path / "two", book, as_of, confidence_level=level)
    change = attribute(objects, one, two)
    assert effects(change)[which] == pytest.approx(change.change)
    assert change.change != 0.0
    assert all(value == 0.0 for name, value in effects(change).items() if name != which)


def test_twice_the_book_is_twice_the_risk(objects: Objects, tmp_path: Path) -> None:
    one = made(objects, tmp_path / "one", {"AAA": 10.0}, date(2020, 5, 29))
    two = made(objects, tmp_path / "two", {"AAA": 20.0}, date(2020, 5, 29))
    change = attribute(objects, one, two)
    assert change.after.var == pytest.approx(2 * change.before.var)


def test_a_run_that_measured_no_var_or_kept_nothing_is_named(objects: Objects, tmp_path: Path) -> None:
    one = made(objects, tmp_path / "one", {"AAA": 10.0}, date(2020, 5, 29))
    with pytest.raises(InputError, match="no VaR"):
        attribute(objects, replace(one, parameters={}), one)
    with pytest.raises(InputError, match="as they were"):
        attribute(objects, one, replace(one, id="two", artifacts=()))
