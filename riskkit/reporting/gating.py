"""Asking the gates about a run: what it was made from, what is on record of its book, what its report's file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from riskkit.gates import (
    Colour,
    Finding,
    GateFacts,
    GateInput,
    GateReport,
    GateRules,
    Held,
    Threshold,
    ZoneRule,
    judge,
    price_ages,
)
from riskkit.market import FactorSeries
from riskkit.metric import Metric
from riskkit.portfolio import Portfolio
from riskkit.store.contract import Inputs

#: A price is current that is at most so many trading days old: markets close on each other's working days.
_CURRENT = 1
_COLOURS: tuple[Colour, ...] = ("green", "yellow", "red")


@dataclass(frozen=True)
class Gates:
    """All that a run is judged by but its figures.

    Attributes
    ----------
    facts : GateFacts
        On record when the inputs were frozen.
    rules : GateRules
        Of the report's file.
    held : tuple of Held
    price_ages : mapping of str to int or None
        By factor of the book [trading days].
    """

    facts: GateFacts
    rules: GateRules
    held: tuple[Held, ...]
    price_ages: Mapping[str, int | None]

    @classmethod
    def of(cls, inputs: Inputs, facts: GateFacts, rules: GateRules) -> Gates:
        """For the frozen inputs of a run."""
        book, series = inputs.portfolio, inputs.market.series(inputs.portfolio.factors)
        return cls(facts, rules, held(book, series), price_ages(book.factors, series))

    def judge(self, metrics: Sequence[Metric]) -> GateReport:
        """What the gates find of these figures; what there is nothing to judge by is said."""
        facts, figures = self.facts, tuple(metrics)
        found = judge(
            GateInput(
                metrics=figures,
                previous=None if facts.previous is None else facts.previous.metrics,
                limits=facts.limits,
                held=self.held,
                price_ages=self.price_ages,
                zone=_zone(figures, facts),
                rules=self.rules,
            )
        )
        return GateReport((*found.findings, *self._not_judged(figures)))

    def _not_judged(self, metrics: tuple[Metric, ...]) -> tuple[Finding, ...]:
        facts, rules, said = self.facts, self.rules, []
        if rules.limits != "off" and not facts.limits:
            said.append(("limits", "The book has no limit on a figure of this report."))
        has_var = any(one.name == "var" and not one.labels for one in metrics)
        if has_var and facts.previous is None and rules.change != Threshold():
            said.append(("change", "There is no official run of an earlier day to be compared with."))
        if _zone(metrics, facts) is None and rules.backtest != ZoneRule(None, None):
            said.append(("backtest", "There is no official backtest of the book yet."))
        return tuple(Finding(gate, "PASS", sentence) for gate, sentence in said)


def held(book: Portfolio, series: Sequence[FactorSeries]) -> tuple[Held, ...]:
    """The positions, and whether each of their factors was observed on the valuation date or the trading day before.

    They count by number: what a position without a price is worth is not known, so neither is its share of the value.
    """
    ages = price_ages(book.factors, series)
    known = {name for name, age in ages.items() if age is not None and age <= _CURRENT}
    return tuple(
        Held(
            position.symbol,
            None,
            set(replace(book, positions=(position,)).factors) <= known,
            position.instrument.sector,
            position.instrument.currency,
        )
        for position in book.positions
    )


def _zone(metrics: Sequence[Metric], facts: GateFacts) -> Colour | None:
    """A backtest's own zone; for others that of the last one."""
    own = next((one.value for one in metrics if one.name == "zone" and not one.labels), None)
    if own is not None:
        return _COLOURS[int(own)]
    return None if facts.backtest is None else facts.backtest.zone
