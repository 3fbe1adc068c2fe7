"""What lies in `reports/`, remembered by report and month, so that a page of it costs no look at ten thousand runs."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from riskkit.runs.record import RUN_JSON

#: Raised when what is remembered of a run changes: all of them are read again then.
FORMAT = 1
_CATALOGUE = "catalogue.json"


@dataclass(frozen=True)
class Entry:
    """A run, as a list shows it.

    Attributes
    ----------
    id, report, as_of, portfolio, run_at : str
    folder : str
        Below `reports/`.
    official : bool
    verdict : str
        Of the gates; empty if they were not asked.
    figures : mapping
        `var`, `expected_shortfall` and `worst`, the worst scenario's P&L; those that it has.
    unit : str
        Of these.
    files : tuple of str
        Those of `report.html`, `report.pdf`, `tables.xlsx` that are there.
    supersedes : str
        The run whose place it took; empty if none.
    superseded : bool
        Another took its place.
    """

    id: str
    report: str
    as_of: str
    portfolio: str
    run_at: str
    folder: str
    official: bool
    verdict: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    files: tuple[str, ...] = ()
    supersedes: str = ""
    superseded: bool = False


@dataclass(frozen=True)
class Month:
    """How many runs a report has in a month, and the latest of them."""

    runs: int
    days: tuple[str, ...]
    latest: Entry


Catalogue = dict[str, dict[str, Month]]


class Shelf:
    """The memory of one `reports/`; changed only by who holds its lock.

    Parameters
    ----------
    reports : Path
    """

    def __init__(self, reports: Path) -> None:
        self._reports = reports
        self._memory = reports / ".index"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time."""
        self._memory.mkdir(parents=True, exist_ok=True)
        with (self._memory / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def catalogue(self) -> Catalogue | None:
        """Every report's months; None where nothing is remembered, or by another version."""
        try:
            content = json.loads((self._memory / _CATALOGUE).read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                return None
            return {
                report: {
                    month: Month(one["runs"], tuple(one["days"]), _entry(one["latest"]))
                    for month, one in months.items()
                }
                for report, months in content["reports"].items()
            }
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, catalogue: Catalogue) -> None:
        """Write the catalogue down."""
        content = {
            report: {month: asdict(one) for month, one in sorted(months.items())}
            for report, months in sorted(catalogue.items())
        }
        replace(self._memory / _CATALOGUE, json.dumps({"format": FORMAT, "reports": content}))

    def days(self) -> list[tuple[str, str]]:
        """Every report and valuation date that has a folder."""
        return sorted((path.parent.name, path.name) for path in self._reports.glob("[!.]*/[0-9]*-[0-9]*-[0-9]*/"))

    def entries(self, report: str, month: str) -> list[Entry]:
        """A month's runs, newest first."""
        try:
            content = json.loads(self._file(report, month).read_text(encoding="utf-8"))
            return [_entry(one) for one in content]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def look(self, report: str, month: str, days: Iterable[str], *, anew: bool) -> list[Entry]:
        """Compare what is remembered of a month with the folders of some of its days.

        Parameters
        ----------
        report, month : str
        days : iterable of str
            ISO dates in that month.
        anew : bool
            Forget what was remembered first.
        """
        known = {} if anew else {one.id: one for one in self.entries(report, month)}
        for day in days:
            folders = {path.name: path for path in self._reports.glob(f"{report}/{day}/*/*/*/")}
            gone = [run for run, one in known.items() if one.as_of == day and run not in folders]
            for run in gone:
                del known[run]
            for run, folder in folders.items():
                if run not in known and (entry := self._read(folder)) is not None:
                    known[run] = entry
        replaced = {one.supersedes for one in known.values()}
        found = [Entry(**{**asdict(one), "superseded": one.id in replaced}) for one in known.values()]
        found.sort(key=lambda one: (one.run_at, one.id), reverse=True)
        found.sort(key=lambda one: one.portfolio)
        found.sort(key=lambda one: one.as_of, reverse=True)
        if found:
            replace(self._file(report, month), json.dumps([asdict(one) for one in found]))
        else:
            self._file(report, month).unlink(missing_ok=True)
        return found

    def _file(self, report: str, month: str) -> Path:
        return self._memory / report / f"{month}.json"

    def _read(self, folder: Path) -> Entry | None:
        """A run's entry; None for a folder that is none, or that somebody changed by hand."""
        try:
            run = json.loads((folder / RUN_JSON).read_text(encoding="utf-8"))
            figures, unit = _figures(run["metrics"])
            return Entry(
                id=folder.name,
                report=folder.parts[-5],
                as_of=folder.parts[-4],
                portfolio="/".join(folder.parts[-3:-1]),
                run_at=str(run["run_at"])[:40],
                folder=folder.relative_to(self._reports).as_posix(),
                official=bool(run["official"]),
                verdict=str((run.get("gates") or {}).get("verdict", "")),
                figures=figures,
                unit=unit,
                files=tuple(name for name in ("report.html", "report.pdf", "tables.xlsx") if (folder / name).is_file()),
                supersedes=str(run.get("supersedes") or ""),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def by_month(days: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, list[str]]]:
    """Report, month and days of these."""
    for (report, month), found in groupby(sorted(set(days)), key=lambda one: (one[0], one[1][:7])):
        yield report, month, [day for _, day in found]


def replace(path: Path, text: str) -> None:
    """Write a file that is whole at every moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _entry(content: dict[str, Any]) -> Entry:
    return Entry(**{**content, "files": tuple(content["files"])})


def _figures(metrics: Iterable[Mapping[str, Any]]) -> tuple[dict[str, float], str]:
    """The headline of a run: its VaR and expected shortfall, and of a stress test the worst scenario."""
    found: dict[str, float] = {}
    unit = ""
    for one in metrics:
        name, value = one["name"], float(one["value"])
        if name in ("var", "expected_shortfall") and not one["labels"]:
            found[name], unit = value, str(one["unit"])
        elif name == "stress_pnl" and set(one["labels"]) == {"scenario"}:
            found["worst"], unit = min(value, found.get("worst", value)), str(one["unit"])
    return found, unit
