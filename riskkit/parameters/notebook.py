"""A notebook file's declarations, and where a notebook of a name lies."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import nbformat

from riskkit.errors import InputError
from riskkit.parameters.declaration import Parameter, declarations

#: A notebook file larger than this is refused before it is parsed.
LARGEST_NOTEBOOK = 5_000_000

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
        The file is missing, no notebook, has no such cell or two of them, or the cell declares something else.
    """
    source = str(path)
    try:
        if path.stat().st_size > LARGEST_NOTEBOOK:
            raise InputError("notebook", path.name, f"at most {LARGEST_NOTEBOOK // 1_000_000} MB", source=source)
        notebook = _read(path)
    except OSError as error:
        raise InputError("notebook", path.name, f"a file that can be read ({error.strerror})", source=source) from error
    except (json.JSONDecodeError, UnicodeDecodeError, nbformat.ValidationError, ValueError) as error:
        raise InputError("notebook", path.name, "a Jupyter notebook, nbformat 4", source=source) from error
    except (AttributeError, KeyError, TypeError, RecursionError) as error:  # nbformat meets JSON that is no notebook
        raise InputError("notebook", path.name, "a Jupyter notebook, nbformat 4", source=source) from error
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1 or tagged[0].cell_type != "code":
        found = f"{len(tagged)} cells tagged 'parameters'"
        raise InputError("parameters cell", found, "exactly one code cell tagged 'parameters'", source=source)
    try:
        return declarations(tagged[0].source)
    except InputError as error:
        raise InputError(error.field, error.value, error.expected, line=error.line, source=source) from error


def _read(path: Path) -> nbformat.NotebookNode:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cells without an id, and such: nothing that a parameter depends on
        notebook: nbformat.NotebookNode = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
    return notebook
