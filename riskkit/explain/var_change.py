"""Why value at risk changed between two runs: positions, market, model."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from riskkit.errors import InputError
from riskkit.market import FactorHistory
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.var import VarResult, VarSpec, portfolio_var

#: What can change, in the order of the corners below.
EFFECTS = ("positions", "market", "model")
_Corner = tuple[bool, bool, bool]


@dataclass(frozen=True, eq=False)
class VarInputs:
    """What one run measured: a book, its market, a model."""

    portfolio: Portfolio
    history: FactorHistory
    spec: VarSpec


@dataclass(frozen=True, eq=False)
class VarChange:
    """The change of VaR and expected shortfall, split; losses positive, so that an effect above zero adds risk.

    Attributes
    ----------
    before, after : VarResult
    effects : DataFrame
        effect, var, expected_shortfall: positions, market, model; each column sums to the change.
    by_position : DataFrame
        position, component_var_before, component_var_after, change: a row a position of either book, zero where it
        was not held; the changes sum to the change of VaR.
    notes : tuple of str
    """

    before: VarResult
    after: VarResult
    effects: pd.DataFrame
    by_position: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def change(self) -> float:
        """VaR after minus VaR before."""
        return self.after.var - self.before.var

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores: VaR before and after, the change, and its effects."""
        unit = self.after.portfolio.base_currency
        metrics = [
            Metric("var_before", self.before.var, unit),
            Metric("var", self.after.var, unit),
            Metric("var_change", self.change, unit),
        ]
        for name, column in (("var_effect", "var"), ("es_effect", "expected_shortfall")):
            pairs = zip(self.effects["effect"], self.effects[column], strict=True)
            metrics.extend(Metric(name, float(value), unit, {"effect": str(effect)}) for effect, value in pairs)
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name."""
        return {"effects": self.effects, "by_position": self.by_position}


def explain_var_change(before: VarInputs, after: VarInputs) -> VarChange:
    """Split the change of VaR between two runs into positions, market and model.

    The three are exchanged one after the other; what an exchange adds depends on the order, so each effect is its
    average over all six orders (Shapley): it treats the three alike, and the effects sum to the change exactly.

    Parameters
    ----------
    before, after : VarInputs
        Each history needs the factors of both books, because each book is measured on both.

    Returns
    -------
    VarChange

    Raises
    ------
    InputError
        Two base currencies; a book that cannot be valued on the other date (an option expired in between).
    MarketDataError
        A history lacks a factor of the other run's book, or is too short for the other run's model.

    References
    ----------
    Shapley (1953), "A value for n-person games"; Shorrocks (2013), "Decomposition procedures for distributional
    analysis", Journal of Economic Inequality 11.

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(6)
    >>> levels = 100 * np.cumprod([1, 0.99, 1.02, 0.97, 1.01, 0.98])
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> small, large = (Portfolio("book", "USD", (Position(Equity("ABC", "USD"), n / levels[-1]),)) for n in (100, 300))
    >>> spec = VarSpec("historical", 0.8, lookback_days=5)
    >>> change = explain_var_change(VarInputs(small, history, spec), VarInputs(large, history, spec))
    >>> change.effects["var"].round(6).tolist()
    [6.0, 0.0, 0.0]
    """
    currencies = (before.portfolio.base_currency, after.portfolio.base_currency)
    if currencies[0] != currencies[1]:
        raise InputError("base_currency", " and ".join(currencies), "one base currency for both runs")
    same = (
        before.portfolio == after.portfolio,
        _same_history(before.history, after.history),
        before.spec == after.spec,
    )
    known: dict[_Corner, VarResult] = {}

    def measured(corner: _Corner) -> VarResult:
        # what did not change is not measured twice, and has an effect of exactly zero
        key = (corner[0] and not same[0], corner[1] and not same[1], corner[2] and not same[2])
        if key not in known:
            chosen = [after if new else before for new in key]
            known[key] = portfolio_var(chosen[0].portfolio, chosen[1].history, chosen[2].spec)
        return known[key]

    totals = np.zeros((3, 2))
    for order in permutations(range(3)):
        corner = [False, False, False]
        for which in order:
            start = measured((corner[0], corner[1], corner[2]))
            corner[which] = True
            end = measured((corner[0], corner[1], corner[2]))
            totals[which] += (end.var - start.var, end.expected_shortfall - start.expected_shortfall)
    first, last = measured((False, False, False)), measured((True, True, True))
    effects = pd.DataFrame(totals / 6.0, columns=["var", "expected_shortfall"])
    effects.insert(0, "effect", pd.Series(EFFECTS, dtype="str"))
    return VarChange(first, last, effects, _by_position(first, last), _notes(before, after, same))


def _same_history(one: FactorHistory, other: FactorHistory) -> bool:
    return one is other or (
        one.factors == other.factors
        and np.array_equal(one.dates, other.dates)
        and np.array_equal(one.levels, other.levels)
    )


def _by_position(before: VarResult, after: VarResult) -> pd.DataFrame:
    parts = [one.components.set_index("position")["component_var"] for one in (before, after)]
    table = pd.concat(parts, axis=1, keys=["component_var_before", "component_var_after"], sort=False).fillna(0.0)
    table["change"] = table["component_var_after"] - table["component_var_before"]
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].rename_axis("position").reset_index()


def _notes(before: VarInputs, after: VarInputs, same: tuple[bool, bool, bool]) -> tuple[str, ...]:
    notes = ["Each effect is averaged over the six orders in which positions, market and model can be exchanged."]
    if before.history.last != after.history.last:
        notes.append(f"Market: {before.history.last} before, {after.history.last} after; levels and returns together.")
    if not same[2]:
        names = {field.name for one in (before, after) for field in dataclasses.fields(one.spec)}
        changed = sorted(name for name in names if getattr(before.spec, name, None) != getattr(after.spec, name, None))
        notes.append(f"Model: {', '.join(changed)} changed.")
    unchanged = [effect for effect, held in zip(EFFECTS, same, strict=True) if held]
    if unchanged:
        notes.append(f"The same in both runs: {', '.join(unchanged)}.")
    return tuple(notes)
