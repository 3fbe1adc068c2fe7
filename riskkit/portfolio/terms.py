"""Instruments as plain dicts, for JSON and the database."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any, get_type_hints

from riskkit.errors import InputError
from riskkit.portfolio.instruments import (
    Cash,
    Equity,
    EuropeanOption,
    FixedCouponBond,
    Instrument,
    ZeroCouponBond,
)

_TYPES: dict[str, type[Instrument]] = {
    "equity": Equity,
    "cash": Cash,
    "european_option": EuropeanOption,
    "zero_coupon_bond": ZeroCouponBond,
    "fixed_coupon_bond": FixedCouponBond,
}


def instrument_terms(instrument: Instrument) -> dict[str, Any]:
    """An instrument as a plain dict for JSON: `type` and its fields, dates in ISO form.

    Parameters
    ----------
    instrument : Instrument

    Returns
    -------
    dict

    References
    ----------
    ISO 8601 for dates.

    Examples
    --------
    >>> instrument_terms(Cash("EUR"))
    {'type': 'cash', 'currency': 'EUR'}
    """
    name = next(name for name, cls in _TYPES.items() if type(instrument) is cls)
    fields = dataclasses.asdict(instrument)
    return {"type": name} | {k: v.isoformat() if isinstance(v, date) else v for k, v in fields.items()}


def instrument_from_terms(terms: Mapping[str, Any]) -> Instrument:
    """The instrument that `instrument_terms` described; InputError names the field that is wrong.

    Parameters
    ----------
    terms : mapping of str to object

    Returns
    -------
    Instrument

    Raises
    ------
    InputError

    References
    ----------
    ISO 8601 for dates.

    Examples
    --------
    >>> instrument_from_terms({"type": "equity", "symbol": "ABC", "currency": "USD"}).factor
    'ABC'
    """
    kind = terms.get("type")
    cls = _TYPES.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise InputError("type", kind, f"one of {', '.join(_TYPES)}")
    hints, given = get_type_hints(cls), {k: v for k, v in terms.items() if k != "type"}
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for name in given:
        if name not in fields:
            raise InputError(name, given[name], f"one of {', '.join(fields)} ({terms['type']})")
    for name, field in fields.items():
        if field.default is dataclasses.MISSING and name not in given:
            raise InputError(name, None, f"a value; every {terms['type']} needs one")
    return cls(**{name: _term(name, value, hints[name]) for name, value in given.items()})


def _term(name: str, value: Any, hint: Any) -> Any:
    if hint is date:
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise InputError(name, value, "a date, YYYY-MM-DD") from error
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(name, value, "a number")
        return float(value)
    kind = int if hint is int else str
    if isinstance(value, bool) or not isinstance(value, kind):
        raise InputError(name, value, "a whole number" if kind is int else "text")
    return value
