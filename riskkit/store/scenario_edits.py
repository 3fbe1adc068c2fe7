"""A team's own stress scenarios: kept, replaced and removed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from riskkit import names
from riskkit.errors import InputError
from riskkit.scenarios import StressScenario

if TYPE_CHECKING:
    from riskkit.store.contract import PortfolioRef

#: Longest description, in characters; and so many shocks, so that a row holds them.
LONGEST_DESCRIPTION, MOST_SHOCKS = 2000, 250
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)


class ScenarioEdits(Protocol):
    """The part of a store that edits a team's own scenarios."""

    def add_scenario(self, ref: PortfolioRef, scenario: StressScenario) -> None:
        """Keep a scenario for the team of a portfolio.

        Raises
        ------
        Conflict
            The team has one of that name; nothing was written.
        InputError
            Something in it cannot be kept; nothing was written.
        Forbidden
            It takes the role analyst.
        """
        ...

    def replace_scenario(self, ref: PortfolioRef, scenario: StressScenario) -> None:
        """Put it in the place of the team's own of the same name.

        Raises
        ------
        InputError
            There is none, or something in it cannot be kept; nothing was written.
        Forbidden
            It takes the role analyst.
        """
        ...

    def remove_scenario(self, ref: PortfolioRef, name: str) -> None:
        """Remove the team's own scenario of that name.

        Raises
        ------
        InputError
            There is none.
        Forbidden
            It takes the role analyst.
        """
        ...


def checked_scenario(scenario: StressScenario) -> StressScenario:
    """The scenario as it is kept: its texts trimmed and free of what nobody would see.

    Raises
    ------
    InputError
        Names the field.
    """
    if not _NAME.fullmatch(scenario.name):
        raise InputError("name", scenario.name, "1 to 63 lower-case letters, digits or '_', beginning with a letter")
    if len(scenario.shocks) > MOST_SHOCKS:
        raise InputError("shocks", f"{len(scenario.shocks)} shocks", f"at most {MOST_SHOCKS}")
    for target in (shock.target for shock in scenario.shocks):
        if not target.startswith(("kind:", "currency:")):
            names.symbol("target", target)
    described = " ".join(scenario.description.split())
    if len(described) > LONGEST_DESCRIPTION:
        raise InputError("description", f"{len(described)} characters", f"at most {LONGEST_DESCRIPTION}")
    for start in range(0, len(described), names.TITLE_LENGTH):
        if part := described[start : start + names.TITLE_LENGTH].strip():
            names.title("description", part)
    title, source = names.title("title", scenario.title), names.title("source", scenario.source)
    return replace(scenario, title=title, source=source, description=described, own=True)


def no_such_scenario(ref: PortfolioRef, name: str) -> InputError:
    """The error for a name that is none of the team's own."""
    return InputError("name", name, f"the name of one of team {ref.team}'s own scenarios")
