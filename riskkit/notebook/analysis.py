"""A calculation bound to a notebook's parameters: which inputs it wants, and how a parameter reaches it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskkit.errors import RiskkitError
from riskkit.notebook.pages import Page, page
from riskkit.parameters import flat
from riskkit.parameters.constraint import PANEL_KINDS
from riskkit.parameters.declaration import Parameter, Value
from riskkit.portfolio import DatedBook, held_since
from riskkit.store.contract import Inputs
from riskkit.store.subject import Subject, subject

#: Told how many steps are done, and how many there are.
Progress = Callable[[int, int], None]
#: Handed over by name; `spec` is how it is computed, the rest is what it is computed from.
INPUTS = ("portfolio", "history", "scenarios", "tree", "books", "status", "limits", "prices", "runs", "spec")
#: Parameters that say what to load, not how to compute.
SELECTORS = ("portfolio", "as_of")


@dataclass(frozen=True)
class Analysis:
    """A function such as `portfolio_var`, and the spec it starts from.

    Attributes
    ----------
    function : callable
        Takes any of `portfolio`, `history`, `scenarios`, `tree` (the book and those below it, or None), `books` (the
        book as it was), `status` (of the team's reports), `limits` and `runs` (of the book), `prices` (as they came)
        and `spec`, and returns a result.
    spec : dataclass instance
        Its fields carry the same names as the notebook's parameters.
    """

    function: Callable[..., Any]
    spec: Any

    def __post_init__(self) -> None:
        unknown = [name for name in self._wanted() if name not in INPUTS]
        if unknown:
            raise RiskkitError(
                f"{self.name} asks for {', '.join(unknown)}; an analysis may ask for {', '.join(INPUTS)}"
            )

    @property
    def name(self) -> str:
        """The function's name: `portfolio_var`."""
        return str(self.function.__name__)

    @property
    def page(self) -> Page:
        """The page it makes."""
        return page(self.name)

    @property
    def lookback_days(self) -> int | None:
        """How many daily returns it reads; None is the whole history."""
        whole = getattr(self.spec, "history_returns", None)
        if whole is not None:
            return int(whole)
        lookback = getattr(self.spec, "lookback_days", None)
        return None if lookback is None else int(lookback) + int(getattr(self.spec, "step_days", 1)) - 1

    @property
    def subject(self) -> Subject | None:
        """What it is about; None for an analysis of a book's figures."""
        return subject(flat.read(self.spec))

    def __call__(self, inputs: Inputs, progress: Progress | None = None) -> Any:
        """Compute from these inputs; an analysis that counts its steps tells `progress`."""
        wanted, accepted = self._wanted(), inspect.signature(self.function).parameters
        books = self._books(inputs) if "books" in accepted else ()
        given: dict[str, Any] = {
            "portfolio": inputs.portfolio,
            "scenarios": inputs.scenarios,
            "tree": inputs.tree,
            "books": books,
            "status": inputs.status,
            "limits": inputs.limits,
            "runs": inputs.runs,
            "spec": self.spec,
        }
        if "history" in wanted:
            more = {name for book in books for name in book.portfolio.factors}
            given["history"] = inputs.over(self.lookback_days, (*more, *getattr(self.spec, "named_factors", ())))
        if "prices" in wanted:
            given["prices"] = inputs.prices
        if progress is not None and "progress" in accepted:
            given["progress"] = progress
        return self.function(**{name: one for name, one in given.items() if name in accepted})

    def _books(self, inputs: Inputs) -> tuple[DatedBook, ...]:
        """The book as it was within the window read; none where the spec does not read the past."""
        if not getattr(self.spec, "reads_past", True):
            return ()
        return held_since(inputs.books, inputs.over(self.lookback_days).first)

    def values(self, portfolio: str, as_of: str) -> dict[str, Value]:
        """What a parameter may hold, as it stands, by its flat name."""
        plain = {name: value for name, value in flat.read(self.spec).items() if isinstance(value, str | int | float)}
        return {"portfolio": portfolio, "as_of": as_of, **plain}

    def at(self, values: Mapping[str, Value]) -> Analysis:
        """The same analysis with these parameters; a new spec validates itself."""
        return Analysis(self.function, flat.changed(self.spec, values))

    def check(self, declared: Sequence[Parameter], beside: Iterable[str] = ()) -> None:
        """Every declared parameter must reach a calculation, or a control for it would do nothing.

        `beside` are the fields of the page's other analyses.
        """
        known = {*SELECTORS, *flat.places(type(self.spec)), *beside}
        read = [parameter for parameter in declared if parameter.constraint.kind not in PANEL_KINDS]
        lost = [parameter.name for parameter in read if parameter.name not in known]
        if lost:
            raise RiskkitError(
                f"The parameters cell declares {', '.join(lost)}, but {type(self.spec).__name__} has no such field, "
                "so changing it would change nothing."
            )

    def _wanted(self) -> list[str]:
        """The inputs it takes; whatever else it takes must have a default."""
        parameters = inspect.signature(self.function).parameters
        return [name for name, p in parameters.items() if name in INPUTS or p.default is inspect.Parameter.empty]
