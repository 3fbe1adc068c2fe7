"""The second wall: what no import or page would let through, the database refuses too."""

import json
import threading
import uuid

import psycopg
import pytest

POSITION = (
    "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from, valid_to)"
    " select team_id, portfolio_id, instrument_id, %s, %s, %s from positions"
    " where portfolio_id = %s and instrument_id in (select id from instruments where team_id is not null) limit 1"
)


def position(world, quantity=1, valid_from="2019-01-01", valid_to="2019-02-01", book="a"):
    return POSITION, (quantity, valid_from, valid_to, world.books[book])


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "-Infinity", "1e15", "-1e15", "1e-31"])
def test_quantities_are_finite_and_bounded(world, quantity):
    assert world.attempt("a_analyst", *position(world, quantity)) == "23514"


@pytest.mark.parametrize("quantity", ["0", "-999999999999999", "0.1", "1e-30"])
def test_quantities_within_the_bounds_are_kept(world, quantity):
    assert world.attempt("a_analyst", *position(world, quantity)) == 1


@pytest.mark.parametrize("level", ["NaN", "Infinity", "-Infinity", "1e15", "-1e15"])
def test_levels_are_finite_and_bounded(world, level):
    statement = (
        "insert into factor_levels (factor_id, team_id, date, level)"
        " select id, team_id, '2021-01-01', %s from risk_factors where team_id = %s"
    )
    with world.connection.transaction(force_rollback=True), pytest.raises(psycopg.errors.CheckViolation):
        world.connection.execute(statement, (level, world.teams["a"]))


@pytest.mark.parametrize(
    "title",
    [
        "",
        " ",
        " lead",
        "x" * 201,
        "a\nb",
        "a\tb",
        "\u202eevil",
        "zero\u200bwidth",
        "soft\u00adhyphen",
        "e\u0301",
        "\ufeffbom",
        "a\u2028b",
        "\u0085",
    ],
)
def test_titles_are_bounded_and_visible(world, title):
    statement = "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'x', %s, 'USD')"
    assert world.attempt("a_analyst", statement, (world.teams["a"], title)) == "23514"


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", "=HYPERLINK()", "'; drop table teams", "日本 📈", "x" * 200]
)
def test_odd_but_visible_titles_are_text_like_any_other(world, title):
    statement = "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'x', %s, 'USD')"
    assert world.attempt("a_analyst", statement, (world.teams["a"], title)) == 1


@pytest.mark.parametrize("slug", ["", "A", "../x", "a b", "-a", "a" * 64, "é", "a/b"])
def test_slugs_fit_an_address(world, slug):
    statement = "insert into portfolios (team_id, slug, title, base_currency) values (%s, %s, 'x', 'USD')"
    assert world.attempt("a_analyst", statement, (world.teams["a"], slug)) == "23514"


def test_one_quantity_a_day(world):
    assert world.attempt("a_analyst", *position(world, 1, "2021-01-01", None)) == "23P01"
    assert world.attempt("a_analyst", *position(world, 1, "2019-12-31", "2020-01-02")) == "23P01"
    assert world.attempt("a_analyst", *position(world, 1, "2019-12-31", "2020-01-01")) == 1
    assert world.attempt("a_analyst", *position(world, 1, "2020-06-01", "2020-06-01")) == 1, (
        "a version that never counts"
    )
    assert world.attempt("a_analyst", *position(world, 1, "2019-02-01", "2019-01-01")) == "23514"


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_one_quantity_a_day_also_for_two_who_write_at_once(world, isolation):
    """The second waits for the first, then fails, whatever either could see."""
    answers = []

    def second():
        with psycopg.connect(world.url) as other:
            other.execute(f"set transaction isolation level {isolation}")
            other.execute("select count(*) from positions")
            ready.set()
            begun.wait(10)
            try:
                other.execute(*position(world, 2))
                answers.append("written")
            except psycopg.Error as error:
                answers.append(error.sqlstate)
            other.rollback()

    ready, begun = threading.Event(), threading.Event()
    thread = threading.Thread(target=second)
    thread.start()
    ready.wait(10)
    with psycopg.connect(world.url) as first:
        first.execute(*position(world, 1))
        begun.set()
        thread.join(0.3)
        assert answers == [], "the second should wait"
    thread.join(10)
    world.connection.execute("delete from positions where valid_from = '2019-01-01'")
    assert answers in (["23P01"], ["40001"])


def test_rows_stay_with_their_team(world):
    a, b, book = world.teams["a"], world.teams["b"], world.books
    assert world.attempt("a_analyst", "update portfolios set team_id = %s", (b,)) == "42501"
    statement = (
        "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from)"
        " select %s, %s, id, 1, '2030-01-01' from instruments where team_id is null limit 1"
    )
    assert world.attempt("a_analyst", statement, (a, book["b"])) == "23503"
    assert world.attempt("a_analyst", statement, (b, book["b"])) == "42501"
    foreign = world.one("select id from instruments where team_id = %s", b)
    statement = (
        "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from)"
        " values (%s, %s, %s, 1, '2030-01-01')"
    )
    assert world.attempt("a_analyst", statement, (a, book["a"], foreign)) == "PT422"
    assert world.attempt("a_analyst", statement, (a, book["a"], uuid.uuid4())) == "PT422", "the same answer"
    assert world.attempt("a_analyst", "update portfolios set parent_id = %s", (book["b"],)) == "23503"


def test_levels_belong_to_the_team_of_their_factor(world):
    a, b = world.teams["a"], world.teams["b"]
    own = world.one("select id from risk_factors where team_id = %s", a)
    foreign = world.one("select id from risk_factors where team_id = %s", b)
    direct = "insert into factor_levels (factor_id, team_id, date, level) values (%s, %s, '2022-01-01', 1)"
    shared = world.one("select id from risk_factors where team_id is null and name = 'matrix-factor'")
    with world.connection.transaction(force_rollback=True):
        assert world.connection.execute(direct, (own, a)).rowcount == 1
    for factor, team in ((foreign, a), (shared, a), (foreign, None)):
        with world.connection.transaction(force_rollback=True), pytest.raises(psycopg.Error) as caught:
            world.connection.execute(direct, (factor, team))
        assert caught.value.sqlstate in ("23503", "PT422")


def test_nobody_makes_himself_more(world):
    own = "update memberships set role = 'admin' where user_id = %s"
    for role in ("viewer", "analyst", "approver"):
        assert world.attempt(f"a_{role}", own, (world.users[f"a_{role}"],), aal="aal2") == 0
    invite = "insert into memberships (team_id, user_id, role) values (%s, %s, 'admin')"
    assert world.attempt("nobody", invite, (world.teams["a"], world.users["nobody"]), aal="aal2") == "42501"
    assert world.attempt("a_admin", invite, (world.teams["b"], world.users["nobody"]), aal="aal2") == "42501"
    assert world.attempt("a_admin", invite, (world.teams["a"], world.users["nobody"])) == "42501", "one factor"
    assert world.attempt("a_admin", invite, (world.teams["a"], world.users["nobody"]), aal="aal2") == 1


def test_what_was_held_stays_on_record(world):
    assert world.attempt("a_admin", "delete from positions") == "42501"
    assert world.attempt("a_admin", "update positions set quantity = 0") == "42501"
    assert world.attempt("a_admin", "truncate positions") == "42501"


def test_a_portfolio_is_never_below_itself(world):
    with world.acting("a_analyst") as session:
        for slug in ("one", "two", "three"):
            session.execute(
                "insert into portfolios (team_id, slug, title, base_currency, parent_id) values (%s, %s, 'x', 'USD',"
                " (select max(id::text)::uuid from portfolios where slug = %s))",
                [world.teams["a"], slug, {"two": "one", "three": "two"}.get(slug)],
            )
        with pytest.raises(psycopg.Error, match="not below this one"):
            session.execute(
                "update portfolios set parent_id = (select id from portfolios where slug = 'three') where slug = 'one'"
            )


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("with-dash", '{"shocks": []}'),
        ("1st", '{"shocks": []}'),
        ("both", '{"shocks": [], "window": []}'),
        ("neither", "{}"),
        ("list", "[]"),
    ],
)
def test_scenarios_have_a_usable_name_and_either_window_or_shocks(world, name, definition):
    statement = "insert into scenarios (team_id, name, title, definition) values (%s, %s, 'T', %s)"
    assert world.attempt("a_analyst", statement, (world.teams["a"], name, definition)) == "23514"
    assert world.attempt("a_analyst", statement, (world.teams["a"], "good_1", '{"shocks": []}')) == 1


HIDDEN = ["\u202e", "\u200b", "\u00ad", "\ufeff", "\u2028", "\x01", "\x1f", "\x7f", "\x85", "\r", "\x08"]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_texts_inside_documents_are_visible_too(world, hidden):
    document = json.dumps({"shocks": [], "description": f"a{hidden}b"})
    for written in (document, json.dumps(json.loads(document), ensure_ascii=False)):
        statement = "insert into scenarios (team_id, name, title, definition) values (%s, 's', 'T', %s)"
        assert world.attempt("a_analyst", statement, (world.teams["a"], written)) == "23514"
    named = json.dumps({"type": "equity", f"a{hidden}": 1})
    statement = (
        "insert into instruments (team_id, symbol, asset_class, currency, terms) values (%s, 's', 'equity', 'USD', %s)"
    )
    assert world.attempt("a_analyst", statement, (world.teams["a"], named)) == "23514"


@pytest.mark.parametrize(
    "text", ["a\nb\tc", "\\u0001", "\\\\b", "日本 📈", "<script>", "=1+1", "%00", "'; drop table x"]
)
def test_odd_but_visible_texts_inside_documents_are_kept(world, text):
    document = json.dumps({"shocks": [], "description": text})
    statement = "insert into scenarios (team_id, name, title, definition) values (%s, 's', 'T', %s)"
    assert world.attempt("a_analyst", statement, (world.teams["a"], document)) == 1


def test_nul_reaches_no_column(world):
    """Postgres has no character U+0000: neither as a byte nor inside jsonb."""
    for statement, value in (
        ("insert into scenarios (team_id, name, title, definition) values (%s, 's', 'T', %s)", '{"shocks": "\\u0000"}'),
        ("insert into portfolios (team_id, slug, base_currency, title) values (%s, 's', 'USD', %s)", "x" * 10**6),
        ("insert into run_comments (team_id, run_id, body) values (%s, gen_random_uuid(), %s)", "x" * 4001),
    ):
        assert world.attempt("a_analyst", statement, (world.teams["a"], value)) in ("22P05", "23514")
