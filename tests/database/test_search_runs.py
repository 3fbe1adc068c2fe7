"""10,000 runs: found by an index, within row-level security, and refusals in words."""

import json
import re
import time

import psycopg
import pytest

from tests.database.test_plan import explained, nodes

RUNS = 10_000


@pytest.fixture(scope="module")
def many(world):
    """10,000 runs of team a with twelve figures each, one in five official; undone at the end."""
    execute = world.connection.execute
    with world.connection.transaction(force_rollback=True):
        execute(
            "insert into report_runs (id, team_id, portfolio_id, report, notebook, as_of, run_at, official, parameters,"
            " inputs, code, packages) select gen_random_uuid(), %s, %s, 'many', 'many', date '2000-01-01' + n,"
            " timestamptz '2010-01-01' + n * interval '1 h', n %% 5 = 0, '{}', '{}', '{}', '{}'"
            " from generate_series(1, %s) n",
            [world.teams["a"], world.books["a"], RUNS],
        )
        execute(
            "insert into run_metrics (team_id, run_id, ordinal, name, value, unit, labels)"
            " select r.team_id, r.id, k, case when k < 2 then (array['var', 'value'])[k + 1] else 'component_var' end,"
            " (r.as_of - date '2000-01-01') * (k + 1), 'USD',"
            " case when k < 2 then '{}' else jsonb_build_object('position', k) end"
            " from report_runs r, generate_series(0, 11) k where r.report = 'many'"
        )
        execute("analyze report_runs")
        execute("analyze run_metrics")
        yield world


def search(world, user="a_viewer", **given):
    given = {name: json.dumps(value) if name == "p_where" else value for name, value in given.items()}
    named = ", ".join(f"{name} => %({name})s" for name in given)
    with world.acting(user) as session:
        return session.execute(f"select * from search_runs({named})", given).fetchall()


def where(metric, op, value):
    return [{"metric": metric, "op": op, "value": value}]


def test_by_figure_newest_first_and_fast(many):
    started = time.process_time(), time.perf_counter()
    found = search(many, p_report="many", p_where=where("var", ">", RUNS - 3))
    assert time.perf_counter() - started[1] < 3.0, "tens of milliseconds on an idle machine"
    assert [row[8][0]["value"] for row in found] == [RUNS, RUNS - 1, RUNS - 2]
    assert [one["name"] for one in found[0][8]] == ["var", "value"], "headline figures, in their order"


@pytest.mark.parametrize(
    ("op", "count"), [(">", 1), (">=", 2), ("<", RUNS - 2), ("<=", RUNS - 1), ("=", 1), ("!=", RUNS - 1)]
)
def test_each_comparison(many, op, count):
    assert len(search(many, p_report="many", p_where=where("var", op, RUNS - 1), p_limit=1000)) == min(count, 1000)


def test_all_conditions_must_hold(many):
    both = where("var", ">", 100) + where("value", "<", 210) + where("var", "<=", 103)
    assert [row[8][0]["value"] for row in search(many, p_where=both)] == [103, 102, 101]


def test_by_day_and_flag(many):
    (one,) = search(many, p_report="many", p_from="2000-01-06", p_until="2000-01-06")
    assert (str(one[4]), one[6]) == ("2000-01-06", True)
    assert all(row[6] is False for row in search(many, p_report="many", p_official=False))


@pytest.mark.parametrize("user", ["b_admin", "nobody", "removed"])
def test_others_find_nothing_and_learn_no_metric(many, user):
    assert search(many, user, p_report="many") == []
    with pytest.raises(psycopg.Error) as refused:
        search(many, user, p_where=where("value", ">", 0))
    assert refused.value.sqlstate == "PT422"
    assert "component_var" not in str(refused.value.diag.message_detail)


def test_an_unknown_metric_lists_those_there_are(many):
    with pytest.raises(psycopg.Error) as refused:
        search(many, p_where=where("vra", ">", 0))
    said = json.loads(refused.value.diag.message_detail)
    assert said["field"] == "where"
    assert {"var", "value"} <= set(said["expected"].removeprefix("one of ").split(", "))


@pytest.mark.parametrize(
    "given",
    [{}, [1], [{"metric": "var"}], where("var", "or", 1), where("var", ">", "1"), where("var", ">", 1) * 11],
)
def test_anything_else_is_refused(many, given):
    with pytest.raises(psycopg.Error) as refused:
        search(many, p_where=given)
    assert refused.value.sqlstate == "PT422"


def test_the_plan_reads_the_index_of_headline_figures(many):
    body = many.one("select prosrc from pg_proc where oid = to_regproc('public.search_runs')")
    (statement,) = re.findall(r"return query\n(.*?);", body, re.DOTALL)
    values = {
        "p_report": "null::text", "p_portfolio": "null::uuid", "p_from": "null::date", "p_until": "null::date",
        "p_official": "null::boolean", "p_limit": "20", "v_names": "'{var}'::text[]",
        "p_where": f"'{json.dumps(where('var', '>', RUNS - 10))}'::jsonb",
    }  # fmt: skip
    for name, value in values.items():
        statement = re.sub(rf"\b{name}\b", value, statement)
    with many.acting("a_viewer") as session:
        plan = explained(session, statement, None)["Plan"]
    scans = [node for node in nodes(plan) if node.get("Relation Name") == "run_metrics"]
    assert scans
    assert all(node["Node Type"] != "Seq Scan" for node in scans), scans
    assert any(node.get("Index Name") == "run_metrics_headline" for node in nodes(plan))
