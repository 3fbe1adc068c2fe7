"""The one validator: every parameter set passes here, whether it came from YAML, the command line or an address.

papermill escapes the values it injects but not the names: a name that is code would run. So only names that the
notebook declares pass, and their values have exactly the declared type.
"""

from __future__ import annotations

import difflib
import keyword
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

from riskkit import names
from riskkit.errors import InputError, InputErrors
from riskkit.parameters.declaration import TYPES, Parameter, Value
from riskkit.parameters.given import Given, Place, Plain

#: Whole numbers beyond this do not survive JSON and float64.
LARGEST = 2**53

_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_BOOL = {"true": True, "True": True, "false": False, "False": False}


def validate(declared: Sequence[Parameter], given: Mapping[str, object], *, text: bool = False) -> dict[str, Value]:
    """The values given, typed and within their constraints.

    Parameters
    ----------
    declared : sequence of Parameter
        What the notebook's parameters cell declares.
    given : mapping of str to object
        Values by name. A `Given` also says where each stands, and errors then name file, line and column.
    text : bool
        Every string is text to be typed by its declaration (command line, address). Otherwise only `Plain` text is,
        and a string is a string: `"0.95"` is not a number.

    Returns
    -------
    dict
        Only the names given, in the order of the declarations.

    Raises
    ------
    InputErrors
        Everything that is wrong, together; `field` is the parameter's name.
    """
    places = given.places if isinstance(given, Given) else {}
    by_name = {parameter.name: parameter for parameter in declared}
    values: dict[str, Value] = {}
    errors: list[InputError] = []
    for name, value in given.items():
        try:
            parameter = by_name[checked_name(name, value, list(by_name))]
            values[name] = typed(parameter, Plain(value) if text and isinstance(value, str) else value)
        except InputError as error:
            place = places.get(name, Place())
            errors.append(InputError(error.field, error.value, error.expected, **place._asdict()))
    if errors:
        raise InputErrors(errors)
    return {name: values[name] for name in by_name if name in values}


def complete(declared: Sequence[Parameter], given: Mapping[str, Value]) -> dict[str, Value]:
    """Every declared name: the value given, or else the default."""
    return {parameter.name: given.get(parameter.name, parameter.default) for parameter in declared}


def checked_name(name: object, value: object, allowed: Sequence[str]) -> str:
    """The name, if it is one of those allowed; a name that is not even an identifier is refused as such."""
    listed = "one of " + ", ".join(allowed) if allowed else "no parameter at all"
    if not isinstance(name, str) or not _is_name(name):
        raise InputError("parameter name", name, f"{listed}; a name is an identifier, never code")
    if name not in allowed:
        near = difflib.get_close_matches(name, allowed, n=1)
        raise InputError(name, value, listed + (f"; did you mean {near[0]}?" if near else ""))
    return name


def _is_name(name: str) -> bool:
    plain = len(name) <= 63 and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
    return plain and unicodedata.normalize("NFKC", name) == name


def typed(parameter: Parameter, value: object) -> Value:
    """The value as the declaration types it, or the error that says what was expected.

    >>> from riskkit.parameters.declaration import declarations
    >>> level, = declarations("confidence_level: float = 0.99  # probability {0.5 < x < 1}")
    >>> typed(level, Plain("0.975"))
    0.975
    >>> typed(level, "0.975")
    Traceback (most recent call last):
    riskkit.errors.InputError: confidence_level: got '0.975'; expected a number, 0.5 < x < 1
    """
    found = _from_text(parameter, value) if isinstance(value, Plain) else value
    if parameter.type == "float" and type(found) is int and abs(found) <= LARGEST:
        found = float(found)
    if type(found) is not TYPES[parameter.type] or not _finite(found):
        raise InputError(parameter.name, _shown(value), parameter.expected)
    if isinstance(found, str):
        found = _checked_text(parameter, found)
    if not parameter.constraint.accepts(found):
        raise InputError(parameter.name, _shown(value), parameter.expected)
    return found  # type: ignore[return-value]  # its type is one of TYPES


def _from_text(parameter: Parameter, text: Plain) -> object:
    if parameter.type == "int":
        return int(text) if _INT.fullmatch(text) else None
    if parameter.type == "float":
        return float(text) if _FLOAT.fullmatch(text) else None
    if parameter.type == "bool":
        return _BOOL.get(text)
    return str(text)


def _finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) <= LARGEST


def _checked_text(parameter: Parameter, value: str) -> str:
    if value == "" and parameter.constraint.kind == "any":
        return value
    if parameter.constraint.kind == "any":
        return names.title(parameter.name, value)
    return value


def _shown(value: object) -> object:
    return str(value) if isinstance(value, Plain) else value
