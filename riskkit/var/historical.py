"""Historical simulation in its four forms: plain, age-weighted, volatility-scaled and filtered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.market import FactorHistory
from riskkit.measures.quantiles import age_weights
from riskkit.revaluation import Revaluer
from riskkit.scenarios import level_changes
from riskkit.var.figures import Outcome, from_scenarios, historical_error, ranks_needed
from riskkit.var.spec import VarSpec
from riskkit.var.valuation import Given, value_scenarios

FloatArray = NDArray[np.float64]


def historical(book: Revaluer, history: FactorHistory, spec: VarSpec, threads: int | None) -> Outcome:
    """Today's book under the past returns of the factors, as the spec weights or scales them."""
    form = spec.historical
    if form.weighting == "volatility" and spec.step_days > 1:
        raise InputError("scaling", spec.scaling, "sqrt_time: volatility-scaled returns are daily")
    # Imported here: scipy.signal takes 2 s to import, and only two of the four forms need it.
    if form.weighting == "volatility":
        from riskkit.var.rescaled import portfolio_scale, scaled_returns
    returns = history.returns(spec.lookback_days, spec.step_days)
    if form.weighting == "filtered":
        return _filtered(book, history, returns, spec, threads)
    span = "daily" if spec.step_days == 1 else f"overlapping {spec.step_days}-day"
    first = history.dates[len(history.dates) - len(returns)]
    note = f"Historical simulation of {len(returns)} {span} returns ending {first} to {history.last}."
    if form.weighting == "volatility" and form.scope == "asset":
        returns = scaled_returns(returns, spec)
    changes, floors = level_changes(history.snapshot(), returns)
    weights, scale = None, None
    valued = value_scenarios(book.pnl, Given(changes), 0, threads)
    pnl, rows = valued.pnl, valued.rows
    if form.weighting == "age":
        weights = age_weights(len(pnl), form.age_decay)
    if form.weighting == "volatility" and form.scope == "portfolio":
        scale = portfolio_scale(pnl, spec)
        start = len(pnl) - len(scale)
        pnl, changes = pnl[start:], changes[start:]
        rows = changes.__getitem__
    outcome = from_scenarios(book, pnl, rows, spec, weights=weights, scale=scale)
    notes = (note, *_form_notes(spec, len(pnl)), *floors, *outcome.notes)
    independent = form.weighting != "age" and spec.step_days == 1
    if not independent or outcome.pnl is None:
        return replace(outcome, notes=notes)
    losses = 0.0 - outcome.pnl
    return replace(outcome, notes=notes, error=lambda: historical_error(losses, spec))


def _form_notes(spec: VarSpec, n: int) -> tuple[str, ...]:
    form = spec.historical
    if form.weighting == "age":
        return (f"Scenarios weighted by age (Boudoukh, Richardson and Whitelaw), decay {form.age_decay:g} a day.",)
    if form.weighting == "plain":
        return ()
    model = (
        f"EWMA volatility, decay {form.volatility_decay:g}" if form.volatility == "ewma" else "GARCH(1,1) volatility"
    )
    last = {"forecast": "the forecast for the next day", "last_day": "the last day's"}[form.last_volatility]
    of = "each factor's returns" if form.scope == "asset" else "the book's P&L"
    start = (
        f"; {spec.lookback_days - n} returns started it, {n} scenarios are left" if form.volatility == "ewma" else ""
    )
    return (f"Scaled by volatility (Hull and White): {of} to {last}; {model}{start}.",)


def _filtered(
    book: Revaluer, history: FactorHistory, returns: FloatArray, spec: VarSpec, threads: int | None
) -> Outcome:
    """Each factor's GARCH residuals at its own next volatility; days are drawn whole."""
    # Imported here: scipy.signal takes 2 s to import, and only two of the four forms need it.
    from riskkit.var import rescaled

    daily = returns if spec.step_days == 1 else history.returns(spec.lookback_days)
    fits = rescaled.fitted(daily)
    base = history.snapshot()
    note = (
        f"Filtered historical simulation: GARCH(1,1) on {len(daily)} daily returns of each factor up to {history.last}"
    )
    if spec.step_days == 1:
        changes, floors = level_changes(base, rescaled.filtered_moves(fits))
        valued = value_scenarios(book.pnl, Given(changes), 0, threads)
        outcome = from_scenarios(book, valued.pnl, valued.rows, spec)
        note += "; every day's standardised residuals once, which is what a bootstrap of one day converges to."
        losses = 0.0 - valued.pnl * spec.time_factor
        return replace(outcome, notes=(note, *floors, *outcome.notes), error=lambda: historical_error(losses, spec))
    source = rescaled.Bootstrap(base, fits, spec.step_days, spec.n_paths, spec.seed)
    valued = value_scenarios(book.pnl, source, ranks_needed(spec.n_paths, spec), threads)
    outcome = from_scenarios(book, valued.pnl, valued.rows, spec)
    note += (
        f"; {spec.n_paths:,} paths of {spec.step_days} days drawn with replacement, seed {spec.seed}; levels that "
        "would fall through their floor are held there."
    )
    losses = 0.0 - valued.pnl * spec.time_factor
    return replace(outcome, notes=(note, *outcome.notes), error=lambda: historical_error(losses, spec))
