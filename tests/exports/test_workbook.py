"""A workbook read back by another library: figures to the bit, texts as texts."""

import io
import zipfile
from datetime import UTC, datetime

import openpyxl
import pandas as pd
import pytest

from riskkit.exports import workbook

MADE = datetime(2022, 12, 28, 23, 15, tzinfo=UTC)
HOSTILE = ["=HYPERLINK(\"http://evil.example\")", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "http://a.example",
           "mailto:x@y.example", "0012", "<script>alert(1)</script>", "{=1+1}"]  # fmt: skip


def read(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def test_figures_keep_every_bit_and_are_grouped():
    value = [1413958.18 / 3, -0.1, 1e-9]
    book = read(workbook({"components": pd.DataFrame({"value": value, "rank": [1, 2, 3]})}, {}, MADE))
    sheet = book["components"]
    assert [cell.value for cell in sheet["A"]] == ["value", *value]
    assert [cell.value for cell in sheet["B"]] == ["rank", 1, 2, 3]
    assert (sheet["A2"].number_format, sheet["B2"].number_format) == ("#,##0.00", "#,##0")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B4")


def test_nothing_is_a_formula_or_a_link():
    data = workbook({"components": pd.DataFrame({"position": HOSTILE})}, {"portfolio": HOSTILE[0]}, MADE)
    sheet = read(data)["components"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert [cell.value for cell in cells] == HOSTILE
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_a_figure_that_is_not_there_is_an_empty_cell():
    frame = pd.DataFrame({"p_value": pd.array([0.5, None], dtype="Float64"), "note": ["x", None]})
    sheet = read(workbook({"tests": frame}, {}, MADE))["tests"]
    assert [(row[0].value, row[1].value) for row in sheet.iter_rows(min_row=2)] == [(0.5, "x"), (None, None)]


def test_the_first_sheet_says_what_it_is():
    sheet = read(workbook({}, {"report": "portfolio_var", "as of": "2022-12-28"}, MADE))["About"]
    assert [(row[0].value, row[1].value) for row in sheet.iter_rows()] == [
        ("report", "portfolio_var"), ("as of", "2022-12-28")]  # fmt: skip


def test_sheets_names_fit_and_differ():
    names = ["components_by_asset_class_of_the_book", "components_by_asset_class_of_the_team", "a/b:c", "About", "'"]
    book = read(workbook({name: pd.DataFrame({"x": [1]}) for name in names}, {}, MADE))
    assert book.sheetnames == ["About", "components by asset class of th", "components by asset class of 2", "a b c",
                               "About 2", "table"]  # fmt: skip
    assert max(len(name) for name in book.sheetnames) <= 31


def test_the_same_tables_are_the_same_bytes():
    tables = {"components": pd.DataFrame({"value": [1.0]})}
    assert workbook(tables, {"a": "b"}, MADE) == workbook(tables, {"a": "b"}, MADE)


def test_an_empty_table_and_a_table_without_columns():
    book = read(workbook({"none": pd.DataFrame({"value": []}), "nothing": pd.DataFrame()}, {}, MADE))
    assert book["none"]["A1"].value == "value"


def test_more_rows_than_a_sheet_holds():
    with pytest.raises(ValueError, match="1,048,575 rows"):
        workbook({"x": pd.DataFrame({"x": range(1_048_576)})}, {}, MADE)
