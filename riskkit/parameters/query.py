"""Parameters in an address: a dashboard's query string read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from riskkit.errors import InputError
from riskkit.parameters.declaration import Parameter, Value, as_text
from riskkit.parameters.given import Given, Place, Plain
from riskkit.parameters.validate import validate

#: Longest query string, in characters.
LONGEST = 8000


def parse_query(declared: Sequence[Parameter], query: str) -> dict[str, Value]:
    """The validated parameters of a query string (without `?`); only those given.

    Raises
    ------
    InputErrors
        A name that is not declared or given twice, a value that does not fit, text that is not UTF-8.

    Examples
    --------
    >>> from riskkit.parameters.declaration import declarations
    >>> parse_query(declarations("horizon_days: int = 1  # days {1..250}"), "horizon_days=10")
    {'horizon_days': 10}
    """
    refusal = InputError("address", query, f"name=value pairs joined by '&', UTF-8, at most {LONGEST} characters")
    if len(query) > LONGEST:
        raise refusal
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict") if query else []
    except ValueError as error:
        raise refusal from error
    given = Given()
    for name, value in pairs:
        if name in given:
            raise InputError(name, value, "each parameter once", source="address")
        given[name], given.places[name] = Plain(value), Place("address")
    return validate(declared, given)


def to_query(declared: Sequence[Parameter], values: Mapping[str, Value]) -> str:
    """The query string that `parse_query` reads back to the same values; defaults are left out.

    >>> from riskkit.parameters.declaration import declarations
    >>> declared = declarations('portfolio: str = "demo"  # which {portfolio}')
    >>> to_query(declared, {"portfolio": "atlas/demo"}), to_query(declared, {"portfolio": "demo"})
    ('portfolio=atlas/demo', '')
    """
    changed = {p.name: as_text(values[p.name]) for p in declared if p.name in values and values[p.name] != p.default}
    return urlencode(changed, safe="/,:")
