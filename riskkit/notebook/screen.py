"""Put something on the page of the running cell."""

from __future__ import annotations

from typing import Any

from IPython.display import display


def widget(what: Any) -> None:
    """Show a widget."""
    display(what)  # type: ignore[no-untyped-call]


def bundle(data: dict[str, Any]) -> None:
    """Show a mime bundle."""
    display(data, raw=True)  # type: ignore[no-untyped-call]
