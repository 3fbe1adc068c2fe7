"""All gates on the figures of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from riskkit.gates.findings import Finding, GateReport, Verdict, above
from riskkit.gates.limits import Figures, Limit, judge_limits
from riskkit.gates.prices import Held, judge_ages, judge_coverage
from riskkit.gates.rules import GateRules, Threshold, ZoneRule
from riskkit.metric import Metric
from riskkit.wording import amount, in_words

#: What sums to what.
_SUMS = {"component_var": "var", "component_es": "expected_shortfall"}
_ZONES = ("green", "yellow", "red")


@dataclass(frozen=True)
class GateInput:
    """What the gates look at; what is left out is not judged.

    Attributes
    ----------
    metrics : tuple of Metric
        Of this run.
    previous : tuple of Metric or None
        Of the run before; None: there is none.
    limits : tuple of Limit
        Those in force on the valuation date.
    held : tuple of Held
        The book.
    price_ages : mapping of str to int or None
        Factor to the age of its price [trading days]; None: it has no price.
    zone : {'green', 'yellow', 'red'} or None
        Of the last backtest.
    rules : GateRules
    """

    metrics: tuple[Metric, ...]
    previous: tuple[Metric, ...] | None = None
    limits: tuple[Limit, ...] = ()
    held: tuple[Held, ...] = ()
    price_ages: Mapping[str, int | None] = field(default_factory=dict)
    zone: Literal["green", "yellow", "red"] | None = None
    rules: GateRules = field(default_factory=GateRules)


def judge(figures: GateInput) -> GateReport:
    """Ask every gate; the worst answer is the verdict.

    Parameters
    ----------
    figures : GateInput
        Losses positive; figures and limits in their own units.

    Returns
    -------
    GateReport
        Findings in the order limits, change, backtest, prices, coverage, components.

    Examples
    --------
    >>> report = judge(GateInput((Metric("var", 120.0, "USD"),), limits=(Limit("var", "USD", 90.0, 100.0),)))
    >>> report.verdict, report.findings[0].sentence
    ('BLOCK', 'VaR, 120 USD, is above its hard limit of 100 USD (120% used).')
    """
    rules = figures.rules
    before = None if figures.previous is None else Figures(figures.previous, figures.held)
    now = Figures(figures.metrics, figures.held)
    return GateReport(
        (
            *judge_limits(figures.limits, now, before, rules.limits),
            *_change(figures, rules.change),
            *_backtest(figures.zone, rules.backtest),
            *judge_ages(figures.price_ages, rules.stale_days),
            *judge_coverage(figures.held, rules.coverage),
            *_components(figures.metrics, rules.components),
        )
    )


def _change(figures: GateInput, threshold: Threshold) -> Iterator[Finding]:
    now, before = (_headline(metrics or ()).get("var") for metrics in (figures.metrics, figures.previous))
    if now is None or before is None or before == 0.0 or threshold == Threshold():
        return
    change = now / before - 1.0
    verdict, bound = above(abs(change), threshold)
    used = abs(change) / bound if bound else None
    yield Finding("change", verdict, f"VaR changed by {change:+.1%} since the run before.", abs(change), bound, used)


def _backtest(zone: str | None, rule: ZoneRule) -> Iterator[Finding]:
    if zone is None or rule == ZoneRule(None, None):
        return
    found: Verdict = "PASS"
    for verdict, least in (("WARN", rule.warn), ("BLOCK", rule.block)):
        if least is not None and _ZONES.index(zone) >= _ZONES.index(least):
            found = "WARN" if verdict == "WARN" else "BLOCK"
    yield Finding("backtest", found, f"The backtest is in the {zone} zone.")


def _components(metrics: tuple[Metric, ...], threshold: Threshold) -> Iterator[Finding]:
    if threshold == Threshold():
        return
    totals = _headline(metrics)
    for name, total in _SUMS.items():
        parts = [one.value for one in metrics if one.name == name and set(one.labels) == {"position"}]
        if not parts or total not in totals:
            continue
        scale = abs(totals[total]) or sum(map(abs, parts)) or 1.0
        gap = abs(sum(parts) - totals[total]) / scale
        verdict, bound = above(gap, threshold)
        said = "" if verdict == "PASS" else f" {amount(sum(parts))}, not to"
        whole = f"{in_words(total)} of {amount(totals[total])}"
        sentence = f"The {len(parts)} figures of {in_words(name)} sum to{said} the {whole}."
        yield Finding("components", verdict, sentence, gap, bound)


def _headline(metrics: tuple[Metric, ...]) -> dict[str, float]:
    return {one.name: one.value for one in metrics if not one.labels}
