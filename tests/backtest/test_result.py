"""What a run stores of a backtest: finite figures, tables without NaN."""

import numpy as np

from riskkit.backtest import BacktestSpec, rolling_backtest


def test_metrics_and_tables(book, history) -> None:
    result = rolling_backtest(book, history, BacktestSpec("historical", 0.95, lookback_days=60, backtest_days=60))
    stored = {(m.name, *m.labels.values()): m.value for m in result.metrics()}
    assert stored["exceptions",] == result.n_exceptions == len(result.tables()["exceptions"])
    assert stored["var",] == result.var[-1]
    assert stored["p_value", "kupiec_pof"] == result.verdict("kupiec_pof").p_value
    assert stored["zone",] == ("green", "yellow", "red").index(result.zone)
    assert all(np.isfinite(value) for value in stored.values())
    assert len(stored) == len(result.metrics())
    tables = result.tables()
    assert list(tables) == ["summary", "tests", "days", "exceptions"]
    assert len(tables["tests"]) == len(result.verdicts)
    assert len(tables["days"]) == 60
    assert tables["tests"].set_index("test").loc["acerbi_szekely_z3", "p_value"] is not np.nan
    assert "nan" not in tables["tests"].to_csv().lower()
    assert result.notes[-1] == "made up"
