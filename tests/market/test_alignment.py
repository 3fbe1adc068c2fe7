"""What a gap means: carried forward over a few days and counted, refused when longer, never a NaN."""

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorSeries, RiskFactor, align

DAYS = np.arange("2020-01-01", "2020-01-31", dtype="datetime64[D]")


def equity(dates, levels, name: str = "ABC") -> FactorSeries:
    return FactorSeries(RiskFactor(name, "equity", "USD"), np.asarray(dates), np.asarray(levels, float))


def euro(dates, levels) -> FactorSeries:
    return FactorSeries(RiskFactor("EURUSD", "fx", "USD"), np.asarray(dates), np.asarray(levels, float))


def test_equities_make_the_calendar() -> None:
    history = align([equity(DAYS[[0, 2, 4]], [10, 11, 12]), euro(DAYS[:5], [1.0, 1.1, 1.2, 1.3, 1.4])])
    assert history.dates.tolist() == DAYS[[0, 2, 4]].tolist()
    assert history.levels[:, 1].tolist() == [1.0, 1.2, 1.4]
    assert history.notes == ()


def test_without_equities_all_dates_count() -> None:
    other = FactorSeries(RiskFactor("JPYUSD", "fx", "USD"), DAYS[1:4], np.array([0.01, 0.011, 0.012]))
    history = align([euro(DAYS[:3], [1.0, 1.1, 1.2]), other])
    assert history.dates.tolist() == DAYS[1:4].tolist()
    assert history.levels[-1].tolist() == [1.2, 0.012]


def test_a_short_gap_is_carried_and_counted() -> None:
    levels = np.linspace(10, 11, 10)
    levels[4:6] = np.nan
    history = align([equity(DAYS[:10], levels), equity(DAYS[:10], np.full(10, 5.0), "XYZ")])
    assert history.levels[4:6, 0].tolist() == [levels[3]] * 2
    assert history.notes == ("ABC: 2 missing levels carried forward from the last one.",)


@pytest.mark.parametrize("missing", [6, 12])
def test_a_long_gap_is_refused_with_factor_and_dates(missing: int) -> None:
    kept = np.r_[0:3, 3 + missing : 20]
    with pytest.raises(MarketDataError, match=f"EURUSD.*2020-01-03 up to {DAYS[2 + missing]}.*at most 5"):
        align([equity(DAYS[:20], np.ones(20)), euro(DAYS[kept], np.ones(len(kept)))])


def test_a_stale_end_is_refused() -> None:
    with pytest.raises(MarketDataError, match="EURUSD"):
        align([equity(DAYS[:20], np.ones(20)), euro(DAYS[:10], np.ones(10))])
    assert len(align([equity(DAYS[:20], np.ones(20)), euro(DAYS[:15], np.ones(15))]).dates) == 20


def test_a_level_just_before_the_first_date_counts_its_age() -> None:
    dates = np.r_[DAYS[0:1], DAYS[7:12]]
    with pytest.raises(MarketDataError, match="EURUSD"):
        align([equity(DAYS[:12], np.ones(12)), equity(DAYS[6:12], np.ones(6), "NEW"), euro(dates, np.ones(6))])


def test_begins_where_all_have_a_level_and_names_the_last() -> None:
    history = align([equity(DAYS[:20], np.ones(20)), equity(DAYS[5:20], np.ones(15), "NEW")])
    assert history.first.isoformat() == "2020-01-06"
    assert history.notes == ("The history begins on 2020-01-06, with the first level of NEW.",)


def test_equal_repeats_are_merged_unequal_ones_refused() -> None:
    twice = DAYS[[0, 1, 1, 2]]
    history = align([equity(twice, [10, 11, 11, 12])])
    assert history.levels.ravel().tolist() == [10, 11, 12]
    assert history.notes == ("ABC: 1 repeated level merged.",)
    with pytest.raises(MarketDataError, match=r"ABC.*2\.0 and 2\.5 on 2020-01-02"):
        align([equity(twice, [1, 2, 2.5, 3])])


def test_unsorted_dates_are_sorted_and_said() -> None:
    history = align([equity(DAYS[[2, 0, 1]], [12, 10, 11])])
    assert history.levels.ravel().tolist() == [10, 11, 12]
    assert history.notes == ("ABC: dates were not in order and have been sorted.",)


@pytest.mark.parametrize(
    ("levels", "match"),
    [([np.nan] * 3, "no levels"), ([1, np.inf, 2], "inf on 2020-01-02"), ([1, 0, 2], "above zero")],
)
def test_unusable_levels_are_refused(levels: list, match: str) -> None:
    with pytest.raises(MarketDataError, match=match):
        align([equity(DAYS[:3], levels)])


def test_odd_prices_and_pauses_are_noted() -> None:
    days = np.r_[DAYS[:3], DAYS[3:6] + 40]
    history = align([equity(days, [100, 101, 10.1, 10, 10.1, 10])])
    assert history.notes[0] == "No factor has a level between 2020-01-03 and 2020-02-13."
    assert history.notes[1].startswith("ABC: -90% on 2020-01-03; if that was a split")


def test_nothing_and_nonsense() -> None:
    with pytest.raises(InputError, match="series"):
        align([])
    with pytest.raises(InputError, match="each factor name once"):
        align([equity(DAYS[:2], [1, 2]), equity(DAYS[:2], [1, 2])])
    with pytest.raises(InputError, match="as many dates"):
        align([equity(DAYS[:2], [1, 2, 3])])
    with pytest.raises(MarketDataError, match="without a date"):
        align([equity(np.array(["NaT", "2020-01-01"], "datetime64[D]"), [1, 2])])
    with pytest.raises(MarketDataError, match="NEW"):
        align([equity(DAYS[:5], np.ones(5)), FactorSeries(RiskFactor("NEW", "fx", "USD"), DAYS[10:12], np.ones(2))])
