"""A claim among 100,000 queued jobs reads a few entries of one index, whatever stands in front of it."""

import re
import uuid

import pytest

from tests.database.desk import Desk
from tests.database.test_plan import explained, nodes

QUEUED = 100_000


@pytest.fixture(scope="module")
def crowded(stack):
    """A queue of 20 teams with 100,000 jobs; all of it in a transaction that is rolled back."""
    with Desk(stack.keys().db_url) as desk:
        teams = [desk.team] + [desk.add_team()[0] for _ in range(19)]
        with desk.owner.transaction(force_rollback=True):
            # Not what is measured: 100,000 rows of job_events.
            desk.owner.execute("alter table calculation_jobs disable trigger user")
            desk.owner.execute(
                "insert into calculation_jobs (team_id, queue, kind, priority, run_at)"
                " select (%s::uuid[])[1 + n %% 20], %s, 'noop', n %% 7, now() - n * interval '1 s'"
                " from generate_series(1, %s) n",
                [teams, desk.queue, QUEUED],
            )
            desk.owner.execute("alter table calculation_jobs enable trigger user")
            desk.owner.execute("analyze calculation_jobs")
            yield desk


def body(desk):
    return desk.one("select prosrc from pg_proc where oid = to_regproc('public.claim_job')")


def plan(desk, statement):
    """The plan that every claim of a session shares, run."""
    desk.owner.execute("set local plan_cache_mode = force_generic_plan")
    name = f"p{uuid.uuid4().hex}"
    desk.owner.execute(f"prepare {name} (text, uuid) as {statement}")
    found = explained(desk.owner, f"execute {name} ('{desk.queue}', '{desk.team}')", None)["Plan"]
    return [node for node in nodes(found) if node.get("Relation Name") == "calculation_jobs"]


def assert_a_step_down_the_claim_index(scans):
    assert scans
    for node in scans:
        assert node["Node Type"] in ("Index Scan", "Index Only Scan"), node
        assert node["Index Name"] == "calculation_jobs_claim", node
        assert node["Actual Rows"] <= 1, node
        assert "queue" in node["Index Cond"], node


def test_the_teams_are_found_by_the_claim_index(crowded):
    (lanes,) = re.findall(r"for v_lane in\n(.*?)\n  loop", body(crowded), re.DOTALL)
    with crowded.owner.transaction(force_rollback=True):
        scans = plan(crowded, lanes.replace("p_queue", "$1"))
    assert_a_step_down_the_claim_index(scans)
    assert len(scans) == 3
    assert {node["Actual Loops"] for node in scans} == {1, 20}, "one step a team"


def test_the_job_is_found_by_the_claim_index(crowded):
    ((columns, rest),) = re.findall(r"select (j\.id[^;]*?) into v_job (from[^;]*);", body(crowded))
    statement = f"select {columns} {rest}".replace("v_lane.team_id", "$2").replace("p_queue", "$1")
    with crowded.owner.transaction(force_rollback=True):
        scans = plan(crowded, statement.replace("v_busy", "'{}'::uuid[]"))
    assert_a_step_down_the_claim_index(scans)


def counted(desk):
    """What this transaction has read so far: whole-table scans, entries of the claim index."""
    return desk.owner.execute(
        "select pg_stat_get_xact_numscans('calculation_jobs'::regclass),"
        " pg_stat_get_xact_tuples_returned('calculation_jobs_claim'::regclass)"
    ).fetchone()


def test_a_claim_reads_few_entries(crowded):
    with crowded.owner.transaction(force_rollback=True):
        crowded.owner.execute("set local role service_role")
        before = counted(crowded)
        claimed = [crowded.claim(connection=crowded.owner) for _ in range(10)]
        after = counted(crowded)
    assert len({one.id for one in claimed}) == 10
    assert after[0] == before[0], "no whole-table scan"
    # Three steps a team and one for the job; what this transaction claimed before is still in the index.
    assert (after[1] - before[1]) / 10 < 3 * 20 + 30


def test_the_most_urgent_of_all_teams_comes_first(crowded):
    with crowded.owner.transaction(force_rollback=True):
        crowded.owner.execute("set local role service_role")
        first = crowded.claim(connection=crowded.owner)
        oldest = crowded.one(
            "select id from calculation_jobs where queue = %s order by priority desc, run_at limit 1", crowded.queue
        )
    assert first.id == oldest


def test_the_queue_of_a_team_is_listed_by_index(crowded):
    listed = "select id from calculation_jobs where team_id = %s order by created_at desc, id limit 50"
    found = explained(crowded.owner, listed, [crowded.team])["Plan"]
    (scan,) = [node for node in nodes(found) if node.get("Relation Name") == "calculation_jobs"]
    assert scan["Index Name"] == "calculation_jobs_team"
