"""Find, from inside a running notebook, what its parameters cell declares."""

from __future__ import annotations

import linecache
from collections.abc import Sequence

from IPython.core.getipython import get_ipython

from riskkit.errors import InputError, RiskkitError
from riskkit.parameters.declaration import Parameter, declarations


def declared_here() -> tuple[Parameter, ...]:
    """The declarations of the notebook that runs in this kernel.

    Raises
    ------
    RiskkitError
        No cell run so far is a parameters cell.
    """
    shell = get_ipython()
    if shell is None:
        return last_declared([])
    return last_declared([*_compiled(), *shell.user_ns.get("In", [])])


def last_declared(cells: Sequence[str]) -> tuple[Parameter, ...]:
    """What the last cell whose every line fits the parameters grammar declares.

    The cell that papermill or a dashboard injects has no annotations, so it is passed over: it sets values, and those
    arrive as arguments.

    >>> [p.name for p in last_declared(["", 'method: str = "a"  # how {a | b}', "method = 'b'", "x + 1"])]
    ['method']
    """
    for source in reversed(cells):
        try:
            return declarations(source)
        except InputError:
            continue
    raise RiskkitError(
        "No parameters cell has run in this kernel: run the notebook from its top. "
        "It holds lines such as `horizon_days: int = 1  # trading days {1..250}` and nothing else."
    )


def _compiled() -> list[str]:
    """Cells as IPython keeps them for tracebacks: nbval runs cells without writing them into the history.

    An entry of a cell has no modification time, unlike one of a file.
    """
    entries = [entry for entry in linecache.cache.values() if len(entry) == 4 and entry[1] is None]
    return ["".join(entry[2]) for entry in entries]
