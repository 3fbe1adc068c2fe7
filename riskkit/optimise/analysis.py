"""Optimise a portfolio: from positions and history to weights and trades."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.market import FactorHistory
from riskkit.measures import empirical
from riskkit.optimise.result import Figures, OptimiseResult
from riskkit.optimise.solver import TRADING_DAYS, optimal_weights
from riskkit.optimise.spec import CONVENTIONS, OptimiseSpec
from riskkit.portfolio import Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.scenarios import historical_scenarios

FloatArray = NDArray[np.float64]

#: Asset classes whose quantity is chosen: cash and options are held as they are.
UNIVERSE = ("equity", "bond")


def optimise_portfolio(
    portfolio: Portfolio, history: FactorHistory, spec: OptimiseSpec | None = None
) -> OptimiseResult:
    """Distribute the value of a portfolio's shares and bonds anew among them, and say what to trade.

    Each position's scenario return is the P&L of one unit under full revaluation of a historical day, over its value,
    in base currency: bonds answer to yields and foreign shares to their currency. Cash and options are held as they
    are. Quantities are fractional.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Every factor of the portfolio, up to the valuation date; others are ignored.
    spec : OptimiseSpec, optional
        Minimum CVaR at 95 % over 500 days, long only, by default.

    Returns
    -------
    OptimiseResult

    Raises
    ------
    InputError
        No shares or bonds, or none of positive value in sum; limits that cannot be met together (the field says which).
    MarketDataError
        A factor is missing, or the history is too short.

    References
    ----------
    skfolio (Delatte and Nicolini): MeanRisk, RiskBudgeting, HierarchicalRiskParity.

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity
    >>> moves = np.random.default_rng(0).standard_normal((300, 2)) * [0.01, 0.02]
    >>> factors = (RiskFactor("A", "equity", "USD"), RiskFactor("B", "equity", "USD"))
    >>> days = np.datetime64("2020-01-01") + np.arange(300)
    >>> history = FactorHistory(factors, days, 100 * np.cumprod(1 + moves, axis=0))
    >>> book = Portfolio("book", "USD", tuple(Position(Equity(name, "USD"), 10) for name in "AB"))
    >>> result = optimise_portfolio(book, history, OptimiseSpec(lookback_days=250))
    >>> result.after.expected_shortfall < result.before.expected_shortfall
    True
    """
    spec = OptimiseSpec() if spec is None else spec
    chosen = [i for i, position in enumerate(portfolio.positions) if position.instrument.asset_class in UNIVERSE]
    if not chosen:
        raise InputError("portfolio", portfolio.name, "at least one share or bond to choose the quantity of")
    history = history.select(portfolio.factors)
    units = dataclasses.replace(
        portfolio, positions=tuple(Position(portfolio.positions[i].instrument, 1.0) for i in chosen)
    )
    book = Revaluer(units, history.snapshot())
    scenarios = historical_scenarios(history, spec.lookback_days)
    returns = book.position_pnl(scenarios.changes) / book.values
    _check_moves(returns, units)
    quantities = np.array([portfolio.positions[i].quantity for i in chosen])
    values = quantities * book.values
    capital = float(values.sum())
    if capital <= 0:
        raise InputError("portfolio", f"shares and bonds worth {capital:g}", "a value above zero to distribute")
    before = values / capital
    after = optimal_weights(returns, spec, before, _groups(units, spec))
    traded = after * capital - values
    return OptimiseResult(
        spec=spec,
        portfolio=portfolio,
        optimised=_traded(portfolio, chosen, after * capital / book.values),
        as_of=history.last,
        capital=capital,
        before=_figures(returns @ before, spec),
        after=_figures(returns @ after, spec),
        turnover=float(np.abs(after - before).sum()) / 2,
        trades=_table(units, values, before, after, traded, traded / book.values),
        notes=(*_notes(portfolio, chosen, spec), *scenarios.notes, *history.notes),
    )


def _check_moves(returns: FloatArray, units: Portfolio) -> None:
    still = np.ptp(returns, axis=0) <= 1e-12
    if still.any() and len(units.positions) > 1:
        name = units.symbols[int(np.flatnonzero(still)[0])]
        raise InputError(
            "portfolio", name, "positions whose value moved in the scenarios: this one has no risk to weigh"
        )


def _groups(units: Portfolio, spec: OptimiseSpec) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    if spec.group_by != "none":
        for column, position in enumerate(units.positions):
            groups.setdefault(str(getattr(position.instrument, spec.group_by)), []).append(column)
    return groups


def _figures(returns: FloatArray, spec: OptimiseSpec) -> Figures:
    return Figures(
        float(returns.mean()) * TRADING_DAYS,
        float(returns.std(ddof=1)) * TRADING_DAYS**0.5,
        empirical.expected_shortfall(-returns, spec.confidence_level),
    )


def _traded(portfolio: Portfolio, chosen: list[int], quantities: FloatArray) -> Portfolio:
    positions = list(portfolio.positions)
    for i, quantity in zip(chosen, quantities, strict=True):
        positions[i] = dataclasses.replace(positions[i], quantity=float(quantity))
    return dataclasses.replace(portfolio, positions=tuple(positions))


def _table(
    units: Portfolio,
    values: FloatArray,
    before: FloatArray,
    after: FloatArray,
    traded: FloatArray,
    quantities: FloatArray,
) -> pd.DataFrame:
    instruments = [position.instrument for position in units.positions]
    return pd.DataFrame(
        {
            "position": pd.Series(units.symbols, dtype="str"),
            "asset_class": pd.Series([i.asset_class for i in instruments], dtype="str"),
            "currency": pd.Series([i.currency for i in instruments], dtype="str"),
            "sector": pd.Series([i.sector for i in instruments], dtype="str"),
            "value": values,
            "weight_before": before,
            "weight_after": after,
            "trade_value": traded,
            "trade_quantity": quantities,
        }
    )


def _notes(portfolio: Portfolio, chosen: list[int], spec: OptimiseSpec) -> tuple[str, ...]:
    method = f"Optimised: {CONVENTIONS[spec.objective]}; {spec.lookback_days} days, no costs, fractional quantities."
    held = [symbol for i, symbol in enumerate(portfolio.symbols) if i not in chosen]
    return (method, f"Held as they are: {', '.join(held)}.") if held else (method,)
