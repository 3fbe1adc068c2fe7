"""Bad positions files, families 1 to 20. Where the family allows two outcomes, the one chosen stands beside it."""

import io
import time
import zipfile

import pytest

from riskkit.imports.book import BookOrder, plan_book
from riskkit.var import VarSpec, portfolio_var

HEAD = "ticker,quantity\n"


def spreadsheet():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "empty", id="01 empty file"),
        pytest.param(" \n\n", "empty", id="01 blank file"),
        pytest.param(HEAD, "at least one row", id="02 header only"),
        pytest.param("quantity\n5\n", "a column 'symbol'", id="03 no ticker column"),
        pytest.param("ticker,quantity,Quantity\nAAPL,1,2\n", "each once", id="04 duplicate header"),
        pytest.param(HEAD + "AAPL,1\nMSFT\n", "3: row: got '1 cells'; expected 2 cells", id="05 short row"),
        pytest.param(HEAD + "AAPL,1,2\n", "2: row: got '3 cells'; expected 2 cells", id="05 long row"),
        pytest.param((HEAD + "AAPL,1\n").encode("utf-16"), "encoding: got 'UTF-16'", id="06 UTF-16"),
        pytest.param((HEAD + "AAPL,1\n").encode("utf-16-le"), "encoding: got 'a NUL byte'", id="06 UTF-16 without BOM"),
        pytest.param(HEAD.encode() + b"caf\xe9,1\n", "encoding: got 'the byte 0xe9'", id="06 latin-1"),
        pytest.param(HEAD + "AAPL\x00,1\n", "a NUL byte", id="07 NUL"),
        pytest.param(HEAD + 'AAPL,"1,234.56"\n', "no thousands separator", id="08 English thousands"),
        pytest.param(HEAD + 'AAPL,"1.234,56"\n', "no thousands separator", id="08 German thousands"),
        pytest.param(HEAD + "AAPL,NaN\n", "a number such as", id="09 NaN"),
        pytest.param(HEAD + "AAPL,inf\n", "a number such as", id="09 inf"),
        pytest.param(HEAD + "AAPL,1e400\n", "a number such as", id="09 1e400"),
        pytest.param(HEAD + "AAPL,--5\n", "a number such as", id="10 two signs"),
        pytest.param(HEAD + "AAPL,0x10\n", "a number such as", id="10 hexadecimal"),
        pytest.param(HEAD + "AAPL,１２\n", "a number such as", id="10 full-width digits"),
        pytest.param(HEAD + "AAPL,1\n" * 5_000_000, "at most 5 MB", id="11 five million rows"),
        pytest.param(HEAD + "A,1\n" * 20_000, "at most 10,000 rows", id="11 too many short rows"),
        pytest.param(spreadsheet(), "the content counts, not the name", id="12 spreadsheet called .csv"),
        pytest.param(HEAD + 'AAPL,"1\n' + "MSFT,1\n" * 5000, "every quote closed", id="13 quote never closed"),
        pytest.param(HEAD + "AAPL,1\nAPPL,1\nXYZ,1\n", "did you mean AAPL?", id="15 unknown ticker, refused"),
        pytest.param(HEAD + "AAPL,1e30\n", "below 1e15", id="16 notional 1e30"),
        # Weights are not read: books are held in quantities, so there is nothing to normalise and no short to allow.
        pytest.param("ticker,weight\nAAPL,0.5\nMSFT,0.47\n", "one of symbol, quantity", id="17 weights"),
        pytest.param("ticker,quantity,weight\nAAPL,1,-0.3\n", "one of symbol, quantity", id="18 negative weight"),
        pytest.param(HEAD + "AAPL,1\nCHF cash,1\n", "CHFUSD has none", id="19 currency without a rate"),
    ],
)
def test_refused_and_nothing_stored(book, refused, content, said):
    assert said in str(refused(book, content))


def test_06_a_byte_order_mark_is_fine(book):
    portfolio, _ = book(b"\xef\xbb\xbf" + (HEAD + "AAPL,1\n").encode())
    assert portfolio.symbols == ("AAPL",)


def test_11_two_hundred_megabytes_are_refused_unread(store, refused, tmp_path):
    path = tmp_path / "positions.csv"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    start = time.process_time()
    assert "200,000,000 bytes" in str(refused(plan_book, store, BookOrder("mine"), path))
    assert time.process_time() - start < 0.5


def test_13_a_cell_of_megabytes_ends_within_a_second(book, refused):
    start = time.process_time()
    assert "a line" in str(refused(book, HEAD + 'AAPL,"' + "9" * 4_900_000))
    assert time.process_time() - start < 1.0


def test_14_rows_of_one_ticker_are_added_up_and_that_is_said(book):
    portfolio, notes = book(HEAD + "AAPL,1\nMSFT,2\nAAPL,3\n")
    assert {p.symbol: p.quantity for p in portfolio.positions} == {"AAPL": 4.0, "MSFT": 2.0}
    assert notes == ("AAPL: lines 2 and 4 added up to 4.",)


def test_15_every_unknown_ticker_is_listed_with_its_line(book, refused):
    errors = refused(book, HEAD + "APPL,1\nAAPL,1\nXYZ,1\n").errors
    assert [(error.value, error.line) for error in errors] == [("APPL", 2), ("XYZ", 4)]
    assert "there are AAPL, MSFT, SAP" in str(errors[-1])


def test_20_a_book_of_zeros_has_no_risk_and_says_why(book, store):
    portfolio, _ = book(HEAD + "AAPL,0\nSAP,0\n")
    (ref,) = store.portfolios()
    history = store.history(ref, portfolio.factors, store.dates(ref)[-1], None)
    result = portfolio_var(portfolio, history, VarSpec())
    assert (result.var, result.expected_shortfall) == (0.0, 0.0)
    assert "The book holds nothing: every figure is zero." in result.notes
