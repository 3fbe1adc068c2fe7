"""The scenario builder: sliders, what they do to the book at once, a reverse stress to start from, and the library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from ipywidgets import HTML, Button, Checkbox, HBox, Layout, VBox
from markupsafe import Markup

from riskkit.charts.built import built_outcome, scenario_library
from riskkit.errors import InputError
from riskkit.panels.desk import Desk, Shown
from riskkit.panels.scenario_builder.reading import Ground, Outcome, State, read_ground, read_outcome
from riskkit.panels.scenario_builder.reverse import ReverseSearch
from riskkit.panels.scenario_builder.shelf import Shelf
from riskkit.scenarios import Shock, parse_shocks, write_shocks
from riskkit.stress.built import Rest
from riskkit.widgets.card import REFRESHING
from riskkit.widgets.recompute import Recompute
from riskkit.widgets.sentence import sentence
from riskkit.widgets.shock_sliders import ShockSliders, rounded

#: [s] How long what is being built must rest until the page's own figures and its address follow.
SETTLES = 0.5
_HEAD = (
    '<h3 class="rk-title" id="rk-builder">Build a scenario</h3>'
    '<p class="rk-sub">Move what you want to shock. A single factor goes before its group; the others stay where they'
    " are, or follow as they did in the past. The page's address carries the shocks.</p>"
)
_NOTHING = '<p class="rk-nothing">Move a slider to see what it would do to this book.</p>'
_LIBRARY = (
    '<h3 class="rk-title">Scenario library</h3><p class="rk-sub">Every scenario there is for this team, what it does to'
    " this book, and where it comes from. Which of them the page and its report show is chosen above.</p>"
)


class ScenarioBuilder:
    """One builder on one page.

    Parameters
    ----------
    desk : Desk

    Attributes
    ----------
    box : VBox
    sliders : ShockSliders
    state : State
        What is being built.
    outcome : Outcome or None
        What was found last.
    ground : Ground or None
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.state, self._page = State(), State()
        self._sent: list[State] = []
        self._seen = False
        self.ground: Ground | None = None
        self.outcome: Outcome | None = None
        self._shown: Shown | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._loop = _loop()
        self.recompute = Recompute(self._compute, self._apply, self._fail)
        self.sliders = ShockSliders(self._moved)
        self.rest = Checkbox(
            description="Complete the rest: the other factors follow, as they did in the past", indent=False
        )
        self.rest.add_class("rk-tick")
        self.rest.observe(lambda _change: self._moved(), "value")
        self._result, self._library = _html(_NOTHING), _html(_LIBRARY)
        self._result.add_class("rk-built")
        self._library.add_class("rk-library")
        self._clear, self._fix = _button("Set all to zero", self._zero), _button("Followers into sliders", self._fixed)
        self._fix.layout.display = "none"
        self.reverse = ReverseSearch(self.load)
        self.shelf = Shelf(desk, self.load, lambda: self.state)
        tools = HBox([self.rest, self._fix, self._clear], layout=Layout(overflow="visible"))
        tools.add_class("rk-act-row")
        parts = (self.shelf.start, self.sliders.box, tools, self._result, self.reverse.box, self.shelf.keep)
        build = _card(_html(_HEAD), *parts)
        library = _card(self._library, self.shelf.own)
        self.box = VBox([build, library], layout=Layout(overflow="visible", width="100%"))
        self.box.add_class("rk-act")

    def answered(self, shown: Shown) -> None:
        """The page has a new answer: of another book, with other shocks, or only what was sent from here."""
        state = State(str(shown.values.get("shocks", "")), _rest(shown.values.get("rest")))
        if state in self._sent:
            self._sent = self._sent[self._sent.index(state) :]
        elif state != self._page or not self._seen:
            self._sent, self.state = [], state
            if self.ground is not None and self.ground.serves(shown):
                self._show_state()
        self._seen, self._page, self._shown = True, state, shown
        if self.ground is not None and self.ground.serves(shown):
            self._show_library(self.ground)
        self._ask()

    def load(self, shocks: tuple[Shock, ...]) -> None:
        """Put shocks into the sliders, in place of what is there."""
        self._become(write_shocks(rounded(shocks), self.sliders.kinds), "held")

    def wait(self, seconds: float = 30.0) -> bool:
        """Wait until nothing is under way: for scripts and tests."""
        return all(one.wait(seconds) for one in (self.shelf.errands, self.reverse.errands, self.recompute))

    def _become(self, text: str, rest: str) -> None:
        try:
            parse_shocks(text)
        except InputError as error:
            self._fail(error)
            return
        self.state = State(text, _rest(rest))
        self._show_state()
        self._ask()

    def _moved(self) -> None:
        """Somebody moved something: heard at once, answered soon."""
        try:
            text = write_shocks(self.sliders.shocks(), self.sliders.kinds)
            parse_shocks(text)
        except InputError as error:
            self._fail(error)
            return
        self.state = State(text, _rest("follow" if self.rest.value is True else "held"))
        self._ask()

    def _zero(self) -> None:
        self._become("", "held")

    def _fixed(self) -> None:
        """Those that follow become sliders of their own."""
        if self.outcome is not None and self.outcome.state == self.state:
            self.load(self.outcome.result.rows[0].scenario.shocks)

    def _ask(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        if self._shown is not None:
            self._result.add_class(REFRESHING)
            self.recompute.request((self._shown, self.state))

    def _compute(self, asked: tuple[Shown, State]) -> Iterator[Ground | Outcome | None]:
        shown, state = asked
        ground = self.ground
        if ground is None or not ground.serves(shown):
            ground = read_ground(self._desk, shown)
            yield ground
        yield read_outcome(ground, state) if state.text else None

    def _apply(self, part: Ground | Outcome | None) -> None:
        if isinstance(part, Ground):
            self._stand_on(part)
            return
        self.outcome = part
        self._fix.layout.display = None if part is not None and part.follow else "none"
        self._result.value = _NOTHING if part is None else str(_drawn(part))
        self._result.remove_class(REFRESHING)
        self.shelf.allow(part is not None)
        self._settle()

    def _stand_on(self, ground: Ground) -> None:
        self.ground = ground
        self.sliders.offer(ground.held, ground.known)
        self._show_state()
        self.reverse.stand_on(ground)
        self.shelf.stand_on(ground)
        self._show_library(ground)

    def _show_library(self, ground: Ground) -> None:
        library, inputs = ground.library, ground.inputs
        chosen = {row.scenario.name for row in self._shown.result.rows} if self._shown is not None else set()
        rows = scenario_library(library.rows, chosen, inputs.portfolio.base_currency, inputs.as_of, library.gross_value)
        self._library.value = _LIBRARY + str(rows)

    def _show_state(self) -> None:
        """Sliders and tick stand where the state says, without that being a move."""
        state = self.state
        self.sliders.show([written.shock(self.sliders.kinds) for written in parse_shocks(state.text)])
        self.rest.value = state.rest == "follow"
        self.state = state

    def _fail(self, error: Exception) -> None:
        self._result.remove_class(REFRESHING)
        said = Markup('<p class="rk-say rk-bad" role="alert">{}</p>').format(sentence(error))
        self._result.value = str(said + ("" if self.outcome is None else _drawn(self.outcome)))

    def _settle(self) -> None:
        """Once it rests, the page and its address follow."""
        if self._loop is None or self._loop.is_closed():
            self._follow()
        else:
            self._settling = self._loop.call_later(SETTLES, self._follow)

    def _follow(self) -> None:
        state, last = self.state, self._sent[-1] if self._sent else self._page
        if self._shown is None or state == last or "shocks" not in self._shown.values:
            return
        self._sent.append(state)
        try:
            self._desk.move({"shocks": state.text, "rest": state.rest})
        except InputError as error:
            self._fail(error)


def _rest(value: object) -> Rest:
    return "follow" if value == "follow" else "held"


def _drawn(outcome: Outcome) -> Markup:
    note = Markup('<p class="rk-sub">How plausible it is cannot be said: {}</p>').format(outcome.note)
    drawn = built_outcome(outcome.result, outcome.plausible, [shock.target for shock in outcome.follow])
    return drawn + (note if outcome.note else Markup(""))


def _html(value: str) -> HTML:
    return HTML(value, layout=Layout(margin="0", width="100%"))


def _button(text: str, pressed: Callable[[], None]) -> Button:
    button = Button(description=text)
    button.add_class("rk-request")
    button.on_click(lambda _button: pressed())
    return button


def _card(*parts: HTML | VBox | HBox) -> VBox:
    card = VBox(parts, layout=Layout(overflow="visible", width="100%"))
    card.add_class("rk-panel")
    return card


def _loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
