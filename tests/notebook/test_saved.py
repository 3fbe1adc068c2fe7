"""What a run keeps is whole or absent."""

import pandas as pd
import pytest

from riskkit.notebook import saved


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
