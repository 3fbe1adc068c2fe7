"""Limits on a book's figures: absolute or by their change, of the book or of a part of it, soft and hard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from riskkit.gates.findings import Finding, Verdict, gravity
from riskkit.gates.prices import Held
from riskkit.gates.rules import Severity
from riskkit.metric import Metric
from riskkit.wording import AS_WRITTEN, amount, heading

Scope = Literal["portfolio", "position", "sector", "currency"]
#: Findings of one limit that are told one by one.
_MOST = 50
#: Figures of positions that add up to that of their sector or currency.
_ADDITIVE = ("component_", "value")


@dataclass(frozen=True)
class Limit:
    """What a figure may be at most; its fields are columns of the table `limits`.

    Attributes
    ----------
    metric : str
        Name of the run's metric; a loss is positive.
    unit : str
        The metric's, or `fraction` for a relative limit on a change in percent.
    soft, hard : float or None
        A figure above warns, or is a breach.
    scope : {'portfolio', 'position', 'sector', 'currency'}
    scope_value : str
        Which one; `*` for each; empty for the whole book.
    basis : {'absolute', 'relative'}
        Of the figure, or of its change since the run before.
    """

    metric: str
    unit: str
    soft: float | None
    hard: float | None
    scope: Scope = "portfolio"
    scope_value: str = ""
    basis: Literal["absolute", "relative"] = "absolute"


@dataclass(frozen=True)
class Figures:
    """The metrics of a run by what they are of, and what is held."""

    metrics: Sequence[Metric]
    held: Sequence[Held]

    def of(self, limit: Limit) -> dict[str, Metric]:
        """The figures that a limit bounds, by the part they are of."""
        named = [one for one in self.metrics if one.name == limit.metric]
        if limit.scope == "portfolio":
            whole = [one for one in named if not one.labels]
            return {"": whole[0]} if whole else {}
        direct = {one.labels[limit.scope]: one for one in named if set(one.labels) == {limit.scope}}
        found = direct or self._added(limit, named)
        return {part: one for part, one in found.items() if limit.scope_value in ("*", part)}

    def _added(self, limit: Limit, named: Sequence[Metric]) -> dict[str, Metric]:
        """Positions' figures, added up by sector or currency where the figures add up."""
        if limit.scope == "position" or not limit.metric.startswith(_ADDITIVE):
            return {}
        part = {one.symbol: one.sector if limit.scope == "sector" else one.currency for one in self.held}
        found: dict[str, Metric] = {}
        for one in named:
            of = part.get(one.labels.get("position", "")) if set(one.labels) == {"position"} else None
            if of:
                before = found[of].value if of in found else 0.0
                found[of] = Metric(one.name, before + one.value, one.unit, {limit.scope: of})
        return found


def judge_limits(
    limits: Sequence[Limit], now: Figures, before: Figures | None, severity: Severity
) -> Iterator[Finding]:
    """A finding for every figure under a limit, and one that names the limits which bound no figure of the run.

    Parameters
    ----------
    limits : sequence of Limit
    now, before : Figures
        Of this run, and of the one before; None where there is none.
    severity : {'off', 'warn', 'block'}
        Of a breach of a hard limit.
    """
    if severity == "off":
        return
    idle = []
    for limit in limits:
        earlier = {} if before is None else before.of(limit)
        found = [_judged(limit, part, metric, earlier, severity) for part, metric in now.of(limit).items()]
        idle += [] if found else [_of_each(limit)]
        yield from found if len(found) <= _MOST else _fewer(limit, found)
    if idle:
        yield Finding("limits", "PASS", f"Not judged, for this run has no such figure: {'; '.join(idle)}.")


def is_of(limit: Limit, of: str) -> bool:
    """Whether a finding of this name is of this limit.

    Examples
    --------
    >>> each = Limit("component_var", "USD", None, 1.0, "sector", "*")
    >>> is_of(each, "Component VaR of sector Energy"), is_of(each, "Component VaR"), is_of(each, "VaR")
    (True, False, False)
    """
    name = named(limit)
    if limit.scope_value != "*":
        return of == name
    several = f"{name} of the "
    return of.startswith(f"{name} of {limit.scope} ") or (
        of.startswith(several) and of.endswith(f" others by {limit.scope}")
    )


def named(limit: Limit) -> str:
    """What a limit bounds, as its findings call it; of each part, without the part."""
    name = _name(limit, "" if limit.scope_value == "*" else limit.scope_value)
    return _change_of(name) if limit.basis == "relative" else name


def _of_each(limit: Limit) -> str:
    return f"{named(limit)}{f' of each {limit.scope}' if limit.scope_value == '*' else ''}"


def _fewer(limit: Limit, found: Sequence[Finding]) -> Iterator[Finding]:
    """The worst of many parts, and one finding on the others, which are no worse."""
    ordered = sorted(found, key=lambda one: (gravity(one), one.figure or 0.0), reverse=True)
    yield from ordered[:_MOST]
    others = ordered[_MOST:]
    most = max(one.figure or 0.0 for one in others)
    name = f"{_name(limit, '')} of the {len(others)} others by {limit.scope}"
    sentence = f"{name} is at most {_amount(most, limit.unit)} ({others[0].verdict})."
    yield replace(others[0], sentence=sentence, of=name)


def _judged(limit: Limit, part: str, metric: Metric, earlier: Mapping[str, Metric], severity: Severity) -> Finding:
    name = _name(limit, part)
    figure, unit = metric.value, metric.unit
    if limit.basis == "relative":
        if part not in earlier:
            return Finding("limits", "PASS", f"{name} has no run before to be compared with.")
        change = metric.value - earlier[part].value
        name = _change_of(name)
        figure = change
        if limit.unit == "fraction" and unit != "fraction":
            if earlier[part].value == 0.0:
                return Finding("limits", "WARN", f"{name} is from zero, of which {change:,.6g} {unit} is no fraction.")
            figure, unit = change / abs(earlier[part].value), "fraction"
    if unit != limit.unit:
        return Finding("limits", "WARN", f"{name} is in {unit}, its limit in {limit.unit}: it was not judged.")
    return _compared(limit, name, figure, severity)


def _compared(limit: Limit, name: str, figure: float, severity: Severity) -> Finding:
    verdict: Verdict = "PASS"
    word, bound = ("hard", limit.hard) if limit.hard is not None else ("soft", limit.soft)
    if limit.hard is not None and figure > limit.hard:
        verdict = "BLOCK" if severity == "block" else "WARN"
    elif limit.soft is not None and figure > limit.soft:
        verdict, word, bound = "WARN", "soft", limit.soft
    said = "is above" if verdict != "PASS" else "is within"
    most = limit.hard if limit.hard is not None else limit.soft
    used = max(figure, 0.0) / most if most is not None and most > 0.0 else None
    share = f" ({used:.0%} used)" if used is not None else ""
    sentence = f"{name}, {_amount(figure, limit.unit)}, {said} its {word} limit of {_amount(bound, limit.unit)}{share}."
    return Finding("limits", verdict, sentence, figure, bound, used, name, limit.unit, limit.soft, limit.hard)


def _name(limit: Limit, part: str) -> str:
    return heading(limit.metric) + (f" of {limit.scope} {part}" if part else "")


def _change_of(name: str) -> str:
    return f"The change of {name if name.startswith(tuple(AS_WRITTEN.values())) else name[0].lower() + name[1:]}"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    return f"{value:.2%}" if unit == "fraction" else f"{amount(value)} {unit}"
