"""The result of a stress that is one scenario of factor moves: conditional, or reverse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.market import FactorHistory, MarketSnapshot
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.scenarios import unit_moves

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FactorStressResult:
    """One scenario of factor moves and what it does; base currency, gain positive.

    Attributes
    ----------
    portfolio : Portfolio
    as_of : date
    value, gross_value : float
    pnl : float
        By full revaluation.
    linear_pnl : float
        To first order: how much of the P&L is not curvature.
    by_position : array (P,)
    distance : float
        Mahalanobis distance of the moves, in deviations over the horizon.
    probability : float
        Of moves at least so unlikely, as the notes say.
    standard_deviation : float or None
        Of the P&L around `pnl` that stays open given the moves, to first order; None where every factor is set.
    factors : DataFrame
        factor, kind, level, stressed_level, move, deviations, given: a row a factor. The move is by its return type;
        deviations are the move over the factor's own deviation over the horizon; given says whether it was shocked.
    notes : tuple of str
    law : str
        Of the moves, behind the probability.
    """

    portfolio: Portfolio
    as_of: date
    value: float
    gross_value: float
    pnl: float
    linear_pnl: float
    by_position: FloatArray
    distance: float
    probability: float
    standard_deviation: float | None
    factors: pd.DataFrame
    notes: tuple[str, ...]
    law: str = "normal"

    @property
    def fraction(self) -> float:
        """P&L over the gross value; zero for an empty book."""
        return self.pnl / self.gross_value if self.gross_value else 0.0

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores."""
        unit = self.portfolio.base_currency
        names = ("value", "gross_value", "pnl", "linear_pnl")
        metrics = [Metric(name, float(getattr(self, name)), unit) for name in names]
        if self.standard_deviation is not None:
            metrics.append(Metric("standard_deviation", self.standard_deviation, unit))
        metrics += [Metric("fraction", self.fraction, "fraction"), Metric("probability", self.probability, "fraction")]
        metrics.append(Metric("distance", self.distance, "count"))
        pairs = zip(self.portfolio.symbols, self.by_position, strict=True)
        metrics.extend(Metric("stress_pnl", float(pnl), unit, {"position": name}) for name, pnl in pairs)
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores: summary, factors (largest move in deviations first), by_position."""
        summary = pd.DataFrame(
            [(m.name, m.value, m.unit) for m in self.metrics() if not m.labels], columns=["figure", "value", "unit"]
        )
        order = self.factors["deviations"].abs().sort_values(ascending=False, kind="stable").index
        parts = pd.DataFrame(
            {"position": pd.Series(self.portfolio.symbols, dtype="str"), "pnl": np.asarray(self.by_position)}
        )
        return {
            "summary": summary,
            "factors": self.factors.loc[order].reset_index(drop=True),
            "by_position": parts,
        }


@dataclass(frozen=True, eq=False)
class FactorScenario:
    """Factor moves ready to be valued.

    Attributes
    ----------
    snapshot : MarketSnapshot
    moves, changes, deviations : array (F,)
        By return type; of the levels, floors kept; standard deviations of the moves over the horizon.
    given : array (F,) of bool
    distance, probability : float
    """

    snapshot: MarketSnapshot
    moves: FloatArray
    changes: FloatArray
    deviations: FloatArray
    given: NDArray[np.bool_]
    distance: float
    probability: float

    def valued(
        self,
        portfolio: Portfolio,
        history: FactorHistory,
        standard_deviation: float | None,
        notes: tuple[str, ...],
    ) -> FactorStressResult:
        """The portfolio revalued under the moves."""
        book = Revaluer(portfolio, self.snapshot)
        by_position = book.position_pnl(self.changes[None, :])[0]
        slopes = book.exposure / np.where(unit_moves(self.snapshot) == 0, 1.0, unit_moves(self.snapshot))
        live = self.deviations > 0
        return FactorStressResult(
            portfolio=portfolio,
            as_of=self.snapshot.as_of,
            value=float(book.values.sum()),
            gross_value=float(np.abs(book.values).sum()),
            pnl=float(by_position.sum()),
            linear_pnl=float(slopes @ self.changes),
            by_position=by_position,
            distance=self.distance,
            probability=self.probability,
            standard_deviation=standard_deviation,
            factors=pd.DataFrame(
                {
                    "factor": pd.Series(self.snapshot.names, dtype="str"),
                    "kind": pd.Series([factor.kind for factor in self.snapshot.factors], dtype="str"),
                    "level": self.snapshot.levels,
                    "stressed_level": self.snapshot.levels + self.changes,
                    "move": self.moves,
                    "deviations": np.divide(self.moves, self.deviations, out=np.zeros(len(live)), where=live),
                    "given": self.given,
                }
            ),
            notes=(*notes, "Positions and the passing of time are held fixed.", *history.notes),
        )
