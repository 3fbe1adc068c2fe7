"""The `schedule` of a report's file."""

from __future__ import annotations

from typing import Any, TypeVar

from riskkit.errors import InputError
from riskkit.parameters.scalar_fields import whole
from riskkit.parameters.yaml_file import Node
from riskkit.schedules.timetable import Misfire, Timetable

_TEXTS = ("calendar", "roll", "as_of")
_COUNTS = {"cap": (1, 1000), "grace_minutes": (1, 10_080)}
_Kind = TypeVar("_Kind", Timetable, Misfire)


def timetable(node: Node) -> Timetable:
    """When a report is due, from `{cron, timezone, calendar, roll, as_of, misfire: {policy, cap, grace_minutes}}`.

    Raises
    ------
    InputError
        With file, line and column of the field.

    Examples
    --------
    >>> from riskkit.parameters.yaml_file import parse_yaml
    >>> timetable(parse_yaml("{cron: 15 18 * * *, timezone: America/New_York, calendar: XNYS}", "-y")).roll
    'skip'
    """
    fields = node.fields("schedule", required=("cron", "timezone"), optional=(*_TEXTS, "misfire"))
    given: dict[str, Any] = {name: fields[name].text(name) for name in ("cron", "timezone", *_TEXTS) if name in fields}
    if "misfire" in fields:
        given["misfire"] = _misfire(fields["misfire"])
    return _made(Timetable, given, fields)


def _misfire(node: Node) -> Misfire:
    if isinstance(node.value, str):
        return _made(Misfire, {"policy": str(node.value)}, {"misfire": node})
    fields = node.fields("misfire", required=("policy",), optional=tuple(_COUNTS))
    given: dict[str, Any] = {"policy": fields["policy"].text("misfire")}
    given |= {name: whole(name, fields[name], *bounds) for name, bounds in _COUNTS.items() if name in fields}
    return _made(Misfire, given, fields | {"misfire": fields["policy"]})


def _made(kind: type[_Kind], given: dict[str, Any], fields: dict[str, Node]) -> _Kind:
    """The object, its complaint placed at the field's line."""
    try:
        return kind(**given)
    except InputError as error:
        if error.field in fields:
            raise fields[error.field].error(error.field, error.expected) from error
        raise
