"""From the report files of a project to the schedules of a team: what would be added, changed, paused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from riskkit.errors import InputError
from riskkit.parameters.report_file import ReportFile
from riskkit.store.contract import PortfolioRef
from riskkit.store.schedules import EVERY, Plan, Schedule, Schedules

Kind = Literal["add", "change", "keep", "pause", "gone"]


@dataclass(frozen=True)
class Change:
    """What bringing one schedule into line with its file takes.

    Attributes
    ----------
    kind : {'add', 'change', 'keep', 'pause', 'gone'}
        `keep`: it is in line; `pause`: no file defines it any more; `gone`: the same, and it is paused already.
    team : str
    name : str
        The report's key.
    plan : Plan or None
        What the file says; None where there is none.
    before : Schedule or None
        What is kept; None where it is added.
    fields : mapping of str to (before, after)
        What differs, for `change`.
    """

    kind: Kind
    team: str
    name: str
    plan: Plan | None
    before: Schedule | None
    fields: Mapping[str, tuple[Any, Any]]

    @property
    def paused(self) -> bool:
        """Whether it stays paused, or comes to be."""
        return self.kind in ("pause", "gone") or (self.before is not None and not self.before.enabled)


def changes(
    reports: Sequence[ReportFile], books: Sequence[PortfolioRef], kept: Sequence[Schedule], teams: Sequence[str]
) -> tuple[Change, ...]:
    """What it takes to bring the teams' schedules into line with the files, by team and name.

    Parameters
    ----------
    reports : sequence of ReportFile
        All of the project.
    books : sequence of PortfolioRef
        All that the user may see.
    kept : sequence of Schedule
        All that the user may see.
    teams : sequence of str
        Those whose schedules are to be brought into line.

    Raises
    ------
    InputError
        A report names a portfolio that is not there, or that several teams have.
    """
    found: list[Change] = []
    for team in sorted(teams):
        before = {one.name: one for one in kept if one.team == team}
        wanted = dict(_plans(reports, books, team))
        for name in sorted({*before, *wanted}):
            found.append(_change(team, name, wanted.get(name), before.get(name)))
    return tuple(found)


def apply(store: Schedules, found: Sequence[Change], team_ids: Mapping[str, str]) -> None:
    """Write the changes, one by one; interrupted, the same again does the rest."""
    for one in found:
        if one.kind == "add" and one.plan is not None:
            store.add(team_ids[one.team], one.name, one.plan)
        elif one.kind == "change" and one.before is not None:
            store.change(one.before, {name: after for name, (_, after) in one.fields.items()})
        elif one.kind == "pause" and one.before is not None:
            store.change(one.before, {"enabled": False})


def _plans(reports: Sequence[ReportFile], books: Sequence[PortfolioRef], team: str) -> Iterator[tuple[str, Plan]]:
    for report in reports:
        if report.timetable is None:
            continue
        chosen = tuple(one for one in (_selector(name, report, books, team) for name in report.portfolios) if one)
        if chosen:
            run, kept = report.execution, report.retention
            parameters = {name: value for name, value in report.parameters.items() if name != "as_of"}
            yield report.key, Plan(
                report.timetable, report.key, parameters, tuple(sorted(chosen)), run.concurrency, run.retries + 1,
                60 * run.timeout_minutes, tuple(sorted(report.recipients)), report.alarm_after_minutes,
                None if kept is None else kept.keep_last, kept is None or kept.month_ends,
            )  # fmt: skip


def _selector(name: str, report: ReportFile, books: Sequence[PortfolioRef], team: str) -> str | None:
    """The entry of a report's file as this team's schedule has it; None where it is another team's book."""
    if name == "all":
        return EVERY
    if name.startswith("tag:"):
        return name
    found = [one for one in books if name in (one.path, one.slug)]
    if len(found) != 1:
        source = f"parameters/{report.key}.yml"
        if found:
            paths = " or ".join(one.path for one in found)
            raise InputError("portfolios", name, f"the team too: {paths}", source=source)
        paths = ", ".join(one.path for one in books[:20]) + (" …" if len(books) > 20 else "")
        raise InputError(
            "portfolios", name, f"one of {paths}" if books else "a portfolio that you may see", source=source
        )
    return found[0].slug if found[0].team == team else None


def _change(team: str, name: str, plan: Plan | None, before: Schedule | None) -> Change:
    if plan is None:
        return Change("pause" if before is not None and before.enabled else "gone", team, name, None, before, {})
    if before is None:
        return Change("add", team, name, plan, None, {})
    after = plan.columns
    fields = {key: (before.columns[key], after[key]) for key in after if before.columns[key] != after[key]}
    return Change("change" if fields else "keep", team, name, plan, before, fields)
