"""Postgres' errors as PostgREST reports them: its own HTTP status for each class of SQLSTATE."""

from __future__ import annotations

import re

import psycopg

from riskkit.local.answer import RestError
from riskkit.local.tokens import Caller

#: By SQLSTATE or its beginning, longest first; everything else is 400.
_STATUS = {
    "23503": 409, "23505": 409, "25006": 405, "21000": 400, "42883": 404, "42P01": 404, "42P17": 500, "57P01": 503,
    "53400": 500, "P0001": 400, "08": 503, "09": 500, "0L": 403, "0P": 403, "25": 500, "28": 403, "2D": 500, "38": 500,
    "39": 500, "3B": 500, "40": 500, "53": 503, "54": 500, "55": 500, "57": 500, "58": 500, "F0": 500, "HV": 500,
    "P0": 500, "XX": 500,
}  # fmt: skip
_CUSTOM = re.compile(r"PT(\d{3})")


def rest_error(error: psycopg.Error, caller: Caller) -> Exception:
    """The answer to a failed statement; an error that no statement caused is handed back as it is."""
    state, diag = error.sqlstate, error.diag
    if state is None:
        return error
    message = diag.message_primary or str(error)
    return RestError(status_of(state, caller), state, message, diag.message_detail, diag.message_hint)


def status_of(state: str, caller: Caller) -> int:
    """The HTTP status of a SQLSTATE; a function raises its own by `PT` and the status.

    >>> status_of("PT402", Caller("anon", {}))
    402
    """
    if state == "42501":
        return 401 if caller.role == "anon" else 403
    custom = _CUSTOM.fullmatch(state)
    if custom is not None and 100 <= int(custom[1]) <= 599:
        return int(custom[1])
    return next((_STATUS[state[:length]] for length in (5, 2) if state[:length] in _STATUS), 400)
