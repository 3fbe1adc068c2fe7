"""What the builder's worker finds out: what there is to shock, and what shocks do. Touches no widget."""

from __future__ import annotations

from dataclasses import dataclass

from riskkit.errors import RiskkitError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.panels.desk import Desk, Shown
from riskkit.scenarios import Shock
from riskkit.scenarios.shock_text import named_targets
from riskkit.store.contract import Inputs
from riskkit.stress import FactorStressResult, StressResult, StressSpec, stress_test
from riskkit.stress.built import Rest, moves_of, plausible
from riskkit.widgets.sentence import sentence


@dataclass(frozen=True)
class State:
    """What is being built: a text of shocks, and what becomes of the other factors."""

    text: str = ""
    rest: Rest = "held"


@dataclass(frozen=True, eq=False)
class Ground:
    """What the builder stands on, for one book on one day.

    Attributes
    ----------
    inputs : Inputs
    revaluation : str
    held : tuple of RiskFactor
        Those of the book.
    known : tuple of RiskFactor
        Every one that may be shocked, those of the book among them.
    role : str
        Of whoever is signed in, in the book's team.
    library : StressResult
        Every scenario there is.
    """

    inputs: Inputs
    revaluation: str
    held: tuple[RiskFactor, ...]
    known: tuple[RiskFactor, ...]
    role: str
    library: StressResult

    def serves(self, shown: Shown) -> bool:
        """Whether it still stands for what the page shows."""
        return self.inputs is shown.inputs and self.revaluation == _revaluation(shown)

    @property
    def may_save(self) -> bool:
        """Whether to offer it; the database decides."""
        return self.role != "viewer"

    def history(self, state: State) -> FactorHistory:
        """The window that the stress test itself reads: the same figures come of it."""
        named = named_targets(state.text) if state.rest == "follow" else ()
        return self.inputs.over(None, named)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What shocks do.

    Attributes
    ----------
    state : State
    result : StressResult
        With one row: the scenario.
    plausible : FactorStressResult or None
        How far out the shocks are, and what follows from them; None where that cannot be said.
    follow : tuple of Shock
        Those of factors that follow.
    note : str
        Why not, where it cannot be said.
    """

    state: State
    result: StressResult
    plausible: FactorStressResult | None
    follow: tuple[Shock, ...]
    note: str = ""


def read_ground(desk: Desk, shown: Shown) -> Ground:
    """What there is to shock, and what the library does to the book."""
    inputs = shown.inputs
    history = inputs.over(None)
    spec = StressSpec("all", _revaluation(shown))  # type: ignore[arg-type]  # a parameter of the page, validated there
    library = stress_test(inputs.portfolio, history, inputs.scenarios, spec)
    known = desk.store.factors(inputs.ref.team)
    return Ground(inputs, spec.revaluation, history.factors, known, desk.role(inputs.ref.team), library)


def read_outcome(ground: Ground, state: State) -> Outcome:
    """What shocks do to the book, by the same functions as the page's own figures.

    Raises
    ------
    InputError
        A shock that makes no sense, or that a level cannot take.
    """
    book, history = ground.inputs.portfolio, ground.history(state)
    spec = StressSpec("all", ground.library.spec.revaluation, state.text, state.rest)
    result = stress_test(book, history, (), spec)
    shocks = result.rows[0].scenario.shocks
    given = shocks[: len(state.text.split(","))]
    follow = shocks[len(given) :]
    try:
        found, note = plausible(book, history, given), ""
    except RiskkitError as error:
        found, note = None, sentence(error)
    return Outcome(state, result, found, follow, note)


def all_moves(found: FactorStressResult, ground: Ground) -> tuple[Shock, ...]:
    """Every move of a reverse stress as a shock of its own."""
    return moves_of(found.factors, ground.held)


def _revaluation(shown: Shown) -> str:
    return str(shown.values.get("revaluation", "full"))
