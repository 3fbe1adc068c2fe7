"""Which notebooks are dashboards, by their own metadata, and who may open them."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from riskkit.errors import InputError
from riskkit.parameters.declaration import Parameter
from riskkit.parameters.notebook import notebook_declarations, notebook_names, notebook_path
from riskkit.parameters.publishing import ROLES

log = logging.getLogger(__name__)

#: What reading a file may raise that is no dashboard: ours, the file system's, and Python's for JSON of another shape.
UNREADABLE = (InputError, OSError, AttributeError, KeyError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True)
class Dashboard:
    """A published notebook.

    Attributes
    ----------
    name : str
        The notebook's file name without `.ipynb`; the last part of the address.
    title, question : str
        From `metadata.riskkit`, else the notebook's H1 and the line under it.
    role : str
        The least role that may open it, in any team.
    order : float
        Where it stands in the list.
    parameters : tuple of Parameter
        What its parameters cell declares: what an address may set.
    notebook : NotebookNode
        The notebook itself, outputs removed.
    """

    name: str
    title: str
    question: str
    role: str
    order: float
    parameters: tuple[Parameter, ...]
    notebook: nbformat.NotebookNode

    def open_to(self, roles: Iterable[str]) -> bool:
        """Whether one of these roles may open it.

        A role nobody knows opens nothing.
        """
        ranks = [ROLES.index(role) for role in roles if role in ROLES]
        return bool(ranks) and max(ranks) >= ROLES.index(self.role)


class Catalogue:
    """The dashboards of a project, read again when a file changes."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._read: dict[Path, tuple[tuple[int, int], Dashboard | None]] = {}

    def dashboards(self) -> tuple[Dashboard, ...]:
        """Every published notebook, in order."""
        found = [self.find(name) for name in notebook_names(self._project)]
        return tuple(sorted((d for d in found if d is not None), key=lambda d: (d.order, d.title)))

    def find(self, name: str) -> Dashboard | None:
        """The dashboard of that name, or None: an unpublished or broken notebook is as unknown as none."""
        try:
            path = notebook_path(self._project, name)
            stat = path.stat()
        except (InputError, OSError):
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        if path not in self._read or self._read[path][0] != stamp:
            self._read[path] = (stamp, _readable(path))
        return self._read[path][1]


def _readable(path: Path) -> Dashboard | None:
    """The dashboard, or None with a line in the log: one broken file must not take the others down."""
    try:
        return _published(path)
    except UNREADABLE as error:
        log.warning("notebook left out of the dashboards: %s", error, extra={"notebook": path.name})
        return None


def _published(path: Path) -> Dashboard | None:
    parameters = notebook_declarations(path)
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    said = notebook.metadata.get("riskkit")
    if not said:
        return None
    heading, question = _heading(notebook)
    return Dashboard(
        name=path.stem,
        title=str(said.get("title") or heading or path.stem),
        question=str(said.get("question") or question),
        role=_least_role(said.get("roles") or [ROLES[0]], path),
        order=_order(said.get("order", 1000), path),
        parameters=parameters,
        notebook=notebook,
    )


def _least_role(roles: Any, path: Path) -> str:
    known = [role for role in ([roles] if isinstance(roles, str) else roles) if role in ROLES]
    if not known:
        raise InputError("metadata.riskkit.roles", roles, "some of " + ", ".join(ROLES), source=str(path))
    return min(known, key=ROLES.index)


def _order(order: Any, path: Path) -> float:
    number = float(order)
    if not math.isfinite(number):
        raise InputError("metadata.riskkit.order", order, "a finite number", source=str(path))
    return number


def _heading(notebook: nbformat.NotebookNode) -> tuple[str, str]:
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    lines = [line.strip() for line in first.splitlines() if line.strip()]
    title = lines[0].lstrip("# ") if lines and lines[0].startswith("# ") else ""
    return title, lines[1] if title and len(lines) > 1 else ""
