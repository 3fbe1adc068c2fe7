"""A spec's fields as flat names: those it nests in groups are parameters like its own."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any, get_type_hints


def places(spec: type[Any]) -> Mapping[str, str]:
    """Every name a parameter may have, and the group it lies in; empty for a field of the spec itself.

    A group is a field that is itself a dataclass. The spec's own names go before a group's, the first group's before
    the next one's.

    Examples
    --------
    >>> from riskkit.var import VarSpec
    >>> [places(VarSpec)[name] for name in ("horizon_days", "weighting", "tail")]
    ['', 'historical', 'estimators']
    """
    own = [field.name for field in dataclasses.fields(spec)]
    hints = get_type_hints(spec)
    found = dict.fromkeys(own, "")
    for group in own:
        kind = hints[group]
        if inspect.isclass(kind) and dataclasses.is_dataclass(kind):
            for field in dataclasses.fields(kind):
                found.setdefault(field.name, group)
    return found


def read(spec: Any) -> dict[str, Any]:
    """Every field by its flat name, the groups themselves among them.

    Examples
    --------
    >>> from riskkit.var import VarSpec
    >>> read(VarSpec(confidence_level=0.95))["confidence_level"], read(VarSpec())["weighting"]
    (0.95, 'plain')
    """
    return {name: getattr(getattr(spec, group) if group else spec, name) for name, group in places(type(spec)).items()}


def changed(spec: Any, values: Mapping[str, Any]) -> Any:
    """The same spec with these values by flat name; names that it does not have are passed over.

    Raises
    ------
    InputError
        The spec, or a group, refuses a value.

    Examples
    --------
    >>> from riskkit.var import VarSpec
    >>> moved = changed(VarSpec(), {"weighting": "age", "confidence_level": 0.95, "portfolio": "demo"})
    >>> moved.historical.weighting, moved.confidence_level
    ('age', 0.95)
    """
    where = places(type(spec))
    own = {name: value for name, value in values.items() if where.get(name) == ""}
    groups: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if where.get(name):
            groups.setdefault(where[name], {})[name] = value
    nested = {group: dataclasses.replace(getattr(spec, group), **inner) for group, inner in groups.items()}
    return dataclasses.replace(spec, **{**nested, **own})
