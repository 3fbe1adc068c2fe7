"""The limits of a book: what is in force, how far it is used, what was breached and what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from riskkit.errors import InputError
from riskkit.gates import Limit, named
from riskkit.limits.breaches import Breach, breaches
from riskkit.limits.facts import LimitFacts, LimitVersion
from riskkit.limits.use import Use, uses
from riskkit.metric import Metric

_MOST_DAYS = 1000


@dataclass(frozen=True)
class LimitSpec:
    """What is looked at.

    Attributes
    ----------
    run_days : int
        Days with an official run that was judged, up to the day of the page.
    """

    run_days: int = 60

    def __post_init__(self) -> None:
        if not 1 <= self.run_days <= _MOST_DAYS:
            raise InputError("run_days", self.run_days, f"a whole number, 1..{_MOST_DAYS}")


@dataclass(frozen=True, eq=False)
class LimitReview:
    """What was found.

    Attributes
    ----------
    facts : LimitFacts
    spec : LimitSpec
    uses : tuple of Use
        Every limit in force, by part, the worst first.
    breaches : tuple of Breach
        The latest day first.
    """

    facts: LimitFacts
    spec: LimitSpec
    uses: tuple[Use, ...]
    breaches: tuple[Breach, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Uses by state."""
        return {state: sum(one.state == state for one in self.uses) for state in ("breach", "warn", "ok", "not judged")}

    @property
    def open(self) -> tuple[Breach, ...]:
        """Hard limits exceeded that nobody has acknowledged."""
        return tuple(one for one in self.breaches if one.open)

    @property
    def histories(self) -> tuple[tuple[LimitVersion, ...], ...]:
        """Of each limit its versions, the newest first; those in force first, then by what they bound."""
        ordered = sorted(self.facts.limits, key=lambda one: (_key(one.limit), one.valid_from, one.set_at))
        found = [tuple(reversed(list(group))) for _, group in groupby(ordered, key=lambda one: _key(one.limit))]
        return tuple(sorted(found, key=lambda versions: (versions[0].valid_to is not None, named(versions[0].limit))))

    @property
    def estimator(self) -> str:
        """How it is judged, for the page's foot."""
        return (
            "A figure above its soft limit warns, above its hard limit it is a breach; use is the figure of the hard "
            "limit, of the soft one where there is no other. Figures are those of official runs, judged when they were "
            f"made; seen at {self.facts.now:%Y-%m-%d %H:%M} UTC by the database's clock."
        )

    def metrics(self) -> tuple[Metric, ...]:
        """Counts of limits by state, breaches nobody has acknowledged, and the largest use."""
        found = [Metric(f"limits_{name.replace(' ', '_')}", float(n), "count") for name, n in self.counts.items()]
        found.append(Metric("open_breaches", float(len(self.open)), "count"))
        used = [one.utilisation for one in self.uses if one.utilisation is not None]
        return (*found, *([Metric("largest_limit_use", max(used), "fraction")] if used else []))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Limits in force, their use by day, breaches, and every version."""
        return {
            "limits": pd.DataFrame([_use_row(one) for one in self.uses], columns=list(_USE)),
            "use": pd.DataFrame(
                [
                    (one.of, one.version.limit.unit, one.report, point.as_of, point.figure, point.soft, point.hard,
                     point.utilisation, point.state, point.run)
                    for one in self.uses for point in one.before
                ],
                columns=["of", "unit", "report", "as_of", "figure", "soft", "hard", "utilisation", "state", "run"],
            ),
            "breaches": pd.DataFrame([_breach_row(one) for one in self.breaches], columns=list(_BREACH)),
            "versions": pd.DataFrame(
                [_version_row(one) for versions in self.histories for one in versions], columns=list(_VERSION)
            ),
        }  # fmt: skip


_USE = ("of", "figure", "soft", "hard", "unit", "utilisation", "state", "report", "as_of", "valid_from", "limit")
_BREACH = ("as_of", "report", "of", "parts", "figure", "bound", "unit", "state", "reason", "by", "at", "limit", "run")
_VERSION = ("of", "soft", "hard", "unit", "valid_from", "valid_to", "set_by", "set_at", "ended_by", "note", "limit")


def limit_review(limits: LimitFacts, spec: LimitSpec) -> LimitReview:
    """Judge what was seen.

    Parameters
    ----------
    limits : LimitFacts
        Every version of the book's limits, and how its official runs were judged.
    spec : LimitSpec

    Returns
    -------
    LimitReview
        The latest figure stands against the bounds in force now, earlier ones against those that held then.
    """
    return LimitReview(limits, spec, uses(limits), breaches(limits))


def _key(limit: Limit) -> tuple[str, ...]:
    return (limit.metric, limit.scope, limit.scope_value, limit.basis)


def _use_row(one: Use) -> tuple[object, ...]:
    limit = one.version.limit
    return (
        one.of, one.figure, limit.soft, limit.hard, limit.unit, one.utilisation, one.state, one.report, one.as_of,
        one.version.valid_from, one.version.id,
    )  # fmt: skip


def _breach_row(one: Breach) -> tuple[object, ...]:
    said = one.acknowledgement
    told = (said.reason, said.by, said.at) if said else ("", "", None)
    return (
        one.run.as_of, one.run.report, one.worst.of, one.parts, one.worst.figure, one.bound, one.worst.unit, one.state,
        *told, one.version.id, one.run.id,
    )  # fmt: skip


def _version_row(one: LimitVersion) -> tuple[object, ...]:
    limit = one.limit
    return (
        named(limit) + (f" of each {limit.scope}" if limit.scope_value == "*" else ""), limit.soft, limit.hard,
        limit.unit, one.valid_from, one.valid_to, one.set_by, one.set_at, one.ended_by, one.note, one.id,
    )  # fmt: skip
