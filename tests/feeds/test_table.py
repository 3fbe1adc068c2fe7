import time

import pytest

from riskkit.errors import InputError, InputErrors
from riskkit.feeds.table import Limits, read_table

LIMITS = Limits(megabytes=1, rows=1000, columns=50)


def read(tmp_path, content, limits=LIMITS):
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, limits)


def refused(tmp_path, content, limits=LIMITS):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content, limits)
    return caught.value


def test_cells_know_their_line(tmp_path):
    table = read(tmp_path, '\ufeffsymbol , quantity\r\n AAPL,1\r\n\r\n"MS\nFT",2\r\nIBM,3')
    assert table.header == ("symbol", "quantity")
    assert table.cells["symbol"].to_dict() == {2: "AAPL", 4: "MS\nFT", 6: "IBM"}
    error = table.error(6, "quantity", "a number")
    assert (error.line, error.column, error.value) == (6, 2, "3")


@pytest.mark.parametrize("content", ["", "\n\n", "  \n", "\ufeff"])
def test_an_empty_file(tmp_path, content):
    assert refused(tmp_path, content).field in ("file", "header")


def test_a_header_only(tmp_path):
    assert "at least one row" in str(refused(tmp_path, "symbol,quantity\n\n"))


@pytest.mark.parametrize("header", ["a,a", "a,A", "a,,b", "a, ,b", "a,b,"])
def test_column_names_are_there_and_once(tmp_path, header):
    error = refused(tmp_path, header + "\n1,2,3\n")
    assert (error.field, error.line) == ("header", 1)


def test_every_ragged_row_is_told_with_its_line(tmp_path):
    error = refused(tmp_path, "a,b\n1,2\n3\n4,5,6\n")
    assert isinstance(error, InputErrors)
    assert [(fault.line, fault.value) for fault in error.errors] == [(3, "1 cells"), (4, "3 cells")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_other_encodings_are_refused(tmp_path, encoding):
    error = refused(tmp_path, "symbol,title\nA,é\n".encode(encoding))
    assert error.field == "encoding"


def test_the_line_of_a_wrong_byte_is_told(tmp_path):
    assert refused(tmp_path, b"a,b\n1,2\n1,\xff\n").line == 3
    assert refused(tmp_path, b"a,b\n1,2\n1,\x00\n").line == 3


@pytest.mark.parametrize(
    "start", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", b"\x1f\x8brest", b"%PDF-1.7", b"PAR1rest", b"<html>", b"{}"]
)
def test_the_content_counts_and_not_the_name(tmp_path, start):
    assert "the content counts" in str(refused(tmp_path, start))


def test_size_is_refused_before_reading(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    start = time.process_time()
    with pytest.raises(InputError, match="at most 1 MB"):
        read_table(path, LIMITS)
    assert time.process_time() - start < 0.1


def test_rows_and_columns_are_counted_before_the_cells_are_read(tmp_path):
    assert "at most 1,000 rows" in str(refused(tmp_path, "a\n" + "1\n" * 1200))
    assert "at most 50 columns" in str(refused(tmp_path, ",".join(f"c{i}" for i in range(51)) + "\n"))


@pytest.mark.parametrize(
    "content", ['a,b\n1,"2\n' + "3,4\n" * 200_000, 'a,b\n1,"' + "x" * 50_000_000, "a,b\n1," + "x" * 50_000_000]
)
def test_a_quote_never_closed_or_a_huge_cell_ends_within_a_second(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_text(content)
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        read_table(path, Limits(megabytes=60, rows=10**6, columns=50))
    assert time.process_time() - start < 1.0
    assert caught.value.line == 2


def test_stray_quotes_and_other_separators(tmp_path):
    assert refused(tmp_path, 'a,b\n"1"x,2\n').line == 2
    assert "separated by commas" in str(refused(tmp_path, "a;b\n1;2\n"))
    assert "separated by commas" in str(refused(tmp_path, "a\tb\n1\t2\n"))


def test_missing_files(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError):
            read_table(path, LIMITS)
