"""What happens on a page while something is still under way: nothing is lost, and nothing reaches another book."""

from threading import Event, current_thread

import pytest

from riskkit.portfolio import Position
from riskkit.store.memory import MemoryStore
from tests.panels.positions.conftest import BBB, FIRST, Page


class Slow(MemoryStore):
    """A store whose answers to some questions come late.

    Attributes
    ----------
    gate : Event
        Until it is set, what errands ask of prices, factors and the book `empty` is not answered.
    written : callable
        Called when positions are written, before whoever wrote them hears of it.
    """

    def __init__(self, database, email):
        super().__init__(database, email)
        self.gate = Event()
        self.gate.set()
        self.written = lambda: None

    def _pass(self):
        if current_thread().name == "riskkit-errand":
            assert self.gate.wait(30)

    def portfolio(self, ref, as_of):
        if ref.slug == "empty":
            self._pass()
        return super().portfolio(ref, as_of)

    def series(self, *given):
        self._pass()
        return super().series(*given)

    def factors(self, *given):
        self._pass()
        return super().factors(*given)

    def change_positions(self, *given):
        revision = super().change_positions(*given)
        self.written()
        return revision


@pytest.fixture
def page(database, open_page):
    """A page of one of three books: `book`, `other`, and `empty`, which holds nothing."""
    store = MemoryStore(database, "ann@atlas.example")
    store.import_portfolio("atlas", "other", "Other", "USD", [Position(BBB, 7.0)], FIRST)
    empty = store.import_portfolio("atlas", "empty", "Empty", "USD", [Position(BBB, 1.0)], FIRST)
    store.change_positions(empty, store.revision(empty), FIRST, {"BBB": None}, [])
    return Page(Slow(database, "ann@atlas.example")).settle()


def turn(page, book):
    page.book = book
    page.refresh()


def test_an_empty_book_that_is_found_late_does_not_take_another_ones_place(page):
    page.store.gate.clear()
    page.panel.unanswered({"portfolio": "empty", "as_of": "latest"})
    turn(page, "other")
    page.store.gate.set()
    page.settle()
    assert page.panel.book.ref.slug == "other"
    assert "holds nothing" not in page.form.said.value


def test_a_position_whose_price_comes_late_is_not_put_into_another_book(page):
    page.store.gate.clear()
    page.form.symbol.value, page.form.quantity.value = "CCC", "3"
    page.form.put.click()
    assert page.panel.errands.wait(30)
    turn(page, "other")
    page.store.gate.set()
    page.settle()
    assert page.panel.book.ref.slug == "other"
    assert not page.panel.edits


def test_a_file_that_is_read_late_is_not_compared_with_another_book(page):
    page.store.gate.clear()
    page.panel.file.given("positions.csv", b"symbol,quantity\nAAA,5\n")
    turn(page, "other")
    page.store.gate.set()
    page.settle()
    assert page.panel.book.ref.slug == "other"
    assert page.panel.file.planned is None


def test_a_page_that_hears_of_its_own_save_before_the_answer_is_there_says_that_it_is_saved(page):
    page.store.written = page.panel.watch.look
    page.type("AAA", "120").save()
    assert "Saved 1 change" in page.form.said.value
    assert not page.panel.edits
    assert page.refreshed == 2
    assert page.held()["AAA"] == 120


@pytest.mark.parametrize(("typed", "left"), [("130", {"AAA": 130}), ("100", {"AAA": 100}), ("120", {})])
def test_what_is_typed_while_a_save_is_under_way_stays_unsaved(page, typed, left):
    def written():
        grid = page.panel.grid.source
        grid.patch({"quantity": [(0, typed), (1, "-60")]})
        assert page.panel.errands.wait(0) is False
        offered.append(not page.form.save.disabled)

    offered = []
    page.store.written = written
    page.type("AAA", "120").save()
    assert (page.held()["AAA"], offered) == (120, [False])
    assert page.panel.edits.wanted == {**left, "BBB": -60}
    page.store.written = lambda: None
    page.save()
    assert page.held() == {"AAA": float(typed), "BBB": -60, "USD cash": 1000}


def test_rows_that_came_meanwhile_move_neither_a_tick_nor_what_is_typed(open_page):
    ann, ben = open_page(), open_page("ben")
    seen = ann.panel.grid.source
    rows = list(seen.data["position"])
    seen.selected.indices = [rows.index("BBB")]
    ben.panel.grid.source.selected.indices = [rows.index("AAA")]
    ben.form.remove.click()
    ben.save()
    ann.panel.watch.look()
    ann.settle()
    assert list(ann.panel.grid.source.data["position"]) != rows
    assert ann.panel.grid.chosen == ("BBB",)
    seen.patch({"quantity": [(rows.index("BBB"), "7")]})  # by a browser that still shows the rows of before
    ann.settle()
    assert not ann.panel.edits
    ann.type("BBB", "8")
    assert ann.panel.edits.wanted == {"BBB": 8}
