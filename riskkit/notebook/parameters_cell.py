"""Find, from inside a running notebook, what its parameters cell declares."""

from __future__ import annotations

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
    history = shell.user_ns.get("In", []) if shell is not None else []
    return last_declared(history)


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
