"""Bounds that were exceeded, run by run, and who has said why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from riskkit.limits.facts import Acknowledgement, FoundUse, JudgedRun, LimitFacts, LimitVersion
from riskkit.limits.use import State, belongs, state_of, used


@dataclass(frozen=True)
class Breach:
    """A limit that a run exceeded, in its worst part.

    Attributes
    ----------
    run : JudgedRun
    version : LimitVersion
        The one that held then.
    worst : FoundUse
        Its fullest part.
    parts : int
        How many parts are beyond a bound.
    acknowledgement : Acknowledgement or None
        None: nobody has said anything of it yet.
    """

    run: JudgedRun
    version: LimitVersion
    worst: FoundUse
    parts: int
    acknowledgement: Acknowledgement | None

    @property
    def state(self) -> State:
        """`breach` beyond the hard limit, `warn` beyond the soft one."""
        return state_of(self.worst.figure, self.worst.soft, self.worst.hard)

    @property
    def bound(self) -> float | None:
        """What was exceeded."""
        return self.worst.hard if self.state == "breach" else self.worst.soft

    @property
    def utilisation(self) -> float | None:
        """Of the hard limit, else of the soft one."""
        return used(self.worst.figure, self.worst.soft, self.worst.hard)

    @property
    def open(self) -> bool:
        """A hard limit exceeded, and nobody has acknowledged it."""
        return self.state == "breach" and self.acknowledgement is None


def breaches(facts: LimitFacts) -> tuple[Breach, ...]:
    """Every bound that a run exceeded, the latest day first, the worst of a day first."""
    said = {(one.limit, one.run): one for one in facts.acknowledgements}
    found = [
        Breach(run, version, worst, parts, said.get((version.id, run.id)))
        for run in facts.runs
        for version, worst, parts in _exceeded(run, facts)
    ]
    return tuple(
        sorted(found, key=lambda one: (one.run.as_of, one.state == "breach", one.utilisation or 0.0), reverse=True)
    )


def _exceeded(run: JudgedRun, facts: LimitFacts) -> Iterator[tuple[LimitVersion, FoundUse, int]]:
    """By limit: the findings beyond a bound, each told apart by the bounds it was judged by."""
    for version in facts.limits:
        if not version.holds(run.as_of):
            continue
        bounds = (version.limit.soft, version.limit.hard)
        beyond = [
            one
            for one in run.findings
            if belongs(version, one)
            and (one.soft, one.hard) == bounds
            and state_of(one.figure, one.soft, one.hard) != "ok"
        ]
        if beyond:
            yield version, max(beyond, key=lambda one: one.figure), len(beyond)
