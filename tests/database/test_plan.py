"""The hot query's plan: an index, and the user's teams asked once, not for every row."""

import json

import pytest

BOOK_ON_A_DAY = (
    "select quantity, instrument_id from positions where portfolio_id = %s"
    " and valid_from <= '2020-03-16' and (valid_to is null or valid_to > '2020-03-16')"
)


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def explained(session, query, values):
    (rows,) = session.execute("explain (format json, analyze) " + query, values).fetchone()
    return rows[0] if isinstance(rows, list) else json.loads(rows)[0]


@pytest.fixture
def many_positions(world):
    """20,000 positions of 200 books of another team, gone afterwards."""
    with world.connection.transaction(force_rollback=True) as _:
        world.connection.execute(
            "with books as (insert into portfolios (team_id, slug, title, base_currency)"
            " select %(team)s, 'many-' || n, 'Many', 'USD' from generate_series(1, 200) n returning id),"
            " shares as (insert into instruments (team_id, symbol, asset_class, currency, terms)"
            " select %(team)s, 'many-' || n, 'equity', 'USD', '{\"type\": \"equity\"}' from generate_series(1, 100) n"
            " returning id) select count(*) from books, shares",
            {"team": world.teams["b"]},
        )
        world.connection.execute(
            "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from)"
            " select p.team_id, p.id, i.id, 1, '2020-01-01' from portfolios p join instruments i using (team_id)"
            " where p.team_id = %s and p.slug like 'many-%%' and i.symbol like 'many-%%'",
            [world.teams["b"]],
        )
        world.connection.execute("analyze positions")
        yield world


def test_a_book_is_read_by_index_with_the_teams_as_an_init_plan(many_positions):
    world = many_positions
    with world.acting("a_viewer") as session:
        plan = explained(session, BOOK_ON_A_DAY, [world.books["a"]])
    kinds = [
        (node["Node Type"], node.get("Parent Relationship"), node.get("Index Name")) for node in nodes(plan["Plan"])
    ]
    assert any(index and index.startswith("positions_") for _, _, index in kinds), kinds
    assert not any(kind == "Seq Scan" for kind, _, _ in kinds), kinds
    assert any(relationship == "InitPlan" for _, relationship, _ in kinds), kinds
    init = [node for node in nodes(plan["Plan"]) if node.get("Parent Relationship") == "InitPlan"]
    assert all(node["Actual Loops"] == 1 for node in init)


def test_a_team_without_rights_reads_no_row_of_the_book(many_positions):
    world = many_positions
    with world.acting("a_viewer") as session:
        assert session.execute("select count(*) from positions").fetchone()[0] == 2


def test_levels_of_a_factor_are_read_by_the_primary_key(world):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(
            "insert into risk_factors (name, kind, currency, return_type)"
            " select 'matrix-' || n, 'equity', 'USD', 'relative' from generate_series(1, 20) n"
        )
        world.connection.execute(
            "insert into factor_levels (factor_id, date, level) select f.id, date '2000-01-01' + n, n"
            " from risk_factors f, generate_series(1, 1000) n where f.name like 'matrix-%%' and f.team_id is null"
            " on conflict do nothing"
        )
        world.connection.execute("analyze factor_levels")
        factor = world.one("select id from risk_factors where name = 'matrix-7'")
        with world.acting("a_viewer") as session:
            plan = explained(
                session,
                "select date, level from factor_levels where factor_id = %s and date <= '2001-01-01'"
                " order by date desc limit 500",
                [factor],
            )
    found = [node.get("Index Name") for node in nodes(plan["Plan"])]
    assert "factor_levels_pkey" in found, found
