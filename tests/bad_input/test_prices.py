"""Bad prices, families 21 to 40. Where the family allows two outcomes, the one chosen stands beside it."""

from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorSeries, RiskFactor, align
from riskkit.measures.covariance import nearest_psd
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.var import VarSpec, portfolio_var

METHODS = ("historical", "parametric", "monte_carlo_normal", "monte_carlo_t")


@pytest.mark.parametrize(
    ("content", "form", "said"),
    [
        pytest.param("date,A\n2020-01-02,\n2020-01-03,\n", {}, "at least one price", id="22 nothing but gaps"),
        pytest.param(
            "date,A\n2020-01-02,100\n2020-01-03,10\n", {}, "-90.0% looks like 10:1", id="24 unadjusted split, refused"
        ),
        pytest.param("date,A\n2020-01-02,100\n2020-01-03,0\n", {}, "a level above zero", id="25 zero price"),
        pytest.param(
            "date,CL\n2020-04-17,18.27\n2020-04-20,-37.63\n", {}, "a level above zero", id="26 negative price"
        ),
        pytest.param(
            "date,CL\n2020-04-17,18.27\n2020-04-20,-37.63\n",
            {"return_type": "log"},
            "the returns are log",
            id="26 negative price, log returns",
        ),
        pytest.param("date,A\n2020-01-02,1\n2020-01-02,2\n", {}, "one price a day", id="27 two prices a day"),
        pytest.param("date,A\n2020-01-02,1\n2020-01-03T00:00Z,1\n", {}, "on every date or on none", id="29 offset mix"),
        pytest.param("date,A\n2020-01-05T15:00Z,1\n", {}, "the exchange's time zone", id="30 Sunday bar, zone unknown"),
        pytest.param("date,A\n2021-01-01,1\n", {}, "to today, 2020-12-31", id="31 future date"),
        pytest.param(
            "date," + ",".join(f"S{i}" for i in range(50_000)) + "\n2020-01-02" + ",1" * 50_000 + "\n",
            {},
            "at most 1,001 columns",
            id="38 fifty thousand assets",
        ),
        pytest.param("date,A\n2020-01-02,N/A\n", {}, "a number such as", id="39 N/A"),
        pytest.param("date,A\n2020-01-02,1.2K\n", {}, "a number such as", id="39 1.2K"),
    ],
)
def test_refused_and_nothing_stored(prices, refused, content, form, said):
    assert said in str(refused(prices, content, **form))


def history(prices_of, days=600):
    dates = np.busday_offset("2018-01-01", np.arange(days), roll="forward")
    return align([FactorSeries(RiskFactor(n, "equity", "USD"), dates, levels) for n, levels in prices_of.items()])


def walk(days, seed=3):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, days)))


def long_only(*symbols):
    return Portfolio("book", "USD", tuple(Position(Equity(symbol, "USD"), 10) for symbol in symbols))


def test_21_a_short_gap_is_carried_and_counted_and_a_long_one_refused(prices):
    rows = [f"2020-01-{day:02d},2{day:02d},{'' if day in (8, 9) else day}" for day in (6, 7, 8, 9, 10)]
    read = prices("date,A,B\n" + "\n".join(rows) + "\n")
    assert "B: 2 missing levels carried forward from the last one." in align(read.series).notes
    with pytest.raises(MarketDataError, match="B: got 'no level after"):
        align(read.series, max_gap_days=1)


def test_22_a_column_of_gaps_is_left_out_and_said(prices):
    read = prices("date,A,B\n2020-01-02,1,NaN\n2020-01-03,1.1,\n")
    assert [series.factor.name for series in read.series] == ["A"]
    assert read.notes == ("B: no price at all; left out.",)


def test_23_a_gap_of_forty_days_is_flagged(prices):
    read = prices("date,A\n2020-01-10,1\n2020-02-19,1.1\n")
    assert read.notes == ("A: no price for 40 days between 2020-01-10 and 2020-02-19.",)


def test_24_a_jump_that_was_real_is_taken_when_said_so(prices):
    read = prices("date,A\n2020-01-02,100\n2020-01-03,10\n", jumps="note")
    assert read.notes == ("A: -90.0% on 2020-01-03, like an unadjusted 10:1 split.",)


def test_26_a_negative_price_is_taken_with_absolute_returns(prices):
    read = prices("date,CL\n2020-04-17,18.27\n2020-04-20,-37.63\n", return_type="absolute")
    assert align(read.series).returns()[0, 0] == pytest.approx(-55.9)


def test_27_the_same_price_twice_is_merged_and_28_dates_are_sorted(prices):
    read = prices("date,A\n2020-01-03,1.1\n2020-01-02,1\n2020-01-03,1.1\n")
    assert list(read.series[0].levels) == [1.0, 1.1]
    assert read.notes == (
        "A: the dates were not in order and have been sorted.",
        "A: 1 repeated row with the same price merged.",
    )


def test_30_a_sunday_bar_is_put_into_the_exchanges_session(prices):
    read = prices("date,A\n2020-01-05T15:00Z,1\n", timezone="Asia/Tokyo")
    assert str(read.series[0].dates[0]) == "2020-01-06"


@pytest.mark.parametrize("method", METHODS)
def test_32_a_constant_price_has_no_risk(prices, method):
    read = prices("date,A\n" + "".join(f"2020-01-{day:02d},5\n" for day in range(6, 11)))
    assert read.notes == ("A: the same price, 5, on all 5 days.",)
    result = portfolio_var(long_only("A"), history({"A": np.full(600, 5.0)}), VarSpec(method, n_paths=2000))
    assert (result.var, result.expected_shortfall) == (0.0, 0.0)


@pytest.mark.parametrize("method", METHODS)
def test_33_two_identical_columns_are_as_one_and_the_rank_is_told(method):
    levels = walk(600)
    spec = VarSpec(method, n_paths=20_000)
    twins = portfolio_var(long_only("A", "B"), history({"A": levels, "B": levels}), spec)
    single = portfolio_var(long_only("A"), history({"A": levels}), spec)
    assert twins.var == pytest.approx(2 * single.var, rel=1e-9 if method in ("historical", "parametric") else 0.05)
    if method.startswith("monte_carlo"):
        assert any("rank 1 of 2" in note for note in twins.notes)


@pytest.mark.parametrize("method", ["parametric", "monte_carlo_normal"])
def test_34_more_assets_than_days_works_and_monte_carlo_tells_the_rank(method):
    names = [f"S{i}" for i in range(40)]
    many = history({name: walk(21, seed) for seed, name in enumerate(names)}, days=21)
    result = portfolio_var(long_only(*names), many, VarSpec(method, lookback_days=20, n_paths=20_000))
    assert np.isfinite(result.var)
    assert result.var > 0
    if method == "monte_carlo_normal":
        assert any("rank 19 of 40" in note or "rank 20 of 40" in note for note in result.notes)


def test_35_one_asset_equals_the_closed_form():
    one = history({"A": walk(600)})
    result = portfolio_var(long_only("A"), one, VarSpec("parametric", 0.99, lookback_days=500))
    sigma = one.returns(500)[:, 0].std(ddof=1) * 10 * one.levels[-1, 0]
    assert result.var == pytest.approx(norm.ppf(0.99) * sigma, rel=1e-12)


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_36_one_observation_or_none_is_too_few(method, days):
    with pytest.raises(InputError, match="expected"):
        portfolio_var(long_only("A"), history({"A": walk(days)}, days=days), VarSpec(method))


def test_37_a_correlation_beyond_one_is_repaired_and_told():
    repair = nearest_psd([[1.0, 1.0000001], [1.0000001, 1.0]])
    assert np.linalg.eigvalsh(repair.matrix).min() >= -1e-12
    assert "not positive semi-definite" in repair.note


def test_40_an_answer_carries_its_date_and_is_never_silently_stale(store):
    ref = store.import_portfolio("atlas", "mine", "mine", "USD", long_only("AAPL").positions, date(2018, 1, 1))
    last = store.dates(ref)[-1]
    found = store.history(ref, ["AAPL"], last, 500)
    assert found.last == last
    with pytest.raises(MarketDataError, match="no level after"):
        store.history(ref, ["AAPL"], date(2020, 12, 31), 500)
