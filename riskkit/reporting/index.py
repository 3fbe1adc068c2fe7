"""The pages that list the reports: all of them, one a report and month, one a day; plain files, without any script."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from riskkit.charts.numbers import day as written
from riskkit.charts.numbers import number, signed
from riskkit.reporting.frame import policy, style, template
from riskkit.reporting.places import Places
from riskkit.reporting.shelf import Catalogue, Entry, Month, Shelf, by_month, replace

_log = logging.getLogger("riskkit.index")

#: No report has this name: a report's has no hyphen.
BY_DATE = "by-date"
_HEADLINES = {"var": "VaR", "expected_shortfall": "Expected shortfall", "worst": "Worst scenario"}


def note(places: Places, folders: Iterable[Path]) -> None:
    """Bring the pages up to date after runs came or went; that this fails is no reason for a run to fail.

    Parameters
    ----------
    places : Places
    folders : iterable of Path
        Of the runs, whether they are there or no more.
    """
    days = {folder.relative_to(places.reports).parts[:2] for folder in folders}
    try:
        if days:
            refresh(places, [(parts[0], parts[1]) for parts in days])
    except OSError as error:
        _log.warning("index pages are not up to date", extra={"reason": str(error)})


def refresh(places: Places, days: Iterable[tuple[str, str]] | None = None) -> None:
    """Look at some days of some reports again and write every page that shows them; at all, where none are given."""
    shelf = Shelf(places.reports)
    with shelf.locked():
        known = shelf.catalogue() if days is not None else None
        catalogue: Catalogue = known or {}
        wanted = shelf.days() if known is None else list(days or ())
        for report, month, its_days in by_month(wanted):
            found = shelf.look(report, month, its_days, anew=known is None)
            _file_away(catalogue, report, month, found)
            _write_month(places.reports, report, month, found, catalogue.get(report, {}))
        shelf.remember(catalogue)
        _write_reports(places.reports, shelf, catalogue, {report for report, _ in wanted})
        _write_days(places.reports, shelf, catalogue, {day for _, day in wanted})
        _write_front(places.reports, catalogue)


def _file_away(catalogue: Catalogue, report: str, month: str, found: Sequence[Entry]) -> None:
    if found:
        days = tuple(sorted({one.as_of for one in found}, reverse=True))
        catalogue.setdefault(report, {})[month] = Month(len(found), days, _latest(found))
    else:
        catalogue.get(report, {}).pop(month, None)
        if not catalogue.get(report, True):
            del catalogue[report]


def _latest(found: Sequence[Entry]) -> Entry:
    """The newest official run that nothing superseded, else the newest."""
    return next((one for one in found if one.official and not one.superseded), found[0])


def _write_month(reports: Path, report: str, month: str, found: Sequence[Entry], months: dict[str, Month]) -> None:
    path = reports / report / f"{month}.html"
    if not found:
        path.unlink(missing_ok=True)
        return
    links = [(_month(one), f"{one}.html", one == month) for one in sorted(months, reverse=True)]
    _write(path, f"{_words(report)}, {_month(month)}", up="../", links=links, tables=[("", found)], portfolio=True)


def _write_reports(reports: Path, shelf: Shelf, catalogue: Catalogue, names: set[str]) -> None:
    """A report's own page shows its newest month, and leads to the others."""
    for report in names:
        path, months = reports / report / "index.html", catalogue.get(report, {})
        if not months:
            path.unlink(missing_ok=True)
            continue
        newest = max(months)
        links = [
            (f"{_month(one)} ({months[one].runs:,})", f"{one}.html", False) for one in sorted(months, reverse=True)
        ]
        tables = [(_month(newest), shelf.entries(report, newest))]
        _write(path, _words(report), up="../", links=links, tables=tables, portfolio=True)


def _write_days(reports: Path, shelf: Shelf, catalogue: Catalogue, days: set[str]) -> None:
    for day in days:
        path, month = reports / BY_DATE / f"{day}.html", day[:7]
        holding = sorted(
            report for report, months in catalogue.items() if day in getattr(months.get(month), "days", ())
        )
        if not holding:
            path.unlink(missing_ok=True)
            continue
        tables = [
            (_words(report), [one for one in shelf.entries(report, month) if one.as_of == day]) for report in holding
        ]
        _write(path, written(date.fromisoformat(day)), up="../", links=[], tables=tables, portfolio=True)


def _write_front(reports: Path, catalogue: Catalogue) -> None:
    latest = [months[max(months)].latest for _, months in sorted(catalogue.items())]
    by_day = sorted({day for months in catalogue.values() for one in months.values() for day in one.days}, reverse=True)
    links = [(written(date.fromisoformat(day)), f"{BY_DATE}/{day}.html", False) for day in by_day[:60]]
    counts = {report: sum(one.runs for one in months.values()) for report, months in catalogue.items()}
    _write(
        reports / "index.html", "Reports", up="", links=links, tables=[("", latest)] if latest else [], counts=counts
    )
    older = [(written(date.fromisoformat(day)), f"{day}.html", False) for day in by_day]
    _write(reports / BY_DATE / "index.html", "Reports by date", up="../", links=older, tables=[])


def _write(path: Path, title: str, **said: Any) -> None:
    tables = [
        {
            "title": heading,
            "rows": rows,
            "figures": [one for one in _HEADLINES if any(one in row.figures for row in rows)],
        }
        for heading, rows in said.pop("tables")
    ]
    known = {"counts": None, "portfolio": False}
    page = template("index.html.j2").render(
        title=title,
        tables=tables,
        headlines=_HEADLINES,
        policy=policy(),
        css=style(),
        words=_words,
        written=lambda text: written(date.fromisoformat(text)),
        clock=_clock,
        figure=_figure,
        **{**known, **said},
    )
    replace(path, page)


def _words(report: str) -> str:
    return report.replace("_", " ").capitalize().replace("Var ", "VaR ").replace(" var", " VaR")


def _month(month: str) -> str:
    return f"{date.fromisoformat(month + '-01'):%B %Y}"


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def _figure(entry: Entry, name: str) -> str:
    value = entry.figures.get(name)
    return "" if value is None else signed(value) if name == "worst" else number(value)
