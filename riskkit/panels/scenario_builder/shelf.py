"""Scenarios taken from the library into the sliders, and what was built kept for the team."""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import HTML, Button, Dropdown, HBox, Layout, VBox
from markupsafe import Markup

from riskkit.charts.built import library_name
from riskkit.charts.numbers import true_minus
from riskkit.errors import InputError, InputErrors
from riskkit.panels.desk import Desk
from riskkit.panels.scenario_builder.keeping import Done, NameTaken, delete, make, save
from riskkit.panels.scenario_builder.reading import Ground, State
from riskkit.scenarios import Shock
from riskkit.widgets.errands import Errands
from riskkit.widgets.scenario_form import ScenarioForm
from riskkit.widgets.sentence import sentence

_NONE = ("Choose a scenario", "")
Act = Callable[[], Done]


class Told:
    """What was done, and the button that takes it back.

    Attributes
    ----------
    box : HBox
    line : HTML
    button : Button
    """

    def __init__(self, request: Callable[[Told, Act], None]) -> None:
        self._request = request
        self._undo: Callable[[], str] | None = None
        self.line, self.button = HTML(layout=Layout(margin="0")), _button("Undo", self._pressed)
        self.box = _row(self.line, self.button)
        self.clear()

    def clear(self) -> None:
        """Nothing to say, and nothing to take back."""
        self._undo, self.line.value, self.button.layout.display = None, "", "none"

    def done(self, done: Done) -> None:
        """Say what was done."""
        self._undo = done.undo
        self.button.layout.display = None if done.undo is not None else "none"
        said = Markup('<span class="rk-request-line rk-ok" role="status">{}</span>').format(true_minus(done.said))
        self.line.value = str(said)

    def failed(self, said: str) -> None:
        """Say why not."""
        self.line.value = str(Markup('<span class="rk-request-line rk-bad" role="alert">{}</span>').format(said))

    def _pressed(self) -> None:
        if (taken := self._undo) is not None:
            self._request(self, lambda: Done(taken()))


class Shelf:
    """The library's side of the builder.

    Parameters
    ----------
    desk : Desk
    load : callable
        Takes a scenario's shocks.
    state : callable
        What is being built now.

    Attributes
    ----------
    start, own, keep : widgets
        What to start from; the team's own, to delete; the form. The last two are empty for a viewer.
    form : ScenarioForm
    errands : Errands
        One at a time: what is pressed while something is being written is not heard.
    """

    def __init__(self, desk: Desk, load: Callable[[tuple[Shock, ...]], None], state: Callable[[], State]) -> None:
        self._desk, self._load, self._state = desk, load, state
        self._ground: Ground | None = None
        self.errands = Errands()
        self._writing, self._something = False, False
        self.form = ScenarioForm(self.save)
        self.chosen, self.mine = _choice("Start from"), _choice("The team’s own")
        self.chosen.observe(lambda change: self._start(change["new"]), "value")
        self.delete = _button("Delete it", self.remove)
        self.kept, self.gone = Told(self._write), Told(self._write)
        self.start, self.own, self.keep = (VBox(layout=Layout(overflow="visible", width="100%")) for _ in range(3))
        self.start.children = (_row(self.chosen),)

    def stand_on(self, ground: Ground) -> None:
        """What there is, and what whoever is signed in may do with it."""
        self._ground = ground
        library = [row.scenario for row in ground.library.rows]
        _offer(self.chosen, [(library_name(one), one.name) for one in library if one.shocks])
        own = [one for one in library if one.own]
        _offer(self.mine, [(library_name(one), one.name) for one in own])
        self.form.of_team(ground.inputs.ref.team)
        if not ground.may_save:
            self.own.children = self.keep.children = ()
            return
        self.own.children = (*((_row(self.mine, self.delete),) if own else ()), self.gone.box)
        if not self.keep.children:
            head = HTML('<h4 class="rk-title rk-lesser">Keep what you built</h4>', layout=Layout(margin="0"))
            self.keep.children = (head, self.form.box, self.kept.box)

    def allow(self, something: bool) -> None:
        """There is something to save, or not."""
        self._something = something
        self._still()

    def save(self, instead: bool) -> None:
        """Keep what is built now, under what the form says."""
        ground, state, texts = self._ground, self._state(), self.form.read()
        if ground is not None:
            store = self._desk.store
            self._write(
                self.kept, lambda: save(store, ground, make(ground, state, texts), instead=instead), self.form.empty
            )

    def remove(self) -> None:
        """Delete the team's own one that is chosen."""
        ground, name = self._ground, str(self.mine.value or "")
        if ground is not None and name:
            self._write(self.gone, lambda: delete(self._desk.store, ground, name))

    def _start(self, name: str) -> None:
        if self._ground is None or not name:
            return
        found = [row.scenario for row in self._ground.library.rows if row.scenario.name == name]
        if found:
            self._load(found[0].shocks)

    def _write(self, told: Told, act: Act, then: Callable[[], None] = lambda: None) -> None:
        if not self._writing:
            self._writing = True
            self._still()
            self.form.clear()
            self.errands.send(act, lambda done: self._done(told, done, then), lambda error: self._fail(told, error))

    def _still(self) -> None:
        for one in (self.delete, self.kept.button, self.gone.button, self.form.instead):
            one.disabled = self._writing
        self.form.button.disabled = self._writing or not self._something

    def _done(self, told: Told, done: Done, then: Callable[[], None]) -> None:
        self._writing = False
        self._still()
        for one in (self.kept, self.gone):
            one.clear()
        told.done(done)
        then()
        self._desk.refresh()

    def _fail(self, told: Told, error: Exception) -> None:
        self._writing = False
        self._still()
        if isinstance(error, NameTaken):
            self.form.taken(str(error), error.instead)
        elif isinstance(error, InputError):
            for one in error.errors if isinstance(error, InputErrors) else (error,):
                self.form.wrong(one.field, sentence(one))
        else:
            told.failed(sentence(error))


def _choice(label: str) -> Dropdown:
    made = Dropdown(options=[_NONE], description=label, style={"description_width": "initial"})
    made.add_class("rk-control")
    return made


def _offer(choice: Dropdown, options: list[tuple[str, str]]) -> None:
    """Other options, the choice kept where it is still among them."""
    offered = (_NONE, *options)
    if tuple(choice.options) != offered:
        held = choice.value
        choice.options = offered
        choice.value = held if held in {value for _, value in offered} else ""


def _button(text: str, pressed: Callable[[], None]) -> Button:
    button = Button(description=text)
    button.add_class("rk-request")
    button.on_click(lambda _button: pressed())
    return button


def _row(*parts: Dropdown | Button | HTML) -> HBox:
    row = HBox(parts, layout=Layout(overflow="visible"))
    row.add_class("rk-act-row")
    return row
