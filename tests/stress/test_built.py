"""A scenario built from a text is any other scenario: the same figures; the rest follows as in conditional stress."""

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.scenarios import Shock, StressScenario
from riskkit.stress import BUILT, ConditionalSpec, StressSpec, built_scenario, conditional_stress, stress_test
from riskkit.stress.built import moves_of, plausible
from riskkit.stress.reverse import ReverseSpec, reverse_stress

TEXT = "equity:-0.2,currency:USD:0.05,ABC.vol:0.1,UST10:-0.005"


@pytest.fixture(scope="module")
def history(mixed):
    return mixed.history(3, 320)


def test_its_figures_are_those_of_the_same_scenario_in_the_library(mixed, history):
    same = StressScenario(
        "same", "Same", "test",
        shocks=(Shock("kind:equity", -0.2, "relative"), Shock("currency:USD", 0.05, "relative"),
                Shock("ABC.vol", 0.1, "absolute"), Shock("UST10", -0.005, "absolute")),
    )  # fmt: skip
    library, built = stress_test(mixed.book, history, [same], StressSpec(shocks=TEXT)).rows
    assert built.scenario.name == BUILT
    assert built.pnl == library.pnl
    np.testing.assert_array_equal(built.by_position, library.by_position)


def test_it_stands_beside_the_chosen_ones_and_nothing_is_built_of_nothing(mixed, history):
    one = StressScenario("one", "One", "test", shocks=(Shock("kind:equity", -0.1, "relative"),))
    two = StressScenario("two", "Two", "test", shocks=(Shock("kind:equity", -0.2, "relative"),))
    found = stress_test(mixed.book, history, [one, two], StressSpec("two", shocks=TEXT))
    assert [row.scenario.name for row in found.rows] == ["two", BUILT]
    assert [row.scenario.name for row in stress_test(mixed.book, history, [one], StressSpec()).rows] == ["one"]


def test_those_left_free_follow_as_conditional_stress_has_them(mixed, history):
    spec = StressSpec(shocks="ABC:-0.2", rest="follow")
    (row,) = stress_test(mixed.book, history, [], spec).rows
    expected = conditional_stress(mixed.book, history, ConditionalSpec("ABC", -0.2, lookback_days=319, horizon_days=10))
    assert row.pnl == pytest.approx(expected.pnl, rel=1e-12)
    np.testing.assert_allclose(row.by_position, expected.by_position, rtol=1e-9, atol=1e-9)
    follow = {shock.target: shock.kind for shock in row.scenario.shocks[1:]}
    assert follow == {
        "ABC.vol": "absolute", "EURUSD": "relative", "JPYUSD": "relative", "SAP": "relative", "UST10": "absolute",
    }  # fmt: skip
    held = stress_test(mixed.book, history, [], StressSpec(shocks="ABC:-0.2")).rows[0]
    assert held.pnl != row.pnl


def test_a_completed_scenario_that_is_kept_gives_the_same_figure_again(mixed, history):
    (row,) = stress_test(mixed.book, history, [], StressSpec(shocks="ABC:-0.2", rest="follow")).rows
    kept = StressScenario("kept", "Kept", "test", shocks=row.scenario.shocks)
    assert stress_test(mixed.book, history, [kept]).rows[0].pnl == row.pnl


def test_the_rest_may_follow_a_factor_that_the_book_does_not_hold(mixed, history):
    text = "SAP:-0.1"
    spec = StressSpec(shocks=text, rest="follow")
    assert spec.named_factors == ("SAP",)
    assert StressSpec(shocks=text).named_factors == ()
    only_abc = mixed.stocks.__class__("abc", "USD", mixed.stocks.positions[:1])
    (row,) = stress_test(only_abc, history, [], spec).rows
    assert row.pnl < 0
    assert "nothing that depends on SAP" in row.note
    (held,) = stress_test(only_abc, history, [], StressSpec(shocks=text)).rows
    assert held.status == "not_applicable"


def test_what_nothing_depends_on_is_no_error(mixed, history):
    for rest in ("held", "follow"):
        (row,) = stress_test(mixed.book, history, [], StressSpec(shocks="NOWHERE:0.1", rest=rest)).rows
        assert row.status == "not_applicable"
    assert plausible(mixed.book, history, [Shock("NOWHERE", 0.1, "relative")]) is None


def test_a_reverse_stress_becomes_shocks_that_lose_the_same(mixed, history):
    found = reverse_stress(mixed.book, history, ReverseSpec(fraction=0.05, lookback_days=300))
    shocks = moves_of(found.factors, history.factors)
    kept = StressScenario("kept", "Kept", "test", shocks=shocks)
    assert stress_test(mixed.book, history, [kept]).rows[0].pnl == pytest.approx(found.pnl, rel=1e-9)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"shocks": "equity"}, "shocks"),
        ({"shocks": "equity:-0.1", "rest": "both"}, "rest"),
    ],
)
def test_what_makes_no_sense_is_refused(spec, field):
    with pytest.raises(InputError) as refused:
        StressSpec(**spec)
    assert refused.value.field == field


def test_no_shock_and_too_short_a_history_are_refused(mixed, history):
    with pytest.raises(InputError, match="one shock at least"):
        built_scenario(mixed.book, history, " ")
    short = mixed.history(3, 10)
    with pytest.raises(MarketDataError):
        built_scenario(mixed.book, short, "ABC:-0.1", "follow")
