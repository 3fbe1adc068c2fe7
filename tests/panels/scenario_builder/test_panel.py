"""The builder: what it shows is the stress test's own figure, the address says what is built, and back again."""

import re

import pytest

from riskkit.stress import BUILT, ReverseSpec, StressSpec, reverse_stress, stress_test


def figure(page):
    return float(re.search(r'data-built="([^"]+)"', page.panel._result.value)[1])


def of_the_page(page):
    return next(row.pnl for row in page.result().rows if row.scenario.name == BUILT)


def test_sliders_stand_for_the_groups_of_the_book(page):
    shown = page()
    labels = [line.slot.label for line in shown.panel.sliders._groups.values()]
    assert labels == ["Equities", "EUR", "Volatilities"]
    assert "Move a slider" in shown.panel._result.value
    assert shown.moves == []


def test_what_is_slid_is_answered_with_the_stress_tests_figure_and_the_page_follows(page):
    shown = page().slide("Equities", -20.0).slide("Volatilities", 15.0)
    assert shown.values["shocks"] == "equity:-0.2,volatility:0.15"
    assert shown.moves[-1] == {"shocks": "equity:-0.2,volatility:0.15", "rest": "held"}
    spec = StressSpec("crash", shocks=shown.values["shocks"])
    rows = stress_test(shown.inputs.portfolio, shown.inputs.over(None), shown.inputs.scenarios, spec).rows
    assert figure(shown) == rows[-1].pnl == of_the_page(shown)
    assert "deviations of 3 factors together over 10 days" in shown.panel._result.value
    shown.slide("Equities", 0.0).slide("Volatilities", 0.0)
    assert shown.values["shocks"] == ""
    assert "Move a slider" in shown.panel._result.value


def test_the_rest_follows_and_is_shown_and_may_become_sliders(page):
    shown = page().slide("Equities", -20.0)
    held = figure(shown)
    shown.panel.rest.value = True
    shown.settled()
    assert shown.values["rest"] == "follow"
    assert figure(shown) == of_the_page(shown) != held
    text = shown.panel._result.value
    assert "2 other factors follow" in text
    assert "follows" in text
    followed = figure(shown)
    shown.panel._fix.click()
    shown.settled()
    assert set(shown.panel.sliders._single) == {"AAA.vol", "EURUSD"}
    assert shown.values["rest"] == "held"
    assert figure(shown) == of_the_page(shown) == pytest.approx(followed, rel=1e-7)


def test_a_link_puts_the_sliders_where_they_were(page):
    text = "equity:-0.123456789,currency:EUR:0.05,AAA.vol:0.1,INDEX:-0.7,BBB:0.01"
    shown = page(shocks=text, rest="follow")
    assert shown.line("Equities").slider.value == pytest.approx(-12.345679)
    assert shown.line("EUR").slider.value == 5.0
    assert shown.line("AAA.vol").slider.value == 10.0
    assert shown.line("INDEX").slider.value == shown.line("INDEX").slider.min == -70.0
    assert shown.panel.rest.value is True
    assert shown.moves == []
    assert figure(shown) == of_the_page(shown)
    shown.slide("EUR", 6.0)
    assert shown.values["shocks"] == text.replace("EUR:0.05", "EUR:0.06").replace("BBB:0.01", "BBB:0.01")


def test_what_comes_back_from_the_page_late_does_not_undo_a_newer_move(page):
    shown = page().slide("Equities", -10.0).slide("Equities", -20.0)
    shown.panel._sent = [type(shown.panel.state)("equity:-0.1"), type(shown.panel.state)("equity:-0.2")]
    shown.answer(shocks="equity:-0.1")
    assert shown.line("Equities").slider.value == -20.0
    shown.answer(shocks="equity:-0.2")
    shown.settled()
    assert shown.line("Equities").slider.value == -20.0
    shown.answer(shocks="equity:-0.3")  # somebody went back in the history
    shown.settled()
    assert shown.line("Equities").slider.value == -30.0


def test_a_single_factor_is_added_and_taken_out(page):
    shown = page()
    sliders = shown.panel.sliders
    assert "INDEX" in sliders._name.options
    sliders._name.value = "AAA.vol"
    assert shown.line("AAA.vol").slot.scale[0] == "points"
    shown.slide("AAA.vol", 10.0)
    assert shown.values["shocks"] == "AAA.vol:0.1"
    sliders._removed("AAA.vol")
    shown.settled()
    assert shown.values["shocks"] == ""


def test_what_a_browser_forges_is_a_sentence(page):
    shown = page()
    sliders = shown.panel.sliders
    sliders._name.ensure_option = False
    sliders._name.value = "<img src=x onerror=alert(1)>"
    assert "&lt;img" in sliders._said.value
    assert "<img" not in sliders._said.value
    line = shown.line("Equities")
    line.slider.min = -500.0
    shown.slide("Equities", -300.0)
    assert "at least -1" in shown.panel._result.value
    assert shown.values["shocks"] == ""
    shown.slide("Equities", -30.0)
    assert figure(shown) == of_the_page(shown)


def test_another_book_keeps_the_shocks_and_has_its_own_sliders(page):
    shown = page().slide("Equities", -20.0).slide("Volatilities", 10.0)
    shown.path = "atlas/small"
    shown.refresh()
    shown.settled()
    assert [line.slot.label for line in shown.panel.sliders._groups.values()] == ["Equities"]
    assert shown.line("Volatilities").slider.value == 10.0  # of this page's scenario, if not of this book
    assert figure(shown) == of_the_page(shown)
    assert "nothing that depends on volatilities" in shown.panel._result.value


def test_a_reverse_stress_is_found_and_put_into_the_sliders(page):
    shown = page()
    search = shown.panel.reverse
    search.unit.value, search.loss.value = "amount", 5000.0
    search.find.click()
    shown.settled()
    expected = reverse_stress(
        shown.inputs.portfolio, shown.inputs.over(None), ReverseSpec(loss=5000.0, lookback_days=419)
    )
    assert search.found.pnl == expected.pnl
    search.into.click()
    shown.settled()
    assert figure(shown) == of_the_page(shown) == pytest.approx(expected.pnl, rel=1e-6)
    assert "−5,000" in search._answer.value


@pytest.mark.parametrize(
    ("loss", "unit", "said"),
    [
        (0.0, "share", "above zero"),
        (-5.0, "amount", "above zero"),
        (float("nan"), "amount", "above zero"),
        (101.0, "share", "at most 100"),
        (9e14, "amount", "a loss the book can make"),
    ],
)
def test_a_loss_that_cannot_be_is_a_sentence(page, loss, unit, said):
    search = page().panel.reverse
    search.unit.value, search.loss.value = unit, loss
    search.find.click()
    assert search.errands.wait(60)
    assert said in search._answer.value
    assert search.into.layout.display == "none"
    assert search.find.disabled is False


def test_a_scenario_of_the_library_is_a_start(page):
    shown = page()
    assert [value for _, value in shown.panel.shelf.chosen.options] == ["", "crash"]
    assert "Crash −20 %" in str(shown.panel.shelf.chosen.options)
    shown.panel.shelf.chosen.value = "crash"
    shown.settled()
    assert shown.values["shocks"] == "equity:-0.2"
    library = next(row.pnl for row in shown.result().rows if row.scenario.name == "crash")
    assert figure(shown) == library


def test_the_library_says_whose_of_what_kind_and_which_is_not_chosen(page):
    shown = page()
    text = shown.panel._library.value
    assert text.count("Shared") == 2
    assert "replayed" in text
    assert "not chosen" not in text
    shown.answer(scenarios="crash")
    assert shown.settled().panel._library.value.count("not chosen above") == 1


def test_what_was_searched_for_one_book_is_not_shown_for_another(page):
    ground, search = page(path="atlas/small").panel.ground, page().panel.reverse
    search.find.click()
    search.stand_on(ground)
    assert search.errands.wait(60)
    assert search.found is None
    assert (search._answer.value, search.into.layout.display, search.find.disabled) == ("", "none", False)
    search.find.click()
    assert search.errands.wait(60)
    assert search.found is not None
