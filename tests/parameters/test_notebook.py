import json

import nbformat
import pytest

from riskkit.errors import InputError
from riskkit.parameters.notebook import notebook_declarations, notebook_names, notebook_path

CELL = "horizon_days: int = 1  # trading days {1..250}"


def write(path, *cells):
    book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python"}})
    book.cells = [nbformat.v4.new_code_cell(source, metadata={"tags": tags}) for source, tags in cells]
    path.write_text(nbformat.writes(book))
    return path


def test_the_tagged_cell_is_read(tmp_path):
    path = write(tmp_path / "a.ipynb", (CELL, ["parameters"]), ("x = 1", []))
    assert notebook_declarations(path)[0].name == "horizon_days"


@pytest.mark.parametrize("cells", [[("x = 1", [])], [(CELL, ["parameters"]), (CELL, ["parameters"])], []])
def test_none_or_two_parameters_cells_are_refused(tmp_path, cells):
    with pytest.raises(InputError, match="exactly one code cell tagged 'parameters'"):
        notebook_declarations(write(tmp_path / "a.ipynb", *cells))


def test_a_cell_that_declares_nothing_names_file_and_line(tmp_path):
    path = write(tmp_path / "a.ipynb", (CELL + "\nimport os", ["parameters"]))
    with pytest.raises(InputError) as caught:
        notebook_declarations(path)
    assert (caught.value.source, caught.value.line) == (str(path), 2)


def versioned(**changes):
    return json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | changes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "3",
        "null",
        "{}",
        versioned(nbformat=99),
        versioned(nbformat="4"),
        versioned(cells=7),
        versioned(cells=[{}]),
        versioned(cells=[{"cell_type": "code"}]),
        "[" * 100_000,
    ],
)
def test_what_is_no_notebook_is_an_input_error(tmp_path, text):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(InputError):
        notebook_declarations(path)


def test_bytes_that_are_no_text_and_missing_files(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"\xff\xfe\x00")
    for each in (path, tmp_path / "b.ipynb", tmp_path):
        with pytest.raises(InputError):
            notebook_declarations(each)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "a.ipynb"
    with path.open("wb") as file:
        file.truncate(10_000_000)
    with pytest.raises(InputError, match="at most 5 MB"):
        notebook_declarations(path)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "notebooks"
    (folder / "research").mkdir(parents=True)
    write(folder / "portfolio_var.ipynb", (CELL, ["parameters"]))
    write(folder / "mar_33.ipynb", (CELL, ["parameters"]))
    write(folder / "research" / "idea.ipynb", (CELL, ["parameters"]))
    (folder / "linked.ipynb").symlink_to("/etc/passwd")
    return tmp_path


def test_a_name_leads_to_its_file(project):
    assert notebook_path(project, "mar_33") == project / "notebooks" / "mar_33.ipynb"
    assert notebook_names(project) == ("mar_33", "portfolio_var")


@pytest.mark.parametrize(
    "name",
    [
        "../notebooks/portfolio_var",
        "research/idea",
        "portfolio_var.ipynb",
        "/etc/passwd",
        "linked",
        "",
        "con",
        "x" * 300,
        "..%2fx",
        "C:\\x",
        "http://a/b",
        "-",
        "portfolio_var\n",
        None,
    ],
)
def test_a_name_is_never_a_path(project, name):
    with pytest.raises(InputError, match="one of mar_33, portfolio_var"):
        notebook_path(project, name)
