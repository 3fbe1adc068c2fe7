"""Answers in the two shapes the client knows: PostgREST's and Auth's errors, and JSON made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

_JSON = "application/json; charset=utf-8"


class RestError(Exception):
    """A refusal of the REST slice: HTTP status, and PostgREST's code, message, details and hint."""

    def __init__(
        self, status: int, code: str, message: str, details: str | None = None, hint: str | None = None
    ) -> None:
        self.status, self.code, self.message, self.details, self.hint = status, code, message, details, hint
        super().__init__(message)

    def response(self) -> Response:
        """The error as PostgREST would send it."""
        body = {"code": self.code, "details": self.details, "hint": self.hint, "message": self.message}
        return as_json(body, self.status)


class AuthError(Exception):
    """A refusal of the Auth slice: HTTP status, Auth's error code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)

    def response(self) -> Response:
        """The error as Auth would send it."""
        body: dict[str, Any] = {"code": self.status, "error_code": self.code, "msg": self.message}
        if self.code == "weak_password":
            body["weak_password"] = {"reasons": ["length"]}
        return as_json(body, self.status)


def not_spoken(what: str) -> RestError:
    """The clear error for everything outside the slice: 501, and where the full product is to be had."""
    hint = "Use hosted Supabase or the Supabase CLI's local stack for the full product."
    return RestError(501, "RISKKIT501", f"The embedded Supabase does not speak {what}.", None, hint)


def as_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer of Python values."""
    return raw_json(json.dumps(body, separators=(",", ":")), status, headers)


def raw_json(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer that Postgres wrote."""
    return Response(text.encode(), status, dict(headers or {}), media_type=_JSON)
