"""Reverse stress: the closed form of a linear book, and for the rest a scenario that really loses the amount."""

from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures.normal import value_at_risk
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.stress import ReverseSpec, reverse_stress
from riskkit.var import VarSpec, portfolio_var

quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_of_the_normal_var_is_as_far_as_its_quantile(linear, history) -> None:
    """A linear book's 99 % VaR is lost 2.3263 deviations out, with a probability of 1 %: a second method."""
    var = portfolio_var(linear, history, VarSpec("parametric", 0.99, lookback_days=300)).var
    result = reverse_stress(linear, history, ReverseSpec(loss=var, lookback_days=300, horizon_days=1))
    assert result.distance == pytest.approx(value_at_risk(1.0, 0.99))
    assert result.probability == pytest.approx(0.01)
    assert result.linear_pnl == pytest.approx(result.pnl)
    assert result.pnl == pytest.approx(-var, rel=1e-9)
    assert "closed form" in result.notes[0]


def test_by_formula(linear, history) -> None:
    """-L S w / (w'S w), written out."""
    result = reverse_stress(linear, history, ReverseSpec(loss=500.0, lookback_days=300, horizon_days=10))
    names = list(linear.factors)
    returns, levels = history.select(names).returns(300), history.select(names).levels[-1]
    weights, matrix = np.array([300.0, -5000.0]) * levels, 10 * np.cov(returns.T)
    variance = weights @ matrix @ weights
    assert result.factors["move"].to_numpy() == pytest.approx(-500 * matrix @ weights / variance)
    assert result.factors["deviations"].to_numpy() == pytest.approx(
        -500 * matrix @ weights / variance / np.sqrt(np.diag(matrix))
    )
    assert result.distance == pytest.approx(500 / np.sqrt(variance))
    assert result.by_position.sum() == pytest.approx(-500.0)


def test_curvature_is_searched_for(stocks, history) -> None:
    """Log returns bend the book: the closed form would miss the amount, the search does not."""
    result = reverse_stress(stocks, history, ReverseSpec(loss=1000.0, lookback_days=300))
    assert "quadratic programming" in result.notes[0]
    assert result.pnl == pytest.approx(-1000.0, rel=1e-6)
    assert abs(result.linear_pnl - result.pnl) < 100


@quick
@given(st.floats(0.005, 0.08))
def test_loses_what_was_asked_and_no_nearer_point_does(book, history, fraction) -> None:
    spec = ReverseSpec(fraction=fraction, lookback_days=300)
    result = reverse_stress(book, history, spec)
    assert result.pnl == pytest.approx(-fraction * result.gross_value, rel=1e-5)
    # axiom: pulled towards today, or anywhere on the sphere a little nearer, the loss is smaller
    alone = history.select(book.factors)
    revaluer, root = Revaluer(book, alone.snapshot()), np.linalg.cholesky(10 * np.cov(alone.returns(300).T))
    rays = np.random.default_rng(0).standard_normal((4000, len(root)))
    sphere = rays / np.linalg.norm(rays, axis=1)[:, None] * result.distance * 0.999
    units = np.where([f.return_type == "absolute" for f in alone.factors], 1.0, alone.levels[-1])
    moves = sphere @ root.T
    for column, factor in enumerate(alone.factors):
        if factor.return_type == "log":
            moves[:, column] = np.expm1(moves[:, column])
    assert revaluer.pnl(moves * units).min() > result.pnl


def test_farther_for_more(book, history) -> None:
    near, far = (reverse_stress(book, history, ReverseSpec(fraction=f, lookback_days=300)) for f in (0.02, 0.06))
    assert far.distance > near.distance
    assert far.probability < near.probability
    assert reverse_stress(book, history, ReverseSpec(0.02, lookback_days=300)).pnl == near.pnl  # same seed, same answer


def test_a_short_straddle_has_no_slope_but_a_reverse_stress(history) -> None:
    """Nearly no first-order risk: what is lost is curvature, and a bought straddle cannot lose more than it cost."""
    legs = [
        EuropeanOption(kind, "USD", "ABC", "ABC.vol", float(history.levels[-1, 0]), date(2020, 9, 18), kind)
        for kind in ("put", "call")
    ]
    sold = Portfolio("s", "USD", tuple(Position(leg, -100.0) for leg in legs))
    result = reverse_stress(sold, history, ReverseSpec(fraction=0.5, lookback_days=300))
    assert result.pnl == pytest.approx(-0.5 * result.gross_value, rel=1e-5)
    bought = Portfolio("l", "USD", tuple(Position(leg, 100.0) for leg in legs))
    with pytest.raises(InputError, match="was the worst found"):
        reverse_stress(bought, history, ReverseSpec(fraction=1.5, lookback_days=300))


def test_refuses(book, history) -> None:
    for empty in (Portfolio("e", "USD", ()), Portfolio("c", "USD", (Position(Cash("USD"), 5.0),))):
        with pytest.raises(InputError, match="loss"):
            reverse_stress(empty, history)
    long = Portfolio("l", "USD", (Position(Equity("ABC", "USD"), 1.0),))
    with pytest.raises(InputError, match="was the worst found"):
        reverse_stress(long, history, ReverseSpec(loss=1e4, lookback_days=300))  # a share cannot lose more than itself
    for wrong in ({"fraction": 0.0}, {"loss": -1.0}, {"lookback_days": 3}, {"horizon_days": 0}, {"seed": -1}):
        with pytest.raises(InputError):
            ReverseSpec(**wrong)
