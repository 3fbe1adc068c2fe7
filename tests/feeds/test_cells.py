import pytest

from riskkit.feeds.cells import day, moment, number


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0.0), ("-0", 0.0), ("12", 12.0), ("-12.50", -12.5), ("1e3", 1000.0), ("0.1", 0.1), ("2.5E-2", 0.025)],
)
def test_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+5",
        "--5",
        "0x10",
        "１２",
        "1,234.56",
        "1.234,56",
        "1_000",
        ".5",
        "5.",
        "007",
        "1e400",
        "1e15",
        "inf",
        "-inf",
        "nan",
        "NaN",
        "N/A",
        "1.2K",
        "$5",
        "5%",
        "1e",
        "1/2",
        "½",
        "٣",
        "1\n",
        "1" * 400,
    ],
)
def test_no_numbers(text):
    assert number(text) is None


@pytest.mark.parametrize(
    "text", ["29.02.2020", "02/29/2020", "2020-2-9", "20200229", "2021-02-29", "", "2020-02-29 ", "２０２０-02-29"]
)
def test_no_dates(text):
    assert day(text) is None
    assert moment(text) is None


def test_moments():
    assert moment("2020-02-29").tzinfo is None
    assert moment("2020-02-29 16:00:00").hour == 16
    assert moment("2020-02-29T21:00:00Z").utcoffset().total_seconds() == 0
    assert moment("2020-02-29T16:00-05:00").utcoffset().total_seconds() == -5 * 3600
    assert moment("2020-02-29T25:00") is None
