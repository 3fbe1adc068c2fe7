"""What the page on runs is told: runs of a book with what was decided and said of them, and the story of one."""

import json
import uuid

import psycopg
import pytest

BETWEEN = "select runs_between(%s, '2020-01-01', '2020-01-31')"


def said(world):
    """What was said of the first team's run, by this and by other tests."""
    query = "select body from run_comments where run_id = %s order by created_at, id"
    return [text for (text,) in world.connection.execute(query, [world.runs["a"]])]


def test_runs_carry_the_last_decision_their_comments_and_their_figures(world):
    with world.acting("a_viewer") as session:
        told = session.execute(BETWEEN, [world.books["a"]]).fetchone()[0]
        early = session.execute("select runs_between(%s, '2019-01-01', '2019-01-31')", [world.books["a"]]).fetchone()[0]
    (run,) = (one for one in told["runs"] if one["id"] == str(world.runs["a"]))
    assert (run["decision"]["decision"], run["as_of"]) == ("approved", "2020-01-02")
    assert run["comments"] == len(said(world)) > 0
    assert [metric["unit"] for metric in run["metrics"]] == ["USD"]
    assert (told["before"], early["runs"], early["after"]) == (None, [], "2020-01-02")


def test_a_decision_on_what_a_run_was_is_void(world):
    run = world.runs["a"]
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("alter table run_metrics disable trigger fixed_metric")
        world.connection.execute("update run_metrics set value = 2 where run_id = %s", [run])
        assert world.one("select private.run_decision(%s) ->> 'decision'", run) == "void"


def test_its_story_names_who_made_it_and_says_whether_that_is_the_reader(world):
    def story(user):
        with world.acting(user) as session:
            return session.execute("select run_story(%s)", [world.runs["a"]]).fetchone()[0]

    seen = story("a_viewer")
    assert seen["makers"] == {"author": f"a_analyst@{world.mail}", "recorded_by": None, "mine": False}
    assert story("a_analyst")["makers"]["mine"] is True
    assert [one["text"] for one in seen["comments"]] == said(world)
    assert "approved" in [one["decision"] for one in seen["decisions"]]
    assert seen["hash"] == world.one("select run_hash(%s)", world.runs["a"])
    assert [one["id"] for one in seen["history"]] == [str(world.runs["a"])]


@pytest.mark.parametrize("run", ["b", None])
def test_another_teams_run_is_as_unknown_as_none(world, run):
    wanted = world.runs[run] if run else uuid.uuid4()
    for statement, value, field in (
        ("select run_story(%s)", wanted, "run"),
        (BETWEEN, world.books["b"] if run else wanted, "portfolio"),
    ):
        with world.acting("a_admin", "aal2") as session, pytest.raises(psycopg.Error) as caught:
            session.execute(statement, [value])
        assert json.loads(caught.value.diag.message_detail)["field"] == field


def test_what_others_say_and_decide_is_heard_by_the_team(world):
    with world.connection.transaction(force_rollback=True):
        keys = [world.teams["a"], world.runs["a"]]
        world.connection.execute("insert into run_comments (team_id, run_id, body) values (%s, %s, 'Heard?')", keys)
        decide = "insert into approvals (team_id, run_id, run_hash, decision, approver_name)"
        decide += " values (%s, %s, %s, 'approved', 'x')"
        world.connection.execute(decide, [*keys, "0" * 64])
        heard = "select payload ->> 'table' from realtime.messages where topic = %s"
        told = {row[0] for row in world.connection.execute(heard, [f"team:{world.teams['a']}"])}
    assert {"run_comments", "approvals"} <= told
