"""What one chain a team costs: eight writers into one team's chain, against one chain each."""

import sys
import threading
import time
import uuid

import psycopg
import pytest

WRITERS, ENTRIES = 8, 150


def entries_a_second(url, teams):
    """Each writer commits every entry by itself, as requests do."""

    def write(team):
        with psycopg.connect(url, autocommit=True) as own:
            ready.wait(60)
            for number in range(ENTRIES):
                own.execute("select private.append_audit(%s, null, 'test.noted', %s, '{}')", [team, str(number)])

    ready = threading.Barrier(len(teams) + 1)
    threads = [threading.Thread(target=write, args=(team,)) for team in teams]
    for thread in threads:
        thread.start()
    ready.wait(60)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return len(teams) * ENTRIES / (time.perf_counter() - began)


@pytest.mark.benchmark
def test_writing_one_chain_and_many(stack):
    url = stack.keys().db_url
    teams = [uuid.uuid4() for _ in range(WRITERS)]
    many, one, alone = (entries_a_second(url, chosen) for chosen in (teams, [uuid.uuid4()] * WRITERS, [uuid.uuid4()]))
    sys.stdout.write(
        f"\naudit entries a second, each committed: {one:,.0f} by {WRITERS} writers into one team's chain,"
        f" {many:,.0f} into one each ({many / one:.1f}x), {alone:,.0f} by one writer alone\n"
    )
    with psycopg.connect(url) as owner:
        for team in teams:
            rows = owner.execute("select count(*), max(seq) from audit_log where team_id = %s", [team]).fetchone()
            assert rows == (ENTRIES, ENTRIES)
        assert owner.execute("select count(*) from verify_audit() where broken is not null").fetchone() == (0,)
    assert one > 20
