import pytest

BOOK = """symbol,quantity,asset_class,underlying,strike,expiry,kind
AAPL,1200,,,,,
KO,-300.5,,,,,
EUR cash,1250000,,,,,
put 3000,-10,option,SP500,3000,2023-06-16,put
"""


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "positions.csv"
    path.write_text(BOOK)
    return path


def test_import_list_show(riskkit, own_team, book):
    code, out, _ = riskkit("portfolio", "list")
    assert (code, out) == (0, "There is no portfolio yet. Import one: riskkit portfolio import NAME positions.csv\n")

    code, out, _ = riskkit("portfolio", "import", "mine", book, "--check")
    assert code == 0
    assert out == f"{own_team}/mine: 4 positions in USD, valid from 1970-01-01. Checked; nothing was written.\n"
    assert "no portfolio yet" in riskkit("portfolio", "list")[1]

    code, out, err = riskkit("portfolio", "import", "mine", book, "--title", "My [red]book[/red] <b>")
    assert (code, err) == (0, "")
    assert out == f"{own_team}/mine: 4 positions in USD, valid from 1970-01-01. Imported.\n"

    code, out, _ = riskkit("portfolio", "list")
    assert code == 0
    assert f"{own_team}/mine" in out
    assert "My [red]book[/red] <b>" in out

    code, out, _ = riskkit("portfolio", "show", "mine")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0][:2] == [f"{own_team}/mine:", "My"]
    assert ["AAPL", "equity", "USD", "Information", "Technology", "1,200"] in lines
    assert ["KO", "equity", "USD", "Consumer", "Staples", "-300.5"] in lines
    assert ["EUR", "cash", "cash", "EUR", "1,250,000"] in lines
    assert ["put", "3000", "option", "USD", "-10"] in lines


def test_tags_are_given_shown_and_taken_away(riskkit, own_team, book):
    riskkit("portfolio", "import", "mine", book)
    assert riskkit("portfolio", "tag", "mine")[1] == f"{own_team}/mine: no tags\n"
    assert riskkit("portfolio", "tag", "mine", "eod", "core")[1] == f"{own_team}/mine: core, eod\n"
    assert riskkit("portfolio", "tag", "mine", "core", "--remove")[1] == f"{own_team}/mine: eod\n"
    assert any(line.split()[-1:] == ["eod"] for line in riskkit("portfolio", "list")[1].splitlines())
    code, _, err = riskkit("portfolio", "tag", "mine", "End of day")
    assert (code, "tag: got 'End of day'" in err) == (2, True)


def test_a_later_import_leaves_earlier_days_alone(riskkit, own_team, book):
    riskkit("portfolio", "import", "mine", book, "--valid-from", "2020-01-02")
    book.write_text("ticker,shares\nAAPL,1\nAAPL,2\n")
    code, out, _ = riskkit("portfolio", "import", "mine", book)
    assert code == 0
    assert out.splitlines()[0] == "note: AAPL: lines 2 and 3 added up to 3."
    assert "valid from 2022-12-28. Replaces the book from that day on." in out
    assert "1,200" in riskkit("portfolio", "show", "mine", "--as-of", "2022-12-27")[1]
    assert "1,200" not in riskkit("portfolio", "show", f"{own_team}/mine")[1]
    code, out, _ = riskkit("portfolio", "show", "mine", "--as-of", "2019-12-31")
    assert code == 0
    assert "It holds nothing on 2019-12-31; its positions begin 2020-01-02." in out


def test_faults_are_lines_with_places_and_nothing_is_written(riskkit, own_team, book):
    book.write_text("symbol,quantity\nAPPL,1\nKO,1.234,5\n")
    code, out, err = riskkit("portfolio", "import", "mine", book)
    assert (code, out) == (2, "")
    assert f"{book}:3: row: got '3 cells'; expected 2 cells" in err
    book.write_text("symbol,quantity\nAPPL,1\nZZZ,2\n")
    code, _, err = riskkit("portfolio", "import", "mine", book)
    assert code == 2
    assert f"{book}:2:1: symbol: got 'APPL'; expected a symbol with market data; did you mean AAPL?" in err
    assert "there are AAPL, AMD, BAC" in err
    assert "no portfolio yet" in riskkit("portfolio", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("import", "My Book"), "lower-case letters"),
        (("import", "mine", "--team", "borealis"), "one of your teams: atlas"),
        (("import", "mine", "--base-currency", "SEK"), "SEKUSD has none"),
        (("import", "mine", "--valid-from", "02.01.2020"), "a date such as"),
        (("show", "nobody/nothing"), "one of atlas/demo"),
        (("show", "demo", "--as-of", "latest"), "a date such as"),
    ],
)
def test_arguments_that_are_none(riskkit, sign_in, book, arguments, what):
    sign_in("quant@atlas.example")
    rest = (book, *arguments[2:]) if arguments[0] == "import" else arguments[2:]
    code, _, err = riskkit("portfolio", *arguments[:2], *rest)
    assert code == 2
    assert what in err
    assert len(err.splitlines()) == 1


def test_viewers_and_other_teams(riskkit, own_team, sign_in, book):
    riskkit("portfolio", "import", "mine", book)
    sign_in(f"viewer@{own_team}.example")
    code, _, err = riskkit("portfolio", "import", "other", book)
    assert (code, len(err.splitlines())) == (3, 1)
    assert "1,200" in riskkit("portfolio", "show", "mine")[1]
    sign_in("quant@borealis.example")
    assert own_team not in riskkit("portfolio", "list")[1]
    code, out, err = riskkit("portfolio", "show", f"{own_team}/mine")
    assert (code, out) == (2, "")
    assert "borealis/income" in err


def test_nobody_is_signed_in(riskkit, book):
    for arguments in (("list",), ("show", "demo"), ("import", "mine", book)):
        code, out, err = riskkit("portfolio", *arguments)
        assert (code, out) == (3, "")
        assert "riskkit login" in err
