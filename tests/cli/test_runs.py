"""`riskkit runs`: found, shown, opened; refusals name the field."""

import re
import uuid

import pytest

from riskkit.local.client import service_client


@pytest.fixture
def record(demo_stack, own_team):
    """Record a run of the signed-in user's own team: its id."""
    with service_client(demo_stack.keys()) as service:
        team = service.table("teams").select("id").eq("slug", own_team).execute().data[0]["id"]
        book = {"team_id": team, "slug": "mine", "title": "Mine", "base_currency": "USD"}
        portfolio = service.table("portfolios").insert(book).execute().data[0]["id"]

        def record(var, hour=0, **columns):
            run = {"id": str(uuid.uuid4()), "team_id": team, "portfolio_id": portfolio, "report": "daily"}
            run |= {"notebook": "portfolio_var", "as_of": "2020-03-16", "run_at": f"2026-01-01T{hour:02}:00:00Z"}
            run |= {"parameters": {"confidence_level": 0.99}, "inputs": {"history.npz": "ab" * 32}}
            run |= {"code": {"version": "1.0", "commit": "c0ffee", "dirty": False}, "packages": {"numpy": "2.0"}}
            metrics = [{"name": "var", "value": var, "unit": "USD", "labels": {}}]
            kept = [{"name": "report.html", "media_type": "text/html", "sha256": "ab" * 32, "size": 7,
                     "key": f"ab/{'ab' * 32}"}]  # fmt: skip
            service.rpc(
                "record_run", {"p_run": {**run, **columns}, "p_metrics": metrics, "p_artifacts": kept}
            ).execute()
            return run["id"]

        yield record


def listed(text):
    """The ids of a printed table, in order; the text itself where there are none."""
    return re.findall(r"^\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b", text, re.MULTILINE) or text


def test_list_search_and_show(riskkit, record):
    assert riskkit("runs", "list")[1] == "There is no run yet.\n"
    small, large = record(1e6, 1), record(6e6, 2, official=True)
    assert listed(riskkit("runs", "list")[1]) == [large, small], "newest first"
    assert listed(riskkit("runs", "search", "--where", "var > 5e6")[1]) == [large]
    assert listed(riskkit("runs", "search", "--unofficial", "--report", "daily", "--portfolio", "mine")[1]) == [small]
    assert listed(riskkit("runs", "search", "--as-of", "2020-03-16", "--where", "var<=1e6")[1]) == [small]
    assert riskkit("runs", "search", "--until", "2020-03-15")[1] == "No run is like that.\n"
    code, out, _ = riskkit("runs", "show", large)
    assert code == 0
    for said in ("· official", "confidence_level = 0.99", "commit c0ffee", "numpy 2.0", "6,000,000", "report.html"):
        assert said in out
    assert out.count("ab" * 32) == 2, "the input's hash and the artifact's"


def test_open(riskkit, record, tmp_path):
    run = record(1.0)
    code, _, err = riskkit("runs", "open", run, "--print")
    assert (code, "on this machine" in err) == (2, True)
    kept = tmp_path / "reports" / ".objects" / "ab" / ("ab" * 32)
    kept.parent.mkdir(parents=True)
    kept.write_text("<html/>")
    code, out, _ = riskkit("runs", "open", run, "--print")
    assert (code, out.strip()) == (0, str(kept))


@pytest.mark.parametrize(
    ("where", "field"),
    [("var", "comparison"), ("> 5", "name"), ("var > much", "number"), ("var > 5; drop table", "number"),
     ("var > 1e400", "number"), ("", "name")],
)  # fmt: skip
def test_a_condition_that_will_not_do_names_its_part(riskkit, where, field):
    code, _, err = riskkit("runs", "search", "--where", where)
    assert code == 2
    assert f"where, {field}" in err


def test_an_unknown_metric_lists_those_there_are(riskkit, record):
    record(1.0)
    code, _, err = riskkit("runs", "search", "--where", "vra > 5")
    assert (code, "one of var" in err) == (2, True)


def test_a_run_of_nobody(riskkit, own_team):
    assert riskkit("runs", "show", str(uuid.uuid4()))[0] == 2
