"""Every gate by hand counts: verdict, figure, utilisation and the sentence a reader gets."""

import pytest

from riskkit.gates import GateInput, GateRules, Held, Limit, Threshold, ZoneRule, judge
from riskkit.metric import Metric

BOOK = (Held("AAA", 60.0, True, "tech", "USD"), Held("BBB", 30.0, True, "tech", "EUR"), Held("CCC", 10.0, True, "oil"))
VAR = Metric("var", 100.0, "USD")
PARTS = tuple(
    Metric("component_var", value, "USD", {"position": name})
    for name, value in (("AAA", 70.0), ("BBB", 40.0), ("CCC", -10.0))
)


def only(gate, **given):
    found = [one for one in judge(GateInput(**given)).findings if one.gate == gate]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("soft", "hard", "verdict", "limit", "used"),
    [
        (100.0, 125.0, "PASS", 125.0, 0.8),
        (99.0, 125.0, "WARN", 99.0, 0.8),
        (50.0, 80.0, "BLOCK", 80.0, 1.25),
        (None, 100.0, "PASS", 100.0, 1.0),
        (80.0, None, "WARN", 80.0, 1.25),
        (None, 0.0, "BLOCK", 0.0, None),
    ],
)
def test_an_absolute_limit(soft, hard, verdict, limit, used):
    found = only("limits", metrics=(VAR,), limits=(Limit("var", "USD", soft, hard),))
    assert (found.verdict, found.figure, found.limit, found.utilisation) == (verdict, 100.0, limit, used)


def test_a_sentence_names_figure_limit_and_utilisation():
    found = only("limits", metrics=(VAR,), limits=(Limit("var", "USD", 50.0, 80.0),))
    assert found.sentence == "VaR, 100 USD, is above its hard limit of 80 USD (125% used)."


def test_a_sentence_has_cents_and_no_more():
    found = only("limits", metrics=(Metric("var", 827_528.92708, "USD"),), limits=(Limit("var", "USD", None, 1e6),))
    assert found.sentence == "VaR, 827,528.93 USD, is within its hard limit of 1,000,000 USD (83% used)."


def test_a_report_may_only_warn_or_ask_no_limit():
    limits = (Limit("var", "USD", None, 80.0),)
    assert only("limits", metrics=(VAR,), limits=limits, rules=GateRules(limits="warn")).verdict == "WARN"
    assert judge(GateInput((VAR,), limits=limits, rules=GateRules(limits="off"))).findings == ()


@pytest.mark.parametrize(
    ("unit", "hard", "figure", "verdict"), [("USD", 30.0, 20.0, "PASS"), ("fraction", 0.2, 0.25, "BLOCK")]
)
def test_a_relative_limit_bounds_the_change(unit, hard, figure, verdict):
    limit = Limit("var", unit, None, hard, basis="relative")
    found = only("limits", metrics=(VAR,), previous=(Metric("var", 80.0, "USD"),), limits=(limit,))
    assert (found.figure, found.verdict) == (figure, verdict)
    assert only("limits", metrics=(VAR,), limits=(limit,)).verdict == "PASS", "no run before"


@pytest.mark.parametrize(
    ("scope", "which", "figures"),
    [
        ("position", "BBB", [40.0]),
        ("position", "*", [70.0, 40.0, -10.0]),
        ("sector", "tech", [110.0]),
        ("sector", "*", [110.0, -10.0]),
        ("currency", "EUR", [40.0]),
        ("position", "ZZZ", [None]),
    ],
)
def test_limits_of_parts(scope, which, figures):
    limit = Limit("component_var", "USD", None, 50.0, scope, which)
    report = judge(GateInput((VAR, *PARTS), limits=(limit,), held=BOOK))
    found = [one for one in report.findings if one.gate == "limits"]
    assert [one.figure for one in found] == figures
    assert [one.verdict for one in found] == ["BLOCK" if (figure or 0) > 50 else "PASS" for figure in figures]


def test_another_unit_is_not_judged_and_says_so():
    found = only("limits", metrics=(VAR,), limits=(Limit("var", "EUR", None, 80.0),))
    assert found.verdict == "WARN"
    assert "not judged" in found.sentence


def test_limits_on_figures_the_run_has_not_are_named_in_one_finding():
    limits = (Limit("stress_pnl", "USD", None, 80.0), Limit("component_var", "USD", None, 1.0, "position", "*"))
    found = only("limits", metrics=(VAR,), limits=limits)
    said = "Not judged, for this run has no such figure: Stress P&L; Component VaR of each position."
    assert (found.verdict, found.sentence) == ("PASS", said)


@pytest.mark.parametrize(("before", "verdict"), [(80.0, "PASS"), (79.0, "WARN"), (140.0, "WARN"), (40.0, "BLOCK")])
def test_change_since_the_run_before(before, verdict):
    rules = GateRules(change=Threshold(0.25, 1.0))
    found = only("change", metrics=(VAR,), previous=(Metric("var", before, "USD"),), rules=rules)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("zone", "rule", "verdict"),
    [
        ("green", ZoneRule(), "PASS"),
        ("yellow", ZoneRule(), "WARN"),
        ("red", ZoneRule("yellow", "red"), "BLOCK"),
        ("yellow", ZoneRule(None, "red"), "PASS"),
    ],
)
def test_zone_of_the_backtest(zone, rule, verdict):
    assert only("backtest", metrics=(VAR,), zone=zone, rules=GateRules(backtest=rule)).verdict == verdict


@pytest.mark.parametrize(("age", "verdict"), [(1, "PASS"), (2, "WARN"), (3, "WARN"), (4, "BLOCK")])
def test_old_prices(age, verdict):
    found = only("stale_days", metrics=(VAR,), price_ages={"AAA": 0, "BBB": age})
    assert (found.verdict, found.figure) == (verdict, age)
    assert ("BBB" in found.sentence) == (verdict != "PASS")


def test_a_missing_price_blocks_and_is_named():
    found = only("stale_days", metrics=(VAR,), price_ages={"CCC": None})
    assert (found.verdict, found.sentence) == ("BLOCK", "No price for CCC.")


@pytest.mark.parametrize(("value", "covered", "verdict"), [(10.0, 0.9, "WARN"), (40.0, 0.6923, "BLOCK")])
def test_coverage_by_value(value, covered, verdict):
    held = (*BOOK[:2], Held("CCC", value, priced=False))
    found = only("coverage", metrics=(VAR,), held=held)
    assert found.figure == pytest.approx(90.0 / (90.0 + value))
    assert found.verdict == verdict
    assert "CCC" in found.sentence
    assert covered == pytest.approx(found.figure, abs=0.002)


def test_coverage_by_number_where_a_value_was_never_known():
    found = only("coverage", metrics=(VAR,), held=(*BOOK[:2], Held("CCC", None, priced=False)))
    assert (found.figure, found.verdict) == (pytest.approx(2 / 3), "BLOCK")


def test_components_that_sum_and_that_do_not():
    assert only("components", metrics=(VAR, *PARTS)).verdict == "PASS"
    found = only("components", metrics=(VAR, *PARTS[:2]))
    assert (found.verdict, found.figure) == ("BLOCK", pytest.approx(0.1))
    assert found.sentence == "The 2 figures of component VaR sum to 110, not to the VaR of 100."


def test_the_worst_finding_is_the_verdict():
    assert judge(GateInput((VAR,))).verdict == "PASS"
    assert judge(GateInput((VAR,), zone="yellow")).verdict == "WARN"
    both = GateInput((VAR,), zone="yellow", limits=(Limit("var", "USD", None, 80.0),))
    assert judge(both).verdict == "BLOCK"
