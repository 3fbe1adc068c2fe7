"""Rows to domain objects and back, where the other side could have kept nonsense."""

from datetime import date

import pytest

from riskkit.errors import InputError
from riskkit.portfolio import Cash, Equity, EuropeanOption
from riskkit.scenarios import Shock, StressScenario
from riskkit.store import rows

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
