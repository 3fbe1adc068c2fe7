"""Shocks as one line of text: `equity:-0.2,SP500.vol:0.1`, for an address, a command line and a control."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, get_args

from riskkit.errors import InputError
from riskkit.market import FactorKind
from riskkit.scenarios.stress import Shock, ShockKind

#: A shock beyond this size is a slip of the decimal point: +1000 % or 1000 points.
LARGEST_SHOCK = 10.0
#: So many shocks and characters, so that an address can carry them.
MOST_SHOCKS, LONGEST = 250, 6000
TARGET_EXPECTED = "a factor's name, equity, fx, volatility, yield, or a currency such as currency:EUR"
EXPECTED = "shocks such as equity:-0.2,currency:EUR:0.05,SP500.vol:0.1: a target, a colon and a decimal size"

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,4}(?:\.[0-9]{0,25})?|\.[0-9]{1,25})(?:[eE]-?[0-9]{1,3})?", re.ASCII)
_TARGET = re.compile(r"currency:[A-Z]{3}|[A-Za-z0-9^][A-Za-z0-9 ._/^=:&-]{0,62}", re.ASCII)
_KINDS = get_args(FactorKind)
#: Moved by amounts: +10 points, +200 basis points. Everything else is moved by shares of its level.
_BY_AMOUNT = ("volatility", "yield")


class WrittenShock(NamedTuple):
    """A shock as written: what kind of change it is may be left to the factor."""

    target: str
    size: float
    kind: ShockKind | None

    def shock(self, kinds: Mapping[str, str]) -> Shock:
        """The shock, by the kinds of factors, where theirs is known."""
        return Shock(self.target, self.size, self.kind or usual_kind(self.target, kinds))


def usual_kind(target: str, kinds: Mapping[str, str]) -> ShockKind:
    """How a target is shocked unless somebody says otherwise: volatilities and yields by amounts, the rest by shares.

    >>> usual_kind("kind:yield", {}), usual_kind("SP500.vol", {"SP500.vol": "volatility"}), usual_kind("AAPL", {})
    ('absolute', 'absolute', 'relative')
    """
    prefix, _, rest = target.partition(":")
    kind = rest if prefix == "kind" else kinds.get(target, "")
    return "absolute" if kind in _BY_AMOUNT else "relative"


def parse_shocks(text: str) -> tuple[WrittenShock, ...]:
    """The shocks of a text; none of an empty one.

    Parameters
    ----------
    text : str
        `target:size`, joined by commas. A target is `equity`, `fx`, `volatility` or `yield` for all factors of that
        kind, `currency:EUR` against every other currency, or a factor's name. A third part, `relative` or `absolute`,
        says what the size is, where it is not as usual.

    Returns
    -------
    tuple of WrittenShock

    Raises
    ------
    InputError
        Something is not a shock, or a target is shocked twice.

    Examples
    --------
    >>> [tuple(shock) for shock in parse_shocks("equity:-0.2, SP500.vol:+0.1,WTI:-5:absolute")]
    [('kind:equity', -0.2, None), ('SP500.vol', 0.1, None), ('WTI', -5.0, 'absolute')]
    """
    if not text.strip():
        return ()
    if len(text) > LONGEST or text.count(",") >= MOST_SHOCKS:
        raise InputError("shocks", text, f"at most {MOST_SHOCKS} shocks in {LONGEST} characters")
    found = tuple(_parsed(part.strip(" ")) for part in text.split(","))
    targets = [shock.target for shock in found]
    twice = next((target for place, target in enumerate(targets) if target in targets[:place]), None)
    if twice is not None:
        raise InputError("shocks", text, f"each target once; {twice} is shocked twice")
    return found


def write_shocks(shocks: Iterable[Shock], kinds: Mapping[str, str]) -> str:
    """The text that `parse_shocks` reads back to the same shocks.

    Parameters
    ----------
    shocks : iterable of Shock
    kinds : mapping of str to str
        Kind of each factor that is known, by name.

    Returns
    -------
    str

    Examples
    --------
    >>> write_shocks([Shock("kind:equity", -0.2, "relative"), Shock("WTI", -5.0, "absolute")], {"WTI": "equity"})
    'equity:-0.2,WTI:-5.0:absolute'
    """
    return ",".join(_written(shock, kinds) for shock in shocks)


def named_targets(text: str) -> tuple[str, ...]:
    """The factors that a text of shocks names; none of any other text.

    >>> named_targets("equity:-0.2,SP500.vol:0.1"), named_targets("historical")
    (('SP500.vol',), ())
    """
    try:
        return tuple(shock.target for shock in parse_shocks(text) if not _is_group(shock.target))
    except InputError:
        return ()


def whole_target(text: str) -> str:
    """A target as people write it: `equity` is every equity.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The target of a shock: `kind:equity`, `currency:EUR`, or a factor's name.

    Examples
    --------
    >>> whole_target("equity"), whole_target("kind:fx"), whole_target("AAPL")
    ('kind:equity', 'kind:fx', 'AAPL')
    """
    return f"kind:{text}" if text in _KINDS else text


def is_target(text: str) -> bool:
    """Whether a text may be what is shocked; whether there is such a factor is asked later.

    >>> is_target("equity"), is_target("SP500.vol"), is_target("currency:euro"), is_target("kind:oil")
    (True, True, False, False)
    """
    try:
        Shock(whole_target(text), 0.0, "relative")
    except InputError:
        return False
    return _TARGET.fullmatch(text) is not None


def _is_group(target: str) -> bool:
    return target.startswith(("kind:", "currency:"))


def _written(shock: Shock, kinds: Mapping[str, str]) -> str:
    prefix, _, rest = shock.target.partition(":")
    target = rest if prefix == "kind" else shock.target
    usual = (_is_group(shock.target) or shock.target in kinds) and shock.kind == usual_kind(shock.target, kinds)
    return f"{target}:{shock.size!r}" + ("" if usual else f":{shock.kind}")


def _parsed(part: str) -> WrittenShock:
    rest, _, last = part.rpartition(":")
    kind: ShockKind | None = None
    if last in get_args(ShockKind):
        kind = "relative" if last == "relative" else "absolute"
        rest, _, last = rest.rpartition(":")
    target, size = rest.strip(" "), last.strip(" ")
    target = whole_target(target)
    if not _TARGET.fullmatch(target) or not _NUMBER.fullmatch(size) or abs(float(size)) > LARGEST_SHOCK:
        raise InputError("shocks", part, f"{EXPECTED} between -{LARGEST_SHOCK:g} and {LARGEST_SHOCK:g}")
    try:
        # A name alone may be a volatility's: then more than -1 is no mistake, and the factor's kind will tell.
        Shock(target, float(size), kind or (usual_kind(target, {}) if _is_group(target) else "absolute"))
    except InputError as error:
        raise InputError("shocks", part, error.expected) from error
    return WrittenShock(target, float(size), kind)
