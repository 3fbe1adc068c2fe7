"""What a parameter may be, as it stands in braces at the end of its comment."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Literal

from riskkit import names
from riskkit.errors import InputError
from riskkit.parameters.trades import parse_trades
from riskkit.scenarios.shock_text import EXPECTED as SHOCKS_EXPECTED
from riskkit.scenarios.shock_text import TARGET_EXPECTED, is_target, parse_shocks

Kind = Literal[
    "any", "choices", "range", "portfolio", "date", "scenarios", "shocks", "target", "trades", "report", "run"
]

#: What people work with in a panel of a live page: no control stands for it, no analysis reads it, no report has it.
PANEL_KINDS = frozenset({"trades", "run"})
#: Those, and what a view offers to choose: no control stands for it.
NO_CONTROL = PANEL_KINDS | {"report"}

_WORDS: tuple[Kind, ...] = ("portfolio", "scenarios", "shocks", "target", "trades", "report", "run")

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_BOTH = re.compile(rf"({_NUMBER}) *(<=?) *x *(<=?) *({_NUMBER})", re.ASCII)
_UPPER = re.compile(rf"x *(<=?) *({_NUMBER})", re.ASCII)
_LOWER = re.compile(rf"x *(>=?) *({_NUMBER})", re.ASCII)
_SPAN = re.compile(r"([+-]?\d+)\.\.([+-]?\d+)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SCENARIO = re.compile(r"[a-z][a-z0-9_]{0,62}")
#: Nothing, or what a panel shows: the runs of one report, one run.
_CHOSEN = {
    "report": re.compile(r"([a-z][a-z0-9_]{0,62})?"),
    "run": re.compile(r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?"),
}


@dataclass(frozen=True)
class Constraint:
    """What values a parameter accepts beyond its type.

    Attributes
    ----------
    text : str
        As written, without the braces; empty if there is none.
    kind : str
        `any`, `choices`, `range`, `portfolio`, `date`, `scenarios`, `shocks`, `target` or `trades`.
    choices : tuple of str
        For `choices`: all of them, in their order. For `date`: the words accepted beside a date (`latest`).
    low, high : float or None
        Bounds of a `range`; None is unbounded.
    low_open, high_open : bool
        Whether the bound itself is excluded.
    """

    text: str = ""
    kind: Kind = "any"
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def expected(self, type_name: str) -> str:
        """The end of the sentence "expected …" for a parameter of this type.

        >>> parse("0.5 < x < 1").expected("float")
        'a number, 0.5 < x < 1'
        """
        noun = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}[type_name]
        if self.kind == "range":
            return f"{noun}, {self.text}"
        if self.kind == "choices":
            return "one of " + ", ".join(self.choices)
        if self.kind == "date":
            return " or ".join(["a date such as 2020-03-16", *self.choices])
        if self.kind == "portfolio":
            return "a portfolio: its name, or team/name"
        if self.kind == "scenarios":
            return "all, or names of scenarios separated by commas"
        if self.kind == "shocks":
            return SHOCKS_EXPECTED
        if self.kind == "target":
            return TARGET_EXPECTED
        if self.kind == "trades":
            return "trades such as 100*AAPL,-50*MSFT"
        if self.kind in _CHOSEN:
            return f"the {'name of a report' if self.kind == 'report' else 'id of a run'}, or nothing"
        return noun

    def accepts(self, value: object) -> bool:
        """Whether a value of the right type satisfies the constraint; whether a named thing exists is asked later."""
        if self.kind == "range":
            return isinstance(value, int | float) and self._within(float(value))
        if self.kind == "choices":
            return str(value) in self.choices
        if self.kind == "date":
            return value in self.choices or _is_date(str(value))
        if self.kind == "portfolio":
            return _is_portfolio(str(value))
        if self.kind == "scenarios":
            return _is_scenarios(str(value))
        if self.kind == "shocks":
            return _is_shocks(str(value))
        if self.kind == "target":
            return is_target(str(value))
        if self.kind == "trades":
            return _is_trades(str(value))
        if self.kind in _CHOSEN:
            return _CHOSEN[self.kind].fullmatch(str(value)) is not None
        return True

    def _within(self, x: float) -> bool:
        above = self.low is None or x > self.low or (x == self.low and not self.low_open)
        below = self.high is None or x < self.high or (x == self.high and not self.high_open)
        return above and below


def parse(text: str) -> Constraint:
    """The constraint written in the braces: `a | b`, `0.5 < x < 1`, `x > 0`, `1..250`, `portfolio`, `date | latest`.

    >>> parse("1..250").high, parse("x >= 0").low_open, parse("date | latest").choices
    (250.0, False, ('latest',))
    """
    text = text.strip()
    found = _range(text)
    if found is not None:
        if found.low is not None and found.high is not None and found.low >= found.high:
            raise InputError("constraint", text, "a range with its lower bound first")
        return found
    words = tuple(word.strip() for word in text.split("|"))
    if not all(words) or len(set(words)) != len(words) or any(len(word.split()) > 1 for word in words):
        raise InputError("constraint", text, "choices 'a | b', a range '0 < x < 1' or '1..250', or a known word")
    if words[0] == "date":
        return Constraint(text, "date", words[1:])
    for word in _WORDS:
        if words == (word,):
            return Constraint(text, word)
    if len(words) == 1:
        raise InputError("constraint", text, f"two choices or more, a range, or one of date, {', '.join(_WORDS)}")
    return Constraint(text, "choices", words)


def _range(text: str) -> Constraint | None:
    if match := _SPAN.fullmatch(text):
        return Constraint(text, "range", low=float(match[1]), high=float(match[2]))
    if match := _BOTH.fullmatch(text):
        low, high = float(match[1]), float(match[4])
        return Constraint(text, "range", low=low, high=high, low_open=match[2] == "<", high_open=match[3] == "<")
    if match := _UPPER.fullmatch(text):
        return Constraint(text, "range", high=float(match[2]), high_open=match[1] == "<")
    if match := _LOWER.fullmatch(text):
        return Constraint(text, "range", low=float(match[2]), low_open=match[1] == ">")
    return None


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_portfolio(text: str) -> bool:
    parts = text.split("/")
    try:
        return len(parts) <= 2 and all(names.slug("portfolio", part) for part in parts)
    except InputError:
        return False


def _is_scenarios(text: str) -> bool:
    parts = [part.strip(" ") for part in text.split(",")]
    return len(text) <= 4000 and len(set(parts)) == len(parts) and all(_SCENARIO.fullmatch(part) for part in parts)


def _is_trades(text: str) -> bool:
    try:
        parse_trades(text)
    except InputError:
        return False
    return True


def _is_shocks(text: str) -> bool:
    try:
        parse_shocks(text)
    except InputError:
        return False
    return True
