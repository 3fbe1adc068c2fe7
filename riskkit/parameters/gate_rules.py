"""The `gates` of a report's file: what a figure must keep before a report is delivered."""

from __future__ import annotations

from typing import Any, get_args

from riskkit.gates.rules import GateRules, Severity, Threshold, Zone, ZoneRule
from riskkit.parameters.scalar_fields import choice, decimal
from riskkit.parameters.yaml_file import Node

#: Bounds of each gate's thresholds, and whether a figure is worse the lower it is. With a price that is older than five
#: trading days no run is made at all: a threshold of five or more would never be asked.
_BOUNDS = {"change": (0.0, 100.0), "stale_days": (0.0, 4.0), "coverage": (0.0, 1.0), "components": (0.0, 1.0)}
_LOWER_IS_WORSE = ("coverage",)


def gate_rules(node: Node) -> GateRules:
    """From `{limits: block, change: {warn: 0.25, block: 0.5}, backtest: {warn: yellow, block: red}, …}`.

    A gate that is named takes its thresholds from there alone; `off` switches it off.

    Raises
    ------
    InputError
        With file, line and column of the field.

    Examples
    --------
    >>> from riskkit.parameters.yaml_file import parse_yaml
    >>> gate_rules(parse_yaml("{limits: warn, coverage: {block: 0.9}}", "-y")).coverage
    Threshold(warn=None, block=0.9)
    """
    fields = node.fields("gates", required=(), optional=("limits", "backtest", *_BOUNDS))
    given: dict[str, Any] = {name: _threshold(name, fields[name]) for name in _BOUNDS if name in fields}
    if "limits" in fields:
        given["limits"] = choice("limits", fields["limits"], get_args(Severity))
    if "backtest" in fields:
        given["backtest"] = _zones(fields["backtest"])
    return GateRules(**given)


def _threshold(name: str, node: Node) -> Threshold:
    if node.value == "off":
        return Threshold()
    fields = node.fields(name, required=(), optional=("warn", "block"))
    made = Threshold(**{word: decimal(word, fields[word], *_BOUNDS[name]) for word in fields})
    if made.warn is not None and made.block is not None:
        first, last = (made.block, made.warn) if name in _LOWER_IS_WORSE else (made.warn, made.block)
        if first > last:
            raise fields["block"].error("block", f"a value that is worse than warn's {made.warn:g}")
    return made


def _zones(node: Node) -> ZoneRule:
    if node.value == "off":
        return ZoneRule(None, None)
    fields = node.fields("backtest", required=(), optional=("warn", "block"))
    found: dict[str, Any] = {word: choice(word, fields[word], get_args(Zone)) for word in fields}
    return ZoneRule(found.get("warn"), found.get("block"))
