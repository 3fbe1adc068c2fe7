"""What a run is judged against, and what was found: the same in both stores."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import psycopg
import pytest

from riskkit.errors import InputError
from riskkit.gates import EarlierBacktest, EarlierRun, Finding, GateFacts, GateReport, Limit
from riskkit.metric import Metric
from riskkit.portfolio import Equity, Position
from riskkit.store import rows
from tests.store.test_contract import record

DAY = date(2020, 1, 10)
SOFT = Limit("var", "USD", 1e6, 1.5e6)
PARTS = Limit("component_var", "USD", None, 0.1, "position", "*")


@pytest.fixture
def ref(book):
    return book([Position(Equity("CTA", "USD"), 10)])


@pytest.fixture
def write(place, request):
    """`limit(ref, limit, begins, ends)` as an approver, `official(record)` as the service."""
    if place.kind == "memory":
        database = place.store("quant")._db
        yield database.limit, database.record_official
        return
    with psycopg.connect(request.getfixturevalue("stack").keys().db_url, autocommit=True) as owner:

        def limit(ref, one, begins, ends=None):
            owner.execute(
                "insert into limits (team_id, portfolio_id, metric, unit, soft, hard, scope, scope_value, basis,"
                " valid_from, valid_to) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [ref.team_id, ref.id, *vars(one).values(), begins, ends],
            )

        def official(made):
            with owner.transaction():
                owner.execute("set local role service_role")
                texts = [json.dumps(one) for one in rows.run_rows(made)]
                owner.execute("select private.write_run(%s, %s, %s)", texts)

        yield limit, official


def official_run(ref, day, **changes):
    return record(ref, id=str(uuid.uuid4()), official=True, as_of=day, **changes)


def test_limits_are_those_in_force_on_the_day(place, ref, write):
    limit, _ = write
    limit(ref, SOFT, date(2019, 1, 1), DAY)
    limit(ref, replace(SOFT, hard=2e6), DAY)
    limit(ref, PARTS, date(2019, 6, 1))
    store = place.store("viewer")
    assert store.gate_facts(ref, "portfolio_var", DAY, {}).limits == (PARTS, replace(SOFT, hard=2e6))
    assert store.gate_facts(ref, "portfolio_var", date(2020, 1, 9), {}).limits == (PARTS, SOFT)
    assert store.gate_facts(ref, "portfolio_var", date(2019, 5, 31), {}).limits == (SOFT,)


def test_the_run_before_is_official_of_an_earlier_day_and_alike(place, ref, write):
    _, official = write
    store, parameters = place.store("quant"), {"confidence_level": 0.99, "as_of": "2020-01-08"}
    before = official_run(ref, date(2020, 1, 8), parameters=parameters)
    for other in (
        replace(before, id=str(uuid.uuid4()), as_of=date(2020, 1, 7)),
        replace(before, id=str(uuid.uuid4()), as_of=DAY),
        replace(before, id=str(uuid.uuid4()), as_of=date(2020, 1, 9), parameters={"confidence_level": 0.95}),
        replace(before, id=str(uuid.uuid4()), as_of=date(2020, 1, 9), report="stress_test"),
        before,
    ):
        official(other)
    store.record_run(replace(before, id=str(uuid.uuid4()), as_of=date(2020, 1, 9), official=False))
    again = replace(before, id=str(uuid.uuid4()), run_at=datetime(2026, 11, 23, tzinfo=UTC))
    asked = {"confidence_level": 0.99, "as_of": "2020-01-10"}
    assert store.gate_facts(ref, "portfolio_var", DAY, asked).previous == EarlierRun(
        before.id, before.as_of, before.metrics
    )
    official(again)
    found = store.gate_facts(ref, "portfolio_var", DAY, asked).previous
    assert found is not None
    assert found.run_id == again.id, "the later of two of one day"
    assert store.gate_facts(ref, "portfolio_var", DAY, {"confidence_level": 0.9}).previous is None


def test_the_zone_is_that_of_the_last_official_backtest(place, ref, write):
    _, official = write
    zone = (Metric("zone", 1.0, "count"),)
    made = official_run(ref, DAY, report="weekly", notebook="var_backtest", metrics=zone)
    official(made)
    official(replace(made, id=str(uuid.uuid4()), as_of=date(2020, 1, 13), metrics=(Metric("zone", 2.0, "count"),)))
    store = place.store("quant")
    store.record_run(replace(made, id=str(uuid.uuid4()), official=False, metrics=(Metric("zone", 0.0, "count"),)))
    assert store.gate_facts(ref, "portfolio_var", DAY, {}).backtest == EarlierBacktest(made.id, DAY, "yellow")
    assert store.gate_facts(ref, "portfolio_var", date(2020, 1, 9), {}) == GateFacts()


@pytest.mark.parametrize("user", ["other", "nobody"])
def test_nobody_elses_facts(place, ref, user):
    with pytest.raises(InputError):
        place.store(user).gate_facts(ref, "portfolio_var", DAY, {})


def test_what_was_found_comes_back_as_it_was(place, ref):
    found = GateReport(
        (
            Finding("limits", "WARN", "VaR, 1.2 USD, is above.", 1.2, 0.1 + 0.2, 1e-17),
            Finding("coverage", "PASS", "100.00% of the value is priced."),
        )
    )
    made = record(ref, gates=found)
    store = place.store("quant")
    store.record_run(made)
    read = store.run(made.id)
    assert read == made
    assert read.gates is not None
    assert read.gates.verdict == "WARN"
    assert store.runs(ref) == (made,)
