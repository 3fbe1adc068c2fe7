"""A request's body, read no further than it may be long."""

from __future__ import annotations

from starlette.requests import Request


class TooLarge(Exception):
    """The body is longer than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The request body is longer than {limit} bytes")


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; one that says or turns out to be too long raises `TooLarge` before anything parses it."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge(limit)
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            raise TooLarge(limit)
        parts.append(part)
    return b"".join(parts)
