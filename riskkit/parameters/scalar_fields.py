"""Numbers, switches and short lists of a YAML file, typed by whoever reads them and refused at their line."""

from __future__ import annotations

import re
from collections.abc import Callable

from riskkit.parameters.yaml_file import Node

_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,9})?")


def whole(name: str, node: Node, least: int, most: int) -> int:
    """A whole number within bounds.

    >>> from riskkit.parameters.yaml_file import parse_yaml
    >>> whole("retries", parse_yaml("3", "-y"), 0, 24)
    3
    """
    expected = f"a whole number from {least:,} to {most:,}"
    text = node.text(name, expected)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise node.error(name, expected)
    return int(text)


def decimal(name: str, node: Node, least: float, most: float) -> float:
    """A decimal number within bounds, such as 0.25."""
    expected = f"a number from {least:g} to {most:g}"
    text = node.text(name, expected)
    if not (text.isascii() and _DECIMAL.fullmatch(text) and least <= float(text) <= most):
        raise node.error(name, expected)
    return float(text)


def switch(name: str, node: Node) -> bool:
    """`true` or `false`, and no other word for it."""
    text = node.text(name, "true or false")
    if text not in ("true", "false"):
        raise node.error(name, "true or false")
    return text == "true"


def choice(name: str, node: Node, words: tuple[str, ...]) -> str:
    """One of some words."""
    expected = "one of " + ", ".join(words)
    text = node.text(name, expected)
    if text not in words:
        raise node.error(name, expected)
    return text


def each_once(
    name: str, node: Node, accepts: Callable[[str], bool], expected: str, most: int = 1000
) -> tuple[str, ...]:
    """A list of texts that are accepted, in its order, each once."""
    found: list[str] = []
    for item in node.items(name):
        text = item.text(name, expected)
        if not accepts(text) or text in found:
            raise item.error(name, f"{expected}, each once")
        found.append(text)
    if len(found) > most:
        raise node.error(name, f"at most {most} entries")
    return tuple(found)
