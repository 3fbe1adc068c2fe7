"""The change since an earlier day is that of the two days' own figures, and its parts sum."""

from dataclasses import replace

import pytest

from riskkit.errors import InputError
from riskkit.explain import ChangeSpec, change_since
from riskkit.portfolio import DatedBook, Position
from riskkit.var import VarSpec, portfolio_var

SPEC = ChangeSpec("historical", 0.95, lookback_days=200, days_back=5)


@pytest.fixture(scope="module")
def books(book, history):
    """The book since before the data, and since the last day but two with half as much of its first position."""
    first = book.positions[0]
    old = replace(book, positions=(Position(first.instrument, 2 * first.quantity), *book.positions[1:]))
    return [DatedBook(history.first, old), DatedBook(history.dates[-3].item(), book)]


def test_both_figures_are_those_of_their_day_and_the_effects_sum(book, history, books):
    since = change_since(book, history, books, SPEC)
    start = history.dates[-6].item()
    assert (since.start, since.end) == (start, history.last)
    model = VarSpec("historical", 0.95, lookback_days=200)
    assert since.var.before.var == portfolio_var(books[0].portfolio, history.upto(start), model).var
    assert since.var.after.var == portfolio_var(book, history, model).var
    assert since.var.effects["var"].sum() == pytest.approx(since.var.change)
    assert since.var.effects["var"].tolist()[2] == 0.0, "the model is the same"
    assert since.pnl.effects["pnl"].sum() == pytest.approx(since.pnl.pnl)
    assert since.pnl.portfolio == books[0].portfolio


def test_what_was_traded_is_listed(book, history, books):
    trades = change_since(book, history, books, SPEC).trades
    first = book.positions[0]
    assert trades.to_dict("records") == [
        {"position": first.symbol, "quantity_before": 2 * first.quantity, "quantity": first.quantity,
         "change": -first.quantity}
    ]  # fmt: skip
    assert change_since(book, history, books, replace(SPEC, days_back=1)).trades.empty


def test_another_method_before_is_an_effect_of_the_model(book, history, books):
    since = change_since(book, history, books, replace(SPEC, previous_method="parametric"))
    assert since.spec.before.method == "parametric"
    assert since.var.effects["var"].tolist()[2] != 0.0
    assert since.tables().keys() == {
        "var_effects", "var_by_position", "pnl_effects", "pnl_by_position", "trades",
    }  # fmt: skip
    names = [(metric.name, *metric.labels.values()) for metric in since.metrics()]
    assert len(set(names)) == len(names)


def test_a_day_on_which_nothing_was_held_is_refused(book, history, books):
    with pytest.raises(InputError, match=r"days_back.*the book begins on"):
        change_since(book, history, books[1:], SPEC)
    with pytest.raises(InputError, match="days_back"):
        change_since(book, history.tail(4), books, SPEC)
    with pytest.raises(InputError, match="days_back"):
        ChangeSpec(days_back=0)
    with pytest.raises(InputError, match="previous_method"):
        ChangeSpec(previous_method="luck")


def test_the_window_covers_both_figures():
    assert ChangeSpec(lookback_days=300, days_back=10, horizon_days=5, scaling="none").history_returns == 314
