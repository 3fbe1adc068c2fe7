"""One answer of a live page: everything it shows for one set of parameters, computed without touching a widget."""

from __future__ import annotations

import bisect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from riskkit.charts.numbers import day
from riskkit.charts.view import View
from riskkit.errors import InputError
from riskkit.notebook.analysis import Analysis, Progress
from riskkit.notebook.companion import Companion
from riskkit.parameters.declaration import Parameter, Value
from riskkit.store.contract import Inputs, PortfolioRef, Store
from riskkit.store.inputs import find_portfolio, load_inputs

ViewFunction = Callable[[Any], View]
#: [s] For how long what was read is taken to stand; a change of method must not read it again.
_FRESH = 300.0
_KEPT = 8


@dataclass(frozen=True, eq=False)
class Answer:
    """What a page shows.

    Attributes
    ----------
    values : dict
        The parameters; `as_of` is a day with data, or `latest`.
    inputs : Inputs
    portfolios : tuple of PortfolioRef
        Those the user may choose.
    days : tuple of date
        Days that may be chosen for this book.
    result
        Of the analysis.
    views : dict
        By view function.
    notes : tuple of str
        What was done on the way that the reader should know.
    """

    values: dict[str, Value]
    inputs: Inputs
    portfolios: tuple[PortfolioRef, ...]
    days: tuple[date, ...]
    result: Any
    views: dict[ViewFunction, View]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Beside:
    """What another analysis of the page found for the same parameters.

    Attributes
    ----------
    companion : Companion
    values : dict
        The parameters it was found for.
    result
        None if there is none.
    error : Exception or None
        Why not.
    views : dict
        By view function.
    """

    companion: Companion
    values: dict[str, Value]
    result: Any
    error: Exception | None
    views: dict[ViewFunction, View]


class Answers:
    """Answers questions from a store, reading each book once.

    Parameters
    ----------
    store : Store
    analysis : Analysis
    """

    def __init__(self, store: Store, analysis: Analysis) -> None:
        self.store, self._analysis = store, analysis
        self._read: dict[tuple[object, ...], tuple[float, Any]] = {}
        self._lock, self._written = Lock(), 0

    def answer(
        self,
        values: Mapping[str, Value],
        views: tuple[ViewFunction, ...],
        *,
        snap: bool,
        progress: Progress | None = None,
    ) -> Answer:
        """The answer for these parameters.

        Parameters
        ----------
        values : mapping
            Every parameter of the notebook.
        views : tuple of view functions
            Drawn here, because drawing takes as long as computing.
        snap : bool
            Take the nearest day with data instead of one without, and say so; otherwise such a day is an error.
        progress : callable, optional
            Told how far a calculation is that counts its steps.
        """
        analysis = self._analysis.at(values)
        ref = self._once(("ref", values["portfolio"]), lambda: find_portfolio(self.store, str(values["portfolio"])))
        if analysis.subject is not None:
            return self._of_records(ref, values, views, analysis)
        days = self._once(("days", ref.path), lambda: self.store.dates(ref))
        as_of, notes = _snapped(str(values["as_of"]), days, ref.path) if snap else (str(values["as_of"]), ())
        inputs = self._inputs(ref, as_of, analysis.lookback_days)
        result = analysis(inputs, progress)
        drawn = {view: view(result) for view in views}
        return Answer({**values, "as_of": as_of}, inputs, self.portfolios(), days, result, drawn, notes)

    def _of_records(
        self, ref: PortfolioRef, values: Mapping[str, Value], views: tuple[ViewFunction, ...], analysis: Analysis
    ) -> Answer:
        """A team's reports, a book's limits, prices as they came: read anew every time, on a day that needs no data."""
        inputs = load_inputs(self.store, ref.path, str(values["as_of"]), None, analysis.subject)
        result = analysis(inputs)
        drawn = {view: view(result) for view in views}
        return Answer(dict(values), inputs, self.portfolios(), (), result, drawn)

    def beside(
        self,
        companion: Companion,
        values: dict[str, Value],
        declared: tuple[Parameter, ...],
        views: tuple[ViewFunction, ...],
    ) -> Beside:
        """What another analysis finds for parameters that have been answered; an error is part of the finding."""
        try:
            analysis = companion.at(values, declared)
            ref = self._once(("ref", values["portfolio"]), lambda: find_portfolio(self.store, str(values["portfolio"])))
            result = analysis(self._inputs(ref, str(values["as_of"]), analysis.lookback_days))
            drawn = {view: view(result) for view in views}
        except Exception as error:  # noqa: BLE001, RUF100 (whatever it was, its card says so and the log has it)
            return Beside(companion, values, None, error, {})
        return Beside(companion, values, result, None, drawn)

    def forget(self) -> None:
        """Read everything again from now on: something was written."""
        with self._lock:
            self._read.clear()
            self._written += 1

    def portfolios(self) -> tuple[PortfolioRef, ...]:
        """Those the user may see."""
        found: tuple[PortfolioRef, ...] = self._once(("portfolios",), self.store.portfolios)
        return found

    def _inputs(self, ref: PortfolioRef, as_of: str, lookback_days: int | None) -> Inputs:
        """What was read of a book on a day; each analysis has its own window of it."""
        read: Inputs = self._once(
            ("inputs", ref.path, as_of),
            lambda: load_inputs(self.store, ref.path, as_of, lookback_days),
        )
        return read

    def _once(self, key: tuple[object, ...], read: Callable[[], Any]) -> Any:
        """What was read under this key a moment ago, or what is read now."""
        now = time.monotonic()
        with self._lock:  # the page asks for portfolios while its thread reads a history
            self._read = {k: kept for k, kept in self._read.items() if now - kept[0] < _FRESH}
            if key in self._read:
                return self._read[key][1]
            written = self._written
        value = read()
        with self._lock:
            if written == self._written:  # else it may be of before
                self._read[key] = (now, value)
            for oldest in list(self._read)[: -_KEPT * 3]:
                del self._read[oldest]
        return value


def _snapped(as_of: str, days: tuple[date, ...], book: str) -> tuple[str, tuple[str, ...]]:
    """The day itself if it has data, else the last one before it that has, and a note if it moved."""
    if as_of == "latest" or not days:
        return as_of, ()
    wanted = _date(as_of)
    if wanted < days[0]:
        raise InputError("as_of", as_of, f"a day with data for {book}, {days[0]} to {days[-1]}")
    found = days[bisect.bisect_right(days, wanted) - 1]
    if found == wanted:
        return as_of, ()
    note = (
        f"There are no data for {day(wanted)}, a {wanted:%A}; this is {day(found)}, the last day with data before it."
    )
    return found.isoformat(), (note,)


def _date(as_of: str) -> date:
    try:
        return date.fromisoformat(as_of)
    except ValueError as error:
        raise InputError("as_of", as_of, "latest or a date, YYYY-MM-DD") from error
