"""A second calculation on a page: on the same inputs, with the same parameters, beside the one the page is bound to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from riskkit.charts.markup import empty
from riskkit.charts.view import View
from riskkit.errors import RiskkitError
from riskkit.notebook.analysis import SELECTORS, Analysis
from riskkit.parameters import flat
from riskkit.parameters.declaration import Parameter, Value


class Companion:
    """An analysis and the kind of spec it takes.

    Parameters
    ----------
    function : callable
        As for `Analysis`.
    spec : dataclass
        Its class. Every field that is called like a declared parameter takes that parameter's value.
    given : mapping
        Other fields; and where a declared parameter starts that only this analysis has.
    """

    def __init__(self, function: Callable[..., Any], spec: type[Any], given: Mapping[str, Any]) -> None:
        self.function, self._spec, self._given = function, spec, dict(given)
        self.fields = frozenset(flat.places(spec))
        unknown = sorted(self._given.keys() - self.fields)
        if unknown:
            raise RiskkitError(f"{spec.__name__} has no field {', '.join(unknown)}")

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.function.__name__)

    def same(self, one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
        """Whether it would find the same for both: it reads the book, the day, and parameters called as its fields."""
        return all(one.get(name) == other.get(name) for name in (*SELECTORS, *self.fields))

    def starts(self, declared: Sequence[Parameter]) -> dict[str, Value]:
        """Declared parameters that start where the notebook told this analysis."""
        return {parameter.name: self._given[parameter.name] for parameter in declared if parameter.name in self._given}

    def at(self, values: Mapping[str, Value], declared: Sequence[Parameter]) -> Analysis:
        """The analysis with these parameters; a spec that cannot be says so, as an error of the user's input."""
        names = self.fields & {parameter.name for parameter in declared} & values.keys()
        chosen = {**self._given, **{name: values[name] for name in names}}
        return Analysis(self.function, flat.changed(self._spec(), chosen))


def unable(view: Callable[[Any], View], why: str) -> View:
    """The card of a view whose companion had no answer: a sentence instead of figures."""
    return View(view.__name__, view.__name__.replace("_", " ").capitalize(), html=empty(why))
