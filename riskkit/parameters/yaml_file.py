"""YAML as riskkit reads it: small, plain, typed by whoever reads it and never by YAML; every value knows its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as ev
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from riskkit.errors import InputError
from riskkit.parameters.given import Place, Plain

#: Largest file, in bytes, and deepest nesting.
LARGEST = 64_000
DEEPEST = 20

_NULL = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Node:
    """A value in a YAML file, and where it stands.

    Attributes
    ----------
    value : Plain, str, None, list of Node or dict of str to Node
        An unquoted scalar is `Plain` (its type is not known yet), a quoted one a `str`; `~` and nothing are None.
    place : Place
        File, line and column.
    """

    value: Plain | str | list[Node] | dict[str, Node] | None
    place: Place

    def error(self, field: str, expected: str) -> InputError:
        """The error that says this value cannot be `field`."""
        return InputError(field, self.python(), expected, **self.place._asdict())

    def python(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, list):
            return [item.python() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.python() for key, item in self.value.items()}
        return str(self.value) if isinstance(self.value, Plain) else self.value

    def text(self, field: str, expected: str = "a text") -> str:
        """The scalar as text."""
        if not isinstance(self.value, str):
            raise self.error(field, expected)
        return str(self.value)

    def items(self, field: str) -> list[Node]:
        """The list's members, one at least."""
        if not isinstance(self.value, list) or not self.value:
            raise self.error(field, "a list with one entry or more")
        return self.value

    def fields(self, field: str, *, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Node]:
        """The mapping's members, if all required keys are there and no unknown one is."""
        allowed = (*required, *optional)
        if not isinstance(self.value, dict):
            raise self.error(field, "a mapping with the keys " + ", ".join(allowed))
        for key, node in self.value.items():
            if key not in allowed:
                raise InputError(key, node.python(), "one of the keys " + ", ".join(allowed), **node.place._asdict())
        for key in required:
            if key not in self.value:
                raise InputError(key, None, f"the key {key!r}", **self.place._asdict())
        return self.value


def read_yaml(path: Path) -> Node:
    """The contents of a file; see `parse_yaml`."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        text = raw.decode("utf-8-sig") if len(raw) <= LARGEST else "x" * (LARGEST + 1)
    except OSError as error:
        raise InputError("file", path.name, f"a file that can be read ({error.strerror})", source=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("encoding", path.name, "UTF-8", source=str(path)) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, source: str) -> Node:
    """The one document in the text.

    Parameters
    ----------
    text : str
        At most 64 kB, nested at most 20 deep; no anchor, alias, tag, directive, merge key or second document.
    source : str
        What errors call the text: a path, or `-y`.

    Raises
    ------
    InputError
        With line and column; a key given twice is an error.

    Examples
    --------
    >>> parse_yaml("level: 0.99", "-y").python()
    {'level': '0.99'}
    """
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise InputError("file", f"{len(text)} characters", f"at most {LARGEST // 1000} kB of YAML", source=source)
    try:
        return _Builder(source).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        what = " ".join(str(error.problem or error.context).split())
        raise InputError("yaml", what, "well-formed YAML", line=line, column=column, source=source) from error
    except (YAMLError, ValueError, AssertionError) as error:  # a character YAML forbids; ruamel's own slips
        raise InputError("yaml", str(error).splitlines()[0], "well-formed YAML", source=source) from error


class _Builder:
    """Builds the tree from parser events without recursion, so depth is refused before it costs anything."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.roots: list[Node] = []
        self.open: list[Node] = []
        self.keys: list[str | None] = []

    def build(self, events: Iterator[Any]) -> Node:
        for event in events:
            place = Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)
            self._refuse(event, place)
            if isinstance(event, ev.MappingStartEvent):
                self._push(Node({}, place))
            elif isinstance(event, ev.SequenceStartEvent):
                self._push(Node([], place))
            elif isinstance(event, ev.MappingEndEvent | ev.SequenceEndEvent):
                self.open.pop()
                self.keys.pop()
            elif isinstance(event, ev.ScalarEvent):
                self._scalar(event, place)
        return self.roots[0] if self.roots else Node(None, Place(self.source, 1, 1))

    def _refuse(self, event: Any, place: Place) -> None:
        where = place._asdict()
        if isinstance(event, ev.AliasEvent) or getattr(event, "anchor", None):
            raise InputError("yaml", f"*{event.anchor}", "no anchor and no alias", **where)
        if isinstance(event, ev.ScalarEvent | ev.CollectionStartEvent) and event.tag:
            raise InputError("yaml", str(event.tag), "no tag", **where)
        if isinstance(event, ev.DocumentStartEvent) and (self.roots or event.version or event.tags):
            raise InputError("yaml", "a second document or a directive", "one plain document", **where)
        if isinstance(event, ev.CollectionStartEvent) and len(self.open) >= DEEPEST:
            raise InputError("yaml", f"nested deeper than {DEEPEST}", f"at most {DEEPEST} levels", **where)

    def _push(self, node: Node) -> None:
        self._add(node)
        self.open.append(node)
        self.keys.append(None)

    def _scalar(self, event: Any, place: Place) -> None:
        value: str | None = str(event.value) if event.style else Plain(event.value)
        if event.style is None and value in _NULL:
            value = None
        members = self.open[-1].value if self.open else None
        if isinstance(members, dict) and self.keys[-1] is None:
            self._key(members, value, place)
        else:
            self._add(Node(value, place))

    def _key(self, members: Mapping[str, Node], value: str | None, place: Place) -> None:
        if value is None or value == "<<":
            raise InputError("yaml", value, "a key that is a text; merge keys are not read", **place._asdict())
        if value in members:
            raise InputError(str(value), "given twice", "each key once", **place._asdict())
        self.keys[-1] = str(value)

    def _add(self, node: Node) -> None:
        if not self.open:
            self.roots.append(node)
            return
        members = self.open[-1].value
        if isinstance(members, list):
            members.append(node)
        elif isinstance(members, dict):
            key = self.keys[-1]
            if key is None:
                raise node.error("yaml", "a key that is a text")
            members[key] = node
            self.keys[-1] = None
