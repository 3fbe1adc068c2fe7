from datetime import date

import pytest

from riskkit.errors import InputError
from riskkit.imports.positions import read_positions
from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, Position, ZeroCouponBond


def refused(path, market, base="USD"):
    with pytest.raises(InputError) as caught:
        read_positions(path, market, base)
    return caught.value.errors


def test_two_columns_are_enough_for_what_is_known(csv, market):
    found = read_positions(csv("Ticker,Shares\nAAPL,1200\nMSFT,-300.5\nSP500 put,10\n"), market, "USD")
    assert found.positions == (
        Position(Equity("AAPL", "USD", sector="Technology"), 1200.0),
        Position(Equity("MSFT", "USD"), -300.5),
        Position(market.instruments["SP500 put"], 10.0),
    )
    assert found.notes == ()


def test_terms_make_options_bonds_and_cash(csv, market):
    text = (
        "symbol,quantity,asset_class,currency,sector,underlying,strike,expiry,kind,yield_factor,maturity,coupon,frequency\n"
        "call,1,option,,,SP500,4000,2024-01-19,CALL,,,,\n"
        "zero,2,bond,,Government,,,,,US10Y,2030-05-15,,\n"
        "note,3,Bond,USD,,,,,,US10Y,2030-05-15,0.0425,2\n"
        "EUR,4,cash,,,,,,,,,,\n"
        "JPY cash,5,,,,,,,,,,,\n"
        "money,6,cash,USD,,,,,,,,,\n"
    )
    positions = read_positions(csv(text), market, "USD").positions
    assert [p.instrument for p in positions] == [
        EuropeanOption("call", "USD", "SP500", "SP500.vol", 4000.0, date(2024, 1, 19), "call"),
        ZeroCouponBond("zero", "USD", "US10Y", date(2030, 5, 15), sector="Government"),
        FixedCouponBond("note", "USD", "US10Y", date(2030, 5, 15), 0.0425, 2),
        Cash("EUR"),
        Cash("JPY"),
        Cash("USD"),
    ]


def test_what_the_file_says_goes_before_what_is_known(csv, market):
    text = "symbol,quantity,sector,strike\nAAPL,1,Phones,\nSP500 put,1,,3000\n"
    apple, put = read_positions(csv(text), market, "USD").positions
    assert apple.instrument.sector == "Phones"
    assert (put.instrument.strike, put.instrument.kind) == (3000.0, "put")


def test_rows_of_one_instrument_are_added_up_and_that_is_said(csv, market):
    found = read_positions(csv("symbol,quantity\nAAPL,10\nMSFT,1\nAAPL,-4.5\nAAPL,1e3\n"), market, "USD")
    assert [(p.symbol, p.quantity) for p in found.positions] == [("AAPL", 1005.5), ("MSFT", 1.0)]
    assert found.notes == ("AAPL: lines 2 and 4 and 5 added up to 1,005.5.",)


def test_one_symbol_with_two_sets_of_terms_is_refused(csv, market):
    (error,) = refused(csv("symbol,quantity,sector\nMSFT,1,Software\nMSFT,1,Games\n"), market)
    assert (error.line, error.field) == (3, "symbol")
    assert "the terms of line 2" in str(error)


def test_every_unknown_symbol_is_told_with_what_is_near_and_what_there_is(csv, market):
    errors = refused(csv("symbol,quantity\nAPPL,1\nMSFT,1\nzzz,1\nmsft,1\n"), market)
    assert [(e.line, e.column, e.value) for e in errors] == [(2, 1, "APPL"), (4, 1, "zzz"), (5, 1, "msft")]
    assert errors[0].expected == "a symbol with market data; did you mean AAPL?"
    assert "did you mean MSFT?" in errors[2].expected
    assert errors[2].expected.endswith("there are AAPL, MSFT, SAP, SP500, SP500.vol, US10Y")


def test_the_terms_factors_are_looked_up_too(csv, market):
    header = "symbol,quantity,asset_class,underlying,volatility,strike,expiry,kind\n"
    (error,) = refused(csv(header + "x,1,option,SP50,SP500.vol,1,2024-01-19,put\n"), market)
    assert (error.column, error.value) == (4, "SP50")
    assert "did you mean SP500?" in str(error)
    (error,) = refused(csv(header + "x,1,option,AAPL,,1,2024-01-19,put\n"), market)
    assert error.value == "AAPL.vol"
    (error,) = refused(csv(header + "x,1,option,AAPL,SP500,1,2024-01-19,put\n"), market)
    assert "a factor of kind volatility; SP500 is of kind equity" in str(error)


def test_currencies_need_rates_and_agree_with_prices(csv, market):
    (error,) = refused(csv("symbol,quantity\nCHF cash,1\n"), market)
    assert "CHFUSD has none, there are EURUSD, JPYUSD" in str(error)
    (error,) = refused(csv("symbol,quantity\nAAPL,1\n"), market, base="GBP")
    assert error.field == "base_currency"
    (error,) = refused(csv("symbol,quantity,currency\nSAP,1,USD\n"), market)
    assert (error.line, error.column) == (2, 3)
    assert "EUR, the currency of the prices of SAP" in str(error)
    assert read_positions(csv("symbol,quantity\nSAP,1\n"), market, "EUR").positions[0].instrument.currency == "EUR"


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("name,quantity", "did you mean"),
        ("symbol", "a column 'quantity'"),
        ("quantity", "a column 'symbol'"),
        ("symbol,quantity,weight", "one of symbol, quantity"),
        ("symbol,ticker,quantity", "one column for symbol"),
        ("symbol,quantity,quantity", "each once"),
    ],
)
def test_headers(csv, market, header, what):
    with pytest.raises(InputError) as caught:
        read_positions(csv(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n"), market, "USD")
    if "did you mean" not in what:
        assert what in str(caught.value)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("quantity", "1,234.56"),
        ("quantity", "1.234,56"),
        ("quantity", "NaN"),
        ("quantity", "inf"),
        ("quantity", "1e400"),
        ("quantity", "1e30"),
        ("quantity", "--5"),
        ("quantity", "0x10"),
        ("quantity", "１２"),
        ("quantity", ""),
        ("symbol", ""),
        ("symbol", "=cmd"),
        ("symbol", "ΑAPL"),
        ("asset_class", "stock"),
        ("currency", "usd"),
        ("currency", "US"),
        ("sector", "a\u202eb"),
        ("sector", "x" * 201),
        ("strike", "abc"),
        ("strike", "-1"),
        ("expiry", "16.06.2023"),
        ("kind", "straddle"),
    ],
)
def test_cells(csv, market, column, text):
    cells = {
        "symbol": "x", "quantity": "1", "asset_class": "option", "currency": "USD", "sector": "", "underlying": "SP500",
        "strike": "1", "expiry": "2024-01-19", "kind": "put",
    }  # fmt: skip
    cells[column] = f'"{text}"'
    (error,) = refused(csv(",".join(cells) + "\n" + ",".join(cells.values()) + "\n"), market)
    assert (error.field, error.line, error.column) == (column, 2, list(cells).index(column) + 1)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("x,1,option,,,,,", "a value"),
        ("x,1,cash,,,,,", "the currency of the cash"),
        ("EUR cash,1,cash,USD,,,,", "EUR, as the symbol says"),
        ("EUR cash,1,cash,EUR,5,,,", "cash has no such term"),
        ("AAPL,1,equity,USD,5,,,", "one of symbol"),
        ("x,1,bond,USD,,US10Y,,", "a value"),
        ("x,1,bond,USD,,US10Y,2030-01-01,7", "1, 2, 4 or 12"),
    ],
)
def test_terms_that_do_not_fit(csv, market, row, what):
    text = "symbol,quantity,asset_class,currency,strike,yield_factor,maturity,frequency\n" + row + "\n"
    (error,) = refused(csv(text), market)
    assert error.line == 2
    assert what in str(error)


def test_all_faults_of_all_rows_come_together(csv, market):
    errors = refused(csv("symbol,quantity,currency\nXXXX,1,USD\nSAP,1,USD\nCHF cash,1,\n"), market)
    assert [error.line for error in errors] == [2, 3, 4]


def test_zero_is_a_quantity(csv, market):
    assert read_positions(csv("symbol,quantity\nAAPL,0\n"), market, "USD").positions[0].quantity == 0.0
