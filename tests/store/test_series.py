"""What both stores make of raw series: the calendar, the cut, and what the cut may not invent."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import MarketDataError
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.store.series import calendar, history_of, missing_factor


def series(name, kind, days):
    dates = np.array([f"2020-01-{day:02}" for day in days], "datetime64[D]")
    return FactorSeries(RiskFactor(name, kind, "USD"), dates, 100.0 + np.arange(len(dates)))


def days(history):
    return [day.day for day in history.dates.tolist()]


def test_the_calendar_is_the_equities_while_all_have_data():
    us, jp = series("US", "equity", [2, 3, 6, 7, 8]), series("JP", "equity", [3, 4, 7, 8, 9])
    fx = series("EURUSD", "fx", [2, 3, 5, 6, 8])
    assert [day.day for day in calendar([us, jp, fx]).tolist()] == [3, 4, 6, 7, 8]
    assert [day.day for day in calendar([fx]).tolist()] == [2, 3, 5, 6, 8]
    assert len(calendar([])) == 0


def test_the_cut_counts_only_what_lies_in_it():
    stock, fx = series("US", "equity", range(1, 11)), series("EURUSD", "fx", [1, 3, 5, 7, 9, 10])
    whole = history_of([stock, fx], date(2020, 1, 10), None)
    assert whole.notes == ("EURUSD: 4 missing levels carried forward from the last one.",)
    part = history_of([stock, fx], date(2020, 1, 10), 3)
    assert days(part) == [8, 9, 10]
    assert (part.levels == whole.levels[-3:]).all()
    assert part.notes == ("EURUSD: 1 missing level carried forward from the last one.",)


def test_a_gap_before_the_cut_does_not_matter():
    stock, fx = series("US", "equity", range(1, 21)), series("EURUSD", "fx", [1, 15, 16, 17, 18, 19, 20])
    with pytest.raises(MarketDataError, match="EURUSD"):
        history_of([stock, fx], date(2020, 1, 20), None)
    assert days(history_of([stock, fx], date(2020, 1, 20), 5)) == [16, 17, 18, 19, 20]


def test_where_the_data_begin_is_said_and_where_the_cut_begins_is_not():
    stock, fx = series("US", "equity", range(1, 11)), series("EURUSD", "fx", range(4, 11))
    assert any("begins" in note for note in history_of([stock, fx], date(2020, 1, 10), None).notes)
    assert any("begins" in note for note in history_of([stock, fx], date(2020, 1, 10), 99).notes)
    assert history_of([stock, fx], date(2020, 1, 10), 4).notes == ()


def test_a_history_that_ends_early_is_refused():
    stock, fx = series("US", "equity", range(1, 11)), series("EURUSD", "fx", range(1, 3))
    for n_dates in (1, 2, 3, 9, 10, None):
        with pytest.raises(MarketDataError, match="EURUSD"):
            history_of([stock, fx], date(2020, 1, 10), n_dates)
    with pytest.raises(MarketDataError, match="2020-01-12"):
        history_of([stock], date(2020, 1, 12), 3)


def test_a_missing_factor_names_who_needs_it():
    book = Portfolio("b", "USD", (Position(Equity("A", "USD"), 1), Position(Cash("EUR"), 1)))
    assert "(needed by EUR cash)" in str(missing_factor("EURUSD", book))
    many = Portfolio("b", "USD", tuple(Position(Equity(f"A{n}", "EUR", factor="X"), 1) for n in range(5)))
    assert "(needed by A0, A1, A2 and others)" in str(missing_factor("EURUSD", many))
    assert "needed" not in str(missing_factor("EURUSD"))
