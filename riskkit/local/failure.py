"""Postgres' errors as PostgREST reports them: its own HTTP status for each class of SQLSTATE."""

from __future__ import annotations

import re

import psycopg

from riskkit.local.answer import RestError

#: By SQLSTATE or its beginning, longest first; everything else is 400.
_STATUS = {
    "23503": 409, "23505": 409, "25006": 405, "42883": 404, "42P01": 404, "42P17": 500, "0L": 403, "0P": 403, "08": 503,
    "25": 500, "28": 403, "40": 500, "53": 503, "54": 500, "55": 500, "57": 500, "58": 500, "XX": 500,
}  # fmt: skip


def rest_error(error: psycopg.Error, role: str) -> Exception:
    """The answer to a failed statement; an error that no statement caused is handed back as it is."""
    state, diag = error.sqlstate, error.diag
    if state is None:
        return error
    message = diag.message_primary or str(error)
    return RestError(status_of(state, role), state, message, diag.message_detail, diag.message_hint)


def status_of(state: str, role: str) -> int:
    """The HTTP status of a SQLSTATE; a function raises its own by `PT` and the status.

    >>> status_of("PT402", "anon")
    402
    """
    if state == "42501":
        return 401 if role == "anon" else 403
    if re.fullmatch(r"PT[1-5]\d\d", state):
        return int(state[2:])
    return next((_STATUS[state[:length]] for length in (5, 2) if state[:length] in _STATUS), 400)
