"""The figures a reader takes away in ten seconds."""

from __future__ import annotations

import math

import numpy as np

from riskkit.charts.distribution import tail_count
from riskkit.charts.markup import Tile, facts, tiles
from riskkit.charts.numbers import SPACE, day, days, decimals_of, level, number, ordinal, percent, signed
from riskkit.charts.view import View
from riskkit.measures.empirical import tail_mass
from riskkit.var import VarResult, VarSpec

#: The methods as people call them.
METHODS = {
    "historical": "Historical simulation",
    "parametric": "Parametric, normal",
    "monte_carlo_normal": "Monte Carlo, normal",
    "monte_carlo_t": "Monte Carlo, Student-t",
    "monte_carlo_t_copula": "Monte Carlo, Student-t copula",
}

_WEIGHTINGS = {
    "plain": "Historical simulation",
    "age": "Historical simulation, weighted by age",
    "volatility": "Historical simulation, scaled by volatility",
    "filtered": "Filtered historical simulation",
}
_LAWS = {"normal": "normal", "student_t": "Student-t", "cornish_fisher": "Cornish-Fisher"}
_QUADRATICS = {
    "normal": "as if normal",
    "cornish_fisher": "by Cornish-Fisher",
    "exact": "exact",
}

_REVALUATION = {"full": "full revaluation", "delta_gamma": "delta-gamma approximation"}
_SCALING = {
    "sqrt_time": "one-day figures times the square root of time",
    "none": "factors moved over the whole horizon, nothing scaled",
}


def headline(result: VarResult) -> View:
    """VaR, expected shortfall, the book's value and its worst scenario, and how they were made."""
    return View(
        name="headline",
        html=tiles(_tiles(result)) + facts(_facts(result)),
        width="tiles",
        data=lambda: {name: result.tables()[name] for name in ("summary", "ratios")},
    )


def _tiles(result: VarResult) -> list[Tile]:
    currency = result.portfolio.base_currency
    decimals = decimals_of(max(abs(result.gross_value), abs(result.var)), currency)
    spec = result.spec
    chance, horizon = level(spec.confidence_level), days(spec.horizon_days)
    return [
        Tile("var", f"VaR {chance}, {horizon}", number(result.var, decimals), currency, _share(result), result.var),
        Tile(
            "expected_shortfall",
            f"Expected shortfall {chance}, {horizon}",
            number(result.expected_shortfall, decimals),
            currency,
            _tail(result),
            result.expected_shortfall,
        ),
        Tile(
            "value",
            "Portfolio value, net",
            number(result.value, decimals),
            currency,
            f"gross {number(result.gross_value, decimals)} · {_count(len(result.portfolio.positions), 'position')}",
            result.value,
        ),
        _spread(result, decimals),
    ]


def _share(result: VarResult) -> str:
    """VaR relative to the book; a share of a net value near nothing would say nothing."""
    parts = []
    if result.value > 0.05 * result.gross_value:
        parts.append(f"{percent(result.var / result.value)} of net")
    if result.gross_value > 0:
        parts.append(f"{percent(result.var / result.gross_value)} of gross")
    return " · ".join(parts) or "the book is empty"


def _tail(result: VarResult) -> str:
    share = level(1 - result.spec.confidence_level)
    ratio = f" · {number(result.expected_shortfall / result.var, 2)}{SPACE}×{SPACE}VaR" if result.var > 0 else ""
    named = result.spec.estimators.tail
    if result.pnl is None or named == "acerbi_tasche":
        return f"mean loss in the worst {share}{ratio}"
    k = math.ceil(tail_mass(result.n_scenarios, result.spec.confidence_level))
    if named == "strictly_worse":
        return f"mean of the losses worse than the {ordinal(k)} largest{ratio}"
    return f"mean of the losses not below the {ordinal(k)} largest{ratio}"


def _spread(result: VarResult, decimals: int) -> Tile:
    """The worst scenario of a history; the standard deviation where scenarios are drawn or not needed."""
    currency = result.portfolio.base_currency
    if result.pnl is not None and result.pnl_dates is not None and result.pnl.size:
        worst = int(np.argmin(result.pnl))
        pnl = float(result.pnl[worst])
        note = f"market move of {day(result.pnl_dates[worst].item())}"
        return Tile("worst_pnl", "Worst scenario, P&L", signed(pnl, decimals), currency, note, pnl)
    sigma = result.standard_deviation
    note = f"VaR is {number(result.var / sigma, 2)} of them" if sigma > 0 else ""
    return Tile("standard_deviation", "Standard deviation of P&L", number(sigma, decimals), currency, note, sigma)


def _facts(result: VarResult) -> list[str]:
    spec = result.spec
    revaluation = _REVALUATION[spec.revaluation]
    if spec.method == "parametric":
        revaluation = "linearised" if spec.parametric.quadratic == "none" else "to second order in all factors"
    return [method_name(spec), _window(result), _rank(result), revaluation, _horizon(result)]


def method_name(spec: VarSpec) -> str:
    """The method as people call it, with the weighting of a history or the law of a parametric figure."""
    if spec.method == "historical":
        return _WEIGHTINGS[spec.historical.weighting]
    if spec.method == "parametric" and spec.parametric.quadratic != "none":
        return f"Parametric, delta-gamma, {_QUADRATICS[spec.parametric.quadratic]}"
    if spec.method == "parametric":
        return f"Parametric, {_LAWS[spec.parametric.distribution]}"
    return METHODS[spec.method]


def _rank(result: VarResult) -> str:
    """Which of the losses VaR is; nothing where it is not read off losses."""
    if result.pnl is None or not result.n_scenarios:
        return ""
    n, named = number(result.n_scenarios), result.spec.estimators.quantile
    if result.scenario_weights is None and named != "order_statistic":
        return f"VaR is the {named.replace('_', ' ')} quantile of {n} losses, by numpy's name"
    rank = f"VaR is the {ordinal(tail_count(result))} largest of {n} losses"
    return rank if result.scenario_weights is None else f"{rank}, newer ones weighing more"


def _window(result: VarResult) -> str:
    if any(note.startswith("Covariance given") for note in result.notes):
        return "covariance given"
    spec = result.spec
    last = result.as_of if result.pnl_dates is None or not len(result.pnl_dates) else result.pnl_dates[-1].item()
    moves = spec.step_days > 1 and spec.method in ("historical", "monte_carlo_t_copula")
    overlapping = moves and (spec.method != "historical" or spec.historical.weighting != "filtered")
    span = f"overlapping {spec.step_days}-day" if overlapping else "daily"
    return f"{number(spec.lookback_days)} {span} returns to {day(last)}"


def _horizon(result: VarResult) -> str:
    spec = result.spec
    if spec.horizon_days == 1:
        return "horizon one day, unscaled"
    how = _SCALING[spec.scaling]
    return f"horizon {days(spec.horizon_days)}, {how}"


def _count(n: int, noun: str) -> str:
    return f"{number(n)} {noun}{'' if n == 1 else 's'}"
