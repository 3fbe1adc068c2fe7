"""Are the prices fit for a report? Factor by factor, by the rules that a report itself keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.gates import price_ages
from riskkit.market import FactorSeries, Prices
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.quality.factor import FactorQuality
from riskkit.quality.faults import DayState, faults, timeline
from riskkit.quality.handling import handled

DateArray = NDArray[np.datetime64]


@dataclass(frozen=True)
class QualitySpec:
    """What is looked at, and from where on it is odd.

    Attributes
    ----------
    factors : {'book', 'team'}
        Those of the portfolio, or all that its team has.
    lookback_days : int
        Returns that a report would read [trading days].
    unchanged_days : int
        So many days without a change are odd.
    outlier_z : float
        So many robust standard deviations from the median change are odd.
    """

    factors: Literal["book", "team"] = "book"
    lookback_days: int = 500
    unchanged_days: int = 5
    outlier_z: float = 12.0

    def __post_init__(self) -> None:
        if self.factors not in ("book", "team"):
            raise InputError("factors", self.factors, "book or team")
        if not 10 <= self.lookback_days <= 10_000:
            raise InputError("lookback_days", self.lookback_days, "a whole number, 10..10000")
        if not 2 <= self.unchanged_days <= 250:
            raise InputError("unchanged_days", self.unchanged_days, "a whole number, 2..250")
        if not 3.0 <= self.outlier_z <= 1000.0:
            raise InputError("outlier_z", self.outlier_z, "a number, 3..1000")


@dataclass(frozen=True, eq=False)
class MarketDataQuality:
    """What was found.

    Attributes
    ----------
    as_of : date
    spec : QualitySpec
    calendar : array of datetime64[D]
        The window: trading days of the equities, of all factors where there is no equity.
    factors : tuple of FactorQuality
        The worst first.
    """

    as_of: date
    spec: QualitySpec
    calendar: DateArray
    factors: tuple[FactorQuality, ...]

    @property
    def faulty(self) -> tuple[FactorQuality, ...]:
        """Those of which there is something to say."""
        return tuple(one for one in self.factors if one.state != "no fault")

    @property
    def estimator(self) -> str:
        """How it is judged, for the page's foot."""
        return (
            "A level is expected on every day on which an equity has one. What a report does is asked of the functions "
            "that align a report's history and judge its gates, with their default thresholds; an outlier is a change "
            f"of {self.spec.outlier_z:g} or more robust standard deviations (1.4826 times the median absolute "
            "deviation) from the median of the window."
        )

    def metrics(self) -> tuple[Metric, ...]:
        """Factors by what comes of them, the oldest price, the least coverage."""
        states = ("refused", "blocked", "warned", "odd")
        counts = [Metric(f"factors_{state}", float(self.count(state)), "count") for state in states]
        ages = [one.age for one in self.factors if one.age is not None]
        found = [Metric("factors", float(len(self.factors)), "count"), *counts]
        found += [Metric("oldest_price", float(max(ages)), "days")] if ages else []
        least = [one.coverage for one in self.factors]
        return (*found, *([Metric("least_coverage", min(least), "fraction")] if least else []))

    def count(self, state: str) -> int:
        """Factors in a state."""
        return sum(one.state == state for one in self.factors)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Factors, and every fault."""
        rows = [
            (one.name, one.state, one.coverage, one.first, one.last, one.age, one.count("missing"),
             one.count("unchanged"), one.count("outlier", "split"), one.count("impossible", "repeated"),
             one.handling.action, " ".join((*one.handling.said, one.handling.gate)).strip(), ", ".join(one.needed_by))
            for one in self.factors
        ]  # fmt: skip
        columns = ["factor", "state", "coverage", "first", "last", "age_days", "gaps", "unchanged", "outliers",
                   "impossible", "a_report", "says", "needed_by"]  # fmt: skip
        faulty = [
            (fault.factor, fault.kind, fault.first, fault.last, fault.days, fault.size, fault.score, fault.note,
             one.factor.source if one.factor else "")
            for one in self.factors
            for fault in one.faults
        ]  # fmt: skip
        return {
            "factors": pd.DataFrame(rows, columns=columns),
            "faults": pd.DataFrame(
                faulty, columns=["factor", "fault", "first", "last", "days", "size", "score", "note", "source"]
            ),
        }


def market_data_quality(portfolio: Portfolio, prices: Prices, spec: QualitySpec) -> MarketDataQuality:
    """Look at every factor's prices over the window that a report would read.

    Parameters
    ----------
    portfolio : Portfolio
        Whose positions need the factors.
    prices : Prices
        Levels as they came, up to the day of the page.
    spec : QualitySpec

    Returns
    -------
    MarketDataQuality
        The worst factor first.
    """
    known = {one.factor.name: _ascending(one) for one in prices.series if len(one.dates)}
    leading = [one.dates for one in known.values() if one.factor.kind == "equity"] or [o.dates for o in known.values()]
    calendar = np.unique(np.concatenate([np.empty(0, "datetime64[D]"), *leading]).astype("datetime64[D]"))
    window = calendar[-(spec.lookback_days + 1) :]
    ages = price_ages(prices.names, tuple(known.values()))
    needs = _needs(portfolio)
    found = [
        _looked_at(name, known.get(name), calendar, window, ages[name], needs.get(name, ()), spec)
        for name in prices.names
    ]
    ordered = tuple(sorted(found, key=lambda one: (one.order, one.name)))
    return MarketDataQuality(prices.as_of, spec, window, ordered)


def _looked_at(
    name: str,
    one: FactorSeries | None,
    calendar: DateArray,
    window: DateArray,
    age: int | None,
    needed_by: tuple[str, ...],
    spec: QualitySpec,
) -> FactorQuality:
    n_dates = min(spec.lookback_days + 1, max(len(calendar), 1))
    handling = handled(one, name, calendar, age, n_dates)
    if one is None:
        nothing = tuple[DayState, ...](["missing"] * len(window))
        return FactorQuality(name, None, needed_by, None, None, None, 0.0, nothing, (), handling)
    odd = faults(one, window, spec.unchanged_days, spec.outlier_z)
    covered = float(np.isin(window, one.dates).mean()) if len(window) else 0.0
    first, last = one.dates[0].item(), one.dates[-1].item()
    days = timeline(one, window, odd)
    return FactorQuality(name, one.factor, needed_by, first, last, age, covered, days, odd, handling)


def _ascending(one: FactorSeries) -> FactorSeries:
    present = ~np.isnan(one.levels)
    order = np.argsort(one.dates[present], kind="stable")
    return FactorSeries(one.factor, one.dates[present][order], one.levels[present][order])


def _needs(portfolio: Portfolio) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for position in portfolio.positions:
        for name in replace(portfolio, positions=(position,)).factors:
            found.setdefault(name, []).append(position.symbol)
    return {name: tuple(symbols) for name, symbols in found.items()}
