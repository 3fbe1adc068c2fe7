"""A book in which nothing moves: an empty one, or cash in its own currency. Every method answers zero, and says why."""

import pytest

from riskkit.portfolio import Cash, Portfolio, Position
from riskkit.var import HistoricalSpec, ParametricSpec, SimulationSpec, VarSpec, portfolio_var

SPECS = {
    "historical": {},
    "age": {"historical": HistoricalSpec("age")},
    "volatility": {"historical": HistoricalSpec("volatility")},
    "volatility garch": {"historical": HistoricalSpec("volatility", volatility="garch")},
    "volatility book": {"historical": HistoricalSpec("volatility", scope="portfolio")},
    "filtered": {"historical": HistoricalSpec("filtered")},
    "filtered 5 days": {"historical": HistoricalSpec("filtered"), "horizon_days": 5, "scaling": "none"},
    "overlapping": {"horizon_days": 5, "scaling": "none"},
    "parametric": {"method": "parametric"},
    "student_t": {"method": "parametric", "parametric": ParametricSpec("student_t")},
    "cornish_fisher": {"method": "parametric", "parametric": ParametricSpec("cornish_fisher")},
    "delta-gamma": {"method": "parametric", "parametric": ParametricSpec(quadratic="normal")},
    "delta-gamma exact": {"method": "parametric", "parametric": ParametricSpec(quadratic="exact")},
    "shrunk": {"method": "parametric", "covariance": "ledoit_wolf"},
    "oas": {"method": "monte_carlo_normal", "covariance": "oas"},
    "monte_carlo_t": {"method": "monte_carlo_t"},
    "t copula": {"method": "monte_carlo_t_copula"},
    "sobol copula": {"method": "monte_carlo_t_copula", "simulation": SimulationSpec("sobol", "factors")},
}


@pytest.mark.parametrize("positions", [(), (Position(Cash("USD"), 5000.0),)], ids=["empty", "own cash"])
@pytest.mark.parametrize("name", SPECS)
def test_nothing_moves_nothing_is_lost(name, positions, history):
    book = Portfolio("team/still", "USD", positions)
    result = portfolio_var(book, history, VarSpec(lookback_days=60, n_paths=1000, **SPECS[name]))
    assert (result.var, result.expected_shortfall, result.standard_deviation) == (0.0, 0.0, 0.0)
    assert result.component_var.tolist() == [0.0] * len(positions)
    assert "No position depends on a risk factor: nothing can move." in result.notes
    assert all(table.notna().all(axis=None) for name, table in result.tables().items() if name.startswith("components"))
    assert result.spec.method == SPECS[name].get("method", "historical")
