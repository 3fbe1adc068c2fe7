"""Scenario sets: many scenarios on the same factors, from history or from given changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.market import FactorHistory, MarketSnapshot, RiskFactor

FloatArray = NDArray[np.float64]

#: Lowest level a scenario may reach, as a fraction of today's, by kind of factor (see `floor_of`).
FLOORS: dict[str, float] = {"equity": 0.0, "volatility": 0.0, "fx": 0.01}


@dataclass(frozen=True, eq=False)
class ScenarioSet:
    """Ordered scenarios on the same factors.

    Attributes
    ----------
    names : tuple of str
        One a scenario: a date, a scenario's name.
    factors : tuple of RiskFactor
    levels : array (S, F)
        Shocked levels, each in its factor's unit.
    base : MarketSnapshot
        The levels before the shock, same factors.
    notes : tuple of str
        What was floored, a sentence each.
    """

    names: tuple[str, ...]
    factors: tuple[RiskFactor, ...]
    levels: FloatArray
    base: MarketSnapshot
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.factors))
        if self.levels.shape != shape or self.base.factors != self.factors:
            raise InputError("levels", self.levels.shape, f"shape {shape} on the factors of the base snapshot")

    @property
    def changes(self) -> FloatArray:
        """Level changes against the base, (S, F)."""
        return self.levels - self.base.levels


def historical_scenarios(history: FactorHistory, lookback_days: int, horizon_days: int = 1) -> ScenarioSet:
    """Today's levels moved by each of the last `lookback_days` returns of the factors.

    Parameters
    ----------
    history : FactorHistory
        Its last date is the base.
    lookback_days : int
        Number of returns, hence of scenarios.
    horizon_days : int
        Trading days a return spans; above 1 the returns overlap.

    Returns
    -------
    ScenarioSet
        Oldest first, named by the last date of each return.

    Raises
    ------
    MarketDataError
        If the history is too short.

    References
    ----------
    Hull, Risk Management and Financial Institutions, chapter on historical simulation.

    Examples
    --------
    >>> days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[D]")
    >>> stock = RiskFactor("ABC", "equity", "USD")
    >>> history = FactorHistory((stock,), days, np.array([[100.0], [110.0], [99.0]]))
    >>> historical_scenarios(history, 2).levels.ravel()
    array([108.9,  89.1])
    """
    base = history.snapshot()
    changes, notes = level_changes(base, history.returns(lookback_days, horizon_days))
    names = tuple(str(day) for day in history.dates[-lookback_days:])
    return ScenarioSet(names, history.factors, base.levels + changes, base, notes)


def level_changes(base: MarketSnapshot, returns: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Level changes that factor returns make, floored; and a sentence for each factor that met its floor.

    Parameters
    ----------
    base : MarketSnapshot
    returns : array (S, F)
        By each factor's `return_type`.

    Returns
    -------
    changes : array (S, F)
        In each factor's unit. No level falls below zero (equity, volatility) or 1 % of today's (fx).
    notes : tuple of str

    Examples
    --------
    >>> from datetime import date
    >>> base = MarketSnapshot(date(2020, 1, 1), (RiskFactor("ABC", "equity", "USD"),), np.array([50.0]))
    >>> level_changes(base, np.array([[0.1], [-1.5]]))[0].tolist()
    [[5.0], [-50.0]]
    """
    changes = np.array(returns, np.float64)
    for column, factor in enumerate(base.factors):
        if factor.return_type == "log":
            np.expm1(changes[:, column], out=changes[:, column])
    changes *= unit_moves(base)
    return changes, floor_changes(base, changes)


def unit_moves(base: MarketSnapshot) -> FloatArray:
    """Level change per unit of return, (F,): the level itself for relative and log factors, 1 for absolute ones.

    Parameters
    ----------
    base : MarketSnapshot

    Returns
    -------
    array (F,)

    Examples
    --------
    >>> from datetime import date
    >>> base = MarketSnapshot(date(2020, 1, 1), (RiskFactor("UST", "yield", "USD"),), np.array([0.02]))
    >>> unit_moves(base)
    array([1.])
    """
    absolute = np.array([factor.return_type == "absolute" for factor in base.factors], bool)
    return np.where(absolute, 1.0, base.levels)


def floor_changes(base: MarketSnapshot, changes: FloatArray) -> tuple[str, ...]:
    """Raise changes in place where a level would fall through its floor; a sentence for each such factor."""
    return floor_notes(base, floored(lowest_changes(base), changes))


def floor_notes(base: MarketSnapshot, hits_by_column: dict[int, int]) -> tuple[str, ...]:
    """A sentence for each factor that met its floor."""
    notes = []
    for column, hits in sorted(hits_by_column.items()):
        factor = base.factors[column]
        share = FLOORS[factor.kind]
        where = f"{share:.0%} of today's level" if share else "zero"
        notes.append(f"{factor.name} was held at {where} in {hits} scenario{'' if hits == 1 else 's'}.")
    return tuple(notes)


def floored(lowest: FloatArray, changes: FloatArray) -> dict[int, int]:
    """Raise changes (S, F) in place to the floors (F,) of `lowest_changes`; how many scenarios met them, by column.

    Examples
    --------
    >>> changes = np.array([[-3.0, 1.0], [-1.0, -9.0]])
    >>> floored(np.array([-2.0, -np.inf]), changes), changes.tolist()
    ({0: 1}, [[-2.0, 1.0], [-1.0, -9.0]])
    """
    below = changes < lowest
    if not below.any():
        return {}
    np.maximum(changes, lowest, out=changes)
    counts = below.sum(axis=0)
    return {int(column): int(counts[column]) for column in np.flatnonzero(counts)}


def floor_of(factor: RiskFactor) -> float | None:
    """Lowest level as a fraction of today's; None for a yield and for a price that may fall below zero.

    Examples
    --------
    >>> floor_of(RiskFactor("ABC", "equity", "USD")), floor_of(RiskFactor("WTI", "equity", "USD", "absolute"))
    (0.0, None)
    """
    may_be_negative = factor.return_type == "absolute" and factor.kind != "volatility"
    return None if may_be_negative else FLOORS.get(factor.kind)


def lowest_changes(base: MarketSnapshot) -> FloatArray:
    """The level change that takes each factor to its floor, (F,); minus infinity where there is none."""
    return np.array(
        [
            -np.inf if (share := floor_of(factor)) is None else (share - 1.0) * level
            for factor, level in zip(base.factors, base.levels, strict=True)
        ],
        np.float64,
    )
