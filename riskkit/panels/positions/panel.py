"""Positions of a book, edited: unsaved changes, a file, one checked save, undo, and who changed what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from datetime import date
from typing import Any

from ipywidgets import HTML, Layout, VBox

from riskkit.charts.numbers import day as day_text
from riskkit.errors import Conflict, InputError
from riskkit.panels.desk import Desk, Shown
from riskkit.panels.positions import edits as kept
from riskkit.panels.positions import reading, words
from riskkit.panels.positions.book import Book, read_book, unit_values
from riskkit.panels.positions.edits import Edits
from riskkit.panels.positions.file import FileRoad
from riskkit.panels.positions.form import Form
from riskkit.panels.positions.grid import Grid
from riskkit.panels.positions.watch import Watch
from riskkit.parameters.declaration import Value
from riskkit.portfolio import Instrument
from riskkit.store.contract import Inputs
from riskkit.store.inputs import empty_book
from riskkit.widgets.draft import Draft
from riskkit.widgets.errands import Errands
from riskkit.widgets.sentence import sentence


class PositionsPanel:
    """The panel `positions`.

    Attributes
    ----------
    box : VBox
    edits : Edits
        What is unsaved.
    book : Book or None
        As it was read last.
    errands : Errands
        What is under way beside the page.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._inputs: Inputs | None = None
        self._day: date | None = None  # picked by hand
        self._units: dict[str, float | None] = {}
        self._told: int | None = None  # the last revision whose change was told, or made here
        self._quiet = False
        self._writing = False  # what a save leaves is read once its answer is there
        self.book: Book | None = None
        self.edits = Edits()
        self.errands, self.asides = Errands(), Errands()
        self.grid, self.form = Grid(self._typed, self.errands.soon), Form()
        self.file = FileRoad(desk.store, self.form, self._take_file, self._fault)
        self.draft = Draft("positions", self._restored)
        self.history = HTML(words.history_table(()), layout=Layout(margin="0", width="100%"))
        self.watch = Watch(desk.store, self.errands.tell, self._moved_on, self._road)
        self._editor = self.form.laid_out(self.grid.box, self.file.drop.box)
        self._editor.layout.display = "none"
        head = words.head("Who changed what", "Every change of this book's own positions, the last one first.")
        self.road = HTML(layout=Layout(margin="0", width="100%"))
        log = VBox([HTML(head), self.history, self.road], layout=Layout(margin="0", width="100%"))
        for look in ("rk-view", "rk-card"):
            log.add_class(look)
        self.box = VBox([self._editor, log, self.draft.box], layout=Layout(margin="0", width="100%"))
        self.box.add_class("rk-stack")
        self._wire()

    def answered(self, shown: Shown) -> None:
        """Another book, another day, or the same one read again."""
        self._turn_to(shown.inputs)

    def unanswered(self, values: Mapping[str, Value]) -> None:
        """The page has no answer: a book that holds nothing yet has none, and is filled here."""
        store, before = self._desk.store, self._inputs

        def work() -> Inputs | None:
            return empty_book(store, str(values["portfolio"]), str(values["as_of"]))

        def done(found: Inputs | None) -> None:
            if found is not None and self._inputs is before:  # the page may have turned to another one meanwhile
                self._turn_to(found)
                self._say(f"{found.ref.title or found.ref.path} holds nothing yet: type positions, or drop a file.")

        self.asides.send(work, done, lambda _error: None)  # whatever it is, the page says it

    def _turn_to(self, inputs: Inputs) -> None:
        before, self._inputs = self._inputs, inputs
        if before is None or before.ref.id != inputs.ref.id:
            self.book, self.edits, self._day, self._told, self._writing = None, Edits(), None, None, False
            self.file.leave()
            self.draft.move(f"positions:{inputs.ref.id}")
            self._say("")
        if before is None or before.as_of != inputs.as_of:
            self._units = {}
        self._read()

    # -- reading -------------------------------------------------------------------------------------------------

    def _read(self, then: Callable[[], None] | None = None) -> None:
        """Read the book, with what one unit of each position is worth."""
        inputs = self._inputs
        if inputs is None or self._writing:
            return
        desk, day = self._desk, self._day or inputs.as_of
        more, known = dict(self.edits.new), dict(self._units)

        def work() -> tuple[Book, dict[str, float | None]]:
            book = read_book(desk.store, inputs.ref, day, desk.role(inputs.ref.team))
            held = {symbol: one.instrument for symbol, one in book.positions.items()} | more
            missing = [one for symbol, one in held.items() if symbol not in known]
            return book, known | unit_values(inputs.market, missing, inputs.ref.base_currency)

        def done(found: tuple[Book, dict[str, float | None]]) -> None:
            self._show_book(*found)
            if then is not None:
                then()

        self.errands.send(work, done, self._failed)

    def _show_book(self, book: Book, units: dict[str, float | None]) -> None:
        told = book.revision if self._told is None else self._told
        self.book, self._told, self._units = book, book.revision, units
        theirs = [one for one in book.changes if one.revision > told]
        touched = frozenset(line.symbol for change in theirs for line in change.lines)
        self.edits.rebase(book.quantities, touched)
        if theirs and self.edits:
            self._say(f"Meanwhile {words.meanwhile(theirs)} Your changes are kept.", "rk-warn")
        elif theirs:
            self._say(f"Just now {words.meanwhile(theirs)} The page follows.", "")
        self.history.value = words.history_table(book.changes)
        self._editor.layout.display = None if book.may_edit else "none"
        self.form.offer(book.known)
        self._quiet = True
        try:
            self.form.day.value = book.day
        finally:
            self._quiet = False
        self.watch.follow(book.ref, book.revision)
        self.file.book = book
        self._redraw()
        if theirs and not self.edits:
            self._desk.refresh()

    def _moved_on(self, revision: int) -> None:
        """The book has another revision: somebody has changed it."""
        if self.book is None or revision <= self.book.revision:  # with no book, one is about to be read
            return
        if self._writing:  # it may be one's own: asked again
            self.watch.follow(self.book.ref, self.book.revision)
        self._read()

    # -- editing -------------------------------------------------------------------------------------------------

    def _wire(self) -> None:
        form = self.form
        form.put.on_click(lambda _button: self._put())
        form.remove.on_click(lambda _button: self._remove())
        form.discard.on_click(lambda _button: self._discard())
        form.save.on_click(lambda _button: self._save())
        form.undo.on_click(lambda _button: self._undo())
        form.mine.on_click(lambda _button: self._settle(mine=True))
        form.theirs.on_click(lambda _button: self._settle(mine=False))
        form.day.observe(lambda _change: self._day_picked(), "value")

    def _typed(self, symbol: str, text: Any) -> None:
        """A quantity was typed over in the grid."""
        self._attempt(lambda: self.edits.set(symbol, reading.quantity(symbol, text)))

    def _put(self) -> None:
        """The form: a symbol and a quantity, of a position that is there or of a new one."""
        book, inputs = self.book, self._inputs
        if book is None or inputs is None:
            return
        try:
            instrument = self._instrument(book)
            quantity = reading.quantity(instrument.symbol, self.form.quantity.value)
        except InputError as error:
            self._fault(error)
            return
        symbol = instrument.symbol
        if symbol in book.positions or self._units.get(symbol) is not None:
            self._set(symbol, quantity)
            return

        def work() -> dict[str, float | None]:
            return unit_values(inputs.market, [instrument], inputs.ref.base_currency)

        def done(found: dict[str, float | None]) -> None:
            if self._inputs is None or self._inputs.ref.id != inputs.ref.id:
                return
            if found[symbol] is None:
                self._fault(InputError("Symbol", symbol, f"an instrument with prices on {inputs.as_of}"))
            else:
                self._units |= found
                self._set(symbol, quantity)

        self.asides.send(work, done, self._failed)

    def _instrument(self, book: Book) -> Instrument:
        held = {symbol: one.instrument for symbol, one in book.positions.items()}
        return reading.instrument(self.form.symbol.value, book.known | held | self.edits.new, book.ref.team)

    def _set(self, symbol: str, quantity: float) -> None:
        self._attempt(lambda: self.edits.set(symbol, quantity))
        self.form.symbol.value = self.form.quantity.value = ""

    def _remove(self) -> None:
        chosen = self.grid.chosen
        if not chosen:
            self._fault(InputError("Positions", "none ticked", "at least one that is ticked in the grid"))
            return
        for symbol in chosen:
            if symbol in self.edits.base:
                self.edits.set(symbol, None)
            else:
                self.edits.drop(symbol)
        self.grid.unticked()
        self._changed()

    def _settle(self, *, mine: bool) -> None:
        for symbol in list(self.edits.clashes):
            if mine:
                del self.edits.clashes[symbol]
            else:
                self.edits.drop(symbol)
        self._say("")
        self._changed()

    def _discard(self) -> None:
        self.edits.discard()
        self._say("")
        self._changed()

    def _day_picked(self) -> None:
        if self._quiet or self.book is None:
            return
        picked = self.form.chosen_day()
        if picked is None or not date(1900, 1, 1) <= picked <= date(2200, 1, 1):
            self._fault(InputError("Counts from", picked or "nothing", "a day between 1900 and 2200"))
        else:
            self._day = picked
            self._fault(None)
            self._read()

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except InputError as error:
            self._fault(error)
            self._redraw()
        else:
            self._changed()

    def _changed(self) -> None:
        self._fault(None)
        self._redraw()

    def _take_file(self, planned: Edits) -> None:
        """What a file would change takes the place of all unsaved changes."""
        if self.book is None:
            return
        self.edits.discard()
        for symbol, quantity in planned.wanted.items():
            self.edits.set(symbol, quantity, planned.new.get(symbol))
        self.edits.rebase(self.book.quantities)
        self._changed()
        self._read()

    # -- saving --------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        book, store, wanted = self.book, self._desk.store, dict(self.edits.wanted)
        if book is None or not wanted or self.edits.clashes or self.form.save.disabled:
            return
        new = [self.edits.new[one] for one in wanted if one in self.edits.new]
        self._busy(f"Saving {_count(wanted)} …")
        self.errands.send(
            lambda: store.change_positions(book.ref, book.revision, book.day, wanted, new),
            lambda revision: self._saved(revision, f"Saved {_count(wanted)}, from {day_text(book.day)} on", wanted),
            self._not_saved,
        )

    def _undo(self) -> None:
        book, store = self.book, self._desk.store
        if book is None or not book.changes or self.form.undo.disabled:
            return
        self._busy(f"Taking back change {book.revision} …")
        self.errands.send(
            lambda: store.undo_positions(book.ref, book.revision),
            lambda revision: self._saved(revision, f"Took back change {book.revision}", {}),
            self._not_saved,
        )

    def _saved(self, revision: int, text: str, written: Mapping[str, float | None]) -> None:
        self._writing = False
        self.edits.saved(written)
        if self.book is not None:
            self.watch.follow(self.book.ref, revision)
        self.book, self._told = None if not self.edits else self.book, revision
        self._say(f"{text} (change {revision}).", "rk-ok")
        self._redraw()
        self._desk.refresh()

    def _not_saved(self, error: Exception) -> None:
        """Somebody was faster, or it cannot be: the changes stay."""
        self._writing = False
        if isinstance(error, Conflict) and self.book is not None:
            since = self.book.revision
            self._read(lambda: self._tell_conflict(since))
        else:
            self._say(f"Nothing was written. {sentence(error)}", "rk-bad", "alert")
            self._redraw()
            self._read()

    def _tell_conflict(self, since: int) -> None:
        news = [one for one in self.book.changes if one.revision > since] if self.book is not None else []
        text = (
            f"Nothing was written, because meanwhile {words.meanwhile(news)} Your changes are kept, and shown against"
        )
        self._say(f"{text} the book as it is now: save again to apply them.", "rk-warn", "alert")

    # -- unsaved changes of earlier ------------------------------------------------------------------------------

    def _restored(self, text: str) -> None:
        try:
            found = kept.read(text)
        except InputError as error:
            self._say(sentence(error), "rk-bad", "alert")
            return
        self._day = found.day
        self._read(lambda: self._take_up(found))

    def _take_up(self, found: kept.Kept) -> None:
        book = self.book
        if book is None:
            return
        for symbol, quantity in found.wanted.items():
            if symbol in book.positions or symbol in book.known or symbol in found.new:
                self.edits.set(symbol, quantity, found.new.get(symbol))
        news = [one for one in book.changes if one.revision > found.revision]
        touched = {line.symbol for change in news for line in change.lines}
        self.edits.clashes |= dict.fromkeys(touched & self.edits.wanted.keys())
        more = f" Since then {words.meanwhile(news)}" if news else ""
        self._say(f"Your unsaved changes are back.{more}", "rk-warn" if news else "")
        self._changed()
        self._read()

    # -- the page ------------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        book, inputs, form = self.book, self._inputs, self.form
        if book is None or inputs is None:
            return
        currency = book.ref.base_currency
        instruments = {symbol: one.instrument for symbol, one in book.positions.items()}
        instruments = book.known | instruments | self.edits.new
        self.grid.show(self.edits, instruments, self._units, currency)
        form.unsaved.value = words.changes_table(self.edits, self._units, currency) + self._later(book)
        form.save.disabled = self._writing or not self.edits or bool(self.edits.clashes)
        form.discard.disabled = self._writing or not self.edits
        form.undo.disabled = self._writing or book.revision < 2
        form.save.description = f"Save {_count(self.edits.wanted)}" if self.edits else "Save"
        (form.bring if self.edits.clashes else form.hide)(form.clash)
        self.draft.keep(self.edits.text(book.revision, book.day))

    def _later(self, book: Book) -> str:
        later = book.replaced_later(self.edits.wanted)
        if not later:
            return ""
        listed = ", ".join(f"{symbol} (from {day_text(day)})" for symbol, day in list(later.items())[:8])
        return words.said(f"Takes the place of what was to be held later: {listed}.", "rk-warn")

    def _busy(self, text: str) -> None:
        self._say(text)
        self._writing = self.form.save.disabled = self.form.undo.disabled = self.form.discard.disabled = True

    def _road(self, live: bool) -> None:
        self.road.value = words.road(live)

    def _say(self, text: str, look: str = "", role: str = "status") -> None:
        self.form.said.value = words.said(text, look, role)

    def _fault(self, error: Exception | None) -> None:
        """What is wrong, beside the fields."""
        self.form.fault.value = "" if error is None else words.beside(sentence(error))

    def _failed(self, error: Exception) -> None:
        self._say(sentence(error), "rk-bad", "alert")
        self._redraw()


def _count(wanted: Sized) -> str:
    number = len(wanted)
    return f"{number:,} change{'' if number == 1 else 's'}"
