"""Tables are made when asked for, once, from the arrays the result holds."""

import numpy as np
import pytest

from riskkit.var import VarSpec, portfolio_var
from riskkit.var.figures import historical_error


@pytest.fixture
def result(book, history):
    return portfolio_var(book, history, VarSpec("historical", 0.95, lookback_days=250))


def test_a_table_is_made_once(result) -> None:
    assert not {"components", "exposures"} & set(vars(result))
    assert result.components is result.components
    assert result.exposures is result.exposures


def test_the_arrays_are_the_columns_to_the_last_bit(result) -> None:
    assert result.component_var.tolist() == result.components["component_var"].tolist()
    assert result.component_es.tolist() == result.components["component_es"].tolist()
    assert result.component_var.sum() == pytest.approx(result.var, rel=1e-12)
    assert result.component_es.sum() == pytest.approx(result.expected_shortfall, rel=1e-12)


def test_a_table_is_the_users_own(result) -> None:
    """What is written into a table does not reach the figures."""
    before = result.component_var.copy()
    result.components.loc[:, "component_var"] = 0.0
    assert np.array_equal(result.component_var, before)


def test_errors_are_made_once_and_by_hand(result) -> None:
    assert "_errors" not in vars(result)
    expected = historical_error(-result.pnl, result.spec)
    assert result.var_standard_error == expected.var > 0
    assert result.es_standard_error == expected.expected_shortfall > 0
    assert result.confidence_interval == expected.interval
    assert result._errors is result._errors


def test_volatility_is_that_of_the_returns_used(book, history, result) -> None:
    expected = history.select(book.factors).returns(250).std(axis=0, ddof=1)
    assert result.exposures["volatility"].tolist() == expected.tolist()
    assert result.exposures["factor"].tolist() == list(book.factors)
