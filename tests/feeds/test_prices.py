from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.feeds.price_format import PriceFormat
from riskkit.feeds.prices import read_prices

TODAY = date(2020, 12, 31)


def read(tmp_path, text, today=TODAY, **form):
    path = tmp_path / "prices.csv"
    path.write_text(text)
    return read_prices(path, PriceFormat(**form), today)


def refused(tmp_path, text, **form):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, **form)
    return caught.value


def test_wide(tmp_path):
    prices = read(tmp_path, "date,AAPL,MSFT\n2020-01-02,300,160\n2020-01-03,297,158\n")
    apple, microsoft = prices.series
    assert (apple.factor.name, apple.factor.kind, apple.factor.currency) == ("AAPL", "equity", "USD")
    assert list(apple.levels) == [300.0, 297.0]
    assert list(microsoft.dates) == [np.datetime64("2020-01-02"), np.datetime64("2020-01-03")]
    assert prices.notes == ()


def test_long_with_its_own_currencies(tmp_path):
    text = "Date,Ticker,Close,Currency\n2020-01-02,SAP,120,EUR\n2020-01-02,AAPL,300,USD\n2020-01-03,SAP,121,EUR\n"
    prices = read(tmp_path, text, source="Handelsblatt")
    assert [(s.factor.name, s.factor.currency, s.factor.source) for s in prices.series] == [
        ("SAP", "EUR", "Handelsblatt"),
        ("AAPL", "USD", "Handelsblatt"),
    ]
    assert list(prices.series[0].levels) == [120.0, 121.0]


def test_one_currency_a_symbol(tmp_path):
    text = "date,symbol,price,currency\n2020-01-02,SAP,120,EUR\n2020-01-03,SAP,121,USD\n"
    assert "one currency a symbol" in str(refused(tmp_path, text))


@pytest.mark.parametrize("kind", ["fx", "volatility", "yield"])
def test_other_kinds(tmp_path, kind):
    name = "EURUSD" if kind == "fx" else "US10Y"
    (series,) = read(tmp_path, f"date,{name}\n2020-01-02,1.1\n2020-01-03,1.2\n", kind=kind).series
    assert series.factor.return_type == ("relative" if kind == "fx" else "absolute")


@pytest.mark.parametrize("name", ["EUR", "USDEUR", "EURGBP", "USDUSD", "eurusd"])
def test_currencies_are_quoted_against_the_dollar(tmp_path, name):
    assert "EURUSD (USD per 1 EUR)" in str(refused(tmp_path, f"date,{name}\n2020-01-02,1.1\n", kind="fx"))


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("day,AAPL", "'date'"),
        ("date,symbol", "'price'"),
        ("date,price", "'symbol'"),
        ("date", "a column for each symbol"),
        ("date,symbol,price,volume", "one of the columns"),
        ("date,=A1", "a symbol"),
        ("date,Α", "a symbol"),
    ],
)
def test_headers(tmp_path, header, what):
    error = refused(tmp_path, header + "\n" + ",".join("2020-01-02" for _ in header.split(",")) + "\n")
    assert what in str(error)
    assert error.line == 1


def test_faults_in_cells_are_told_together_with_line_and_column(tmp_path):
    text = "date,AAPL,MSFT\n2020-01-02,N/A,160\n02.01.2020,300,1.2K\n2020-01-06,300,\n"
    errors = refused(tmp_path, text).errors
    assert [(e.line, e.column, e.value) for e in errors] == [(2, 2, "N/A"), (3, 1, "02.01.2020"), (3, 3, "1.2K")]


def test_at_most_twenty_faults_are_told(tmp_path):
    assert len(refused(tmp_path, "date,A\n" + "x,y\n" * 100).errors) == 20


def test_missing_prices_are_left_to_the_alignment(tmp_path):
    prices = read(tmp_path, "date,A,B\n2020-01-02,1,2\n2020-01-03,,NaN\n2020-01-06,1.1,2.1\n")
    assert [len(series.levels) for series in prices.series] == [2, 2]
    assert prices.notes == ("A: 1 price missing, left out.", "B: 1 price missing, left out.")


def test_missing_prices_are_counted_by_symbol(tmp_path):
    text = "date,symbol,price\n2020-01-02,A,1\n2020-01-03,A,\n2020-01-02,B,2\n2020-01-03,B,nan\n2020-01-06,B,NaN\n"
    prices = read(tmp_path, text)
    assert [len(series.levels) for series in prices.series] == [1, 1]
    assert prices.notes == ("A: 1 price missing, left out.", "B: 2 prices missing, left out.")


def test_a_column_without_any_price_is_left_out_and_said(tmp_path):
    prices = read(tmp_path, "date,A,B\n2020-01-02,1,\n2020-01-03,2,NaN\n", jumps="note")
    assert [series.factor.name for series in prices.series] == ["A"]
    assert "B: no price at all; left out." in prices.notes
    assert "at least one price" in str(refused(tmp_path, "date,A\n2020-01-02,\n"))


def test_equal_rows_are_merged_and_unequal_ones_refused(tmp_path):
    text = "date,symbol,price\n2020-01-02,A,1\n2020-01-02,A,1.0\n2020-01-03,A,1.1\n"
    prices = read(tmp_path, text)
    assert list(prices.series[0].levels) == [1.0, 1.1]
    assert prices.notes == ("A: 1 repeated row with the same price merged.",)
    error = refused(tmp_path, text.replace("1.0", "1.2")).errors[0]
    assert isinstance(error, MarketDataError)
    assert (error.field, error.line, error.column, error.value) == ("A", 3, 3, 1.2)


def test_dates_out_of_order_are_sorted_and_said(tmp_path):
    prices = read(tmp_path, "date,A\n2020-01-03,1.1\n2020-01-02,1\n")
    assert list(prices.series[0].levels) == [1.0, 1.1]
    assert prices.notes == ("A: the dates were not in order and have been sorted.",)


def test_offsets_on_some_rows_only(tmp_path):
    error = refused(tmp_path, "date,A\n2020-01-02,1\n2020-01-03T21:00:00Z,1\n")
    assert (error.line, error.column) == (3, 1)
    assert "on every date or on none" in str(error)


def test_a_sunday_in_utc_is_monday_in_tokyo(tmp_path):
    text = "date,A\n2020-01-05T15:00:00Z,1\n2020-01-06T15:00:00Z,1.1\n"
    assert "the exchange's time zone" in str(refused(tmp_path, text))
    prices = read(tmp_path, text, timezone="Asia/Tokyo")
    assert [str(day) for day in prices.series[0].dates] == ["2020-01-06", "2020-01-07"]
    assert prices.notes == ("Timestamps were put into Asia/Tokyo: 2 of 2 fall on another day there.",)


def test_plain_weekend_dates_are_kept_and_said(tmp_path):
    prices = read(tmp_path, "date,BTC\n2020-01-04,1\n2020-01-05,1.1\n")
    assert prices.notes == ("2 of the days are on a weekend, the first 2020-01-04; they were kept.",)


@pytest.mark.parametrize("day", ["2021-01-01", "9999-12-31", "1899-12-31", "0001-01-01"])
def test_days_that_cannot_be(tmp_path, day):
    assert "a day from 1900-01-01 to today, 2020-12-31" in str(refused(tmp_path, f"date,A\n{day},1\n"))


@pytest.mark.parametrize("price", ["0", "-37.63"])
def test_prices_at_or_below_zero_need_absolute_returns(tmp_path, price):
    text = f"date,CL\n2020-04-17,18.27\n2020-04-20,{price}\n"
    error = refused(tmp_path, text).errors[0]
    assert (error.line, error.column) == (3, 2)
    assert "a level above zero" in str(error)
    (series,) = read(tmp_path, text, return_type="absolute").series
    assert series.levels[1] == float(price)
    assert series.factor.return_type == "absolute"


def test_yields_may_be_negative_and_volatilities_not(tmp_path):
    text = "date,DE10Y\n2020-01-02,-0.005\n2020-01-03,-0.004\n"
    assert read(tmp_path, text, kind="yield").series[0].levels[0] == -0.005
    assert "a volatility of zero or more" in str(refused(tmp_path, text, kind="volatility"))


@pytest.mark.parametrize(("after", "split"), [("10.1", "10:1"), ("49.8", "2:1"), ("1010", "1:10")])
def test_an_unadjusted_split_is_no_return(tmp_path, after, split):
    text = f"date,A\n2020-01-02,100\n2020-01-03,{after}\n"
    error = refused(tmp_path, text).errors[0]
    assert error.line == 3
    assert f"looks like {split}" in str(error)
    assert "--jumps note if it is real" in str(error)
    prices = read(tmp_path, text, jumps="note")
    assert f"like an unadjusted {split} split" in prices.notes[0]


@pytest.mark.parametrize("after", ["65", "40", "120", "170", "100"])
def test_a_crash_is_no_split(tmp_path, after):
    assert read(tmp_path, f"date,A\n2020-01-02,100\n2020-01-03,{after}\n").notes == ()


def test_gaps_and_constants_are_said(tmp_path):
    rows = "".join(f"2020-01-{day:02d},5\n" for day in (6, 7, 8, 9, 10)) + "2020-02-19,5\n"
    assert read(tmp_path, "date,A\n" + rows).notes == (
        "A: no price for 40 days between 2020-01-10 and 2020-02-19.",
        "A: the same price, 5, on all 6 days.",
    )


def test_fifty_thousand_symbols_are_refused(tmp_path):
    wide = "date," + ",".join(f"S{i}" for i in range(50_000)) + "\n"
    assert "at most 1,001 columns" in str(refused(tmp_path, wide))
    long = "date,symbol,price\n" + "".join(f"2020-01-02,S{i},1\n" for i in range(50_000))
    assert "at most 1,000" in str(refused(tmp_path, long))


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "crypto"},
        {"currency": "usd"},
        {"currency": "EURUSD"},
        {"timezone": "Mars/X"},
        {"timezone": "../etc/passwd"},
        {"jumps": "allow"},
        {"return_type": "simple"},
        {"source": "a\nb"},
    ],
)
def test_formats_that_are_none(form):
    with pytest.raises(InputError):
        PriceFormat(**form)
