"""A stress scenario applied to today's levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, MarketSnapshot, RiskFactor
from riskkit.scenarios.sets import floor_of
from riskkit.scenarios.stress import Shock, StressScenario

FloatArray = NDArray[np.float64]
StressStatus = Literal["ok", "not_applicable", "no_data"]

#: A relative shock of a level within so many of its daily deviations of zero is refused: it means nothing there.
NEAR_ZERO_DEVIATIONS = 2.0
_KINDS = {
    "kind:equity": "equities",
    "kind:fx": "exchange rates",
    "kind:volatility": "volatilities",
    "kind:yield": "yields",
}
#: Changes the deviation is taken over, and the fewest that make one.
_RECENT, _FEWEST = 500, 20


@dataclass(frozen=True, eq=False)
class StressedMarket:
    """Levels under a stress scenario, or why there are none.

    Attributes
    ----------
    status : {"ok", "not_applicable", "no_data"}
        `no_data`: the history does not cover the window; `not_applicable`: no factor here is shocked.
    levels : array (F,) or None
        None unless ok.
    note : str
        The reason, or what was replayed, ignored or floored; may be empty.
    """

    status: StressStatus
    levels: FloatArray | None
    note: str


def stressed_levels(scenario: StressScenario, history: FactorHistory, snapshot: MarketSnapshot) -> StressedMarket:
    """Today's levels under a stress scenario.

    A window is replayed from the last date on or before its start to the last on or before its end: relative change
    of a factor with relative or log returns, absolute change of the others. Nothing is replayed from a history that
    begins after the window's start or ends before its end.

    Parameters
    ----------
    scenario : StressScenario
    history : FactorHistory
        All there is, up to the valuation date; only a window reads it.
    snapshot : MarketSnapshot
        Today, same factors as the history.

    Returns
    -------
    StressedMarket
        Levels (F,), or a status and the reason there are none.

    Raises
    ------
    InputError
        If a shock would take a level below zero (equity, volatility by a relative or an absolute equity shock).
    MarketDataError
        If a relative shock meets a level of zero or below, or one that moves by absolute amounts and is within two of
        its daily deviations of zero (oil in April 2020, a yield of 0.05 %): give an absolute one.

    References
    ----------
    Basel Committee (2018), Stress testing principles.

    Examples
    --------
    >>> days = np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, np.array([[90.0], [100.0]]))
    >>> crash = StressScenario("crash", "Crash", "an example", shocks=(Shock("kind:equity", -0.2, "relative"),))
    >>> stressed_levels(crash, history, history.snapshot()).levels
    array([80.])
    """
    if not snapshot.factors:
        return StressedMarket("not_applicable", None, "The value of this book depends on no market factor.")
    if scenario.window is not None:
        return _replayed(scenario, history, snapshot)
    return _shocked(scenario, history, snapshot)


def _replayed(scenario: StressScenario, history: FactorHistory, snapshot: MarketSnapshot) -> StressedMarket:
    start, end = scenario.window or (history.first, history.last)
    if start < history.first:
        why = next((note for note in history.notes if note.startswith("The history begins")), "")
        names = ", ".join(history.names)
        note = f"The history of {names} begins on {history.first}, after the window's start {start}. {why}".strip()
        return StressedMarket("no_data", None, note)
    if end > history.last:
        note = f"The history of {', '.join(history.names)} ends on {history.last}, before the window's end {end}."
        return StressedMarket("no_data", None, note)
    first, last = (
        int(np.searchsorted(history.dates, np.datetime64(day, "D"), side="right")) - 1 for day in (start, end)
    )
    if first == last:
        return StressedMarket("no_data", None, f"The history has no date after {start} up to {end}.")
    before, after = history.levels[first], history.levels[last]
    absolute = np.array([factor.return_type == "absolute" for factor in history.factors], bool)
    ratio = np.divide(after, before, out=np.ones_like(after), where=~absolute)
    levels = np.where(absolute, snapshot.levels + (after - before), snapshot.levels * ratio)
    notes = [f"Replayed {history.dates[first]} to {history.dates[last]}."]
    for column, factor in enumerate(snapshot.factors):
        if levels[column] < 0 and floor_of(factor) is not None:
            levels[column] = 0.0
            notes.append(f"{factor.name} was held at zero.")
    return StressedMarket("ok", levels, " ".join(notes))


def shock_by_factor(shocks: tuple[Shock, ...], factors: tuple[RiskFactor, ...]) -> dict[int, Shock]:
    """The shock that each factor takes, by its place; factors that none reaches are left out.

    Parameters
    ----------
    shocks : tuple of Shock
    factors : tuple of RiskFactor

    Returns
    -------
    dict of int to Shock
        The most exact one: a factor's own name goes before its kind and currency.

    Examples
    --------
    >>> stocks = (RiskFactor("A", "equity", "USD"), RiskFactor("B", "equity", "USD"), RiskFactor("Y", "yield", "USD"))
    >>> shocks = (Shock("kind:equity", -0.1, "relative"), Shock("B", -0.3, "relative"))
    >>> {place: shock.size for place, shock in shock_by_factor(shocks, stocks).items()}
    {0: -0.1, 1: -0.3}
    """
    found = {place: _by_rank(shocks, factor) for place, factor in enumerate(factors)}
    return {place: ranked[0] for place, ranked in found.items() if ranked}


def _shocked(scenario: StressScenario, history: FactorHistory, snapshot: MarketSnapshot) -> StressedMarket:
    levels, used, notes = snapshot.levels.copy(), set[str](), list[str]()
    for column, shock in shock_by_factor(scenario.shocks, snapshot.factors).items():
        factor = snapshot.factors[column]
        used.add(shock.target)
        if shock.kind == "relative" and factor.return_type == "absolute":
            _check_distance_from_zero(factor, levels[column], history.levels[-_RECENT - 1 :, column])
        levels[column] = _moved(shock, factor, levels[column])
        if levels[column] < 0 and factor.kind == "volatility":
            levels[column] = 0.0
            notes.append(f"{factor.name} was held at zero.")
    unused = [shock.target for shock in scenario.shocks if shock.target not in used]
    if not used:
        return StressedMarket("not_applicable", None, f"This book holds nothing that depends on {_listed(unused)}.")
    if unused:
        notes.append(f"This book holds nothing that depends on {_listed(unused)}.")
    return StressedMarket("ok", levels, " ".join(notes))


def _listed(targets: list[str]) -> str:
    """Targets of shocks as people say them.

    >>> _listed(["kind:yield", "currency:JPY", "WTI"])
    'yields, the JPY exchange rate or WTI'
    """
    told = [
        f"the {target.removeprefix('currency:')} exchange rate" if target.startswith("currency:") else target
        for target in (_KINDS.get(target, target) for target in targets)
    ]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} or {told[-1]}"


def _check_distance_from_zero(factor: RiskFactor, level: float, recent: FloatArray) -> None:
    if level <= 0 or len(recent) <= _FEWEST:
        return
    deviation = float(np.diff(recent).std(ddof=1))
    if level < NEAR_ZERO_DEVIATIONS * deviation:
        expected = f"an absolute shock; near zero (it moves by {deviation:.3g} a day) a relative one means nothing"
        raise MarketDataError(factor.name, level, expected)


def _by_rank(shocks: tuple[Shock, ...], factor: RiskFactor) -> list[Shock]:
    """The shocks that reach a factor, the most specific first."""
    ranked = [(_rank(shock, factor), shock) for shock in shocks]
    return [shock for rank, shock in sorted(ranked, key=lambda pair: pair[0]) if rank < 3]


def _rank(shock: Shock, factor: RiskFactor) -> int:
    prefix, _, rest = shock.target.partition(":")
    if shock.target == factor.name:
        return 0
    if (
        prefix == "currency"
        and factor.kind == "fx"
        and (rest == factor.currency or factor.name == rest + factor.currency)
    ):
        return 1
    return 2 if prefix == "kind" and rest == factor.kind else 3


def _moved(shock: Shock, factor: RiskFactor, level: float) -> float:
    if shock.target == f"currency:{factor.currency}" and factor.kind == "fx":
        return level / (1.0 + shock.size)  # the quote currency gains: one unit of the other buys less of it
    if shock.kind == "relative" and level <= 0:
        expected = "an absolute shock; a relative one means nothing at a level of zero or below"
        raise MarketDataError(factor.name, level, expected)
    moved = level * (1.0 + shock.size) if shock.kind == "relative" else level + shock.size
    if factor.kind == "fx" and moved <= 0:
        raise InputError("size", shock.size, f"a shock that leaves the rate {factor.name} above zero")
    if factor.kind == "equity" and moved < 0 and floor_of(factor) is not None:
        raise InputError("size", shock.size, f"a shock that leaves {factor.name} at zero or above (today {level:g})")
    return moved
