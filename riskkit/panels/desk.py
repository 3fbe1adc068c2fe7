"""What a panel is given: the store as whoever is signed in, and the page it stands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from riskkit.parameters.declaration import Value
from riskkit.store.contract import Inputs, Store


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page shows now.

    Attributes
    ----------
    values : dict
        The parameters.
    inputs : Inputs
        The book, its market and the day.
    result
        Of the page's analysis.
    """

    values: dict[str, Value]
    inputs: Inputs
    result: Any


@dataclass(frozen=True, eq=False)
class Desk:
    """What a panel works with.

    Attributes
    ----------
    store : Store
        As whoever is signed in: what they may not do, it refuses.
    move : callable
        Sets parameters of the page by name, as a control would; the page answers anew.
    refresh : callable
        Reads everything again and answers anew: something was written.
    say : callable
        Told a sentence, or an error, for the page's banner.
    """

    store: Store
    move: Callable[[Mapping[str, Value]], None]
    refresh: Callable[[], None]
    say: Callable[[str | Exception], None]

    def role(self, team: str) -> str:
        """The role in a team of whoever is signed in; `viewer` where there is none, for what a page offers at most."""
        return dict(self.store.member().teams).get(team, "viewer")


class Panel(Protocol):
    """A part of a page that acts."""

    @property
    def box(self) -> Any:
        """The widget that the page shows."""

    def answered(self, shown: Shown) -> None:
        """The page has a new answer; called in the kernel's event loop, also for the first one."""


@runtime_checkable
class Filling(Protocol):
    """A panel that has something to do on a page without an answer, too."""

    def unanswered(self, values: Mapping[str, Value]) -> None:
        """The page could not answer for these parameters; called in the kernel's event loop."""


#: Makes a panel for a page.
PanelFunction = Callable[[Desk], Panel]
