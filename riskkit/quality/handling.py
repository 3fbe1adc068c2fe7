"""What a report does with a factor's prices: asked of the very functions that a report's history goes through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError, MarketDataError
from riskkit.gates import GateRules, Verdict, judge_ages
from riskkit.market import FactorSeries, RiskFactor, history_of

DateArray = NDArray[np.datetime64]
Action = Literal["refused", "held back", "carried", "noted", "used"]
_CALENDAR = RiskFactor("\N{SYMBOL FOR NULL}calendar", "equity", "XXX")


@dataclass(frozen=True)
class Handling:
    """What happens to a report that needs the factor.

    Attributes
    ----------
    action : {'refused', 'held back', 'carried', 'noted', 'used'}
        Not made at all; made as of an earlier day, which is then `latest`; made with levels carried forward; made with
        a remark; made without one.
    said : tuple of str
        What the report says, or why it is refused.
    verdict : {'PASS', 'WARN', 'BLOCK'}
        Of the gate `stale_days` at the price's age, by its default thresholds.
    gate : str
        Its sentence; empty where it passes.
    """

    action: Action
    said: tuple[str, ...]
    verdict: Verdict
    gate: str


def handled(one: FactorSeries | None, name: str, calendar: DateArray, age: int | None, n_dates: int) -> Handling:
    """What a report does.

    Parameters
    ----------
    one : FactorSeries or None
        Ascending, up to the day of the page; None: there is no level at all.
    name : str
    calendar : array of datetime64[D]
        Every day of the calendar up to the day of the page.
    age : int or None
        Days of the calendar since the last level.
    n_dates : int
        Dates that the report's history needs: one more than its lookback.
    """
    (found,) = judge_ages({name: age}, GateRules().stale_days)
    gate = found.sentence if found.verdict != "PASS" else ""
    if one is None or len(one.dates) == 0 or not (calendar <= one.dates[-1]).any():
        return Handling("refused", ("There is no level: a report that needs it is refused.",), found.verdict, gate)
    ends = calendar[calendar <= one.dates[-1]][-1]
    whole = calendar[calendar <= ends]
    try:
        history = history_of(
            [FactorSeries(_CALENDAR, whole, np.ones(len(whole))), _upto(one, ends)], ends.item(), n_dates
        )
    except (MarketDataError, InputError) as error:
        return Handling("refused", (_why(error),), found.verdict, gate)
    notes = tuple(note for note in history.notes if note.startswith(name))
    if len(history.dates) < n_dates:
        short = f"{len(history.dates) - 1} returns up to {ends}: a report that looks back further is refused."
        return Handling("refused", (short, *notes), found.verdict, gate)
    if age:
        return Handling("held back", (_held_back(one, calendar, n_dates), *notes), found.verdict, gate)
    if not notes:
        return Handling("used", (), found.verdict, gate)
    carried = any("carried forward" in note for note in notes)
    return Handling("carried" if carried else "noted", notes, found.verdict, gate)


def _upto(one: FactorSeries, ends: np.datetime64) -> FactorSeries:
    keep = one.dates <= ends
    return FactorSeries(one.factor, one.dates[keep], one.levels[keep])


def _why(error: InputError) -> str:
    return f"{error.field}: {error.value}; a report needs {error.expected}, and is refused."


def _held_back(one: FactorSeries, calendar: DateArray, n_dates: int) -> str:
    last = calendar[-1].item()
    said = f"Reports as of latest go back to {calendar[calendar <= one.dates[-1]][-1]}, where it ends; one as of {last}"
    try:
        history_of([FactorSeries(_CALENDAR, calendar, np.ones(len(calendar))), one], last, n_dates)
    except MarketDataError:
        return f"{said} is refused."
    return f"{said} carries its last level on, and is judged by its age."
