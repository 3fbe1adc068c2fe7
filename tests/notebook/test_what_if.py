"""What if: rows, address and figures say the same trades, and nothing is saved."""

import dataclasses
from datetime import date

import numpy as np
import pytest

from riskkit import InputError, VarSpec, charts, portfolio_var
from riskkit.market import FactorSeries, RiskFactor
from riskkit.parameters.trades import Trade
from riskkit.portfolio import Equity, EuropeanOption, Position
from riskkit.runs.frozen import freeze
from riskkit.store.inputs import load_inputs
from riskkit.widgets.words import foremost

SPEC = VarSpec("historical", 0.99, 1, 250)
SPECS = {
    "historical": SPEC,
    "ten days": VarSpec("historical", 0.975, 10, 250, scaling="none"),
    "parametric": VarSpec("parametric", 0.99, 1, 250),
    "monte carlo": VarSpec("monte_carlo_t", 0.99, 1, 250, n_paths=2000),
}


@pytest.fixture
def opened(open_run):
    def make(spec=SPEC, trades="", face="dashboard", portfolio="demo"):
        run = open_run(portfolio_var, spec, portfolio=portfolio, face=face)
        run.controls()
        run.show(charts.headline)
        run.act("what_if", trades=trades)
        assert run.panels["what_if"].wait()
        return run, run.panels["what_if"]

    return make


def write(panel, *trades):
    """Type into the rows, as a person does."""
    while len(panel.rows.rows) < len(trades):
        panel.rows._add.click()
    for row, (symbol, quantity) in zip(panel.rows.rows, trades, strict=False):
        row.symbol.value, row.quantity.value = symbol, quantity
    assert panel.wait()


def said(panel):
    return panel._status.banner.value


def changed_book(store, changes, portfolio="demo"):
    """The book with these changes, imported in the place of the other one."""
    inputs = load_inputs(store, portfolio, "latest", 250)
    known = {**{p.symbol: p.instrument for p in inputs.portfolio.positions}, "CCC": Equity("CCC", "USD")}
    held = {p.symbol: p.quantity for p in inputs.portfolio.positions}
    quantities = {**held, **{symbol: held.get(symbol, 0) + change for symbol, change in changes.items()}}
    positions = tuple(Position(known[symbol], quantity) for symbol, quantity in quantities.items())
    return dataclasses.replace(inputs.portfolio, positions=positions), inputs


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("changes", [{"AAA": 250.0}, {"CCC": -40.0}, {"AAA": -1000.0, "CCC": 7.5, "EUR cash": -1e4}])
def test_after_is_the_var_of_the_changed_book_exactly(opened, store, spec, changes):
    _, panel = opened(spec)
    write(panel, *changes.items())
    book, inputs = changed_book(store, changes)
    direct = portfolio_var(book, inputs.over(spec.lookback_days + spec.step_days - 1, book.factors), spec)
    after = panel.result.after
    assert (after.var, after.expected_shortfall, after.value) == (direct.var, direct.expected_shortfall, direct.value)
    assert after.components.equals(direct.components)


def test_an_incremental_var_is_with_the_trade_minus_without(opened, store):
    run, panel = opened()
    changes = {"AAA": 250.0, "CCC": -40.0}
    write(panel, *changes.items())
    for row in panel.result.trades.itertuples():
        book, inputs = changed_book(store, {row.trade: changes[row.trade]})
        with_it = portfolio_var(book, inputs.over(250, ("AAA", "BBB", "CCC", "EURUSD")), SPEC)
        assert row.incremental_var == pytest.approx(with_it.var - run.result.var, abs=1e-9)
    assert panel.result.incremental_var == panel.result.after.var - run.result.var
    assert "do not sum" in panel._card.box.children[0].value


def test_the_address_has_the_trades_and_a_link_shows_them(opened):
    run, panel = opened()
    write(panel, ("AAA", 250.0), ("CCC", -40.5))
    assert run.answer.values["trades"] == "250*AAA,-40.5*CCC"
    assert 'trades=250%2AAAA,-40.5%2ACCC"' in run.panel.state.value
    var = panel.result.after.var
    _, linked = opened(trades="250*AAA,-40.5*CCC")
    assert linked.rows.trades == (Trade("AAA", 250.0), Trade("CCC", -40.5))
    assert linked.result.after.var == var


def test_no_control_stands_for_the_trades(opened):
    run, _ = opened()
    shown, folded = foremost(tuple(field.parameter for field in run.panel.fields.values()))
    assert "trades" in run.panel.fields
    assert "trades" not in {parameter.name for parameter in (*shown, *folded)}


def test_the_page_itself_is_not_computed_again(opened, store):
    run, panel = opened()
    before, result, html = store.reads, run.result, run.cards[charts.headline].box.children[0].value
    write(panel, ("AAA", 250.0))
    assert run.result is result
    assert run.cards[charts.headline].box.children[0].value == html
    assert store.reads == before
    assert not run._recompute.pending


def test_a_moved_control_moves_both_and_keeps_the_trades(opened):
    run, panel = opened()
    write(panel, ("AAA", 250.0))
    run.panel.fields["confidence_level"].widget.value = 0.95
    assert run.wait()
    assert panel.wait()
    assert panel.result.before.var == run.result.var
    assert panel.result.after.spec.confidence_level == 0.95
    assert run.answer.values["trades"] == "250*AAA"
    run.panel.fields["portfolio"].widget.value = "atlas/small"
    assert run.wait()
    assert panel.wait()
    assert [p.symbol for p in panel.result.after.portfolio.positions] == ["CCC", "AAA"]


def test_reset_and_remove_lead_back_to_the_book_as_it_is(opened):
    run, panel = opened(trades="250*AAA,-40*CCC")
    panel.rows.rows[0].remove.click()
    assert panel.wait()
    assert run.answer.values["trades"] == "-40*CCC"
    panel.rows._reset.click()
    assert panel.wait()
    assert (panel.result, panel.rows.trades, run.answer.values["trades"]) == (None, (), "")
    assert panel._card.box.layout.display == "none"
    assert "trades" not in run.panel.state.value


@pytest.mark.parametrize(
    ("trades", "sentence"),
    [
        ([("NOPE", 1.0)], "NOPE cannot be used; expected instruments that atlas knows"),
        ([("AAA", 1e15)], "expected trades such as"),
        ([("AAA", 1.0), ("AAA", 2.0)], "each instrument once"),
        ([("<b onmouseover=alert(1)>", 1.0)], "Trades: &lt;b onmouseover"),
    ],
)
def test_what_cannot_be_is_said_and_the_last_answer_stays(opened, trades, sentence):
    _, panel = opened(trades="5*AAA")
    write(panel, *trades)
    assert sentence in said(panel)
    assert panel.result.after.portfolio.positions[0].quantity > 1000
    write(panel, *[("AAA", 3.0), ("CCC", 1.0)][: len(panel.rows.rows)])
    assert said(panel) == ""
    assert panel.result.after.portfolio.positions[0].quantity == 1003


@pytest.mark.parametrize("quantity", [float("nan"), float("inf"), 0.0])
def test_a_row_without_a_quantity_is_not_a_trade_yet(opened, quantity):
    run, panel = opened()
    write(panel, ("AAA", quantity))
    assert (panel.result, run.answer.values["trades"]) == (None, "")


def test_a_new_calendar_is_said(opened, store):
    dates = np.busday_offset("2018-01-02", np.arange(0, 400, 1), roll="forward")[5:]
    levels = 100 * np.exp(np.cumsum(np.random.default_rng(9).normal(0, 0.01, len(dates))))
    store.import_prices("atlas", [FactorSeries(RiskFactor("VOL", "volatility", ""), dates, 0.2 + 0 * levels)])
    option = EuropeanOption("AAA call", "USD", "AAA", "VOL", 100.0, date(2030, 1, 1), "call")
    store.import_portfolio("atlas", "options", "Options", "USD", [Position(option, 1)], date(2018, 1, 1))
    _, panel = opened(dataclasses.replace(SPECS["monte carlo"], n_paths=500), trades="100*AAA call")
    assert "the days and random numbers that they share" in panel._card.box.children[0].value


def test_nothing_is_saved(opened, store):
    ref = store.portfolios()[0]
    before = (store.portfolio(ref, date.max), store.versions(ref))
    _, panel = opened()
    write(panel, ("AAA", 250.0), ("CCC", 1.0))
    assert (store.portfolio(ref, date.max), store.versions(ref)) == before


def test_a_report_has_none_and_says_so_where_trades_were_given(open_run, store, tmp_path):
    freeze(load_inputs(store, "demo", "latest", 250), {}, tmp_path / "run")
    run = open_run(portfolio_var, SPEC, face="report")
    run.act("what_if", trades="")
    with pytest.raises(InputError, match=r"trades: got '1\*AAA'.*a report is of the book as it is"):
        run.act("what_if", trades="1*AAA")
