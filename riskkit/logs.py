"""Structured logs: one JSON object a line, with run and request ids, and no secret in it."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

#: Ids every line logged inside `bound` carries: `run_id`, `request_id`, `user_id`.
_context: ContextVar[Mapping[str, str]] = ContextVar("riskkit_log_context", default=MappingProxyType({}))

#: Tokens (JWT, Supabase keys), and anything said to be a password, key, token or ticket, up to the next delimiter.
_SECRET = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|sb_(?:secret|publishable)_\w+"
    r"|(?i:(?<=password)|(?<=passwd)|(?<=secret)|(?<=token)|(?<=ticket)|(?<=apikey)|(?<=api_key)|(?<=service_key))"
    r"[\"']?\s*[=:]\s*[\"']?[^\s\"',;&}]+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?i:(?<=bearer ))[\w.~+/=-]+"
)
_SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|ticket|authorization|cookie|api_?key|service_key)")
REDACTED = "[redacted]"


def redact(text: str) -> str:
    """The text with every secret that can be recognised replaced.

    >>> redact("sign-in failed: password=hunter2 for a@b.c")
    'sign-in failed: password[redacted] for a@b.c'
    """
    return _SECRET.sub(REDACTED, text)


def _clean(value: Any, name: str = "") -> Any:
    if name and _SECRET_NAME.search(name):
        return REDACTED
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _clean(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


class _Formatter(JsonFormatter):
    """JSON lines; redaction happens last, on every field, tracebacks included."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {key: _clean(value, key) for key, value in {**log_data, **_context.get()}.items()}


@contextlib.contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Every line logged inside carries these ids."""
    token = _context.set({**_context.get(), **ids})
    try:
        yield
    finally:
        _context.reset(token)


@contextlib.contextmanager
def written(stream: TextIO | None = None) -> Iterator[None]:
    """Inside, riskkit's log goes to `stream` (stderr by default) as `configure` has it; afterwards no longer."""
    handler = configure(stream)
    try:
        yield
    finally:
        root = logging.getLogger("riskkit")
        root.removeHandler(handler)
        root.propagate = True


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> logging.Handler:
    """Send riskkit's log to `stream` (stderr by default) as JSON lines; returns the handler, for its removal."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        _Formatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    root = logging.getLogger("riskkit")
    root.addHandler(handler)
    root.setLevel(level)
    root.propagate = False
    return handler
