"""Frozen inputs come back to the last bit, and a changed byte is noticed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.errors import InputError, MarketDataError
from riskkit.portfolio import BookTree, DatedBook, Equity, Portfolio, Position
from riskkit.runs.frozen import FILES, FOLDER, MANIFEST, freeze, sha256, thaw, thaw_parameters
from riskkit.store.contract import Inputs

PARAMETERS = {"portfolio": "atlas/demo", "confidence_level": 0.1 + 0.2, "horizon_days": 1, "deep": True}


def test_what_is_thawed_equals_what_was_frozen(inputs: Inputs, tmp_path: Path) -> None:
    freeze(inputs, PARAMETERS, tmp_path)
    thawed = thaw(tmp_path)
    assert thawed.portfolio == inputs.portfolio
    assert (thawed.ref, thawed.scenarios, thawed.as_of) == (inputs.ref, inputs.scenarios, inputs.as_of)
    assert (thawed.notes, thawed.sources) == (inputs.notes, inputs.sources)
    assert (thawed.tree, thawed.books) == (inputs.tree, inputs.books)
    assert thawed.history.factors == inputs.history.factors
    assert thawed.history.notes == inputs.history.notes
    assert thawed.history.levels.tobytes() == inputs.history.levels.tobytes()
    np.testing.assert_array_equal(thawed.history.dates, inputs.history.dates)
    assert thaw_parameters(tmp_path) == PARAMETERS


def test_the_book_as_it_was_and_those_below_it_are_frozen_too(inputs: Inputs, tmp_path: Path) -> None:
    old = replace(inputs.portfolio, positions=(Position(Equity("OLD", "USD", factor="GBPUSD"), 1.0),))
    tree = BookTree(inputs.portfolio, (BookTree(Portfolio("child", "USD", ())),))
    books = (DatedBook(date(2019, 1, 1), old), DatedBook(date(2020, 1, 1), inputs.portfolio))
    freeze(replace(inputs, tree=tree, books=books), {**PARAMETERS, "target": "OTHER", "size": "nothing"}, tmp_path)
    thawed = thaw(tmp_path)
    assert (thawed.tree, thawed.books) == (tree, books)
    assert thawed.over(5, ["GBPUSD", "OTHER"]).names == tuple(sorted({*inputs.portfolio.factors, "GBPUSD", "OTHER"}))
    with pytest.raises(MarketDataError, match="nothing"):
        thawed.over(5, ["nothing"])


@pytest.mark.parametrize("lookback_days", [None, 5, 60])
def test_every_window_has_the_levels_and_the_notes_of_the_store(
    inputs: Inputs, tmp_path: Path, lookback_days: int | None
) -> None:
    freeze(inputs, PARAMETERS, tmp_path)
    frozen, read = thaw(tmp_path).over(lookback_days), inputs.over(lookback_days)
    assert frozen.notes == read.notes
    assert any("GAPPY" in note for note in read.notes) == (lookback_days != 5)
    assert frozen.levels.tobytes() == read.levels.tobytes()


def test_the_same_inputs_give_the_same_bytes(inputs: Inputs, tmp_path: Path) -> None:
    first, second = freeze(inputs, PARAMETERS, tmp_path / "a"), freeze(inputs, PARAMETERS, tmp_path / "b")
    assert first == second
    assert set(first) == set(FILES)
    assert first == {name: sha256(tmp_path / "a" / FOLDER / name) for name in FILES}


def test_freezing_twice_into_one_folder_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    freeze(inputs, PARAMETERS, tmp_path)
    with pytest.raises(FileExistsError):
        freeze(inputs, PARAMETERS, tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_named(inputs: Inputs, tmp_path: Path, name: str) -> None:
    freeze(inputs, PARAMETERS, tmp_path)
    path = tmp_path / FOLDER / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        thaw(tmp_path)
    assert caught.value.field == f"inputs.{name}"


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_missing_file_is_named(inputs: Inputs, tmp_path: Path, name: str) -> None:
    freeze(inputs, PARAMETERS, tmp_path)
    (tmp_path / FOLDER / name).unlink()
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        thaw(tmp_path)


def test_another_format_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    freeze(inputs, PARAMETERS, tmp_path)
    path = tmp_path / FOLDER / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))
    with pytest.raises(InputError, match=r"inputs\.format"):
        thaw(tmp_path)


def test_a_pickle_in_the_history_is_not_loaded(inputs: Inputs, tmp_path: Path) -> None:
    freeze(inputs, PARAMETERS, tmp_path)
    path = tmp_path / FOLDER / "history.npz"
    with path.open("wb") as file:
        np.savez(
            file,
            counts=np.array([1]),
            levels=np.array([object()], dtype=object),
            dates=np.array([1]),
            described=np.array("[]"),
        )
    manifest = tmp_path / FOLDER / MANIFEST
    known = json.loads(manifest.read_text())
    known["sha256"]["history.npz"] = sha256(path)
    manifest.write_text(json.dumps(known))
    with pytest.raises(ValueError, match="allow_pickle"):
        thaw(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_a_parameter_that_json_cannot_hold_is_refused(inputs: Inputs, tmp_path: Path, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        freeze(inputs, {"x": value}, tmp_path)


def test_a_date_parameter_is_iso_text(inputs: Inputs, tmp_path: Path) -> None:
    freeze(inputs, {"from": date(2020, 3, 16)}, tmp_path)
    assert thaw_parameters(tmp_path) == {"from": "2020-03-16"}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_survives_as_json(value: float) -> None:
    assert json.loads(json.dumps(value)) == value
