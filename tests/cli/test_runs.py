"""`riskkit runs`: found, shown, opened, made again, kept; refusals name the field."""

import hashlib
import re
import uuid
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from riskkit.local.client import service_client
from riskkit.store.contract import Artifact
from riskkit.store.service import Bucket


@pytest.fixture
def record(demo_stack, own_team):
    """Record a run of the signed-in user's own team: its id."""
    with service_client(demo_stack.keys()) as service:
        team = service.table("teams").select("id").eq("slug", own_team).execute().data[0]["id"]
        book = {"team_id": team, "slug": "mine", "title": "Mine", "base_currency": "USD"}
        portfolio = service.table("portfolios").insert(book).execute().data[0]["id"]

        def record(var, hour=0, page=None, **columns):
            run = {"id": str(uuid.uuid4()), "team_id": team, "portfolio_id": portfolio, "report": "daily"}
            run |= {"notebook": "portfolio_var", "as_of": "2020-03-16", "run_at": f"2026-01-01T{hour:02}:00:00Z"}
            run |= {"parameters": {"confidence_level": 0.99}, "inputs": {"history.npz": "ab" * 32}}
            run |= {"code": {"version": "1.0", "commit": "c0ffee", "dirty": False}, "packages": {"numpy": "2.0"}}
            metrics = [{"name": "var", "value": var, "unit": "USD", "labels": {}}]
            kept = [{"name": "report.html", "media_type": "text/html", "sha256": "ab" * 32, "size": 7,
                     "key": f"ab/{'ab' * 32}"}]  # fmt: skip
            kept = kept if page is None else [asdict(page)]
            service.rpc(
                "record_run", {"p_run": {**run, **columns}, "p_metrics": metrics, "p_artifacts": kept}
            ).execute()
            return {**run, **columns}["id"]

        def keep_last(count):
            schedule = {"team_id": team, "name": "daily", "cron": "0 18 * * *", "timezone": "UTC"}
            service.table("schedules").insert({**schedule, "args": {"report": "daily"}, "keep_last": count}).execute()

        record.team, record.keep_last = team, keep_last
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
    assert (code, "on this machine" in err) == (2, True), "a person's own is nowhere else"
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


def test_a_run_is_named_by_the_beginning_of_its_id(riskkit, record):
    one, other, third = (record(1.0, hour, id=f"{first}-{uuid.uuid4().hex[:4]}-4000-8000-{uuid.uuid4().hex[:12]}")
                         for hour, first in ((1, "abcdef01"), (2, "abcdef02"), (3, "abce0000")))  # fmt: skip
    for beginning in (third[:4], third[:11], third.upper(), third.replace("-", "")[:20]):
        assert riskkit("runs", "show", beginning)[1].startswith(third), beginning
    code, _, err = riskkit("runs", "show", "abcd")
    assert code == 2
    assert "2 runs" in err
    assert one in err
    assert other in err
    for command in (["show"], ["open", "--print"], ["reproduce"], ["diff", third], ["rerun", "--reason", "x"],
                    ["hold", "--reason", "x"], ["release"]):  # fmt: skip
        code, _, err = riskkit("runs", *command, "abcdef0")
        assert (code, "more of the id" in err) == (2, True), command
    assert "4 digits" in riskkit("runs", "show", "abc")[2]
    assert "that you may see" in riskkit("runs", "show", "fffff")[2]


def test_an_official_run_is_read_from_the_bucket_and_compared_with_its_hashes(riskkit, record, tmp_path, demo_stack):
    keys, content = demo_stack.keys(), b"<html>official</html>"
    digest = hashlib.sha256(content).hexdigest()
    page = Artifact("report.html", "text/html", digest, len(content), f"{digest[:2]}/{digest}")
    (tmp_path / "page").write_bytes(content)
    run, forged = record(1.0, 1, official=True, page=page), record(2.0, 2, official=True)
    bucket = Bucket(keys.url, keys.service_key)
    bucket.put(record.team, page, tmp_path / "page")
    forgery = replace(page, sha256="ab" * 32, key=f"ab/{'ab' * 32}")
    bucket.put(record.team, forgery, tmp_path / "page")
    bucket.close()
    code, out, err = riskkit("runs", "open", run, "--print")
    assert code == 0, err
    assert Path(out.strip()).read_bytes() == content
    code, _, err = riskkit("runs", "open", forged, "--print")
    assert (code, "what was brought is not" in err) == (1, True)
    assert not (tmp_path / "reports" / ".objects" / forgery.key).exists()


def test_rerun_supersede_hold_and_prune(riskkit, record):
    old = record(1.0, 1, official=True)
    code, _, err = riskkit("runs", "rerun", old)
    assert (code, err.startswith("riskkit: reason: ")) == (2, True)
    code, out, err = riskkit("runs", "rerun", old, "--reason", "ACME's close was wrong")
    assert code == 0, err
    job = re.search(r"made again by job (\S+):", out)[1]
    assert "daily" in riskkit("jobs", "show", job)[1]
    new = record(2.0, 2, official=True, supersedes=old, reason="ACME's close was wrong")
    shown = riskkit("runs", "show", old)[1]
    assert re.search(rf"superseded +by {new}: ACME's close was wrong", shown)
    assert re.search(rf"supersedes +{old}: ACME's close was wrong", riskkit("runs", "show", new)[1])
    assert "superseded" in riskkit("runs", "list")[1]
    code, _, err = riskkit("runs", "rerun", old, "--reason", "again")
    assert (code, new in err) == (2, True)

    assert riskkit("runs", "hold", new)[0] == 2
    assert riskkit("runs", "hold", new, "--reason", "Audit of 2020")[0] == 0
    assert "official, on hold" in riskkit("runs", "list")[1]
    assert "Audit of 2020" in riskkit("runs", "show", new)[1]
    assert "approver" in riskkit("runs", "release", new)[2]
    assert riskkit("runs", "prune", "--dry-run")[1] == "Every run is kept.\n"
    record.keep_last(1)
    assert riskkit("runs", "prune", "--dry-run")[1] == "Every run is kept.\n", "both are of the last slot"
    last = record(3.0, 3, official=True, as_of="2020-03-17")
    out = riskkit("runs", "prune", "--dry-run")[1]
    assert listed(out) == [old], "the one on hold stays"
    assert "1 would go; nothing was removed." in out
    assert set(listed(riskkit("runs", "list")[1])) == {old, new, last}
