"""The result of a stress test: one row a scenario, with what it does to each position."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.scenarios import StressScenario, StressStatus, parse_shocks
from riskkit.scenarios.shock_text import named_targets
from riskkit.stress.built import Rest

FloatArray = NDArray[np.float64]
Revaluation = Literal["full", "delta_gamma"]


@dataclass(frozen=True)
class StressSpec:
    """Which scenarios, and how positions are valued under them.

    Attributes
    ----------
    scenarios : str
        `all`, or names separated by commas.
    revaluation : {"full", "delta_gamma"}
    shocks : str
        A scenario beside those, as text (see `parse_shocks`); empty for none.
    rest : {"held", "follow"}
        The factors that these shocks leave free stay, or follow as they did in the past.
    """

    scenarios: str = "all"
    revaluation: Revaluation = "full"
    shocks: str = ""
    rest: Rest = "held"

    @property
    def named_factors(self) -> tuple[str, ...]:
        """Factors of which others follow: a history needs them, whether the book does or not."""
        return named_targets(self.shocks) if self.rest == "follow" else ()

    def __post_init__(self) -> None:
        parse_shocks(self.shocks)  # refuses what makes no sense
        if self.rest not in get_args(Rest):
            raise InputError("rest", self.rest, f"one of {', '.join(get_args(Rest))}")
        if not isinstance(self.scenarios, str) or not self.scenarios.strip():
            raise InputError("scenarios", self.scenarios, "all, or scenario names separated by commas")
        if self.revaluation not in get_args(Revaluation):
            raise InputError("revaluation", self.revaluation, f"one of {', '.join(get_args(Revaluation))}")


@dataclass(frozen=True, eq=False)
class StressRow:
    """What one scenario does.

    Attributes
    ----------
    scenario : StressScenario
    pnl : float or None
        P&L of the portfolio, base currency, gain positive; None unless the status is ok.
    fraction : float or None
        P&L over gross value; None unless ok.
    by_position : array (P,) or None
        P&L of each position; None unless ok.
    status : {"ok", "not_applicable", "no_data"}
        `no_data`: the history does not cover the window. `not_applicable`: no shocked factor is in the book.
    note : str
        Why not, or what was replayed; may be empty.
    """

    scenario: StressScenario
    pnl: float | None
    fraction: float | None
    by_position: FloatArray | None
    status: StressStatus
    note: str


@dataclass(frozen=True, eq=False)
class StressResult:
    """P&L of a portfolio under stress scenarios; base currency, gain positive.

    Attributes
    ----------
    spec : StressSpec
    portfolio : Portfolio
    as_of : date
    value, gross_value : float
        Sum of the position values, and of their absolute values.
    rows : tuple of StressRow
        In the order of the scenarios.
    notes : tuple of str
    """

    spec: StressSpec
    portfolio: Portfolio
    as_of: date
    value: float
    gross_value: float
    rows: tuple[StressRow, ...]
    notes: tuple[str, ...]

    @property
    def worst(self) -> StressRow | None:
        """The row with the lowest P&L; None if no scenario could be valued."""
        valued = [row for row in self.rows if row.pnl is not None]
        return min(valued, key=lambda row: row.pnl or 0.0, default=None)

    def by(self, column: Literal["position", "asset_class", "currency", "sector"]) -> pd.DataFrame:
        """P&L of the valued scenarios: one row a position or group, one column a scenario."""
        if column not in ("position", "asset_class", "currency", "sector"):
            raise InputError("column", column, "one of position, asset_class, currency, sector")
        instruments = [position.instrument for position in self.portfolio.positions]
        labels = [i.symbol if column == "position" else str(getattr(i, column)) for i in instruments]
        frame = pd.DataFrame(
            {row.scenario.name: row.by_position for row in self.rows if row.by_position is not None},
            index=pd.RangeIndex(len(labels)),
        )
        frame.insert(0, column, pd.Series(labels, dtype="str"))
        return frame if column == "position" else frame.groupby(column, sort=True).sum().reset_index()

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores: value, worst loss (positive), P&L and its share of the gross value by scenario."""
        unit = self.portfolio.base_currency
        metrics = [Metric("value", self.value, unit), Metric("gross_value", self.gross_value, unit)]
        if self.worst is not None and self.worst.pnl is not None:
            metrics.append(Metric("stress_loss", -self.worst.pnl, unit))
        for row in self.rows:
            labels = {"scenario": row.scenario.name}
            if row.pnl is not None and row.fraction is not None:
                metrics.append(Metric("stress_pnl", row.pnl, unit, labels))
                metrics.append(Metric("stress_fraction", row.fraction, "fraction", labels))
        for column in ("position", "asset_class"):
            table = self.by(column).set_index(column)
            metrics.extend(
                Metric("stress_pnl", float(pnl), unit, {"scenario": str(name), column: str(label)})
                for name in table.columns
                for label, pnl in table[name].items()
            )
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name."""
        columns = ["scenario", "title", "pnl", "fraction", "status", "note", "source"]
        summary = pd.DataFrame(
            [
                (r.scenario.name, r.scenario.title, r.pnl, r.fraction, r.status, r.note, r.scenario.source)
                for r in self.rows
            ],
            columns=columns,
        )
        groups = {f"by_{column}": self.by(column) for column in ("position", "asset_class", "currency", "sector")}
        return {"summary": summary.astype({"pnl": "float64", "fraction": "float64"})} | groups
