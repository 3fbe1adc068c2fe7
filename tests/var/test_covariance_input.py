"""A covariance from outside: checked, selected by name, repaired with a note."""

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.var import CovarianceInput, VarSpec, portfolio_var

CORRELATION = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]  # impossible
NAMES = ("ABC", "SAP", "EURUSD")


def test_select_by_name() -> None:
    given = CovarianceInput(NAMES, np.diag([1.0, 2.0, 3.0]), "an example")
    assert given.select(("EURUSD", "ABC")).tolist() == [[3.0, 0.0], [0.0, 1.0]]
    with pytest.raises(InputError, match="also the factors MSFT"):
        given.select(("MSFT",))


def test_an_impossible_correlation_is_repaired_and_said(stocks, history) -> None:
    given = CovarianceInput.from_correlation(NAMES, [0.02, 0.015, 0.005], CORRELATION, "an opinion")
    for method in ("parametric", "monte_carlo_normal", "monte_carlo_t"):
        result = portfolio_var(stocks, history, VarSpec(method, n_paths=20_000), covariance=given)
        assert np.isfinite(result.var)
        assert any("nearest correlation matrix" in note for note in result.notes)
        assert any("an opinion" in note for note in result.notes)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("factors", lambda: CovarianceInput(("A", "A"), np.eye(2), "x")),
        ("factors", lambda: CovarianceInput(("A",), np.eye(2), "x")),
        ("convention", lambda: CovarianceInput(("A",), np.eye(1), "")),
        ("covariance", lambda: CovarianceInput(("A",), np.array([[np.nan]]), "x")),
        ("volatilities", lambda: CovarianceInput.from_correlation(["A"], [-0.1], np.eye(1), "x")),
        ("volatilities", lambda: CovarianceInput.from_correlation(["A"], [0.1, 0.2], np.eye(1), "x")),
        ("correlation", lambda: CovarianceInput.from_correlation(["A"], [0.1], 2 * np.eye(1), "x")),
    ],
)
def test_refuses(field: str, make) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.field == field


def test_history_has_no_use_for_one(stocks, history) -> None:
    with pytest.raises(InputError, match="uses no covariance"):
        portfolio_var(stocks, history, VarSpec(), covariance=CovarianceInput(NAMES, np.eye(3), "x"))
    with pytest.raises(InputError, match="also the factors EURUSD"):
        portfolio_var(stocks, history, VarSpec("parametric"), covariance=CovarianceInput(NAMES[:2], np.eye(2), "x"))
