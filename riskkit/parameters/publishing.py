"""What makes a notebook a dashboard: `metadata.riskkit` with title, question, roles and order."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from riskkit.errors import InputError

#: A role may do what the ones before it may.
ROLES = ("viewer", "analyst", "approver", "admin")
FIELDS = ("title", "question", "roles", "order")
_LONGEST = 200


def publication(path: Path) -> Mapping[str, Any] | None:
    """What the notebook says of its publication; None where it says nothing, or is no notebook, which others report."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("riskkit")
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
    if said is not None and not isinstance(said, dict):
        raise InputError("metadata.riskkit", said, "an object with " + ", ".join(FIELDS), source=str(path))
    return said or None


def publishing_breaches(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Each notebook that cannot be published as it says, with a sentence that names the field."""
    orders: dict[float, Path] = {}
    for path in paths:
        try:
            said = publication(path)
        except InputError as error:
            yield path, _sentence(error)
            continue
        if said is None:
            continue
        yield from ((path, _sentence(error)) for error in _faults(said))
        order: Any = said.get("order")
        if _is_order(order):
            other = orders.setdefault(float(order), path)
            if other is not path:
                expected = f"a place of its own: notebooks/{other.name} has it"
                yield path, _sentence(InputError("metadata.riskkit.order", order, expected))


def _faults(said: Mapping[str, Any]) -> Iterator[InputError]:
    for name in said:
        if name not in FIELDS:
            yield InputError(f"metadata.riskkit.{name}", said[name], "one of the fields " + ", ".join(FIELDS))
    for name in ("title", "question"):
        text = said.get(name)
        if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST or not text.isprintable():
            yield InputError(f"metadata.riskkit.{name}", text, f"a line of 1 to {_LONGEST} characters")
    roles = said.get("roles")
    if not isinstance(roles, list) or not roles:
        yield InputError("metadata.riskkit.roles", roles, "a list of some of " + ", ".join(ROLES))
    else:
        for role in roles:
            if role not in ROLES:
                yield InputError("metadata.riskkit.roles", role, "one of " + ", ".join(ROLES))
    if not _is_order(said.get("order")):
        yield InputError("metadata.riskkit.order", said.get("order"), "a number: where it stands in the list")


def _is_order(order: object) -> bool:
    return isinstance(order, int | float) and not isinstance(order, bool) and math.isfinite(order)


def _sentence(error: InputError) -> str:
    return f"{error.field}: got {error.value!r}; expected {error.expected}"
