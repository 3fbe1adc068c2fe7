"""Migrations run in order, once, each whole, as a role with hosted's rights; an edited one is refused."""

import psycopg
import pytest

from riskkit.errors import Unavailable
from riskkit.local.migrations import apply_migrations


@pytest.fixture
def project(tmp_path, keys, own_stack):
    """A project that continues the stack's own, and whose additions are undone."""
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    for path in (own_stack.project / "supabase" / "migrations").iterdir():
        (folder / path.name).write_text(path.read_text())
    yield tmp_path
    with psycopg.connect(keys.db_url) as connection:
        connection.execute("delete from supabase_migrations.schema_migrations where version > '20260101000000'")
        connection.execute("drop schema if exists extra cascade")


def add(project, name, text):
    path = project / "supabase" / "migrations" / name
    path.write_text(text)
    return path


def test_new_ones_run_in_order_and_once(project, keys):
    add(project, "20260102000000_create_extra.sql", "create schema extra;")
    add(project, "20260103000000_create_more.sql", "create table extra.t (id int); insert into extra.t values (1);")
    assert apply_migrations(project, keys.db_url) == (
        "20260102000000_create_extra.sql", "20260103000000_create_more.sql",
    )  # fmt: skip
    assert apply_migrations(project, keys.db_url) == ()
    with psycopg.connect(keys.db_url) as connection:
        row = connection.execute("select * from supabase_migrations.schema_migrations order by version desc").fetchone()
    assert row == ("20260103000000", ["create table extra.t (id int); insert into extra.t values (1);"], "create_more")


def test_a_failing_one_leaves_nothing_and_names_its_line(project, keys):
    path = add(project, "20260102000000_create_extra.sql", "create schema extra;\n\nselect nope;\n")
    with pytest.raises(Unavailable, match=rf"{path}:3: column \"nope\" does not exist"):
        apply_migrations(project, keys.db_url)
    with psycopg.connect(keys.db_url) as connection:
        assert connection.execute("select to_regnamespace('extra')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: next(f.iterdir()).write_text("select 1;"), "was changed"),
        (lambda f: next(f.iterdir()).unlink(), "file is gone"),
        (lambda f: (f / "20250101000000_create_older.sql").write_text(""), "older than the last"),
        (lambda f: (f / "create_things.sql").write_text(""), "is named"),
        (lambda f: (f / "20260101000000_again.sql").write_text(""), "same timestamp"),
        (lambda f: (f / "20260102000000_create_x.sql").write_text("commit;"), "end its own transaction"),
    ],
)  # fmt: skip
def test_history_is_not_rewritten(project, keys, change, words):
    change(project / "supabase" / "migrations")
    with pytest.raises(Unavailable, match=words):
        apply_migrations(project, keys.db_url)


def test_the_migrating_role_has_hosteds_rights(keys):
    with psycopg.connect(keys.db_url) as connection:
        rights = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
        ).fetchone()
        assert rights == (False, True, True, True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create function x() returns int language c as 'x', 'y'")


def test_new_tables_are_open_to_the_api_roles_as_on_hosted(keys):
    with psycopg.connect(keys.db_url) as connection:
        connection.execute("create table public.fresh (id int)")
        granted = connection.execute("select has_table_privilege('anon', 'public.fresh', 'insert')").fetchone()
        connection.rollback()
    assert granted == (True,)


def test_the_api_logs_in_as_roles_that_own_nothing(keys, service):
    with psycopg.connect(keys.db_url) as connection:
        roles = dict(
            connection.execute("select rolname, rolsuper or rolbypassrls or rolinherit from pg_roles").fetchall()
        )
    assert not roles["authenticator"]
    assert not roles["anon"]
    assert not roles["authenticated"]


def test_a_change_of_the_schema_is_seen_at_the_next_request(keys, service):
    with psycopg.connect(keys.db_url, autocommit=True) as connection:
        for value in ("1", "'text'"):
            connection.execute(
                f"create function public.changing() returns jsonb language sql as $$ select to_jsonb({value}::text) $$"
            )
            assert service.rpc("changing").execute().data == value.strip("'")
            connection.execute("drop function public.changing()")
        connection.execute("create table public.late (id int)")
        assert service.table("late").select("*").execute().data == []
        connection.execute("alter table public.late add column more int")
        assert service.table("late").insert({"id": 1, "more": 2}).execute().data == [{"id": 1, "more": 2}]
        connection.execute("drop table public.late")
