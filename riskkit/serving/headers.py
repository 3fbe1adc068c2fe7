"""Security headers on every response, whoever wrote it."""

from __future__ import annotations

from tornado.httputil import HTTPHeaders
from tornado.web import OutputTransform

#: Pages of our own: no script at all.
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def scripted_policy() -> str:
    """Of a page of our own that has a script: this server's files, no inline script, no other host."""
    return f"{STRICT}; script-src 'self'; connect-src 'self'"


def dashboard_policy(nonce: str) -> str:
    """A dashboard's content security policy: scripts of this server and the template's own inline ones, no other host.

    JupyterLab's settings registry compiles its schemas (`unsafe-eval`); bokeh and the widgets style elements in place.
    """
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


class SecurityHeaders(OutputTransform):
    """Tornado's hook that sees every response, static files and errors included."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Add what is missing, and do not say what server this is."""
        for name, value in _ALWAYS.items():
            if name != "Referrer-Policy" or headers.get(name) != "no-referrer":
                headers[name] = value
        if "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = STRICT
        headers.pop("Server", None)
        return super().transform_first_chunk(status_code, headers, chunk, finishing)
