"""Textbook portfolio figures through Portfolio, CovarianceInput and portfolio_var.

Those marked (recomputed) are quoted from memory in the literature survey; each is therefore checked by a second method.
"""

import math

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.measures import normal
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.var import CovarianceInput, VarSpec, portfolio_var


def two_assets(held: tuple[float, float], vols: tuple[float, float], rho: float, spec: VarSpec):
    names = ("A", "B")
    factors = tuple(RiskFactor(name, "equity", "USD") for name in names)
    history = FactorHistory(factors, np.array(["2020-01-01"], "datetime64[D]"), np.ones((1, 2)))
    book = Portfolio("two", "USD", tuple(Position(Equity(n, "USD"), q) for n, q in zip(names, held, strict=True)))
    given = CovarianceInput.from_correlation(names, vols, [[1, rho], [rho, 1]], "published")
    return portfolio_var(book, history, spec, covariance=given)


def test_hull_microsoft_and_att() -> None:
    """Hull: $10m at 2 % and $5m at 1 % a day, correlation 0.3: daily sd 220,227; ten days, exact z, 1,620,114."""
    result = two_assets((10e6, 5e6), (0.02, 0.01), 0.3, VarSpec("parametric", 0.99, horizon_days=10))
    assert result.standard_deviation / math.sqrt(10) == pytest.approx(220_227, abs=0.5)
    assert result.var == pytest.approx(1_620_114, abs=1)
    unscaled = two_assets((10e6, 5e6), (0.02, 0.01), 0.3, VarSpec("parametric", 0.99, 10, scaling="none"))
    assert unscaled.var == pytest.approx(result.var, rel=1e-14)


def test_jorion_two_currencies() -> None:
    """Jorion, Value at Risk: $2m CAD at 5 % and $1m EUR at 12 %, uncorrelated, z = 1.65: VaR 257,738 (recomputed).

    Through cash positions and currency factors. riskkit's z is exact, so figures are compared per standard deviation.
    """
    factors = (RiskFactor("CADUSD", "fx", "USD"), RiskFactor("EURUSD", "fx", "USD"))
    history = FactorHistory(factors, np.array(["2000-01-03"], "datetime64[D]"), np.array([[0.8, 1.25]]))
    book = Portfolio("jorion", "USD", (Position(Cash("CAD"), 2e6 / 0.8), Position(Cash("EUR"), 1e6 / 1.25)))
    given = CovarianceInput(("CADUSD", "EURUSD"), np.diag([0.05**2, 0.12**2]), "published")
    result = portfolio_var(book, history, VarSpec("parametric", 0.95), covariance=given)
    per_deviation = normal.value_at_risk(1.0, 0.95)
    scale = 1.65 / per_deviation
    assert result.var * scale == pytest.approx(257_738, abs=0.5)
    assert result.components["component_var"].to_numpy() * scale == pytest.approx([105_630, 152_108], abs=1)
    by_hand = math.hypot(2e6 * 0.05, 1e6 * 0.12)
    assert result.standard_deviation == pytest.approx(by_hand, rel=1e-14)


@pytest.mark.parametrize(
    ("level", "normal_var", "t_var", "normal_es", "t_es"),
    [
        (0.90, 162.1, 137.1, 222.0, 223.5),
        (0.95, 208.1, 190.7, 260.9, 286.5),
        (0.975, 247.9, 248.3, 295.7, 357.2),
        (0.99, 294.3, 335.1, 337.1, 466.9),
        (0.995, 325.8, 411.8, 365.8, 565.7),
    ],
)
def test_quantitative_risk_management(level, normal_var, t_var, normal_es, t_es) -> None:
    """McNeil, Frey, Embrechts, table 2.1 (recomputed): 10,000 at 20 % a year, normal and t with 4 degrees."""
    vol = 0.2 / math.sqrt(250)
    history = FactorHistory(
        (RiskFactor("S", "equity", "USD"),), np.array(["2020-01-01"], "datetime64[D]"), np.ones((1, 1))
    )
    book = Portfolio("qrm", "USD", (Position(Equity("S", "USD"), 10_000),))
    given = CovarianceInput(("S",), np.array([[vol**2]]), "published")
    closed = portfolio_var(book, history, VarSpec("parametric", level), covariance=given)
    assert (closed.var, closed.expected_shortfall) == pytest.approx((normal_var, normal_es), abs=0.051)
    sd = 10_000 * vol
    exact = student_value_at_risk(0.0, sd, 4, level), student_expected_shortfall(0.0, sd, 4, level)
    assert exact == pytest.approx((t_var, t_es), abs=0.051)
    spec = VarSpec("monte_carlo_t", level, degrees_of_freedom=4, n_paths=400_000, seed=7)
    simulated = portfolio_var(book, history, spec, covariance=given)
    assert (simulated.var, simulated.expected_shortfall) == pytest.approx(exact, rel=0.03)
