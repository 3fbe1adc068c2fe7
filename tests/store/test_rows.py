"""Rows to domain objects and back, where the other side could have kept nonsense."""

from datetime import date

import pytest

from riskkit.errors import InputError
from riskkit.portfolio import Cash, Equity, EuropeanOption
from riskkit.scenarios import Shock, StressScenario
from riskkit.store import rows
from riskkit.store.contract import RunUnreadable

SHARE = {
    "symbol": "A",
    "asset_class": "equity",
    "currency": "USD",
    "sector": "S",
    "terms": {"type": "equity", "factor": "F"},
}


def test_columns_are_said_once():
    option = EuropeanOption("P", "USD", "S", "V", 1.0, date(2030, 1, 1), "put")
    for one in (Equity("A", "USD", "F", "S"), Cash("EUR"), option):
        row = rows.instrument_row(one)
        assert not {"symbol", "currency", "sector"} & set(row["terms"])
        assert rows.instrument(row) == one


@pytest.mark.parametrize(
    "change",
    [
        {"terms": {"type": "bomb"}},
        {"terms": {"type": "equity", "code": 1}},
        {"terms": {"type": "zero_coupon_bond"}},
        {"asset_class": "bond"},
        {"terms": {"type": "cash"}},
        {"currency": "usd"},
    ],
)
def test_terms_that_describe_no_such_instrument_are_refused(change):
    assert rows.instrument(SHARE) == Equity("A", "USD", "F", "S")
    with pytest.raises(InputError):
        rows.instrument({**SHARE, **change})


def test_an_instrument_nobody_may_see_is_refused():
    with pytest.raises(InputError, match="you may see"):
        rows.position({"quantity": 1, "instruments": None})


@pytest.mark.parametrize("text", ["12.5", 12.5])
def test_quantities_come_as_text_or_number(text):
    assert rows.position({"quantity": text, "instruments": SHARE}).quantity == 12.5


def test_scenarios_come_back_as_they_were():
    for one in (
        StressScenario("w", "W", "S", "D", window=(date(2020, 1, 1), date(2020, 2, 1))),
        StressScenario("s", "S", "S", shocks=(Shock("AAPL", -0.1, "relative"), Shock("kind:yield", 0.02, "absolute"))),
    ):
        assert rows.scenario(rows.scenario_row(one, 0)) == one


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"window": ["2020-01-01"]},
        {"window": ["2020-01-01", "x"]},
        {"window": 5},
        {"shocks": [{"target": "A"}]},
        {"shocks": [{"target": "A", "size": "much", "kind": "relative"}]},
        {"shocks": 5},
    ],
)
def test_a_definition_that_is_no_scenario_is_refused(definition):
    with pytest.raises(InputError):
        rows.scenario({"name": "n", "title": "t", "definition": definition})


RUN = {
    **dict.fromkeys(("report", "notebook", "portfolio_id", "team_id", "status"), "x"),
    **{name: {} for name in ("parameters", "inputs", "code", "packages")},
    "id": "10000000-0000-0000-0000-000000000001",
    "as_of": "2020-01-02",
    "run_at": "2026-01-01T00:00:00+00:00",
    "official": False,
    "seed": None,
    "run_metrics": [{"ordinal": 0, "name": "var", "value": 1, "unit": "USD", "labels": {}}],
    "run_artifacts": [{"name": "a", "media_type": "text/html", "sha256": "0" * 64, "size": 1, "key": "k"}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": "infinity"},
        {"as_of": "10000-01-01"},
        {"as_of": None},
        {"run_at": "-infinity"},
        {"run_at": "0044-03-15T00:00:00+00:00 BC"},
        {"seed": "x"},
        {"run_metrics": None},
        {"run_metrics": [{"ordinal": 0}]},
        {"run_artifacts": [{"name": "a", "media_type": "b", "sha256": "c", "size": "much", "key": "k"}]},
    ],
)
def test_a_run_that_cannot_be_read_is_named(change):
    assert rows.run(RUN).as_of == date(2020, 1, 2)
    with pytest.raises(RunUnreadable, match=RUN["id"]) as caught:
        rows.run({**RUN, **change})
    assert caught.value.run_id == RUN["id"]
