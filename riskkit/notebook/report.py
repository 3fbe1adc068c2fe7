"""The report face: frozen inputs, views as mime bundles, figures and tables written for the runner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from riskkit.charts.markup import facts
from riskkit.charts.numbers import day, level, true_minus
from riskkit.charts.view import View
from riskkit.errors import InputError, RiskkitError
from riskkit.notebook import header, saved, screen
from riskkit.notebook.analysis import Analysis
from riskkit.notebook.companion import Companion, unable
from riskkit.parameters.declaration import Parameter, Value, as_text
from riskkit.runs.frozen import thaw
from riskkit.store.contract import Inputs
from riskkit.widgets.sentence import sentence
from riskkit.widgets.words import foremost, label, word_of


class ReportRun:
    """One execution of a report; it reads the run's folder and nothing else.

    Attributes
    ----------
    inputs : Inputs
    result
        What the analysis returned.
    """

    def __init__(
        self, analysis: Analysis, values: dict[str, Value], folder: Path, declared: tuple[Parameter, ...]
    ) -> None:
        self._folder, self._declared, self._values = folder, declared, values
        self._beside: dict[Companion, Any] = {}
        self._unable: dict[Companion | None, str] = {}
        self.inputs = _agreeing(thaw(folder), values)
        self.result = analysis(self.inputs)
        stated = {parameter.name: values[parameter.name] for parameter in declared if parameter.name in values}
        screen.bundle(header.bundle(analysis, self.inputs, self.result, stated))

    def controls(self) -> None:
        """A report has no controls: one line says how it was parametrised."""
        screen.bundle(View("parameters", html=facts(self._stated()), width="tiles").bundle())

    def also(self, analysis: Callable[..., Any], spec: type[Any], **given: Any) -> Companion:
        """Compute a second analysis of the same inputs; where it cannot be, its views say why."""
        companion = Companion(analysis, spec, given)
        self._values = companion.starts(self._declared) | self._values
        try:
            self._beside[companion] = companion.at(self._values, self._declared)(self.inputs)
        except RiskkitError as error:
            self._unable[companion] = sentence(error)
        return companion

    def show(self, view: Callable[[Any], View], of: Companion | None = None) -> None:
        """Draw a view of the result, or of what a second analysis found."""
        if of in self._unable:
            drawn = unable(view, self._unable[of])
        else:
            drawn = view(self.result if of is None else self._beside[of])
        if not drawn.blank:
            screen.bundle(drawn.bundle())

    def act(self, panel: str, **given: Value) -> None:  # noqa: ARG002 (the same call on a live page opens it)
        """A report is read, not worked with: nothing is shown, and nothing given to a panel would reach a figure."""
        for parameter in self._declared:
            if given.get(parameter.name, parameter.default) != parameter.default:
                expected = f"{as_text(parameter.default)!r}: a report is of the book as it is"
                raise InputError(parameter.name, given[parameter.name], expected)

    def save(self) -> None:
        """Write metrics and tables for the runner."""
        beside = {companion.name: found for companion, found in self._beside.items() if found is not None}
        saved.save(self.result, self._folder, beside)

    def _stated(self) -> list[str]:
        book = self.inputs.ref.title or self.inputs.ref.path
        told = {"portfolio": book, "as_of": f"as of {day(self.inputs.as_of)}"}
        shown, folded = foremost(self._declared)
        moved = [one for one in folded if self._values.get(one.name, one.default) != one.default]
        return [told.get(parameter.name) or _stated(parameter, self._values) for parameter in (*shown, *moved)]


def _stated(parameter: Parameter, values: dict[str, Value]) -> str:
    value = values.get(parameter.name, parameter.default)
    if parameter.name == "confidence_level" and isinstance(value, float):
        shown = level(value)
    else:
        shown = word_of(str(value)) if parameter.constraint.kind == "choices" else true_minus(as_text(value))
    return f"{label(parameter.name)}: {shown}"


def _agreeing(inputs: Inputs, values: dict[str, Value]) -> Inputs:
    """The frozen inputs, if they are those that the parameters ask for."""
    if values["portfolio"] not in (inputs.ref.path, inputs.ref.slug):
        raise InputError("portfolio", values["portfolio"], f"{inputs.ref.path}, whose inputs were frozen")
    if values["as_of"] not in ("latest", inputs.as_of.isoformat()):
        raise InputError("as_of", values["as_of"], f"{inputs.as_of}, the day whose inputs were frozen")
    return inputs
