"""A run is judged by what it was made from: every gate through real frozen inputs, and verdicts through real runs."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from riskkit import VarSpec, portfolio_var
from riskkit.errors import Unavailable
from riskkit.gates import EarlierBacktest, EarlierRun, GateFacts, GateRules, Limit, Threshold, ZoneRule
from riskkit.market import FactorSeries, RiskFactor
from riskkit.metric import Metric
from riskkit.portfolio import Cash, Equity, Position
from riskkit.reporting.gating import Gates
from riskkit.reporting.places import Places
from riskkit.reporting.reproduce import reproduce
from riskkit.reporting.runner import run_report
from riskkit.runs.frozen import freeze, thaw
from riskkit.runs.judged import freeze_facts, thaw_facts
from riskkit.store.inputs import load_inputs
from riskkit.store.market import SeriesMarket
from riskkit.store.memory import MemoryDatabase, MemoryStore
from riskkit.wording import amount

DAYS = np.arange("2020-01-01", "2020-02-20", dtype="datetime64[D]")
LAST = date(2020, 2, 19)
POSITIONS = (
    Position(Equity("AAA", "USD", sector="Tech"), 10.0),
    Position(Equity("BBB", "USD", sector="Oil"), -5.0),
    Position(Cash("NOK"), 1000.0),
)


def frozen(folder, late=0):
    """A book's inputs as a run keeps them, the krone's last `late` levels missing; and the figures they give."""
    rng = np.random.default_rng(5)
    walk = {name: start * np.exp(np.cumsum(rng.normal(0, 0.01, len(DAYS)))) for name, start in
            (("AAA", 100.0), ("BBB", 50.0), ("NOKUSD", 0.1))}  # fmt: skip
    database = MemoryDatabase()
    database.add_team("atlas", {"quant": "analyst"})
    for name, levels in walk.items():
        n = len(DAYS) - (late if name == "NOKUSD" else 0)
        kind = "fx" if name == "NOKUSD" else "equity"
        database.share_prices([FactorSeries(RiskFactor(name, kind, "USD"), DAYS[:n], levels[:n])])
    store = MemoryStore(database, "quant")
    store.import_portfolio("atlas", "demo", "D", "USD", POSITIONS, date(2020, 1, 1))
    if late:  # `latest` is the day on which all end; the day asked for may still be one with a carried level
        database.share_prices([FactorSeries(RiskFactor("NOKUSD", "fx", "USD"), DAYS[-1:] + 1, np.array([0.2]))])
        more = DAYS[-1:] + 1
        database.share_prices([FactorSeries(RiskFactor("AAA", "equity", "USD"), more, np.array([100.0]))])
        database.share_prices([FactorSeries(RiskFactor("BBB", "equity", "USD"), more, np.array([50.0]))])
    inputs = load_inputs(store, "demo", LAST, 20)
    freeze(inputs, {}, folder)
    made = thaw(folder)
    metrics = portfolio_var(made.portfolio, made.over(20), VarSpec(lookback_days=20)).metrics()
    return made, metrics


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return frozen(tmp_path_factory.mktemp("book"))


def found(inputs, metrics, gate, facts=None, rules=None):
    report = Gates.of(inputs, facts or GateFacts(), rules or GateRules()).judge(metrics)
    return [one for one in report.findings if one.gate == gate]


def value(metrics, name, **labels):
    return next(one.value for one in metrics if (one.name, dict(one.labels)) == (name, labels))


def test_a_sound_book_passes_and_what_was_not_judged_is_said(book):
    report = Gates.of(book[0], GateFacts(), GateRules()).judge(book[1])
    assert report.verdict == "PASS"
    assert [(one.gate, one.sentence) for one in report.findings] == [
        ("stale_days", "The oldest price is 0 trading days old."),
        ("coverage", "100.00% of the positions have current prices."),
        ("components", f"The 3 figures of component VaR sum to the VaR of {amount(value(book[1], 'var'))}."),
        (
            "components",
            "The 3 figures of component ES sum to the expected shortfall of "
            f"{amount(value(book[1], 'expected_shortfall'))}.",
        ),
        ("limits", "The book has no limit on a figure of this report."),
        ("change", "There is no official run of an earlier day to be compared with."),
        ("backtest", "There is no official backtest of the book yet."),
    ]
    off = GateRules("off", Threshold(), ZoneRule(None, None), Threshold(), Threshold(), Threshold())
    assert Gates.of(book[0], GateFacts(), off).judge(book[1]).findings == ()


@pytest.mark.parametrize(("late", "verdict"), [(0, "PASS"), (1, "PASS"), (2, "WARN"), (3, "BLOCK")])
def test_a_price_that_was_carried_forward_is_as_old_as_it_was_observed(tmp_path, late, verdict):
    inputs, metrics = frozen(tmp_path, late)
    krone = inputs.history.levels[:, inputs.history.names.index("NOKUSD")]
    assert len(set(krone[-late - 1 :])) == 1, "the analysis saw the same level on each of these days"
    (one,) = found(inputs, metrics, "stale_days", rules=GateRules(stale_days=Threshold(1.0, 2.0)))
    assert (one.verdict, one.figure) == (verdict, late)
    assert ("NOKUSD" in one.sentence) == (verdict != "PASS")


def test_a_position_without_a_price_is_named_and_blocks(book):
    inputs, metrics = book
    series = [one for one in inputs.market.series(inputs.portfolio.factors) if one.factor.name != "BBB"]
    empty = FactorSeries(RiskFactor("BBB", "equity", "USD"), DAYS[:2], np.array([np.nan, np.nan]))
    for kept in (series, [*series, empty]):
        without = replace(inputs, market=SeriesMarket(kept, LAST))
        (coverage,) = found(without, metrics, "coverage")
        assert (coverage.verdict, coverage.figure) == ("BLOCK", pytest.approx(2 / 3))
        assert "BBB" in coverage.sentence
        assert ("BLOCK", "No price for BBB.") in [
            (one.verdict, one.sentence) for one in found(without, metrics, "stale_days")
        ]
        lenient = GateRules(coverage=Threshold(warn=1.0, block=0.5))
        assert [one.verdict for one in found(without, metrics, "coverage", rules=lenient)] == ["WARN"]


@pytest.mark.parametrize(
    ("metric", "scope", "which", "labels"),
    [
        ("var", "portfolio", "", {}),
        ("component_var", "position", "AAA", {"position": "AAA"}),
        ("component_var", "sector", "Tech", {"position": "AAA"}),
        ("component_var", "currency", "NOK", {"position": "NOK cash"}),
    ],
)
def test_a_limit_on_the_book_or_a_part_of_it(book, metric, scope, which, labels):
    inputs, metrics = book
    figure = value(metrics, metric, **labels)
    for soft, hard, verdict in ((1.0, 2.0, "PASS"), (-1.0, 1.0, "WARN"), (-2.0, -1.0, "BLOCK")):
        limit = Limit(metric, "USD", figure + soft, figure + hard, scope, which)
        (one,) = found(inputs, metrics, "limits", GateFacts((limit,)))
        assert (one.verdict, one.figure) == (verdict, pytest.approx(figure))
        assert one.limit == figure + (soft if verdict == "WARN" else hard)


def test_many_parts_are_told_by_the_worst_and_one_sentence(book):
    names = [f"P{n:03}" for n in range(70)]
    metrics = tuple(Metric("component_var", float(n), "USD", {"position": name}) for n, name in enumerate(names))
    told = found(book[0], metrics, "limits", GateFacts((Limit("component_var", "USD", None, 60.0, "position", "*"),)))
    assert [one.verdict for one in told] == ["BLOCK"] * 9 + ["PASS"] * 42
    assert told[0].figure == 69.0
    assert told[-1].sentence == "Component VaR of the 20 others by position is at most 19 USD (PASS)."


@pytest.mark.parametrize(("times", "verdict"), [(1.1, "PASS"), (0.7, "WARN"), (0.4, "BLOCK")])
def test_the_run_before(book, times, verdict):
    inputs, metrics = book
    var = value(metrics, "var")
    before = EarlierRun("run", date(2020, 2, 18), (Metric("var", var * times, "USD"),))
    relative = Limit("var", "fraction", 0.4, 1.4, basis="relative")
    facts = GateFacts((relative,), before)
    (change,) = found(inputs, metrics, "change", facts, GateRules(change=Threshold(0.4, 1.4)))
    (limit,) = found(inputs, metrics, "limits", facts)
    assert (change.verdict, limit.verdict) == (verdict, verdict)
    assert limit.figure == pytest.approx(1 / times - 1)


@pytest.mark.parametrize(("zone", "verdict"), [("green", "PASS"), ("yellow", "WARN"), ("red", "BLOCK")])
def test_the_zone_of_the_last_backtest_or_of_this_one(book, zone, verdict):
    inputs, metrics = book
    rules = GateRules(backtest=ZoneRule("yellow", "red"))
    facts = GateFacts(backtest=EarlierBacktest("run", LAST, zone))
    assert [one.verdict for one in found(inputs, metrics, "backtest", facts, rules)] == [verdict]
    own = (*metrics, Metric("zone", float(("green", "yellow", "red").index(zone)), "count"))
    other = GateFacts(backtest=EarlierBacktest("run", LAST, "green"))
    assert [one.verdict for one in found(inputs, own, "backtest", other, rules)] == [verdict]


def test_components_that_do_not_sum(book):
    inputs, metrics = book
    parts = [one for one in metrics if one.name != "component_var" or one.labels.get("position") != "AAA"]
    told = found(inputs, parts, "components")
    assert [one.verdict for one in told] == ["BLOCK", "PASS"]
    lenient = GateRules(components=Threshold(warn=1e-6))
    assert found(inputs, parts, "components", rules=lenient)[0].verdict == "WARN"


def test_what_a_run_is_judged_against_comes_back_as_it_was(tmp_path):
    (tmp_path / "inputs").mkdir()
    facts = GateFacts(
        (Limit("var", "USD", None, 1e6 / 3), Limit("var", "fraction", 0.1, 0.3, basis="relative")),
        EarlierRun(
            "before", date(2020, 2, 18), (Metric("var", 0.1 + 0.2, "USD"), Metric("a", 1e-17, "USD", {"b": "c"}))
        ),
        EarlierBacktest("tested", date(2020, 1, 31), "red"),
    )
    rules = GateRules("warn", Threshold(), ZoneRule("red", None), Threshold(None, 3.0))
    hashes = freeze_facts(facts, rules, tmp_path)
    assert thaw_facts(tmp_path) == (facts, rules)
    assert freeze_facts(facts, rules, tmp_path) == hashes
    freeze_facts(GateFacts(), GateRules(), tmp_path)
    assert thaw_facts(tmp_path) == (GateFacts(), GateRules())


@pytest.fixture(scope="module")
def shop(tiny, tmp_path_factory):
    """The tiny report's project, its database and the analyst's store; its figure is 0.99 + horizon_days [USD]."""
    settings, database = tiny.make_project(tmp_path_factory.mktemp("gating")), tiny.make_database()
    return settings, database, MemoryStore(database, tiny.QUANT)


@pytest.fixture(scope="module")
def blocked(shop):
    """A run against a hard limit, after an official one of the day before."""
    settings, database, store = shop
    (ref,) = store.portfolios()
    first = run_report(settings, store, "tiny", {"as_of": "2020-03-16"})
    database.record_official(
        replace(first.record, id="0" * 32, official=True, as_of=date(2020, 3, 13), run_at=datetime.now(UTC))
    )
    database.limit(ref, Limit("var", "USD", 1.0, 1.5), date(2020, 1, 1))
    return first, run_report(settings, store, "tiny", {"as_of": "2020-03-16"})


def test_a_hard_breach_blocks_a_persons_run_and_the_page_says_so(blocked):
    first, run = blocked
    assert first.record.gates.verdict == "PASS"
    assert run.record.gates.verdict == "BLOCK"
    said = "VaR, 1.99 USD, is above its hard limit of 1.5 USD (133% used)."
    assert said in [one.sentence for one in run.record.gates.findings]
    content = json.loads((run.folder / "run.json").read_text())["gates"]
    assert content["verdict"] == "BLOCK"
    assert content["findings"][0]["sentence"] == said
    page = run.html.read_text()
    assert said in page
    assert "Blocked" in page
    assert "Blocked" not in first.html.read_text()
    change = [one for one in run.record.gates.findings if one.gate == "change"]
    assert [one.figure for one in change] == [0.0], "the official run of the day before was found"


def test_what_it_was_judged_against_is_kept_and_gives_the_same_verdict_again(shop, blocked):
    settings, database, store = shop
    record = store.run(blocked[1].record.id)
    assert {"limits.json", "previous.json"} <= set(record.inputs)
    (ref,) = store.portfolios()
    kept = database.limits.pop(ref.id)
    try:
        again = reproduce(settings, record)
    finally:
        database.limits[ref.id] = kept
    assert (again.equal, again.verdicts, again.findings) == (True, ("BLOCK", "BLOCK"), ())
    forged = replace(record, gates=blocked[0].record.gates)
    other = reproduce(settings, forged)
    assert (other.equal, other.metrics, other.verdicts) == (False, (), ("PASS", "BLOCK"))
    assert other.findings


def test_limits_that_were_tampered_with_are_named(shop, blocked):
    record = blocked[1].record
    artifact = next(one for one in record.artifacts if one.name == "inputs/limits.json")
    path = Places.of(shop[0]).objects.path(artifact)
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(kept.replace(b"1.5", b"9.5"))
    try:
        again = reproduce(shop[0], record)
    finally:
        path.write_bytes(kept)
    assert [(one.kind, one.name) for one in again.inputs] == [("input", "limits.json")]


def test_a_judge_that_cannot_be_asked_is_no_pass(shop, tiny):
    class Deaf(MemoryStore):
        def gate_facts(self, *_):
            raise Unavailable("No answer.")

    settings, database, _ = shop
    before = set(Places.of(settings).reports.rglob("run.json"))
    with pytest.raises(Unavailable):
        run_report(settings, Deaf(database, tiny.QUANT), "tiny", {})
    assert set(Places.of(settings).reports.rglob("run.json")) == before
