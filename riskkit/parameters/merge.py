"""papermill's ways to give parameters, merged in papermill's order: files, YAML text, then single values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from riskkit.errors import InputError
from riskkit.parameters.given import Given, Place, Plain
from riskkit.parameters.yaml_file import Node, parse_yaml, read_yaml


def merge(p: Sequence[tuple[str, str]] = (), files: Sequence[Path | str] = (), yaml: Sequence[str] = ()) -> Given:
    """What `-f file.yml`, `-y 'name: value'` and `-p name value` give together; not yet validated.

    Parameters
    ----------
    p : sequence of (str, str)
        Names and values; these win. A name given twice is an error, not a silent choice.
    files : sequence of path
        YAML files with one mapping each; a later file wins.
    yaml : sequence of str
        YAML texts with one mapping each; they win over files.

    Returns
    -------
    Given
        For `validate`; its errors then name the source, line and column.

    Examples
    --------
    >>> merge(p=[("horizon_days", "10")], yaml=["horizon_days: 5"])
    {'horizon_days': '10'}
    """
    given = Given()
    for file in files:
        given.replace_by(scalars(read_yaml(Path(file))))
    for text in yaml:
        given.replace_by(scalars(parse_yaml(text, "-y")))
    single = Given()
    for name, value in p:
        if name in single:
            raise InputError(name, value, "each parameter once", source="-p")
        single[name], single.places[name] = Plain(value), Place("-p")
    given.replace_by(single)
    return given


def scalars(node: Node) -> Given:
    """A mapping of names to single values, as `Given`; nothing at all is no parameter."""
    if node.value is None:
        return Given()
    if not isinstance(node.value, dict):
        raise node.error("parameters", "a mapping of names to values")
    values = {name: item.value if isinstance(item.value, str) else item.python() for name, item in node.value.items()}
    return Given(values, {name: item.place for name, item in node.value.items()})
