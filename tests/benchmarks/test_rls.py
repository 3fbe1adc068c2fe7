"""What row-level security costs at 500,000 positions: the same query as a member and as the owner without policies."""

import json
import statistics
import sys
import time
import uuid
from contextlib import contextmanager

import psycopg
import pytest

REPEATS = 40
TEAMS, BOOKS, POSITIONS = 100, 5, 1000

#: The way that is often seen, and that the policies here avoid: the membership looked up for every row.
EACH_ROW = """
create function private.is_member(p_team uuid) returns boolean language sql stable security definer
  set search_path = '' as $$
  select exists (select from public.memberships m where m.team_id = p_team and m.user_id = auth.uid())
$$;
grant execute on function private.is_member(uuid) to authenticated;
alter policy positions_select on public.positions using (private.is_member(team_id));
"""


@pytest.fixture
def crowd(stack):
    """A connection on which there are 100 teams of 5 books of 1,000 positions; a team, a book, and a member of it."""
    with psycopg.connect(stack.keys().db_url) as owner:
        mark = uuid.uuid4().hex[:8]
        # What guards writing (a trigger a row, one version a day) costs minutes here and is not asked when reading.
        owner.execute("alter table positions disable trigger user")
        owner.execute("alter table positions drop constraint positions_one_version_a_day")
        owner.execute("insert into teams (slug, name) select %s || n, 'x' from generate_series(1, %s) n", [mark, TEAMS])
        owner.execute(
            "insert into portfolios (team_id, slug, title, base_currency) select t.id, 'b' || n, 'x', 'USD'"
            " from teams t, generate_series(1, %s) n where t.slug like %s",
            [BOOKS, mark + "%"],
        )
        owner.execute(
            "insert into instruments (symbol, asset_class, currency, terms)"
            " select %s || n, 'equity', 'USD', '{\"type\": \"equity\"}' from generate_series(1, %s) n",
            [mark, POSITIONS],
        )
        owner.execute(
            "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from)"
            " select p.team_id, p.id, i.id, 1, '2020-01-01' from portfolios p join teams t on t.id = p.team_id"
            " cross join instruments i where t.slug like %(mark)s and i.symbol like %(mark)s",
            {"mark": mark + "%"},
        )
        team, book = owner.execute(
            "select team_id, id from portfolios where team_id = (select id from teams where slug = %s) limit 1",
            [mark + "7"],
        ).fetchone()
        (user,) = owner.execute(
            "insert into auth.users (email) values (%s) returning id", [f"{mark}@rls.example"]
        ).fetchone()
        owner.execute("insert into memberships values (%s, %s, 'viewer')", [team, user])
        owner.execute("analyze positions")
        yield owner, team, book, user
        owner.rollback()


@contextmanager
def member(owner, user):
    with owner.transaction(force_rollback=True):
        claims = json.dumps({"sub": str(user), "role": "authenticated", "aal": "aal1"})
        owner.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        owner.execute("set local role authenticated")
        yield


def milliseconds(owner, query, values, repeats=REPEATS):
    """Median time of one, after one to warm up, and what it answers."""
    answer, times = owner.execute(query, values).fetchall(), []
    for _ in range(repeats):
        began = time.perf_counter()
        owner.execute(query, values).fetchall()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), answer


@pytest.mark.benchmark
def test_reading_under_policies(crowd):
    owner, team, book, user = crowd
    count = owner.execute("select count(*) from positions").fetchone()[0]
    assert count >= TEAMS * BOOKS * POSITIONS
    everything = "select count(*), sum(quantity) from positions"
    on_a_day = (
        "select instrument_id, quantity from positions where portfolio_id = %s"
        " and valid_from <= '2021-01-01' and (valid_to is null or valid_to > '2021-01-01')"
    )
    bare, seen = milliseconds(owner, everything + " where team_id = %s", [team])
    bare_book, rows = milliseconds(owner, on_a_day, [book])
    with member(owner, user):
        under, seen_under = milliseconds(owner, everything, [])
        under_book, rows_under = milliseconds(owner, on_a_day, [book])
    assert seen == seen_under
    assert len(rows) == len(rows_under) == POSITIONS
    owner.execute(EACH_ROW)
    with member(owner, user):
        each_row, _ = milliseconds(owner, everything, [], repeats=3)
    sys.stdout.write(
        f"\n{count:,} positions: all of one's own {BOOKS * POSITIONS:,} {under:.1f} ms under policies, {bare:.1f} ms"
        f" without: {under / bare:.2f}x; a book on a day {under_book:.2f} ms, {bare_book:.2f} ms:"
        f" {under_book / bare_book:.2f}x; a function for every row {each_row:,.0f} ms: {each_row / under:,.0f}x\n"
    )
    assert under / bare < 2
    assert under_book / bare_book < 2
