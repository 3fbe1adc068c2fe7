"""The result of a backtest: forecasts, outcomes, exceptions, tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.backtest.spec import BacktestSpec
from riskkit.backtest.verdicts import Verdict
from riskkit.measures.coverage import TrafficLight, Zone
from riskkit.measures.empirical import tail_mass
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Forecasts of value at risk against what came; base currency, n days oldest first.

    Attributes
    ----------
    spec : BacktestSpec
    portfolio : Portfolio
        The book of the last day.
    as_of : date
        The last date of the history: the last outcome.
    forecast_dates, dates : array (n,) of datetime64[D]
        When a forecast was made, from data up to that date; and the date of its outcome.
    pnl : array (n,)
        P&L of the book of the forecast date when the levels become those of the outcome's date, gain positive.
    var, expected_shortfall : array (n,)
        Over the horizon, losses positive.
    transforms : array (n,) or None
        Probability the model gave to a P&L no better than the one that came; None where the method has no law.
    light : TrafficLight
        Basel's zone by the number of exceptions (MAR99).
    verdicts : tuple of Verdict
    notes : tuple of str
        What was assumed, a sentence each.
    """

    spec: BacktestSpec
    portfolio: Portfolio
    as_of: date
    forecast_dates: NDArray[np.datetime64]
    dates: NDArray[np.datetime64]
    pnl: FloatArray
    var: FloatArray
    expected_shortfall: FloatArray
    transforms: FloatArray | None
    light: TrafficLight
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]

    @property
    def exceptions(self) -> NDArray[np.bool_]:
        """Days whose loss exceeded their VaR, (n,)."""
        return np.asarray(-self.pnl > self.var, np.bool_)

    @property
    def n_exceptions(self) -> int:
        """How many."""
        return int(self.exceptions.sum())

    @property
    def expected_exceptions(self) -> float:
        """How many a right model has on average: n (1 - c)."""
        return float(tail_mass(len(self.pnl), self.spec.confidence_level))

    @property
    def zone(self) -> Zone:
        """green, yellow or red."""
        return self.light.zone

    def verdict(self, test: str) -> Verdict:
        """The verdict of one test by its name."""
        return next(verdict for verdict in self.verdicts if verdict.test == test)

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores; a test without a p-value has none."""
        unit = self.portfolio.base_currency
        metrics = [
            Metric("exceptions", float(self.n_exceptions), "count"),
            Metric("expected_exceptions", self.expected_exceptions, "count"),
            Metric("backtest_days", float(len(self.pnl)), "count"),
            Metric("zone", float(("green", "yellow", "red").index(self.zone)), "count"),
            Metric("zone_probability", self.light.cumulative_probability, "fraction"),
            Metric("var", float(self.var[-1]), unit),
            Metric("expected_shortfall", float(self.expected_shortfall[-1]), unit),
            Metric("worst_pnl", float(self.pnl.min()), unit),
        ]
        for verdict in self.verdicts:
            if verdict.p_value is not None:
                metrics.append(Metric("p_value", verdict.p_value, "fraction", {"test": verdict.test}))
            if verdict.exact_p_value is not None:
                metrics.append(Metric("exact_p_value", verdict.exact_p_value, "fraction", {"test": verdict.test}))
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name: summary, tests, days, exceptions. A figure that is not there is NA."""
        summary = pd.DataFrame(
            [(m.name, m.value, m.unit) for m in self.metrics() if not m.labels], columns=["figure", "value", "unit"]
        )
        days = pd.DataFrame(
            {
                "date": pd.Series([str(day) for day in self.dates], dtype="str"),
                "forecast_date": pd.Series([str(day) for day in self.forecast_dates], dtype="str"),
                "pnl": self.pnl,
                "var": self.var,
                "expected_shortfall": self.expected_shortfall,
                "exception": self.exceptions,
            }
        )
        beyond = days[days["exception"]].drop(columns="exception").reset_index(drop=True)
        return {"summary": summary, "tests": self._tests(), "days": days, "exceptions": beyond}

    def _tests(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "test": pd.Series([one.test for one in self.verdicts], dtype="str"),
                "title": pd.Series([one.title for one in self.verdicts], dtype="str"),
                "statistic": pd.array([one.statistic for one in self.verdicts], dtype="Float64"),
                "p_value": pd.array([one.p_value for one in self.verdicts], dtype="Float64"),
                "exact_p_value": pd.array([one.exact_p_value for one in self.verdicts], dtype="Float64"),
                "degrees_of_freedom": pd.array([one.degrees_of_freedom for one in self.verdicts], dtype="Int64"),
                "sentence": pd.Series([one.sentence for one in self.verdicts], dtype="str"),
            }
        )
