"""What a browser or program calls itself, in two words a person recognises."""

from __future__ import annotations

_BROWSERS = (("riskkit/", "Command line or JupyterLab"), ("Edg/", "Edge"), ("OPR/", "Opera"),
             ("Firefox/", "Firefox"), ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
             ("python", "a program"))  # fmt: skip
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def device(agent: str) -> str:
    """A short name of the browser behind a `User-Agent` header; never the header's own text.

    >>> device("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36")
    'Chrome on Linux'
    >>> device("riskkit/1 (Linux)")
    'Command line or JupyterLab on Linux'
    >>> device("<script>")
    'Unknown browser'
    """
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Unknown browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser[0].upper() + browser[1:]
