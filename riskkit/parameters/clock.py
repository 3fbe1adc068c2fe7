"""Where a notebook reads the clock: a report is made as of its slot, whenever it is computed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: Modules and classes whose functions give the present moment; each with those functions' names.
_CLOCKS: dict[str, frozenset[str]] = {
    "date": frozenset({"today"}),
    "datetime": frozenset({"now", "today", "utcnow"}),
    "time": frozenset(
        {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime", "asctime", "monotonic", "perf_counter"}
    ),
    "Timestamp": frozenset({"now", "today", "utcnow"}),
    "Period": frozenset({"now"}),
    "Instant": frozenset({"now"}),
    "pendulum": frozenset({"now", "today", "yesterday", "tomorrow"}),
    "arrow": frozenset({"now", "utcnow"}),
}
#: Whoever turns these words into a moment reads the clock too.
_WORDS = frozenset({"now", "today"})
_READERS = frozenset({"datetime64", "Timestamp", "to_datetime", "DatetimeIndex", "Period", "get_clock", "parse"})
#: Names that mean the present whoever they belong to.
_ANYWHERE = frozenset({"utcnow"})


def clock_readings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each place that reads the clock: its line, counted from 1, and what it says.

    Found by name, through `import … as` and without a call too: a notebook that hides it on purpose is not caught.

    Examples
    --------
    >>> list(clock_readings(ast.parse("as_of = date.today()")))
    [(1, 'date.today')]
    >>> list(clock_readings(ast.parse("import numpy as np\\nnp.datetime64('today')")))
    [(2, "np.datetime64('today')")]
    """
    names = _imported(tree)
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.expr))
    yield from sorted((node.lineno, said) for node in nodes if (said := _reading(node, names)) is not None)


def _imported(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for: `dt` for `datetime`, `now` for `datetime.now`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _reading(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Attribute) and _is_clock(_dotted(node, names)):
        return ast.unparse(node)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and _is_clock(names.get(node.id, "").split(".")):
        return f"{node.id} of {names[node.id]}"
    if isinstance(node, ast.Call) and _dotted(node.func, names)[-1:] and _dotted(node.func, names)[-1] in _READERS:
        said = [
            one.value for one in (*node.args, *(key.value for key in node.keywords)) if isinstance(one, ast.Constant)
        ]
        if any(isinstance(word, str) and word.strip().lower() in _WORDS for word in said):
            return ast.unparse(node)
    return None


def _is_clock(path: list[str]) -> bool:
    """Whether the last two names of a dotted path are a clock and its function."""
    if len(path) < 2:
        return False
    return path[-1] in _ANYWHERE or path[-1] in _CLOCKS.get(path[-2], frozenset())


def _dotted(node: ast.AST, names: dict[str, str]) -> list[str]:
    """`a.b.c` as its names, the first as it was imported; empty for anything else."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call):  # datetime.datetime.now().date()
        return [*_dotted(node.func, names), *reversed(path)]
    if not isinstance(node, ast.Name):
        return []
    return [*names.get(node.id, node.id).split("."), *reversed(path)]
