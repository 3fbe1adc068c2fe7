"""The functions users may call: what they refuse, in which words, and what they leave."""

import json

import psycopg
import pytest

SHARE = {"symbol": "RPC", "asset_class": "equity", "currency": "USD", "sector": "", "terms": {"type": "equity"}}
SERIES = {"name": "RPC", "kind": "equity", "currency": "USD", "return_type": "relative"}


def position(**changes):
    return {**SHARE, "quantity": 1, **changes}


def import_portfolio(session, world, positions, day="2020-01-01", slug="rpc", base="USD", team="a"):
    return session.execute(
        "select import_portfolio(%s, %s, 'Title', %s, %s, %s)",
        [world.slugs[team], slug, base, json.dumps(positions), day],
    ).fetchone()[0]


def import_prices(session, world, series, team="a"):
    return session.execute("select import_prices(%s, %s)", [world.slugs[team], json.dumps(series)]).fetchone()[0]


def refusal(error):
    """The facts in the detail of a refused call; the sentence says the same."""
    facts = json.loads(error.diag.message_detail)
    assert error.sqlstate == "PT422"
    assert facts["field"] in error.diag.message_primary
    assert facts["expected"] in error.diag.message_primary
    return facts


@pytest.mark.parametrize(
    ("positions", "field"),
    [
        (None, "positions"),
        ([], "positions"),
        ({}, "positions"),
        ("x", "positions"),
        ([1], "symbol"),
        ([{}], "symbol"),
        ([position(symbol="")], "symbol"),
        ([position(quantity="1")], "quantity of RPC"),
        ([position(quantity=None)], "quantity of RPC"),
        ([position(quantity=True)], "quantity of RPC"),
        ([position(quantity=1e15)], "quantity of RPC"),
        ([position(quantity=1e-31)], "quantity of RPC"),
        ([position(), position(quantity=2)], "positions"),
        ([position(symbol=f"S{n}") for n in range(10_001)], "positions"),
    ],
)
def test_a_book_that_cannot_be_kept_is_refused_with_its_field(world, positions, field):
    with world.acting("a_analyst") as session, pytest.raises(psycopg.Error) as caught:
        import_portfolio(session, world, positions)
    assert refusal(caught.value)["field"] == field


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "=HYPERLINK()"},
        {"symbol": "x" * 64},
        {"asset_class": "gold"},
        {"currency": "usd"},
        {"currency": None},
        {"terms": None},
        {"terms": []},
        {"terms": {}},
        {"terms": {"type": "equity", "x": "y" * 5000}},
        {"sector": "\u202e"},
    ],
)
def test_the_second_wall_stands_behind(world, change):
    with world.acting("a_analyst") as session, pytest.raises(psycopg.Error) as caught:
        import_portfolio(session, world, [position(**change)])
    assert caught.value.sqlstate in ("23514", "23502")


@pytest.mark.parametrize(
    ("series", "field"),
    [
        (None, "series"),
        ([], "series"),
        ([{}], "?"),
        ([{**SERIES, "dates": ["2020-01-01"], "levels": []}], "RPC"),
        ([{**SERIES, "dates": [], "levels": []}], "RPC"),
        ([{**SERIES, "dates": "2020-01-01", "levels": 1}], "RPC"),
        ([{**SERIES, "dates": ["2020-01-01"], "levels": ["1"]}], "RPC"),
        ([{**SERIES, "dates": ["2020-01-01"], "levels": [None]}], "RPC"),
        ([{**SERIES, "dates": ["2020-01-01"], "levels": [1e15]}], "RPC"),
        ([{**SERIES, "dates": ["2020-01-01"] * 2, "levels": [1, 1]}], "RPC"),
        ([{**SERIES, "dates": ["2020-01-01"], "levels": [1]}] * 2, "series"),
    ],
)
def test_prices_that_cannot_be_kept_are_refused_with_their_field(world, series, field):
    with world.acting("a_analyst") as session, pytest.raises(psycopg.Error) as caught:
        import_prices(session, world, series)
    assert refusal(caught.value)["field"] == field


def test_users_write_no_shared_rows_and_no_other_teams(world):
    good = [{**SERIES, "dates": ["2020-01-01"], "levels": [1]}]
    for team in (None, "b"):
        with world.acting("a_analyst") as session, pytest.raises(psycopg.Error) as caught:
            import_prices(session, world, good, team)
        assert refusal(caught.value)["field"] == "team"
    with world.acting("a_analyst") as session, pytest.raises(psycopg.Error) as caught:
        import_portfolio(session, world, [position()], team="b")
    assert refusal(caught.value)["field"] == "team"
    with world.acting("a_viewer") as session, pytest.raises(psycopg.errors.InsufficientPrivilege, match="role analyst"):
        import_prices(session, world, good)
    for call in ("factor_history(%s, '{matrix-factor}', '2030-01-01')", "factor_calendar(%s, '{matrix-factor}')"):
        with world.acting("nobody") as session:
            row = session.execute(f"select * from {call}", [world.teams["a"]]).fetchone()
        assert row, "the shared factor, not the team's"
    with world.acting("nobody") as session:
        seen = session.execute("select team_id from risk_factors where name = 'matrix-factor'").fetchall()
    assert seen == [(None,)]


def test_an_import_keeps_what_was_held_before(world):
    with world.acting("a_analyst") as session:
        made = import_portfolio(session, world, [position(quantity=1)], "2020-01-01")
        import_portfolio(session, world, [position(quantity=2)], "2020-02-01")
        again = import_portfolio(session, world, [position(quantity=2)], "2020-02-01")
        corrected = import_portfolio(session, world, [position(quantity=3)], "2020-02-01")
        versions = session.execute(
            "select quantity::int, valid_from::text, valid_to::text from positions where portfolio_id = %s"
            " order by valid_from, quantity",
            [made["id"]],
        ).fetchall()
    assert (again["changed"], again["begun"]) == (0, 0), "the same book again changes nothing"
    assert (corrected["changed"], corrected["begun"]) == (1, 1)
    assert versions == [
        (1, "2020-01-01", "2020-02-01"),
        (2, "2020-02-01", "2020-02-01"),
        (3, "2020-02-01", None),
    ]


def test_the_shared_instrument_is_used_when_it_is_the_same(world):
    same = {**SHARE, "symbol": "matrix-shared-2", "quantity": 1}
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(
            "insert into instruments (symbol, asset_class, currency, terms)"
            " values ('matrix-shared-2', 'equity', 'USD', '{\"type\": \"equity\"}')"
        )
        with world.acting("a_analyst") as session:
            import_portfolio(session, world, [same])
            owners = "select team_id from instruments where symbol = 'matrix-shared-2' order by team_id nulls first"
            assert session.execute(owners).fetchall() == [(None,)]
            import_portfolio(session, world, [{**same, "sector": "Ours"}])
            assert session.execute(owners).fetchall() == [(None,), (world.teams["a"],)]
        with world.acting("b_analyst") as session:
            assert session.execute(owners).fetchall() == [(None,)]


def test_runs_are_written_by_the_function_alone(world):
    run = {"id": "10000000-0000-0000-0000-000000000001", "team_id": str(world.teams["a"])}
    run |= {"portfolio_id": str(world.books["a"]), "report": "r", "notebook": "r", "as_of": "2020-01-02"}
    run |= {"run_at": "2026-01-01T00:00:00Z", "parameters": {}, "inputs": {}, "code": {}, "packages": {}}
    bad_metric = [{"name": "var", "value": "NaN", "unit": "USD"}]
    call = "select record_run(%s, %s, '[]')"
    with world.acting("a_analyst") as session:
        for metrics in (bad_metric, [{"name": "var", "value": 1, "unit": "dollars"}], [{"name": "var"}]):
            with pytest.raises(psycopg.Error), session.transaction():
                session.execute(call, [json.dumps(run), json.dumps(metrics)])
            assert session.execute("select from report_runs where id = %s", [run["id"]]).rowcount == 0
        session.execute(call, [json.dumps({**run, "recorded_by": str(world.users["b_admin"])}), "[]"])
        recorded = session.execute("select recorded_by from report_runs where id = %s", [run["id"]]).fetchone()
        assert recorded == (world.users["a_analyst"],), "who calls, whatever the call says"
    for change in ({"team_id": str(world.teams["b"])}, {"team_id": None}, {"official": True}):
        with world.acting("a_analyst") as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(call, [json.dumps({**run, **change}), "[]"])
    with world.acting("a_analyst") as session, pytest.raises(psycopg.errors.ForeignKeyViolation):
        session.execute(call, [json.dumps({**run, "portfolio_id": str(world.books["b"])}), "[]"])
    with world.acting("a_analyst") as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("select private.write_run(%s, '[]', '[]')", [json.dumps({**run, "official": True})])
