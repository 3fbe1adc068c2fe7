"""Which names the server answers to: a page elsewhere that lets its own name point here is not answered."""

from __future__ import annotations

import ipaddress
from typing import Any

import tornado.web
from tornado.httputil import HTTPServerRequest

_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})


class KnownHosts(tornado.web.Application):
    """An application that answers requests for its own names only, websockets and static files included.

    Parameters
    ----------
    hosts : tuple of str
        The names, besides those of this machine; a port in a request does not matter.
    **settings
        Tornado's.
    """

    def __init__(self, hosts: tuple[str, ...], **settings: Any) -> None:
        self._names = _HERE | {_name(host) for host in hosts}
        super().__init__(**settings)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """The handler of a request for one of our names; 400 for any other."""
        asked = request.headers.get_list("Host")
        if len(asked) == 1 and _name(asked[0]) in self._names:
            return super().find_handler(request, **kwargs)
        return self.get_handler_delegate(request, UnknownHost)


class UnknownHost(tornado.web.RequestHandler):
    """400, whatever was asked."""

    async def prepare(self) -> None:
        """A word; it is no page."""
        self.set_status(400)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("unknown host\n")

    def check_xsrf_cookie(self) -> None:
        """Nothing is done here that a token could protect."""


def _name(host: str) -> str:
    """The host without its port, in lower case; an IPv6 address keeps its brackets."""
    name, colon, port = host.strip().lower().rpartition(":")
    return name if colon and port.isdigit() and (name.endswith("]") or ":" not in name) else host.strip().lower()


def is_host(text: str) -> bool:
    """Whether the text may name a host: a DNS name or an address, with a port or without.

    >>> is_host("risk.example"), is_host("10.0.0.7:8443"), is_host("https://risk.example/")
    (True, True, False)
    """
    name = _name(text)
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        labels = name.rstrip(".").split(".")
        return all(label and label.replace("-", "").isalnum() and label.isascii() for label in labels)
    return True
