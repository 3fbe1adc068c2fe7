import numpy as np
import pytest

from riskkit import session
from riskkit.settings import Settings
from riskkit.store.connect import open_store
from riskkit.store.inputs import early_ends, find_portfolio, load_inputs

DAYS = np.busday_offset("2022-01-03", np.arange(30), roll="forward")


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices.csv"
    levels = 50 + np.arange(30) / 8
    path.write_text("date,ACME\n" + "".join(f"{d},{x}\n" for d, x in zip(DAYS, levels, strict=True)))
    return path


def store():
    settings = Settings.load()
    return open_store(settings, session.current(settings))


def test_prices_then_a_book_then_its_history(riskkit, own_team, prices, tmp_path):
    code, out, err = riskkit("prices", "import", prices, "--check")
    assert (code, err) == (0, "")
    assert out == f"ACME: 30 days, {DAYS[0]} to {DAYS[-1]}\nChecked; nothing was written.\n"
    code, out, _ = riskkit("prices", "import", prices, "--source", "The exchange's own page")
    assert out.splitlines()[-1] == f"Team {own_team}: 30 new or changed prices."
    code, out, _ = riskkit("prices", "import", prices, "--source", "The exchange's own page")
    assert "ACME: there were prices before" in out
    assert out.splitlines()[-1] == f"Team {own_team}: 0 new or changed prices."

    book = tmp_path / "positions.csv"
    book.write_text("symbol,quantity\nACME,100\nAAPL,10\n")
    assert riskkit("portfolio", "import", "mine", book)[0] == 0
    with store() as open_:
        inputs = load_inputs(open_, "mine", "latest", 20)
    assert str(inputs.as_of) == str(DAYS[-1])
    assert inputs.history.levels[-1, inputs.history.names.index("ACME")] == 50 + 29 / 8
    assert "The exchange's own page" in inputs.sources
    going_on = f"ACME ends on {DAYS[-1]}; the other factors go on to 2022-12-28, so latest is {DAYS[-1]}."
    assert inputs.notes[0] == going_on
    with store() as open_:
        assert early_ends(open_, "mine", inputs.as_of) == (going_on,)


def test_a_missing_price_is_said_and_one_day_is_one(riskkit, own_team, prices):
    prices.write_text("date,symbol,price\n2022-01-03,ACME,50\n2022-01-04,ACME,\n")
    code, out, _ = riskkit("prices", "import", prices, "--check")
    assert code == 0
    assert out.splitlines()[:2] == ["note: ACME: 1 price missing, left out.", "ACME: 1 day, 2022-01-03 to 2022-01-03"]


def test_own_prices_change_nobody_elses_numbers(riskkit, own_team, sign_in, prices, tmp_path):
    sign_in("quant@atlas.example")
    with store() as open_:
        ref = find_portfolio(open_, "atlas/demo")
        before = open_.history(ref, ["KO"], open_.dates(ref)[-1], 50).levels
    sign_in(f"analyst@{own_team}.example")
    prices.write_text(prices.read_text().replace("ACME", "KO"))
    code, out, _ = riskkit("prices", "import", prices, "--replace-shared")
    assert code == 0
    assert "note: KO: there were prices before; where those are shared, your team now uses only its own." in out
    sign_in("quant@atlas.example")
    with store() as open_:
        assert (open_.history(ref, ["KO"], open_.dates(ref)[-1], 50).levels == before).all()


def test_hiding_shared_prices_by_fewer_has_to_be_meant(riskkit, own_team, prices, tmp_path):
    book = tmp_path / "positions.csv"
    book.write_text("symbol,quantity\nKO,100\nAAPL,10\n")
    assert riskkit("portfolio", "import", "mine", book)[0] == 0
    prices.write_text(prices.read_text().replace("ACME", "KO"))
    note = f"note: {own_team}/mine: latest moves from 2022-12-28 to {DAYS[-1]}, because KO now ends there; "
    for check in ((), ("--check",)):
        code, out, err = riskkit("prices", "import", prices, *check)
        assert code == 2
        assert note in out
        assert err.startswith(f"riskkit: KO: got '30 days, {DAYS[0]} to {DAYS[-1]}'; expected all of the shared prices")
        assert "--replace-shared" in err
    with store() as open_:
        assert str(open_.dates(find_portfolio(open_, "mine"))[-1]) == "2022-12-28"
    code, out, _ = riskkit("prices", "import", prices, "--replace-shared")
    assert code == 0
    assert note in out
    with store() as open_:
        assert open_.dates(find_portfolio(open_, "mine"))[-1] == DAYS[-1].item()
    code, out, _ = riskkit("prices", "import", prices)
    assert code == 0, "it is the team's own already"
    assert "latest moves" not in out


def test_faults_are_lines_with_places_and_nothing_is_written(riskkit, own_team, prices):
    prices.write_text("date,ACME\n2022-01-03,50\n2022-01-04,N/A\n2022-01-05,0\n")
    code, out, err = riskkit("prices", "import", prices)
    assert (code, out) == (2, "")
    assert err.startswith(f"riskkit: {prices}:3:2: ACME: got 'N/A'; expected a number such as")
    prices.write_text("date,ACME\n2022-01-03,50\n2022-01-04,5\n")
    code, _, err = riskkit("prices", "import", prices)
    assert code == 2
    assert "looks like 10:1" in err
    assert riskkit("prices", "import", prices, "--jumps", "note", "--check")[0] == 0
    with store() as open_:
        assert "ACME" not in {factor.name for factor in open_.factors(own_team)}


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--kind", "crypto"), "one of equity, fx, volatility, yield"),
        (("--kind", "fx"), "EURUSD (USD per 1 EUR)"),
        (("--currency", "usd"), "USD"),
        (("--return-type", "simple"), "one of relative, log, absolute"),
        (("--timezone", "Mars/X"), "a time zone"),
        (("--jumps", "allow"), "one of refuse, note"),
        (("--source", "a\nb"), "a text of 1 to 200"),
        (("--team", "borealis"), "one of your teams: atlas"),
    ],
)
def test_options_that_are_none(riskkit, sign_in, prices, arguments, what):
    sign_in("quant@atlas.example")
    code, _, err = riskkit("prices", "import", prices, *arguments)
    assert code == 2
    assert what in err


def test_a_viewer_may_not(riskkit, own_team, sign_in, prices):
    sign_in(f"viewer@{own_team}.example")
    code, _, err = riskkit("prices", "import", prices)
    assert (code, len(err.splitlines())) == (3, 1)


def test_prices_are_removed_after_saying_what_that_means(riskkit, own_team, prices, tmp_path):
    assert riskkit("prices", "import", prices)[0] == 0
    book = tmp_path / "positions.csv"
    book.write_text("symbol,quantity\nACME,100\n")
    assert riskkit("portfolio", "import", "mine", book)[0] == 0
    code, out, err = riskkit("prices", "remove", "ACME", "--dry-run")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"ACME: 30 days, {DAYS[0]} to {DAYS[-1]}",
        f"note: {own_team}/mine needs ACME: it cannot be valued without.",
        "Nothing was removed.",
    ]
    code, _, err = riskkit("prices", "remove", "ACME")
    assert code != 0, "asked, and nobody answered"
    code, out, _ = riskkit("prices", "remove", "ACME", "--yes")
    assert (code, out.splitlines()[-1]) == (0, f"Team {own_team}: 1 factor removed.")
    code, _, err = riskkit("prices", "remove", "ACME", "--yes")
    assert code == 2
    assert "symbol: got 'ACME'; expected prices that are team" in err
    assert riskkit("prices", "import", prices)[0] == 0, "and they can come back"
