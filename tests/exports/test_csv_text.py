"""Tables as CSV: numbers stay numbers, and no spreadsheet runs a text (bad-input family 52)."""

import io

import pandas as pd
import pytest

from riskkit.exports import csv_text


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_becomes_text(text):
    frame = pd.DataFrame({"name": [text, "plain"], "value": [-1.5, 0.1 + 0.2]})
    read = pd.read_csv(io.StringIO(csv_text(frame)))
    assert read["name"][0] == "'" + text.replace("\r", "\n")
    assert read["value"].tolist() == [-1.5, 0.1 + 0.2]
    assert read["name"][1] == "plain"
