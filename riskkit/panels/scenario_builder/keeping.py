"""Keeping what was built: saved for the team, replaced or deleted, and each of it taken back. Touches no widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskkit.errors import InputError, RiskkitError
from riskkit.panels.scenario_builder.reading import Ground, State
from riskkit.scenarios import StressScenario
from riskkit.store.contract import PortfolioRef, Store
from riskkit.stress import BUILT, built_scenario


class NameTaken(RiskkitError):
    """There is a scenario of that name; `instead` is the offer to use this one in its place."""

    def __init__(self, message: str, instead: str) -> None:
        super().__init__(message)
        self.instead = instead


@dataclass(frozen=True)
class Done:
    """What was done, as a sentence, and how it is taken back: that returns a sentence too."""

    said: str
    undo: Callable[[], str] | None = None


def make(ground: Ground, state: State, texts: dict[str, str]) -> StressScenario:
    """The scenario to keep: what is built now, with every factor that follows by a shock of its own.

    Raises
    ------
    InputError
        Names the field of the form.
    """
    name = texts["name"]
    if name == BUILT:
        raise InputError("name", name, "another name: this one means what is being built")
    if not state.text:
        raise InputError("title", texts["title"], "a shock first: every slider stands at zero")
    built = built_scenario(ground.inputs.portfolio, ground.history(state), state.text, state.rest)
    return StressScenario(name, texts["title"], texts["source"], texts["description"], shocks=built.shocks)


def save(store: Store, ground: Ground, scenario: StressScenario, *, instead: bool) -> Done:
    """Keep a scenario for the team.

    Raises
    ------
    NameTaken
        Unless it may stand `instead` of the other.
    """
    ref, title = ground.inputs.ref, scenario.title
    before = next((one for one in store.scenarios(ref) if one.name == scenario.name), None)
    if before is not None and not instead:
        if before.own:
            raise NameTaken(
                f"Team {ref.team} has a scenario of this name: “{before.title}”. Choose another name, or replace it.",
                "Replace it",
            )
        raise NameTaken(
            f"This is the name of the shared scenario “{before.title}”. Choose another name, or use yours instead "
            f"of it for team {ref.team}.",
            "Use ours instead",
        )
    if before is not None and before.own:
        kept = before
        store.replace_scenario(ref, scenario)
        return Done(f"“{title}” is saved in place of “{kept.title}”.", lambda: _again(store, ref, kept))
    store.add_scenario(ref, scenario)
    said = f"“{title}” is saved for team {ref.team}: it is in the library, and the next reports have it."
    return Done(said, lambda: _without(store, ref, scenario))


def delete(store: Store, ground: Ground, name: str) -> Done:
    """Remove one of the team's own scenarios.

    Raises
    ------
    InputError
        It is not the team's own.
    """
    ref = ground.inputs.ref
    kept = next((one for one in store.scenarios(ref) if one.name == name and one.own), None)
    if kept is None:
        raise InputError("name", name, f"one of team {ref.team}'s own scenarios")
    store.remove_scenario(ref, name)
    return Done(f"“{kept.title}” is deleted.", lambda: _restored(store, ref, kept))


def _again(store: Store, ref: PortfolioRef, scenario: StressScenario) -> str:
    store.replace_scenario(ref, scenario)
    return f"“{scenario.title}” is what it was."


def _without(store: Store, ref: PortfolioRef, scenario: StressScenario) -> str:
    store.remove_scenario(ref, scenario.name)
    return f"“{scenario.title}” is no longer saved; the sliders still have it."


def _restored(store: Store, ref: PortfolioRef, scenario: StressScenario) -> str:
    store.add_scenario(ref, scenario)
    return f"“{scenario.title}” is back."
