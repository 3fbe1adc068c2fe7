"""What a run stores of a result."""

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.var import VarSpec, portfolio_var


@pytest.fixture(scope="module")
def result(book, history):
    return portfolio_var(book, history, VarSpec("historical", 0.95, lookback_days=250))


def test_groups_sum(result) -> None:
    for column in ("asset_class", "currency", "sector"):
        table = result.by(column)
        assert table["component_var"].sum() == pytest.approx(result.var, rel=1e-12)
        assert table["component_es"].sum() == pytest.approx(result.expected_shortfall, rel=1e-12)
        assert table["component_var"].is_monotonic_decreasing
    assert set(result.by("asset_class")["asset_class"]) == {"equity", "cash", "option", "bond"}
    with pytest.raises(InputError, match="column"):
        result.by("colour")


def test_metrics(result) -> None:
    metrics = {(m.name, *m.labels.items()): m for m in result.metrics()}
    assert len(metrics) == len(result.metrics()) == 8 + 2 * 6 + 2 * 4
    assert metrics[("var",)].value == result.var
    assert metrics[("var",)].unit == "EUR"
    assert metrics[("n_scenarios",)].unit == "count"
    parts = [m.value for key, m in metrics.items() if key[0] == "component_var" and key[1][0] == "position"]
    assert sum(parts) == pytest.approx(result.var, rel=1e-12)


def test_tables(result) -> None:
    tables = result.tables()
    assert list(tables) == [
        "summary",
        "components",
        "components_by_asset_class",
        "components_by_currency",
        "components_by_sector",
        "components_by_factor",
        "exposures",
        "ratios",
        "marginal",
        "beyond_var",
    ]
    assert list(tables["components"].columns) == [
        "position",
        "asset_class",
        "currency",
        "sector",
        "quantity",
        "value",
        "component_var",
        "component_es",
    ]
    assert list(tables["exposures"]["factor"]) == list(result.portfolio.factors)
    assert not any(table.isna().any().any() for table in tables.values())


def test_exposures_explain_a_small_day(book, history, result) -> None:
    """P&L to first order: exposures times the factor returns, best on the quietest days."""
    returns = history.select(book.factors).returns(250)
    linear = returns @ result.exposures["exposure"].to_numpy()
    quiet = np.argsort(np.abs(result.pnl))[:125]
    assert np.abs(linear - result.pnl)[quiet].max() < 0.02 * result.var
