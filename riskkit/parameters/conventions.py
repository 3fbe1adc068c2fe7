"""The house rules every notebook in `notebooks/` keeps, so that one notebook can have three faces."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from riskkit.errors import InputError
from riskkit.parameters.clock import clock_readings
from riskkit.parameters.declaration import declarations

#: Statements that belong in the package, by the word a notebook's author would use.
FORBIDDEN: dict[type[ast.AST], str] = {
    ast.FunctionDef: "def",
    ast.AsyncFunctionDef: "async def",
    ast.ClassDef: "class",
    ast.For: "for",
    ast.While: "while",
    ast.If: "if",
    ast.Try: "try",
    ast.With: "with",
    ast.Lambda: "lambda",
}
MAX_LINES = 12
#: Of the parameters cell, which is a table of one line a parameter.
MAX_PARAMETERS = 20
MAX_CODE_CELLS = 15
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def notebook_breaches(path: Path) -> tuple[str, ...]:
    """What the notebook at `path` does that the conventions forbid; empty when it keeps them.

    A breach is a sentence that names the cell (counted from 1 over all cells) and what to do.
    """
    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001, RUF100 (nbformat raises many kinds; each means "not a notebook")
        return (f"not a readable notebook: {error}",)
    return tuple(_breaches(path.stem, notebook.cells))


def _breaches(stem: str, cells: list[nbformat.NotebookNode]) -> Iterator[str]:
    if not NAME.fullmatch(stem):
        yield f"the file name {stem!r} is not a snake_case noun"
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        yield "cell 1: the first cell is not markdown with an H1 title"
    code = [(number, cell) for number, cell in enumerate(cells, 1) if cell.cell_type == "code"]
    if len(code) > MAX_CODE_CELLS:
        yield f"{len(code)} code cells; at most {MAX_CODE_CELLS}: what a notebook lacks belongs in the package"
    yield from _parameters_breaches(code)
    for number, cell in code:
        yield from (f"cell {number}: {breach}" for breach in _cell_breaches(cell))
    sources = "\n".join(cell.source for _, cell in code)
    if "open_run(" not in sources:
        yield "no cell calls notebook.open_run"
    if not code or not code[-1][1].source.rstrip().endswith("run.save()"):
        yield "the last code cell does not end with run.save()"


def _parameters_breaches(code: list[tuple[int, nbformat.NotebookNode]]) -> Iterator[str]:
    tagged = [number for number, cell in code if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1 or tagged[0] != code[0][0]:
        yield f"the tag 'parameters' must be on the first code cell and no other; it is on {tagged or 'none'}"
        return
    try:
        declarations(code[0][1].source)
    except InputError as error:
        yield f"cell {tagged[0]}: {error}"


def _cell_breaches(cell: nbformat.NotebookNode) -> Iterator[str]:
    if cell.get("outputs") or cell.get("execution_count"):
        yield "stored output; clear it (nbstripout)"
    most = MAX_PARAMETERS if "parameters" in cell.metadata.get("tags", []) else MAX_LINES
    if len(cell.source.splitlines()) > most:
        yield f"{len(cell.source.splitlines())} lines; at most {most}"
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        yield f"not plain Python (magics included): {error.msg}"
        return
    for node in ast.walk(tree):
        if type(node) in FORBIDDEN:
            yield f"`{FORBIDDEN[type(node)]}` belongs in riskkit, not in a notebook"
        yield from _name_breaches(node)
    yield from (
        f"line {line}: `{said}` reads the clock; a report is made as of its slot: use as_of"
        for line, said in clock_readings(tree)
    )


def _name_breaches(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for module in modules:
            if module.split(".")[0] != "riskkit":
                yield f"imports {module}; a notebook imports only riskkit"
    elif isinstance(node, ast.Name) and node.id in {"print", "open", "exec", "eval", "input", "get_ipython", "display"}:
        yield f"uses `{node.id}`; a notebook shows through run.show"
