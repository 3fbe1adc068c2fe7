"""The result of a value at risk calculation: figures, components, how it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit.errors import InputError
from riskkit.measures.arguments import number
from riskkit.measures.simulation_error import SimulationError
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.var.beyond import ratio_table, tail_table
from riskkit.var.breakdown import Breakdown
from riskkit.var.figures import FactorParts, no_error
from riskkit.var.performance import performance_table
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]
Grouping = Literal["asset_class", "currency", "sector"]


@dataclass(frozen=True, eq=False)
class VarResult:
    """Value at risk and expected shortfall of a portfolio; losses positive, base currency.

    Attributes
    ----------
    spec : VarSpec
    portfolio : Portfolio
    as_of : date
        Last date of the history: the levels the book is valued at.
    value, gross_value : float
        Sum of the position values, and of their absolute values.
    var, expected_shortfall : float
        Over the horizon.
    pnl : array (S,) or None
        P&L over the horizon by scenario, gain positive; None for the parametric method.
    pnl_dates : array (S,) of datetime64[D] or None
        Last date of each historical return; None for the other methods.
    standard_deviation : float
        Of the P&L over the horizon: of `pnl` (n - 1), or by the covariance for the parametric method.
    n_scenarios : int
        Length of `pnl`; for the parametric method the returns behind the covariance, 0 if it was given.
    estimator : str
        What the figures are, in a sentence.
    notes : tuple of str
        What was assumed, repaired, filled or floored, a sentence each.
    breakdown : Breakdown
        What `components` and `exposures` are made from.
    error : callable
        What the next three are read from, when first asked for.
    var_standard_error, es_standard_error : float or None
        Sampling error of the two figures; None where the method has none: parametric, age-weighted, overlapping.
    confidence_interval : (float or None, float or None) or None
        For VaR, at `spec.estimators.coverage`; a side is None where there are too few scenarios for a bound.
    scenario_weights : array (S,) or None
        Of the scenarios, summing to 1; None where all count the same.
    factors : FactorParts or None
        What `by_factor` is made from.
    degrees_of_freedom : float or None
        Of the Student-t of the parametric method; None for another law.
    components : DataFrame, made when first asked for
        position, asset_class, currency, sector, quantity, value, component_var, component_es: one row a position, the
        components sum to `var` and `expected_shortfall`.
    exposures : DataFrame, made when first asked for
        factor, kind, exposure, volatility: P&L to first order is the exposure times the factor's return; volatility is
        the daily standard deviation of that return (sample, over the lookback, or the covariance's).
    component_var, component_es : array (P,)
        The two columns of `components` without the table; not to be written to.
    """

    spec: VarSpec
    portfolio: Portfolio
    as_of: date
    value: float
    gross_value: float
    var: float
    expected_shortfall: float
    pnl: FloatArray | None = field(repr=False)
    pnl_dates: NDArray[np.datetime64] | None = field(repr=False)
    standard_deviation: float
    n_scenarios: int
    estimator: str
    notes: tuple[str, ...]
    breakdown: Breakdown = field(repr=False)
    error: Callable[[], SimulationError] = field(default=no_error, repr=False)
    scenario_weights: FloatArray | None = field(default=None, repr=False)
    factors: FactorParts | None = field(default=None, repr=False)
    degrees_of_freedom: float | None = None

    @cached_property
    def components(self) -> pd.DataFrame:
        """One row a position."""
        return self.breakdown.by_position(self.portfolio)

    @cached_property
    def exposures(self) -> pd.DataFrame:
        """One row a factor."""
        return self.breakdown.by_factor()

    @cached_property
    def _errors(self) -> SimulationError:
        return self.error()

    @property
    def var_standard_error(self) -> float | None:
        """Sampling error of VaR."""
        return self._errors.var

    @property
    def es_standard_error(self) -> float | None:
        """Sampling error of the expected shortfall."""
        return self._errors.expected_shortfall

    @property
    def confidence_interval(self) -> tuple[float | None, float | None] | None:
        """For VaR."""
        return self._errors.interval

    @property
    def component_var(self) -> FloatArray:
        """Component VaR of each position, (P,)."""
        return self.breakdown.shares.var

    @property
    def component_es(self) -> FloatArray:
        """Component expected shortfall of each position, (P,)."""
        return self.breakdown.shares.expected_shortfall

    def by(self, column: Grouping) -> pd.DataFrame:
        """Components summed by asset class, currency or sector: value, component_var, component_es, largest first."""
        if column not in ("asset_class", "currency", "sector"):
            raise InputError("column", column, "one of asset_class, currency, sector")
        figures = ["value", "component_var", "component_es"]
        grouped = self.components.groupby(column, sort=True)[figures].sum()
        return grouped.sort_values("component_var", ascending=False, kind="stable").reset_index()

    def by_factor(self) -> pd.DataFrame:
        """Components by risk factor: factor, kind, component_var, component_es, largest first; they sum to the total.

        Parametric: Euler shares. Simulation: the mean loss in the tail when that factor alone moves, the rest held; the
        last row, `cross and residual`, is what several factors do only together. Computed when asked for.
        """
        names = ["factor", "kind", "component_var", "component_es"]
        if self.factors is None:
            return pd.DataFrame({name: pd.Series(dtype="str" if name in names[:2] else "float") for name in names})
        shares = self.factors.shares()
        table = pd.DataFrame(
            {
                "factor": self.exposures["factor"],
                "kind": self.exposures["kind"],
                "component_var": shares.var,
                "component_es": shares.expected_shortfall,
            }
        ).sort_values("component_var", ascending=False, kind="stable")
        rest = [self.var - float(shares.var.sum()), self.expected_shortfall - float(shares.expected_shortfall.sum())]
        last = pd.DataFrame([("cross and residual", "", *rest)], columns=names)
        return pd.concat([table, last], ignore_index=True)

    def performance(self, benchmark: ArrayLike | None = None) -> pd.DataFrame:
        """Volatility, drawdown and ratios of today's book over the past days: figure, value, unit.

        Only for a plain historical simulation of daily moves: other P&L is not a series of days.
        """
        if self.pnl is None or self.spec.historical.weighting != "plain" or self.pnl_dates is None:
            raise InputError("method", self.spec.method, "historical with plain weighting: days in order of time")
        if self.spec.step_days > 1:
            raise InputError("scaling", self.spec.scaling, "sqrt_time: overlapping days are no series of days")
        return performance_table(self.pnl / self.spec.time_factor, self.portfolio.base_currency, benchmark)

    def beyond_var(self, risk_aversion: float = 25.0, tail_fraction: float = 0.1) -> pd.DataFrame:
        """Spectral measure, expectile and the Pareto tail's VaR and ES of the P&L: figure, value, unit, note.

        Losses positive, over the horizon. Only where the scenarios count the same and there are any: neither the
        parametric method nor age weights.
        """
        if self.pnl is None or self.scenario_weights is not None:
            raise InputError("method", self.spec.method, "one with equally likely scenarios")
        fraction = number("tail_fraction", tail_fraction, above=0, below=0.5)
        losses = 0.0 - self.pnl
        return tail_table(losses, self.spec.confidence_level, self.portfolio.base_currency, risk_aversion, fraction)

    def marginal(self) -> pd.DataFrame:
        """Change of the figures per unit more of each position: position, quantity, marginal_var, marginal_es.

        The Euler share over the quantity, base currency a unit, above zero where buying adds risk; None for a position
        of nothing, whose unit `incremental_var` values.
        """
        quantities = self.components["quantity"].to_numpy(np.float64)
        shares = {"marginal_var": self.component_var, "marginal_es": self.component_es}
        columns = {
            name: pd.array([s / q if q else None for s, q in zip(share, quantities, strict=True)], dtype="Float64")
            for name, share in shares.items()
        }
        return self.components[["position", "quantity"]].assign(**columns)

    def ratios(self) -> pd.DataFrame:
        """VaR and ES over the gross value, over each other, over the deviation, and the largest component's share."""
        largest = float(self.component_var.max(initial=0.0))
        return ratio_table(self.var, self.expected_shortfall, self.standard_deviation, self.gross_value, largest)

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores: headline ones, then components by position and by asset class."""
        unit = self.portfolio.base_currency
        headline = ("var", "expected_shortfall", "value", "gross_value", "standard_deviation")
        metrics = [Metric(name, float(getattr(self, name)), unit) for name in headline]
        metrics.append(Metric("n_scenarios", float(self.n_scenarios), "count"))
        errors = (("var_standard_error", self.var_standard_error), ("es_standard_error", self.es_standard_error))
        metrics.extend(Metric(name, error, unit) for name, error in errors if error is not None)
        for label, table in (("position", self.components), ("asset_class", self.by("asset_class"))):
            for name in ("component_var", "component_es"):
                pairs = zip(table[label], table[name], strict=True)
                metrics.extend(Metric(name, float(value), unit, {label: str(who)}) for who, value in pairs)
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name."""
        summary = pd.DataFrame(
            [(m.name, m.value, m.unit) for m in self.metrics() if not m.labels], columns=["figure", "value", "unit"]
        )
        groups = {f"components_by_{column}": self.by(column) for column in ("asset_class", "currency", "sector")}
        factors = {"components_by_factor": self.by_factor(), "exposures": self.exposures}
        more = {"ratios": self.ratios(), "marginal": self.marginal()}
        if self.pnl is not None and self.scenario_weights is None:
            more["beyond_var"] = self.beyond_var()
        return {"summary": summary, "components": self.components} | groups | factors | more
