"""A notebook file's declarations, and where a notebook of a name lies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from riskkit.errors import InputError
from riskkit.parameters.declaration import Parameter, declarations

#: A notebook file larger than this is refused before it is parsed.
LARGEST_NOTEBOOK = 5_000_000

#: The kernel that every notebook names: the one that JupyterLab offers here, and that reports and dashboards run.
KERNEL = "python3"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def notebook_path(project: Path, name: str) -> Path:
    """The file of the notebook called `name`: a snake_case name (digits allowed), never a path.

    Raises
    ------
    InputError
        The name is ill-formed, or there is no such notebook; the notebooks that exist are listed.
    """
    folder = project / "notebooks"
    known = notebook_names(project)
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name not in known:
        raise InputError("notebook", name, "one of " + ", ".join(known) if known else f"a notebook in {folder}")
    return folder / f"{name}.ipynb"


def notebook_names(project: Path) -> tuple[str, ...]:
    """Names of the notebooks in the project's `notebooks/`, sorted; `notebooks/research/` is not among them."""
    files = (project / "notebooks").glob("*.ipynb")
    return tuple(sorted(f.stem for f in files if _NAME.fullmatch(f.stem) and f.is_file() and not f.is_symlink()))


def notebook_declarations(path: Path) -> tuple[Parameter, ...]:
    """The declarations in the cell tagged `parameters`.

    Raises
    ------
    InputError
        The file is missing, no notebook, or one of another kernel; it has no such cell or two of them, or the cell
        declares something else.
    """
    source = str(path)
    try:
        if path.stat().st_size > LARGEST_NOTEBOOK:
            raise InputError("notebook", path.name, f"at most {LARGEST_NOTEBOOK // 1_000_000} MB", source=source)
        kernel, cells = _read(path)
    except OSError as error:
        raise InputError("notebook", path.name, f"a file that can be read ({error.strerror})", source=source) from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:  # JSON that is no notebook
        raise InputError("notebook", path.name, "a Jupyter notebook, nbformat 4", source=source) from error
    if kernel != KERNEL:
        raise InputError("kernelspec", kernel, f"the kernel {KERNEL!r}", source=source)
    tagged = [cell for cell in cells if "parameters" in cell.tags]
    if len(tagged) != 1 or tagged[0].kind != "code":
        found = f"{len(tagged)} cells tagged 'parameters'"
        raise InputError("parameters cell", found, "exactly one code cell tagged 'parameters'", source=source)
    try:
        return declarations(tagged[0].source)
    except InputError as error:
        raise InputError(error.field, error.value, error.expected, line=error.line, source=source) from error


class _Cell(NamedTuple):
    kind: str
    tags: tuple[str, ...]
    source: str


def _read(path: Path) -> tuple[object, list[_Cell]]:
    """The kernel's name, and what of the cells matters here. nbformat would check more, but takes seconds to import."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if notebook["nbformat"] != 4 or not isinstance(notebook["cells"], list):
        raise ValueError("nbformat")
    kernel = notebook["metadata"].get("kernelspec", {}).get("name")
    return kernel, [_cell(cell) for cell in notebook["cells"]]


def _cell(cell: Mapping[str, Any]) -> _Cell:
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    return _Cell(cell["cell_type"], tuple(cell["metadata"].get("tags", ())), source)
