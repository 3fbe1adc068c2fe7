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


#: What pages and reports ask again and again, and the index each is meant to use.
HOT = {
    "the books of a team": ("select * from portfolios where team_id = %(a)s", "portfolios_"),
    "one's own memberships": ("select * from memberships where user_id = %(user)s", "memberships_"),
    "the latest runs of a book": (
        "select * from report_runs where team_id = %(a)s and portfolio_id = %(book)s and report = 'r'"
        " order by run_at desc limit 50",
        "report_runs_book",
    ),
    "a run's figures": ("select * from run_metrics where run_id = %(run)s", "run_metrics_"),
    "a run's files": ("select * from run_artifacts where run_id = %(run)s", "run_artifacts_"),
    "what was said of a run": ("select * from run_comments where run_id = %(run)s", "run_comments_run"),
    "whether a run is approved": (
        "select * from approvals where run_id = %(run)s order by created_at desc limit 1",
        "approvals_run",
    ),
    "the limits in force": (
        "select * from limits where portfolio_id = %(book)s and valid_to is null",
        "limits_",
    ),
    "the latest of the audit log": (
        "select * from audit_log where team_id = %(a)s order by seq desc limit 50",
        "audit_log_team_id_seq_key",
    ),
    "a team's jobs": (
        "select * from calculation_jobs where team_id = %(a)s order by created_at desc, id limit 50",
        "calculation_jobs_team",
    ),
}


@pytest.mark.parametrize("name", HOT)
def test_hot_queries_ask_for_the_teams_once_and_use_their_index(many_rows, name):
    world, (query, index) = many_rows, HOT[name]
    values = {"a": world.teams["a"], "book": world.books["a"], "run": world.runs["a"], "user": world.users["a_admin"]}
    with world.acting("a_admin", "aal2") as session:
        plan = list(nodes(explained(session, query, values)["Plan"]))
    indices = [node["Index Name"] for node in plan if "Index Name" in node]
    assert any(found.startswith(index) for found in indices), indices
    assert [node for node in plan if node["Node Type"] == "Seq Scan"] == []
    init = [node for node in plan if node.get("Parent Relationship") == "InitPlan"]
    assert init
    assert all(node["Actual Loops"] <= 1 for node in init), "not for every row"
    # Beside the teams of the caller, no helper is called for a row.
    assert "my_teams" not in " ".join(str(node.get("Filter")) for node in plan if node not in init)


@pytest.fixture(scope="module")
def many_rows(world):
    """2,000 rows of everything for another team, and as many runs of the asking one's; gone afterwards."""
    with world.connection.transaction(force_rollback=True):
        execute, team, book = world.connection.execute, world.teams["b"], world.books["b"]
        # Where the team had few runs, any index that begins with it would cost the same.
        for one, of in ((team, book), (world.teams["a"], world.books["a"])):
            execute(
                "insert into report_runs"
                " (id, team_id, portfolio_id, report, notebook, as_of, run_at, parameters, inputs, code, packages)"
                " select gen_random_uuid(), %s, %s, (array['r', 's', 't', 'u'])[1 + n %% 4], 'r', '2020-01-02',"
                " now() - n * interval '1 s', e, e, e, e from generate_series(1, 2000) n, (select jsonb '{}') d(e)",
                [one, of],
            )
        runs = "from report_runs where team_id = %s"
        execute(f"insert into run_metrics select team_id, id, 9, 'x', 1, 'USD' {runs}", [team])
        execute(f"insert into run_comments (team_id, run_id, body) select team_id, id, 'x' {runs}", [team])
        digest = "'00/' || repeat('0', 64)"
        execute(
            f"insert into run_artifacts select team_id, id, 'x', 'text/html', repeat('0', 64), 1, {digest} {runs}",
            [team],
        )
        execute(
            "insert into approvals (team_id, run_id, run_hash, decision, approver_name)"
            f" select team_id, id, repeat('0', 64), 'approved', 'x' {runs}",
            [team],
        )
        execute(
            "insert into limits (team_id, portfolio_id, metric, unit, hard)"
            " select %s, %s, 'm' || n, 'USD', 1 from generate_series(1, 2000) n",
            [team, book],
        )
        execute(
            "insert into portfolios (team_id, slug, title, base_currency)"
            " select %s, 'p' || n, 'x', 'USD' from generate_series(1, 2000) n",
            [team],
        )
        execute("insert into calculation_jobs (team_id, kind) select %s, 'x' from generate_series(1, 2000)", [team])
        execute(
            "with u as (insert into auth.users (email) select 'many-' || n || '@matrix.example'"
            " from generate_series(1, 2000) n returning id) insert into memberships select %s, id, 'viewer' from u",
            [team],
        )
        execute("analyze")
        yield world


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
