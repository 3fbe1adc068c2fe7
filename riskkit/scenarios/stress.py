"""Stress scenarios: windows of history to replay, and shocks to imagine."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from riskkit.errors import InputError
from riskkit.market import FactorKind

ShockKind = Literal["relative", "absolute"]


@dataclass(frozen=True)
class Shock:
    """The change of one factor, or of all factors of a kind, or of a currency.

    Attributes
    ----------
    target : str
        A factor's name; or `kind:equity`, `kind:fx`, `kind:volatility`, `kind:yield` for all factors of that kind; or
        `currency:USD`: the currency gains `size` against every other one.
    size : float
        Decimal if relative (0.1 is +10 %), the factor's own unit if absolute (0.15 is +15 volatility points, 0.02 is
        +200 basis points of a yield). A relative shock is -1 or more.
    kind : {"relative", "absolute"}

    Examples
    --------
    >>> Shock("kind:equity", -1.5, "relative")
    Traceback (most recent call last):
        ...
    riskkit.errors.InputError: size: got -1.5; expected a finite number, at least -1 (a loss of everything): kind:equity
    """

    target: str
    size: float
    kind: ShockKind

    def __post_init__(self) -> None:
        if self.kind not in get_args(ShockKind):
            raise InputError("kind", self.kind, f"relative or absolute (shock of {self.target})")
        prefix, _, rest = self.target.partition(":")
        if not self.target or (prefix == "kind" and rest not in get_args(FactorKind)):
            kinds = ", ".join(f"kind:{kind}" for kind in get_args(FactorKind))
            raise InputError("target", self.target, f"a factor name, {kinds}, or currency: and a code")
        if prefix == "currency" and not re.fullmatch(r"[A-Z]{3}", rest):
            raise InputError(
                "target", self.target, "currency: and a code of three capital letters, such as currency:USD"
            )
        if isinstance(self.size, bool) or not isinstance(self.size, int | float) or not math.isfinite(self.size):
            raise InputError("size", self.size, f"a finite number: {self.target}")
        if self.kind == "relative" and self.size < -1:
            raise InputError("size", self.size, f"a finite number, at least -1 (a loss of everything): {self.target}")
        if prefix == "currency" and (self.kind != "relative" or self.size <= -1):
            raise InputError("size", self.size, f"a relative shock above -1: {self.target}")


@dataclass(frozen=True)
class StressScenario:
    """A named stress: exactly one of a window of history and shocks.

    Attributes
    ----------
    name : str
        snake_case, unique: `covid_2020`.
    title, source, description : str
        For people: what it is called, where dates or sizes come from, what happened.
    window : (date, date), optional
        First and last date of the history to replay.
    shocks : tuple of Shock
        A factor named outright takes its own shock, else its currency's, else its kind's.
    own : bool
        Whether a team has it for itself; others are shared.
    """

    name: str
    title: str
    source: str
    description: str = ""
    window: tuple[date, date] | None = None
    shocks: tuple[Shock, ...] = ()
    own: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise InputError("name", self.name, "a scenario name of lower-case letters, digits and underscores")
        object.__setattr__(self, "shocks", tuple(self.shocks))
        if (self.window is None) == (not self.shocks):
            raise InputError("window", self.window, f"exactly one of window and shocks ({self.name})")
        targets = [shock.target for shock in self.shocks]
        if len(set(targets)) != len(targets):
            raise InputError("shocks", targets, f"each target once ({self.name})")
        if self.window is not None:
            if len(self.window) != 2 or not all(_is_date(day) for day in self.window):
                raise InputError("window", self.window, f"two dates ({self.name})")
            if self.window[0] >= self.window[1]:
                raise InputError(
                    "window", f"{self.window[0]} to {self.window[1]}", f"a start before its end ({self.name})"
                )


def choose(scenarios: Iterable[StressScenario], wanted: str) -> tuple[StressScenario, ...]:
    """The scenarios that `all` or a comma-separated list names, in the order given; InputError names the unknown.

    Parameters
    ----------
    scenarios : iterable of StressScenario
    wanted : str

    Returns
    -------
    tuple of StressScenario

    Raises
    ------
    InputError

    Examples
    --------
    >>> one = StressScenario("a", "A", "an example", shocks=(Shock("kind:equity", -0.1, "relative"),))
    >>> [scenario.name for scenario in choose([one], "all")]
    ['a']
    """
    known = {scenario.name: scenario for scenario in scenarios}
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    if names == ["all"]:
        return tuple(known.values())
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise InputError(
            "scenarios", wanted, f"all, or names from {', '.join(known) or 'none (there are no scenarios)'}"
        )
    return tuple(known[name] for name in dict.fromkeys(names))


def _is_date(day: object) -> bool:
    return isinstance(day, date) and not isinstance(day, datetime)
