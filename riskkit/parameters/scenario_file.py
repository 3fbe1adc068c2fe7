"""Stress scenarios as people write them: `parameters/scenarios/<name>.yml`."""

from __future__ import annotations

import datetime
import math
import re
from pathlib import Path

from riskkit import names
from riskkit.errors import InputError, InputErrors
from riskkit.parameters.yaml_file import Node, read_yaml
from riskkit.scenarios import Shock, StressScenario
from riskkit.scenarios.shock_text import LARGEST_SHOCK

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}(?:\.[0-9]{1,12})?")
_GROUP = re.compile(r"kind:(?:equity|volatility|yield|fx)|currency:[A-Z]{3}")
_KINDS = ("relative", "absolute")


def load_scenarios(folder: Path) -> tuple[StressScenario, ...]:
    """Every scenario in a folder, sorted by name; all errors together.

    Raises
    ------
    InputErrors
        Each with file, line and column.
    """
    found: list[StressScenario] = []
    errors: list[InputError] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            found.append(load_scenario(path))
        except InputErrors as several:
            errors.extend(several.errors)
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(errors)
    return tuple(found)


def load_scenario(path: Path) -> StressScenario:
    """One scenario: `title`, `source`, optional `description`, and either a `window` of history or `shocks`.

    A window is `start` and `end`, replayed from the data. A shock is `target` (a factor, `kind:equity`,
    `kind:volatility`, `kind:yield` or `currency:USD`), `size` as a decimal (-0.2 is -20 %, 0.02 is 200 basis points)
    and `kind`, `relative` or `absolute`.

    Raises
    ------
    InputError
        With file, line and column.
    """
    if path.suffix != ".yml" or not _NAME.fullmatch(path.stem):
        raise InputError("scenario", path.name, "a snake_case name ending in .yml")
    node = read_yaml(path)
    fields = node.fields("scenario", required=("title", "source"), optional=("description", "window", "shocks"))
    if ("window" in fields) == ("shocks" in fields):
        raise InputError("scenario", path.stem, "either a window or shocks", **node.place._asdict())
    title, source = (_title(fields[name], name) for name in ("title", "source"))
    description = _description(fields["description"]) if "description" in fields else ""
    try:
        return StressScenario(
            name=path.stem,
            title=title,
            source=source,
            description=description,
            window=_window(fields["window"]) if "window" in fields else None,
            shocks=_shocks(fields["shocks"]) if "shocks" in fields else (),
        )
    except InputError as error:
        if error.source is None:  # the scenario's own check knows no file
            place = fields.get(error.field, Node(None, node.place)).place
            raise InputError(error.field, error.value, error.expected, **place._asdict()) from error
        raise


def _title(node: Node, field: str) -> str:
    text = " ".join(node.text(field).split())
    try:
        return names.title(field, text)
    except InputError as error:
        raise node.error(field, error.expected) from error


def _description(node: Node) -> str:
    text = " ".join(node.text("description").split())
    if len(text) > 2000:
        raise node.error("description", "a text of at most 2000 characters")
    for start in range(0, len(text), names.TITLE_LENGTH):
        part = text[start : start + names.TITLE_LENGTH].strip()
        if part:
            _title(Node(part, node.place), "description")
    return text


def _window(node: Node) -> tuple[datetime.date, datetime.date]:
    fields = node.fields("window", required=("start", "end"))
    start, end = _date(fields["start"], "start"), _date(fields["end"], "end")
    if start >= end:
        raise fields["end"].error("end", f"a date after the start, {start}")
    return start, end


def _date(node: Node, field: str) -> datetime.date:
    text = node.text(field, "a date such as 2020-03-16")
    try:
        if _DATE.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise node.error(field, "a date such as 2020-03-16")


def _shocks(node: Node) -> tuple[Shock, ...]:
    shocks: dict[str, Shock] = {}
    for item in node.items("shocks"):
        shock = _shock(item)
        if shock.target in shocks:
            raise item.error("target", "each target once")
        shocks[shock.target] = shock
    return tuple(shocks.values())


def _shock(node: Node) -> Shock:
    fields = node.fields("shock", required=("target", "size", "kind"))
    target = fields["target"].text("target")
    if not _GROUP.fullmatch(target):
        if ":" in target:
            raise fields["target"].error("target", "kind:equity|volatility|yield|fx, currency:USD, or a factor's name")
        try:
            names.symbol("target", target)
        except InputError as error:
            raise fields["target"].error("target", error.expected) from error
    size = _size(fields["size"])
    kind = fields["kind"].text("kind")
    if kind not in _KINDS:
        raise fields["kind"].error("kind", "relative or absolute")
    if kind == "relative" and size < -1.0:
        raise fields["size"].error("size", "a relative shock of -1 (all is lost) or more")
    return Shock(target, size, "relative" if kind == "relative" else "absolute")


def _size(node: Node) -> float:
    expected = f"a decimal number between -{LARGEST_SHOCK:g} and {LARGEST_SHOCK:g}: -0.2 for -20 %"
    text = node.text("size", expected)
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)) or abs(float(text)) > LARGEST_SHOCK:
        raise node.error("size", expected)
    return float(text)
