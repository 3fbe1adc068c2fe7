"""What a page is about where it is not a book's figures: a team's reports, a book's limits, runs or prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["reports", "limits", "prices", "runs"]
#: The parameter that only pages of a kind have.
_TOLD_BY: dict[str, Kind] = {
    "slot_days": "reports",
    "run_days": "limits",
    "unchanged_days": "prices",
    "calendar_days": "runs",
}


@dataclass(frozen=True)
class Subject:
    """What is read in place of a book that can be valued.

    Attributes
    ----------
    kind : {'reports', 'limits', 'prices', 'runs'}
    days : int
        Of slots; with runs; of valuation dates; not used for prices.
    whole_team : bool
        Prices of all factors that the team has, not of the book's alone.
    """

    kind: Kind
    days: int
    whole_team: bool = False


def kind_of(names: Iterable[str]) -> Kind | None:
    """What a page with these parameters is about; None: a book's figures.

    >>> kind_of(["portfolio", "as_of", "run_days"]), kind_of(["portfolio", "method"])
    ('limits', None)
    """
    return next((kind for name, kind in _TOLD_BY.items() if name in set(names)), None)


def subject(parameters: Mapping[str, Any]) -> Subject | None:
    """The same with how much of it."""
    for name, kind in _TOLD_BY.items():
        if name in parameters:
            return Subject(kind, int(parameters[name]), parameters.get("factors") == "team")
    return None
