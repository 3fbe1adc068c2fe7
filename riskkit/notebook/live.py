"""The live faces: controls that recompute in a thread and views that are updated in place."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ipywidgets import HTML, HBox, Layout, VBox

from riskkit.charts.view import View
from riskkit.errors import RiskkitError
from riskkit.notebook import command, header, screen
from riskkit.notebook.analysis import Analysis
from riskkit.notebook.answers import Answer, Answers, Beside, ViewFunction
from riskkit.notebook.companion import Companion, unable
from riskkit.notebook.requesting import Requesting
from riskkit.notebook.surroundings import Surroundings
from riskkit.panels import open_panel
from riskkit.panels.desk import Desk, Filling, Panel, Shown
from riskkit.parameters.constraint import PANEL_KINDS
from riskkit.parameters.declaration import Parameter, Value
from riskkit.parameters.validate import complete, validate
from riskkit.store.contract import PortfolioRef
from riskkit.widgets import lab
from riskkit.widgets.card import Card
from riskkit.widgets.controls import Controls
from riskkit.widgets.downloads import Downloads
from riskkit.widgets.recompute import Recompute
from riskkit.widgets.sentence import sentence
from riskkit.widgets.status import Status

_log = logging.getLogger("riskkit.notebook")
#: A run's page as a dashboard's page sees it.
_RUNS = "../reports/"
_MISSING = object()
#: [s] Between two moves of the progress bar.
_TELL_EVERY = 0.15


class LiveRun:
    """One open page.

    Attributes
    ----------
    answer : Answer or None
        What the page shows now; None while nothing could be computed.
    beside : dict
        What each of the page's other analyses found last; None before the first time.
    cards : dict
        The card of each view function shown so far.
    panel : Controls or None
        After `controls()`.
    panels : dict
        By name, those opened so far.
    official : Requesting or None
        After `controls()`, where there is a queue: the button that asks for the official run.
    """

    def __init__(self, analysis: Analysis, values: dict[str, Value], surroundings: Surroundings) -> None:
        self._analysis, self._surroundings = analysis, surroundings
        self._told = 0.0
        self._names: dict[str, str] = {}  # a portfolio's path to what the notebook calls it
        self._declared: tuple[Parameter, ...] = surroundings.declared()
        of_panels = {p.name: p.default for p in self._declared if p.constraint.kind in PANEL_KINDS}
        self._of_panels, self._values = frozenset(of_panels), {**of_panels, **values}
        self._asked = self._values
        self._answers = Answers(surroundings.connect(), analysis)
        self._recompute = Recompute(self._compute, self._apply, self._fail)
        self._status = Status()
        self._head = HTML(layout=Layout(margin="0", width="100%"))
        self._command = HTML(layout=Layout(margin="0", width="100%"))
        self.answer: Answer | None = None
        self.beside: dict[Companion, Beside | None] = {}
        self.cards: dict[ViewFunction, Card] = {}
        self._of: dict[ViewFunction, Companion] = {}
        self.panel: Controls | None = None
        self.panels: dict[str, Panel] = {}
        self.official: Requesting | None = None
        if not analysis.page.slow:
            self._first_answer()
        if surroundings.face == "lab":
            lab.prepare()
        screen.widget(VBox([self._head, self._status.banner], layout=Layout(margin="0", width="100%")))
        if analysis.page.slow:
            self._moved(self._values)

    @property
    def result(self) -> Any:
        """What the analysis returned last."""
        return None if self.answer is None else self.answer.result

    def also(self, analysis: Callable[..., Any], spec: type[Any], **given: Any) -> Companion:
        """Bind a second analysis to the same inputs and parameters; it is computed after the first, in its thread."""
        companion = Companion(analysis, spec, given)
        self._values = companion.starts(self._declared) | self._values
        if self.answer is not None:
            self.answer = dataclasses.replace(self.answer, values=self._values)
        self.beside[companion] = None
        return companion

    def controls(self) -> None:
        """Show the controls of the parameters that the notebook declares; each must reach an analysis."""
        self._analysis.check(self._declared, {name for companion in self.beside for name in companion.fields})
        self.panel = Controls(self._declared, self._values, self._moved, self._status.error)
        self._offer(self.answer)
        parts = [self.panel.box, *self._official(), self._status.progress, self.panel.state, self.panel.asked]
        screen.widget(VBox(parts, layout=Layout(margin="0", width="100%")))

    def show(self, view: ViewFunction, of: Companion | None = None) -> None:
        """Draw a view of the result, or of a second analysis, and keep it up to date from now on."""
        if of is None:
            card = Card(None if self.answer is None else view(self.answer.result), Downloads(self._about))
        else:
            self._of[view] = of
            found = self.beside[of]
            card = Card(None if found is None else _drawn(view, found), Downloads(self._about))
            if found is None and self.answer is not None and not self._recompute.pending:
                self._moved(self._values)
        self.cards[view] = card
        if self._recompute.pending:
            card.waited("Computing …")
        screen.widget(card.box)

    def act(self, panel: str, **given: Value) -> None:
        """Show a panel, by its name, and tell it of every answer; `given` are parameters that only it reads."""
        self._keep({**self._values, **validate(self._declared, given)})
        desk = Desk(self._answers.store, self._move, self._read_again, self._say)
        self.panels[panel] = opened = open_panel(panel, desk)
        if self.answer is not None:
            opened.answered(_shown(self.answer))
        elif not self._recompute.pending:
            self._leave(opened)
        screen.widget(opened.box)

    def save(self) -> None:
        """Show the command that makes a report of what this page shows."""
        self._write_command()
        screen.widget(self._command)

    def _official(self) -> tuple[HBox, ...]:
        """What asks for the official run of what this page shows; nothing where there is no queue."""
        requests = self._surroundings.requests()
        if requests is None:
            return ()
        address = _RUNS if self._surroundings.face == "dashboard" else ""
        page = self._analysis.page.report
        self.official = Requesting(requests, self._answers.store, page, address, self._of_panels)
        self._tell_official()
        return (self.official.line.box,)

    def _tell_official(self) -> None:
        if self.official is not None and self.answer is not None:
            self.official.answered(self.answer)

    def wait(self, seconds: float = 30.0) -> bool:
        """Wait until nothing is being recomputed: for scripts and tests, where no event loop runs beside."""
        return self._recompute.wait(seconds)

    def _first_answer(self) -> None:
        """Compute before anything is shown. A quant gets the error; on a dashboard the controls stay to mend it."""
        dashboard = self._surroundings.face == "dashboard"
        try:
            self.answer = self._answers.answer(self._values, (), snap=dashboard)
        except RiskkitError as error:
            if not dashboard:
                raise
            self._status.error(error)
        else:
            self._settle(self.answer)

    def _moved(self, values: dict[str, Value]) -> None:
        """A control was moved: say at once that it was heard, answer soon."""
        self._asked = values
        if self._only_for_panels(values):
            self._keep(values)
            return
        self._status.busy(True)
        for card in self.cards.values():
            card.refreshing(True)
        self._recompute.request(values)

    def _only_for_panels(self, values: dict[str, Value]) -> bool:
        """Whether the page's own figures are those that it shows already."""
        if self.answer is None or self._recompute.pending or None in self.beside.values():
            return False
        changed = {name for name in values if values[name] != self.answer.values.get(name, _MISSING)}
        return bool(changed) and changed <= self._of_panels

    def _keep(self, values: dict[str, Value]) -> None:
        """Parameters that only panels read: the address and the panels follow, nothing else."""
        self._values = self._asked = values
        if self.answer is None:
            return
        self.answer = dataclasses.replace(self.answer, values=values)
        self.beside = {of: found and dataclasses.replace(found, values=values) for of, found in self.beside.items()}
        if self.panel is not None:
            self.panel.show(values, self.answer.inputs.ref.path)
        self._tell(self.answer)
        if self._recompute.pending:
            self._recompute.request(values)

    def _move(self, given: Mapping[str, Value]) -> None:
        """A panel moves the controls: what it gives passes the same validator."""
        values = complete(self._declared, {**self._values, **validate(self._declared, dict(given))})
        if self.panel is not None and not self._only_for_panels(values):
            self.panel.show(values)
        self._moved(values)

    def _read_again(self) -> None:
        """A panel has written something: nothing that was read before is still true."""
        self._answers.forget()
        self.answer, self.beside = None, dict.fromkeys(self.beside)
        self._moved(self._asked)

    def _say(self, what: str | Exception) -> None:
        if isinstance(what, Exception):
            self._status.error(what)
        else:
            self._status.note(what)

    def _tell(self, answer: Answer) -> None:
        for panel in self.panels.values():
            panel.answered(_shown(answer))

    def _compute(self, values: dict[str, Value]) -> Iterator[Answer | Beside | None]:
        """The page's own answer, then what its other analyses find, then the end."""
        answer = self.answer
        if answer is None or answer.values != values or answer.inputs.on_record:
            answer = self._answers.answer(values, self._views(None), snap=True, progress=self._progress)
            values = answer.values
        yield answer
        for companion, found in list(self.beside.items()):
            if found is None or not companion.same(found.values, values):
                yield self._answers.beside(companion, values, self._declared, self._views(companion))
        yield None

    def _views(self, companion: Companion | None) -> tuple[ViewFunction, ...]:
        return tuple(view for view in list(self.cards) if self._of.get(view) is companion)

    def _progress(self, done: int, of: int) -> None:
        """Called in the thread, and often: a trait may be set there, but not a hundred times a second."""
        now = time.monotonic()
        if done == of or now - self._told > _TELL_EVERY:
            self._told = now
            self._status.done(done, of)

    def _apply(self, part: Answer | Beside | None) -> None:
        if part is None:
            self._rest()
        elif isinstance(part, Beside):
            self.beside[part.companion] = part
            for view in self._views(part.companion):
                self.cards[view].update(part.views.get(view) or _drawn(view, part))
                self.cards[view].refreshing(False)
        else:
            self._apply_answer(part)

    def _apply_answer(self, answer: Answer) -> None:
        self.answer = answer
        for view in self._views(None):
            self.cards[view].update(answer.views.get(view) or view(answer.result))
            self.cards[view].refreshing(False)
        self._status.clear()
        self._settle(answer)
        self._offer(answer)
        self._write_command()
        self._tell(answer)
        self._tell_official()
        self._status.busy(True)

    def _fail(self, error: Exception) -> None:
        self._status.error(error)
        for card in self.cards.values():
            card.waited("There is no figure to show yet.")
        for panel in self.panels.values():
            self._leave(panel)
        self._rest()

    def _leave(self, panel: Panel) -> None:
        """No answer; there are panels that make one possible."""
        if isinstance(panel, Filling):
            panel.unanswered(self._asked)

    def _rest(self) -> None:
        self._status.busy(False)
        for card in self.cards.values():
            card.refreshing(False)

    def _settle(self, answer: Answer) -> None:
        self._values = self._asked = answer.values
        self._head.value = str(header.line(answer.inputs))
        if answer.notes:
            self._status.note(" ".join(answer.notes))

    def _offer(self, answer: Answer | None) -> None:
        """Let the controls offer what there is, and stand where the answer stands."""
        if self.panel is None:
            return
        if answer is None:
            self.panel.offer_portfolios(*self._before_any_answer())
        else:
            chosen = str(answer.values["portfolio"])
            self._names[answer.inputs.ref.path] = chosen  # an address may call it otherwise than the notebook does
            named = {self._names.get(path, path): text for path, text in _named(answer.portfolios).items()}
            self.panel.offer_portfolios(named, chosen)
            self.panel.offer_scenarios({scenario.name: scenario.title for scenario in answer.inputs.scenarios})
            self.panel.show(answer.values, answer.inputs.ref.path)
            self.panel.offer_days(answer.days, answer.inputs.as_of)

    def _before_any_answer(self) -> tuple[dict[str, str], str | None]:
        """The portfolios that may be chosen, and the one that was asked for if it is among them."""
        known, asked = self._known_portfolios(), str(self._values["portfolio"])
        found = [ref.path for ref in known if asked in (ref.path, ref.slug)]
        if len(found) == 1:
            self._names[found[0]] = asked
        named = {self._names.get(path, path): text for path, text in _named(known).items()}
        return named, asked if len(found) == 1 else None

    def _known_portfolios(self) -> tuple[PortfolioRef, ...]:
        try:
            return self._answers.portfolios()
        except RiskkitError as error:
            self._status.error(error)
            return ()

    def _about(self) -> dict[str, str] | None:
        """What a file of this page is of."""
        if self.answer is None:
            return None
        inputs, made = self.answer.inputs, self.answer.values
        stated = {
            name: str(value) for name, value in made.items() if name not in ("portfolio", "as_of") and value != ""
        }
        named = {"report": self._analysis.page.report, "portfolio": inputs.ref.path, "as of": inputs.as_of.isoformat()}
        return {**named, "currency": inputs.portfolio.base_currency, **stated, "data": "; ".join(inputs.sources)}

    def _write_command(self) -> None:
        if self.answer is not None:
            answer = self.answer
            inputs = answer.inputs
            text = command.command(
                self._analysis.page.report, inputs.ref.path, inputs.as_of, self._declared, answer.values
            )
            self._command.value = str(command.block(text) + command.provenance(inputs, answer.result))


def _shown(answer: Answer) -> Shown:
    return Shown(answer.values, answer.inputs, answer.result)


def _drawn(view: ViewFunction, found: Beside) -> View:
    """A second analysis' view, or the sentence why there is none."""
    return view(found.result) if found.error is None else unable(view, sentence(found.error))


def _named(refs: tuple[PortfolioRef, ...]) -> dict[str, str]:
    """What to call each portfolio."""
    return {ref.path: f"{ref.title or ref.slug} ({ref.path})" for ref in refs}
