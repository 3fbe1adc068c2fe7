"""How far limits are used, now and before, and what was exceeded: from facts alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from riskkit.errors import InputError
from riskkit.gates import Limit
from riskkit.limits import (
    Acknowledgement,
    FoundUse,
    JudgedRun,
    LimitFacts,
    LimitSpec,
    LimitVersion,
    Measured,
    limit_review,
)

DAY = date(2022, 12, 28)
NOW = datetime(2022, 12, 29, 8, tzinfo=UTC)
VAR = Limit("var", "USD", 90.0, 100.0)
EACH = Limit("component_var", "USD", 40.0, 50.0, "position", "*")


def version(limit=VAR, name="v", begins=date(2020, 1, 1), ends=None):
    ended = ("b@x.example", NOW) if ends else ("", None)
    return LimitVersion(name, limit, "note", begins, ends, "a@x.example", NOW, *ended)


def run(*found, number=0, report="portfolio_var"):
    day = DAY - timedelta(days=number)
    return JudgedRun(f"run-{number}", report, day, datetime(day.year, day.month, day.day, 23, tzinfo=UTC), found)


def var(figure, soft=90.0, hard=100.0):
    return FoundUse("VaR", figure, "USD", soft, hard)


def part(name, figure, soft=40.0, hard=50.0):
    return FoundUse(f"Component VaR of position {name}", figure, "USD", soft, hard)


def review(*, as_of=DAY, **seen):
    return limit_review(LimitFacts(NOW, as_of, **seen), LimitSpec())


def test_the_latest_figure_stands_against_the_bounds_of_now_and_the_earlier_ones_against_theirs():
    old, new = version(ends=DAY), version(Limit("var", "USD", 95.0, 110.0), "new", DAY)
    found = review(limits=(old, new), runs=(run(var(99.0), number=2), run(var(105.0), number=1)))
    (use,) = found.uses
    assert (use.version.id, use.of, use.figure, use.state) == ("new", "VaR", 105.0, "warn")
    assert use.utilisation == pytest.approx(105 / 110)
    assert [(point.state, round(point.utilisation, 2)) for point in use.before] == [("warn", 0.99), ("breach", 1.05)]
    assert found.counts == {"breach": 0, "warn": 1, "ok": 0, "not judged": 0}


def test_a_limit_on_each_part_has_a_use_for_each_and_leaves_a_parts_own_limit_to_itself():
    own = version(Limit("component_var", "USD", None, 70.0, "position", "AAA"), "own")
    runs = (run(part("AAA", 60.0), part("BBB", 20.0), part("AAA", 60.0, None, 70.0)),)
    found = review(limits=(version(EACH, "each"), own), runs=runs)
    assert [(use.version.id, use.of.split()[-1], use.state) for use in found.uses] == [
        ("each", "AAA", "breach"), ("own", "AAA", "ok"), ("each", "BBB", "ok"),
    ]  # fmt: skip
    assert [[point.hard for point in use.before] for use in found.uses] == [[50.0], [70.0], [50.0]]


def test_the_worst_comes_first_and_what_nobody_judged_last():
    limits = (version(), version(EACH, "each"), version(Limit("es", "USD", None, 1.0), "es"))
    found = review(limits=limits, runs=(run(var(10.0), part("A", 45.0), part("B", 51.0)),))
    assert [use.state for use in found.uses] == ["breach", "warn", "ok", "not judged"]
    assert found.uses[-1].utilisation is None


def test_a_limit_that_no_run_judged_uses_the_figure_of_the_last_run_where_it_is_of_the_whole_book():
    figures = (Measured("portfolio_var", "run-0", DAY, "var", "USD", "portfolio", 95.0),)
    (use,) = review(limits=(version(),), figures=figures).uses
    assert (use.figure, use.state, use.as_of, use.before) == (95.0, "warn", DAY, ())
    relative = version(Limit("var", "USD", 1.0, 2.0, basis="relative"))
    assert review(limits=(relative,), figures=figures).uses[0].state == "not judged"


def test_only_what_holds_on_the_day_is_in_force_and_every_version_is_in_the_history():
    old, coming = version(ends=DAY - timedelta(days=5)), version(name="coming", begins=DAY + timedelta(days=1))
    found = review(limits=(old, coming))
    assert found.uses == ()
    assert [[one.id for one in versions] for versions in found.histories] == [["coming", "v"]]


def test_a_breach_is_of_the_version_that_held_then_in_its_worst_part_and_open_until_somebody_says_why():
    limits = (version(), version(EACH, "each"))
    runs = (run(var(105.0), number=1), run(var(95.0), part("A", 51.0), part("B", 60.0), part("C", 10.0)))
    said = Acknowledgement("v", "run-1", "Known: the hedge comes tomorrow.", "c@x.example", NOW)
    found = review(limits=limits, runs=runs, acknowledgements=(said,))
    shown = [(one.run.id, one.version.id, one.worst.figure, one.parts, one.state, one.open) for one in found.breaches]
    assert shown == [
        ("run-0", "each", 60.0, 2, "breach", True),
        ("run-0", "v", 95.0, 1, "warn", False),
        ("run-1", "v", 105.0, 1, "breach", False),
    ]
    assert found.breaches[2].acknowledgement == said
    assert found.open == (found.breaches[0],)


def test_a_use_below_zero_is_none_and_a_limit_of_zero_has_no_use():
    assert review(limits=(version(),), runs=(run(var(-5.0)),)).uses[0].utilisation == 0.0
    zero = version(Limit("var", "USD", None, 0.0))
    (use,) = review(limits=(zero,), runs=(run(var(1.0, None, 0.0)),)).uses
    assert (use.utilisation, use.state) == (None, "breach")


def test_facts_read_back_and_figures_count():
    figures = (Measured("portfolio_var", "run-0", DAY, "var", "USD", "position", None),)
    said = (Acknowledgement("v", "run-0", "Seen.", "c@x.example", NOW),)
    seen = LimitFacts(NOW, DAY, (version(), version(EACH, "e", ends=DAY)), (run(var(101.0)),), figures, said)
    assert LimitFacts.of(seen.facts()) == seen
    found = limit_review(seen, LimitSpec())
    metrics = {one.name: one.value for one in found.metrics()}
    assert (metrics["limits_breach"], metrics["open_breaches"]) == (1, 0)
    assert metrics["largest_limit_use"] == pytest.approx(1.01)
    tables = found.tables()
    assert [len(tables[name]) for name in ("limits", "use", "breaches", "versions")] == [1, 1, 1, 2]
    assert list(tables["breaches"]["reason"]) == ["Seen."]


@pytest.mark.parametrize("days", [0, 1001])
def test_days_have_bounds(days):
    with pytest.raises(InputError, match="run_days"):
        LimitSpec(days)
