"""Tables as CSV: numbers stay numbers, and no spreadsheet runs a text (bad-input family 52)."""

import io

import pandas as pd
import pytest

from riskkit.notebook import saved


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_becomes_text(text):
    frame = pd.DataFrame({"name": [text, "plain"], "value": [-1.5, 0.1 + 0.2]})
    read = pd.read_csv(io.StringIO(saved.csv(frame)))
    assert read["name"][0] == "'" + text.replace("\r", "\n")
    assert read["value"].tolist() == [-1.5, 0.1 + 0.2]
    assert read["name"][1] == "plain"


def test_nothing_half_written_is_left(tmp_path):
    class Result:
        def tables(self):
            return {"summary": pd.DataFrame({"a": [1]})}

        def metrics(self):
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        saved.save(Result(), tmp_path)
    assert not (tmp_path / "outputs" / "metrics.json").exists()
    assert list(tmp_path.rglob("*.part")) == []
