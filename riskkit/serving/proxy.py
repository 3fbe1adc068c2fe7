"""Who a proxy says is asking: believed from the proxies the operator names, and from nobody else."""

from __future__ import annotations

from collections.abc import Awaitable

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)

#: What a named proxy sets. Tornado also reads the other two, which a proxy may pass on from a client as they are.
BELIEVED = ("X-Forwarded-For", "X-Forwarded-Proto")
IGNORED = ("X-Real-Ip", "X-Scheme")


class ProxiedServer(HTTPServer):
    """Tornado's server, which by itself believes these headers from every peer or from none.

    The proxies are `trusted_downstream`, with `xheaders` on; in a chain of them, the first address from the right
    that is no proxy's is the client's.
    """

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Read a request, without what its peer may not say."""
        peer = str(request_conn.context.address[0])  # type: ignore[attr-defined]  # remote_ip is what it has said
        return _Stripped(super().start_request(server_conn, request_conn), peer in (self.trusted_downstream or ()))


class _Stripped(HTTPMessageDelegate):
    def __init__(self, inner: HTTPMessageDelegate, believed: bool) -> None:
        self._inner, self._dropped = inner, IGNORED if believed else IGNORED + BELIEVED

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        for name in self._dropped:
            headers.pop(name, None)
        return self._inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        self._inner.finish()

    def on_connection_close(self) -> None:
        self._inner.on_connection_close()
