"""A book's limits as the memory store keeps them: no version has an author, no breach an acknowledgement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from riskkit.gates import Limit
from riskkit.limits import FoundUse, JudgedRun, LimitFacts, LimitVersion, Measured
from riskkit.store.contract import RunRecord

#: First day, the first it no longer holds, and the limit.
Kept = tuple[date, date | None, Limit]


def facts_of(limits: Iterable[Kept], records: Sequence[RunRecord], day: date, run_days: int) -> LimitFacts:
    """The limits of a book, and what its official runs up to a day found of them."""
    now = datetime.now(UTC)
    runs = [r for r in records if r.official and r.gates is not None and r.as_of <= day]
    days = sorted({r.as_of for r in runs})[-run_days:]
    runs = sorted((r for r in runs if r.as_of in days), key=lambda r: (r.as_of, r.run_at, r.id))
    latest = {r.report: r for r in runs}
    return LimitFacts(
        now,
        day,
        tuple(
            LimitVersion(f"limit-{number}", limit, "", begins, ends, "", now, "", None)
            for number, (begins, ends, limit) in enumerate(limits)
        ),
        tuple(JudgedRun(r.id, r.report, r.as_of, r.run_at, _found(r)) for r in runs),
        tuple(
            Measured(r.report, r.id, r.as_of, m.name, m.unit, "portfolio", m.value)
            for r in latest.values()
            for m in r.metrics
            if not m.labels
        ),
    )


def _found(record: RunRecord) -> tuple[FoundUse, ...]:
    findings = record.gates.findings if record.gates is not None else ()
    return tuple(
        FoundUse(one.of, one.figure, one.unit, one.soft, one.hard)
        for one in findings
        if one.gate == "limits" and one.figure is not None and one.of
    )
