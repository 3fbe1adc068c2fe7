"""Marginal VaR, ratios, and what is measured beyond VaR, on a book's own P&L."""

import pytest

from riskkit.errors import InputError
from riskkit.measures.estimation_error import value_at_risk_standard_error
from riskkit.measures.extreme import peaks_over_threshold
from riskkit.measures.spectral import expectile, exponential_spectral
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.var import EstimatorSpec, HistoricalSpec, VarSpec, portfolio_var

CURRENCY = {"ABC": "USD", "SAP": "EUR"}


@pytest.fixture(scope="module")
def result(book, history):
    return portfolio_var(book, history, VarSpec("historical", 0.95, lookback_days=250))


def test_marginal_is_what_one_unit_more_adds(history) -> None:
    """Euler: against the difference quotient of the parametric figure; nothing for a position of nothing."""
    held = {"ABC": 300.0, "SAP": -80.0}

    def measured(**quantities):
        book = Portfolio("stocks", "USD", tuple(Position(Equity(s, c), quantities[s]) for s, c in CURRENCY.items()))
        return portfolio_var(book, history, VarSpec("parametric", 0.99))

    table = measured(**held).marginal().set_index("position")
    for symbol in held:
        up, down = (measured(**held | {symbol: held[symbol] + step}) for step in (0.01, -0.01))
        assert table.loc[symbol, "marginal_var"] == pytest.approx((up.var - down.var) / 0.02, rel=1e-6)
    nothing = measured(ABC=300.0, SAP=0.0).marginal().set_index("position")
    assert nothing["marginal_var"].isna().tolist() == [False, True]


def test_beyond_var_reads_the_books_own_pnl(result, book, history) -> None:
    table = result.beyond_var(risk_aversion=10.0).set_index("figure")
    losses = -result.pnl
    assert table.loc["spectral", "value"] == exponential_spectral(losses, 10.0)
    assert table.loc["expectile", "value"] == expectile(losses, 0.95)
    tail = peaks_over_threshold(losses, method="weighted_moments")
    assert "weighted moments" in table.loc["pareto_var", "note"]  # the likelihood of these 25 has no maximum
    assert table.loc["pareto_var", "value"] == tail.value_at_risk(0.95)
    assert table.loc["pareto_es", "value"] == tail.expected_shortfall(0.95) > table.loc["pareto_var", "value"]
    few = result.beyond_var(tail_fraction=0.02).set_index("figure")
    assert few["value"].isna().tolist() == [False, False, True, True]
    assert "at least 10" in few.loc["pareto_var", "note"]
    low = result.beyond_var(tail_fraction=0.045).set_index("figure")
    assert "the level of the threshold" in low.loc["pareto_es", "note"]
    for spec in (VarSpec("parametric"), VarSpec(historical=HistoricalSpec("age"))):
        other = portfolio_var(book, history, spec)
        assert "beyond_var" not in other.tables()
        with pytest.raises(InputError, match="equally likely"):
            other.beyond_var()


def test_ratios(result) -> None:
    ratios = result.ratios().set_index("ratio")["value"]
    assert ratios["var_to_gross_value"] == pytest.approx(result.var / result.gross_value)
    assert ratios["expected_shortfall_to_var"] == pytest.approx(result.expected_shortfall / result.var)
    assert ratios["largest_component_to_var"] == pytest.approx(result.component_var.max() / result.var)


@pytest.mark.parametrize("density", ["normal", "kernel"])
def test_a_named_density_in_the_standard_error(book, history, density) -> None:
    spec = VarSpec("historical", 0.95, lookback_days=500, estimators=EstimatorSpec(density=density))
    result = portfolio_var(book, history, spec)
    assert result.var_standard_error == value_at_risk_standard_error(-result.pnl, 0.95, density)
    spaced = portfolio_var(book, history, VarSpec("historical", 0.95, lookback_days=500))
    assert result.var_standard_error == pytest.approx(spaced.var_standard_error, rel=0.6)
