"""From a dropped file to unsaved changes: what it would change of the book, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from riskkit.errors import InputError
from riskkit.imports.positions import Market, PositionsFile
from riskkit.panels.positions import words
from riskkit.panels.positions.book import Book
from riskkit.panels.positions.drop import Drop, parse
from riskkit.panels.positions.edits import Edits
from riskkit.panels.positions.form import Form
from riskkit.store.contract import Store
from riskkit.widgets.errands import Errands


class FileRoad:
    """Reads a file, shows what it would change, and hands that over when somebody says so.

    Parameters
    ----------
    store : Store
    form : Form
    take : callable
        Given the changes.
    fault : callable
        Told what is wrong; None: nothing.

    Attributes
    ----------
    drop : Drop
    book : Book or None
        What the file is compared with.
    planned : Edits or None
        What it would change; None while there is no file.
    """

    def __init__(
        self, store: Store, form: Form, take: Callable[[Edits], None], fault: Callable[[Exception | None], None]
    ) -> None:
        self._store, self._form, self._take, self._fault = store, form, take, fault
        self.errands = Errands()
        self.drop = Drop(self.given, fault)
        self.book: Book | None = None
        self.planned: Edits | None = None
        form.take.on_click(lambda _button: self._taken())
        form.leave.on_click(lambda _button: self.leave())

    def given(self, name: str, content: bytes) -> None:
        """A file has come."""
        if self.book is None:
            return
        store, ref = self._store, self.book.ref

        def work() -> PositionsFile:
            market = Market.of(store.factors(ref.team), store.instruments(ref.team))
            return parse(content, market, ref.base_currency)

        self.errands.send(work, lambda found: self._preview(name, ref.id, found), lambda error: self._bad(name, error))

    def leave(self) -> None:
        """Do nothing with the file."""
        self.planned = None
        self.drop.clear()
        self._form.preview.value = ""
        self._form.hide(self._form.file)

    def _taken(self) -> None:
        planned = self.planned
        if planned is not None:
            self.leave()
            self._take(planned)

    def _preview(self, name: str, of: str, found: PositionsFile) -> None:
        book = self.book
        if book is None or book.ref.id != of:  # the page shows another one by now
            return
        self.leave()
        self._fault(None)
        planned = plan(book, found)
        if not planned:
            self._form.preview.value = words.said(f"{name}: the book holds exactly this already.")
            return
        self.planned = planned
        count = f"{len(planned.wanted):,} change{'' if len(planned.wanted) == 1 else 's'}"
        held = f"{len(found.positions):,} position{'' if len(found.positions) == 1 else 's'}"
        text = " ".join([f"{name}: {held}, {count}. Nothing is written yet.", *found.notes])
        self._form.preview.value = words.said(text) + words.preview_table(planned, book.quantities)
        self._form.bring(self._form.file)

    def _bad(self, name: str, error: Exception) -> None:
        self.leave()
        if isinstance(error, InputError):
            text = f"{name} cannot be used as it is; nothing was changed. Mend this and drop it again:"
            self._form.preview.value = words.said(text, "rk-bad", "alert") + words.faults_table(error)
        else:
            self._fault(error)


def plan(book: Book, found: PositionsFile) -> Edits:
    """What the book needs to hold what the file says, and nothing else."""
    planned = Edits(book.quantities)
    for one in found.positions:
        held = book.positions.get(one.symbol)
        known = one.instrument in (held and held.instrument, book.known.get(one.symbol))
        planned.set(one.symbol, one.quantity, None if known else one.instrument)
    for symbol in book.quantities.keys() - {one.symbol for one in found.positions}:
        planned.set(symbol, None)
    return planned
