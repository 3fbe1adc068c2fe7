"""The queue as users and workers meet it through the official client, and its live status."""

import asyncio
import time
import uuid

import pytest
from postgrest.exceptions import APIError

from tests.contract.test_realtime import listening, topic


def refused(query, *codes):
    with pytest.raises(APIError) as caught:
        query.execute()
    assert caught.value.code in codes, caught.value


def request(person, team, **changes):
    asked = {"p_portfolio": team.portfolio, "p_report": "portfolio_var", "p_parameters": {"confidence_level": 0.99}}
    return person.client.rpc("request_calculation", {**asked, **changes})


@pytest.fixture
def job(service, ours):
    """Queue a job of a queue of its own and claim it: the job's id and its proof."""
    queue, worker = f"contract-{uuid.uuid4().hex[:8]}", str(uuid.uuid4())
    made = {"team_id": ours.id, "portfolio_id": ours.portfolio, "queue": queue, "kind": "noop"}
    made_id = service.rpc("enqueue_job", {"p_job": made}).execute().data
    (row,) = service.rpc("claim_job", {"p_worker": worker, "p_queue": queue}).execute().data
    assert (row["id"], row["state"], row["attempt"]) == (made_id, "running", 1)
    assert service.rpc("claim_job", {"p_worker": worker, "p_queue": queue}).execute().data == []
    return made_id, {"p_job": made_id, "p_attempt": 1, "p_worker": worker}


def test_a_request_is_the_teams_to_see_and_an_analysts_to_make(ours, theirs):
    key = {"p_idempotency_key": uuid.uuid4().hex}
    made = request(ours.analyst, ours, **key).execute().data
    assert request(ours.analyst, ours, **key).execute().data == made
    refused(request(ours.analyst, ours, **key, p_parameters={}), "PT409")
    refused(request(ours.viewer, ours), "42501")
    refused(request(theirs.admin, ours), "PT422")
    refused(request(ours.analyst, ours, p_report="../x"), "PT422")
    seen = ours.viewer.client.table("calculation_jobs").select("state,args,portfolios(slug)").eq("id", made)
    assert seen.execute().data == [
        {
            "state": "queued",
            "args": {"report": "portfolio_var", "parameters": {"confidence_level": 0.99}},
            "portfolios": {"slug": "book"},
        }
    ]
    for table, column in (("calculation_jobs", "id"), ("job_events", "job_id")):
        assert theirs.admin.client.table(table).select("*").eq(column, made).execute().data == []
    refused(theirs.admin.client.rpc("cancel_job", {"p_job": made}), "PT422")
    refused(ours.viewer.client.rpc("cancel_job", {"p_job": made}), "42501")
    assert ours.analyst.client.rpc("cancel_job", {"p_job": made}).execute().data == "cancelled"


def test_nobody_writes_past_the_functions(ours, job):
    made, proof = job
    for person in (ours.viewer, ours.analyst, ours.admin):
        table = person.client.table("calculation_jobs")
        refused(table.update({"priority": 9}).eq("id", made), "42501")
        refused(table.delete().eq("id", made), "42501")
        refused(table.insert({"team_id": ours.id, "kind": "noop"}), "42501")
        refused(person.client.rpc("complete_job", proof), "42501")
        refused(person.client.rpc("claim_job", {"p_worker": proof["p_worker"]}), "42501")


def test_a_commit_is_one(service, job):
    made, proof = job
    assert not service.rpc("complete_job", {**proof, "p_attempt": 2}).execute().data
    assert not service.rpc("complete_job", {**proof, "p_worker": str(uuid.uuid4())}).execute().data
    assert service.rpc("complete_job", {**proof, "p_result": {"rows": 1}}).execute().data
    assert service.rpc("complete_job", {**proof, "p_result": {"rows": 1}}).execute().data
    (row,) = service.table("calculation_jobs").select("state,result").eq("id", made).execute().data
    assert row == {"state": "succeeded", "result": {"rows": 1}}
    refused(service.table("calculation_jobs").update({"result": {}}).eq("id", made), "RK001")


def test_progress_is_heard_within_a_second_and_read_by_the_team(project, service, ours, theirs, job):
    made, proof = job

    async def scene():
        async with (
            listening(project, ours.viewer, topic(ours)) as member,
            listening(project, theirs.viewer, topic(theirs)) as other,
        ):
            begun = time.monotonic()
            beat = service.rpc("heartbeat_job", {**proof, "p_percent": 40, "p_cell": 3})
            assert (await asyncio.to_thread(beat.execute)).data == [{"owned": True, "cancel_requested": False}]
            took = await member.until(("calculation_jobs", "UPDATE")) - begun
            await asyncio.to_thread(service.rpc("heartbeat_job", proof).execute)
            await asyncio.to_thread(service.rpc("complete_job", proof).execute)
            while len(member.heard) < 2:
                await asyncio.sleep(0.02)
            assert [message["payload"]["ids"] for _, message in member.heard] == [[made], [made]]
            assert other.heard == []
            return took

    took = asyncio.run(asyncio.wait_for(scene(), 60))
    assert took < 1
    events = ours.viewer.client.table("job_events").select("to_state,percent,cell").eq("job_id", made).order("id")
    assert [tuple(row.values()) for row in events.execute().data] == [
        ("queued", None, None), ("running", None, None), ("running", 40, 3), ("succeeded", 100, 3),
    ]  # fmt: skip
