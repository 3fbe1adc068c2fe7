"""Prices behind the figures: old ones, missing ones, positions without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskkit.gates.findings import Finding, Verdict, above
from riskkit.gates.rules import Threshold
from riskkit.market import FactorSeries
from riskkit.wording import some

_MOST_NAMES = 5


@dataclass(frozen=True)
class Held:
    """A position of the book.

    Attributes
    ----------
    symbol : str
    value : float or None
        Base currency, as last known; None: never known.
    priced : bool
        Whether all its prices are there and current.
    sector, currency : str
        Empty where there is none.
    """

    symbol: str
    value: float | None
    priced: bool = True
    sector: str = ""
    currency: str = ""


def price_ages(factors: Sequence[str], series: Sequence[FactorSeries]) -> dict[str, int | None]:
    """How many trading days ago each factor was last observed, before any carrying forward; None: never.

    A trading day is a day on which an equity of the book, or any factor where there is no equity, was observed.

    Examples
    --------
    >>> from riskkit.market import FactorSeries, RiskFactor
    >>> days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[D]")
    >>> stock = FactorSeries(RiskFactor("ABC", "equity", "USD"), days, np.array([10.0, 11.0, 12.0]))
    >>> euro = FactorSeries(RiskFactor("EURUSD", "fx", "USD"), days[:1], np.array([1.1]))
    >>> price_ages(["ABC", "EURUSD", "XYZ"], [stock, euro])
    {'ABC': 0, 'EURUSD': 2, 'XYZ': None}
    """
    observed = {one.factor.name: one.dates[np.isfinite(one.levels)] for one in series}
    leading = [observed[one.factor.name] for one in series if one.factor.kind == "equity"] or list(observed.values())
    calendar = np.unique(np.concatenate([np.empty(0, "datetime64[D]"), *leading]))
    ages: dict[str, int | None] = {}
    for name in factors:
        days = observed.get(name, np.empty(0, "datetime64[D]"))
        ages[name] = int((calendar > days.max()).sum()) if len(days) else None
    return ages


def judge_ages(ages: Mapping[str, int | None], threshold: Threshold) -> Iterator[Finding]:
    """By factor, how many trading days old the price is that was used; None: there is none."""
    if threshold == Threshold():
        return
    missing = sorted(name for name, age in ages.items() if age is None)
    if missing:
        verdict: Verdict = "BLOCK" if threshold.block is not None else "WARN"
        yield Finding("stale_days", verdict, f"No price for {some(missing, _MOST_NAMES)}.")
    known = {name: age for name, age in ages.items() if age is not None}
    if known:
        oldest = max(known.values())
        verdict, bound = above(float(oldest), threshold)
        late = sorted(name for name, age in known.items() if verdict != "PASS" and bound is not None and age > bound)
        sentence = f"The oldest price is {oldest} trading day{'' if oldest == 1 else 's'} old"
        sentence += f": {some(late, _MOST_NAMES)}." if late else "."
        yield Finding("stale_days", verdict, sentence, float(oldest), bound, _share(float(oldest), bound))


def judge_coverage(held: Sequence[Held], threshold: Threshold) -> Iterator[Finding]:
    """Positions with current prices, of all: by absolute value, or by number where a value is not known."""
    if not held or threshold == Threshold():
        return
    by_value = all(one.value is not None for one in held) and any(one.value for one in held)
    weights = [abs(one.value or 0.0) if by_value else 1.0 for one in held]
    priced = sum(weight for one, weight in zip(held, weights, strict=True) if one.priced)
    covered = priced / sum(weights)
    verdict: Verdict = "PASS"
    bound = threshold.block if threshold.warn is None else threshold.warn
    if threshold.block is not None and covered < threshold.block:
        verdict, bound = "BLOCK", threshold.block
    elif threshold.warn is not None and covered < threshold.warn:
        verdict = "WARN"
    without = [one.symbol for one in held if not one.priced]
    of = "value" if by_value else "positions"
    sentence = f"{covered:.2%} of the {of} {'has' if by_value else 'have'} current prices"
    sentence += f"; without: {some(without, _MOST_NAMES)}." if without else "."
    yield Finding("coverage", verdict, sentence, covered, bound)


def _share(figure: float, bound: float | None) -> float | None:
    return figure / bound if bound is not None and bound > 0.0 else None
