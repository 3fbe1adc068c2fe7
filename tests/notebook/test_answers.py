"""What a page asks is answered from the store, each book read once."""

from datetime import date

import pytest

from riskkit import VarSpec, charts, portfolio_var
from riskkit.errors import InputError
from riskkit.notebook.analysis import Analysis
from riskkit.notebook.answers import Answers
from riskkit.portfolio import Cash, Position
from riskkit.store.memory import MemoryStore

SPEC = VarSpec("historical", 0.99, 1, 250)


@pytest.fixture
def answers(store):
    return Answers(store, Analysis(portfolio_var, SPEC))


def values(**given):
    return Analysis(portfolio_var, SPEC).values("demo", "latest") | given


def test_an_answer_holds_everything_the_page_shows(answers):
    answer = answers.answer(values(), (charts.headline,), snap=True)
    assert answer.inputs.as_of == answer.days[-1] == date(2019, 7, 15)
    assert answer.views[charts.headline].name == "headline"
    assert [ref.path for ref in answer.portfolios] == ["atlas/demo", "atlas/small"]
    assert answer.notes == ()


@pytest.mark.parametrize(
    ("asked", "shown", "why"),
    [("2019-01-05", date(2019, 1, 4), "last day with data before it"),
     ("2030-01-01", date(2019, 7, 15), "last day with data before it")],
)  # fmt: skip
def test_a_day_without_data_becomes_the_nearest_with_a_note(answers, asked, shown, why):
    answer = answers.answer(values(as_of=asked), (), snap=True)
    assert answer.inputs.as_of == shown
    assert why in answer.notes[0]
    assert answer.values["as_of"] == shown.isoformat()


def test_a_day_before_all_data_is_an_error_that_names_it(answers):
    with pytest.raises(
        InputError, match="'1985-03-15'; expected a day with data for atlas/demo, 2018-01-02 to 2019-07"
    ):
        answers.answer(values(as_of="1985-03-15"), (), snap=True)


def test_without_snapping_it_is_an_error(answers):
    with pytest.raises(InputError, match="nearest"):
        answers.answer(values(as_of="2019-01-05"), (), snap=False)
    with pytest.raises(InputError, match="as_of"):
        answers.answer(values(as_of="someday"), (), snap=True)


def test_what_was_read_is_kept_for_a_while_only(answers, store, monkeypatch):
    from riskkit.notebook import answers as module

    answers.answer(values(), (), snap=True)
    answers.answer(values(method="parametric"), (), snap=True)
    assert store.reads == 1
    monkeypatch.setattr(module, "_FRESH", -1.0)
    answers.answer(values(), (), snap=True)
    assert store.reads == 2


def test_a_failed_read_is_not_kept(answers, store):
    store.failure = InputError("history", "x", "better luck")
    with pytest.raises(InputError, match="better luck"):
        answers.answer(values(), (), snap=True)
    store.failure = None
    assert answers.answer(values(), (), snap=True).result.var > 0


class Overtaken(MemoryStore):
    """A store whose reader is told, before what it has read is back, that something was written."""

    written = staticmethod(lambda: None)

    def portfolios(self):
        found = super().portfolios()
        self.written()
        return found


def test_what_was_read_before_something_was_written_is_not_kept(store):
    overtaken = Overtaken(store._db, store._email)
    answers = Answers(overtaken, Analysis(portfolio_var, SPEC))

    def written():
        overtaken.written = lambda: None
        store.import_portfolio("atlas", "late", "Late", "USD", [Position(Cash("EUR"), 1.0)], date(2018, 1, 1))
        answers.forget()

    overtaken.written = written
    assert [ref.slug for ref in answers.portfolios()] == ["demo", "small"], "as it was when it was asked"
    assert [ref.slug for ref in answers.portfolios()] == ["demo", "late", "small"]
