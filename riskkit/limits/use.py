"""How far each limit in force is used now, and was used before: one use for a limit, a part and a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from riskkit.gates import Limit, is_of, named
from riskkit.limits.facts import FoundUse, JudgedRun, LimitFacts, LimitVersion

State = Literal["ok", "warn", "breach", "not judged"]
_GRAVITY: tuple[State, ...] = ("not judged", "ok", "warn", "breach")


@dataclass(frozen=True)
class Point:
    """How a run was judged: by the bounds that held then."""

    as_of: date
    run: str
    figure: float
    soft: float | None
    hard: float | None

    @property
    def state(self) -> State:
        """By the bounds that held then."""
        return state_of(self.figure, self.soft, self.hard)

    @property
    def utilisation(self) -> float | None:
        """Of the hard limit, of the soft one where there is no other."""
        return used(self.figure, self.soft, self.hard)


@dataclass(frozen=True)
class Use:
    """How far a limit in force is used.

    Attributes
    ----------
    version : LimitVersion
    of : str
        What is bounded, as people read it: `VaR`, `Component VaR of sector Energy`.
    report : str
        Whose runs; empty where none has judged it.
    latest : Point or None
        The last run's figure, with the bounds that held then; None: no run has judged it yet.
    figure : float or None
        The latest, in the limit's unit.
    before : tuple of Point
        Every run's, oldest first, the latest among them.
    """

    version: LimitVersion
    of: str
    report: str = ""
    figure: float | None = None
    as_of: date | None = None
    before: tuple[Point, ...] = ()

    @property
    def state(self) -> State:
        """The latest figure by the bounds that hold now."""
        limit = self.version.limit
        return "not judged" if self.figure is None else state_of(self.figure, limit.soft, limit.hard)

    @property
    def utilisation(self) -> float | None:
        """The latest figure of the bound that holds now [fraction]; None where there is none."""
        limit = self.version.limit
        return None if self.figure is None else used(self.figure, limit.soft, limit.hard)


def state_of(figure: float, soft: float | None, hard: float | None) -> State:
    """In words.

    >>> state_of(1.0, 1.0, 2.0), state_of(1.1, 1.0, 2.0), state_of(2.1, None, 2.0), state_of(2.1, 2.0, None)
    ('ok', 'warn', 'breach', 'warn')
    """
    if hard is not None and figure > hard:
        return "breach"
    return "warn" if soft is not None and figure > soft else "ok"


def used(figure: float, soft: float | None, hard: float | None) -> float | None:
    """Of the hard limit, else of the soft one; 0 for a figure below zero, None for a bound that is not above it."""
    most = hard if hard is not None else soft
    return max(figure, 0.0) / most if most is not None and most > 0.0 else None


def uses(facts: LimitFacts) -> tuple[Use, ...]:
    """Every limit in force with what it is of, the worst first."""
    found = [use for version in facts.limits if version.holds(facts.as_of) for use in _uses_of(version, facts)]
    return tuple(sorted(found, key=lambda one: (-_GRAVITY.index(one.state), -(one.utilisation or 0.0), one.of)))


def belongs(version: LimitVersion, found: FoundUse) -> bool:
    """Whether a finding is of this limit, whatever its bounds were then."""
    return found.unit == version.limit.unit and is_of(version.limit, found.of)


def _uses_of(version: LimitVersion, facts: LimitFacts) -> Iterator[Use]:
    judged = [run for run in facts.runs if any(belongs(version, one) for one in run.findings)]
    if not judged:
        yield _unjudged(version, facts)
        return
    last = judged[-1]
    same = [run for run in judged if run.report == last.report]
    parts = {found.of: found for found in last.findings if belongs(version, found)}
    for of, found in parts.items():
        yield Use(version, of, last.report, found.figure, last.as_of, tuple(_points(version, of, same, facts)))


def _points(version: LimitVersion, of: str, runs: list[JudgedRun], facts: LimitFacts) -> Iterator[Point]:
    """Run by run the finding of this part; where two limits bounded it, the one by this limit's bounds of then."""
    for run in runs:
        twins = [one for one in run.findings if one.of == of and belongs(version, one)]
        own = [
            (one.limit.soft, one.limit.hard)
            for one in facts.limits
            if _same(one.limit, version.limit) and one.holds(run.as_of)
        ]
        for one in sorted(twins, key=lambda twin: (twin.soft, twin.hard) not in own)[:1]:
            yield Point(run.as_of, run.id, one.figure, one.soft, one.hard)


def _same(one: Limit, other: Limit) -> bool:
    """Whether two versions are of one limit."""
    names = ("metric", "scope", "scope_value", "basis")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _unjudged(version: LimitVersion, facts: LimitFacts) -> Use:
    """One that no run has judged yet: its figure is known where it is of the whole book."""
    limit = version.limit
    for one in reversed(facts.figures) if limit.basis == "absolute" else ():
        if (one.name, one.unit, one.scope) == (limit.metric, limit.unit, limit.scope) and one.value is not None:
            return Use(version, named(limit), one.report, one.value, one.as_of)
    each = f" of each {limit.scope}" if limit.scope_value == "*" else ""
    return Use(version, named(limit) + each)
