"""Faults of prices, and what a report does with them: the same as the functions that a report goes through."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from riskkit.charts import quality_factors, quality_faults, quality_headline
from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorSeries, Prices, RiskFactor, history_of
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.quality import QualitySpec, market_data_quality

DAYS = np.busday_offset("2022-01-03", np.arange(120), roll="forward")
LAST = DAYS[-1].item()
SPEC = QualitySpec(lookback_days=100)
HELD = (Position(Equity("AAA", "USD"), 1.0), Position(Equity("BBB", "USD"), 1.0), Position(Cash("EUR"), 1.0))
BOOK = Portfolio("team/book", "USD", HELD)
NAMES = ("AAA", "BBB", "EURUSD")


def series(name, kind="equity", seed=1, keep=None, **changed):
    levels = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, len(DAYS))))
    for at, level in changed.items():
        levels[int(at[1:])] = level
    keep = np.ones(len(DAYS), bool) if keep is None else keep
    return FactorSeries(RiskFactor(name, kind, "USD", source="A source"), DAYS[keep], levels[keep])


def without(*places):
    keep = np.ones(len(DAYS), bool)
    keep[list(places)] = False
    return keep


def quality(*series_, names=NAMES, spec=SPEC):
    found = market_data_quality(BOOK, Prices(names, LAST, series_), spec)
    return {one.name: one for one in found.factors}, found


FINE = (series("AAA"), series("BBB", seed=2), series("EURUSD", "fx", 3))


def test_fine_prices_have_no_fault_and_the_page_says_so():
    by_name, found = quality(*FINE)
    assert [one.state for one in by_name.values()] == ["no fault"] * 3
    assert found.faulty == ()
    assert "No fault found" in str(quality_faults(found).html)
    assert by_name["EURUSD"].needed_by == ("EUR cash",)


def test_a_short_gap_is_carried_as_often_as_a_history_carries_it():
    gappy = series("EURUSD", "fx", 3, without(50, 51, 80))
    one = quality(*FINE[:2], gappy)[0]["EURUSD"]
    assert (one.state, one.handling.action) == ("odd", "carried")
    assert [(fault.days, fault.first) for fault in one.faults] == [(2, DAYS[50].item()), (1, DAYS[80].item())]
    assert one.coverage == pytest.approx(98 / 101)
    assert set(one.handling.said) <= set(history_of([*FINE[:2], gappy], LAST, 101).notes)


def test_a_long_gap_refuses_a_report_and_so_says_the_page():
    gappy = series("EURUSD", "fx", 3, without(*range(50, 60)))
    with pytest.raises(MarketDataError) as refused:
        history_of([*FINE[:2], gappy], LAST, 101)
    one = quality(*FINE[:2], gappy)[0]["EURUSD"]
    assert (one.state, one.handling.action) == ("refused", "refused")
    assert str(refused.value.value) in one.handling.said[0]


LATE = [(1, "warned", "PASS"), (3, "warned", "WARN"), (7, "blocked", "BLOCK")]


@pytest.mark.parametrize(("late", "state", "verdict"), LATE)
def test_a_factor_that_ends_early_holds_reports_back_and_its_gate_warns_and_blocks(late, state, verdict):
    ends = series("EURUSD", "fx", 3, without(*range(120 - late, 120)))
    one = quality(*FINE[:2], ends)[0]["EURUSD"]
    assert (one.age, one.state, one.handling.action, one.handling.verdict) == (late, state, "held back", verdict)
    assert str(DAYS[119 - late].item()) in one.handling.said[0]
    assert ("carries its last level on" in one.handling.said[0]) == (late <= 5), "as a history does"


def test_a_factor_without_a_level_refuses_and_one_that_is_too_short_too():
    one = quality(*FINE[:2])[0]["EURUSD"]
    assert (one.state, one.handling.verdict, one.coverage) == ("refused", "BLOCK", 0.0)
    short = series("EURUSD", "fx", 3, without(*range(60)))
    assert quality(*FINE[:2], short)[0]["EURUSD"].handling.action == "refused"


def test_unchanged_prices_splits_outliers_and_impossible_levels_are_told_apart():
    still = series("AAA", **{f"d{at}": 100.0 for at in range(60, 70)})
    split = replace(FINE[1], levels=np.where(np.arange(120) < 70, 1.0, 0.5) * FINE[1].levels)
    split.levels[70] = 0.5 * split.levels[69]
    far = series("EURUSD", "fx", 3, d90=FINE[2].levels[89] * 1.4)
    by_name, found = quality(still, split, far)
    assert ("unchanged", 9) in [(fault.kind, fault.days) for fault in by_name["AAA"].faults]
    assert [(fault.kind, fault.note) for fault in by_name["BBB"].faults] == [("split", "like an unadjusted 2:1 split")]
    outliers = [fault for fault in by_name["EURUSD"].faults if fault.kind == "outlier"]
    assert outliers[0].first == DAYS[90].item()
    assert outliers[0].score > 12
    assert by_name["BBB"].handling.action == "noted"
    impossible = quality(*FINE[:2], series("EURUSD", "fx", 3, d90=0.0))[0]["EURUSD"]
    assert impossible.count("impossible") == 1
    assert impossible.state == "refused"
    assert [len(found.tables()[name]) for name in ("factors", "faults")] == [
        3,
        sum(len(o.faults) for o in found.factors),
    ]


def test_the_worst_is_first_and_every_view_names_it():
    ends = series("EURUSD", "fx", 3, without(*range(110, 120)))
    _, found = quality(series("AAA", keep=without(50)), FINE[1], ends)
    assert [one.name for one in found.factors] == ["EURUSD", "AAA", "BBB"]
    html = str(quality_factors(found).html)
    assert html.index("EURUSD") < html.index("AAA") < html.index("BBB")
    assert "blocked" in html
    assert 'data-metric="oldest_price" data-value="10.0"' in str(quality_headline(found).html)


def test_faults_and_days_stay_in_one_piece_and_moves_have_the_unit_of_their_factor():
    vol = series("SPX.vol", "volatility", 3, d90=1.0)
    _, found = quality(series("AAA", keep=without(50)), FINE[1], vol, names=("AAA", "BBB", "SPX.vol"))
    html = str(quality_faults(found).html)
    assert '<span class="rk-nowrap">missing</span>' in html
    assert '<span class="rk-nowrap">outlier</span>' in html
    assert "\xa0points" in html


def test_names_and_sources_are_escaped():
    hostile_name = "<script>alert(1)</script>"
    odd = FactorSeries(RiskFactor(hostile_name, "fx", "USD", source=hostile_name), DAYS[:-3], FINE[2].levels[:-3])
    _, found = quality(*FINE[:2], odd, names=("AAA", "BBB", hostile_name))
    for view in (quality_headline, quality_factors, quality_faults):
        assert "<script" not in str(view(found).body())


def test_a_book_without_prices_says_so():
    found = market_data_quality(replace(BOOK, positions=()), Prices((), date(2022, 1, 3), ()), SPEC)
    assert "rk-nothing" in str(quality_factors(found).html)
    assert {one.name: one.value for one in found.metrics()}["factors"] == 0


@pytest.mark.parametrize("wrong", [{"factors": "x"}, {"lookback_days": 9}, {"unchanged_days": 1}, {"outlier_z": 2.9}])
def test_a_spec_has_bounds(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        QualitySpec(**wrong)
