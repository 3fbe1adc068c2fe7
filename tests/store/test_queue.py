"""The queue through the API: users with their tokens, workers with the service's key."""

import time
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from supabase import ClientOptions, create_client

from riskkit.errors import Conflict, Forbidden, InputError, NotSignedIn, Unavailable
from riskkit.portfolio import Equity, Position
from riskkit.store.place import Place
from riskkit.store.queue import Beat, Fire, Held, Queue, WorkerQueue
from tests.store.test_contract import record


@pytest.fixture
def users(supabase_place, stack):
    """User to their queue."""
    keys = stack.keys()
    made = {
        user: Queue(keys.url, keys.anon_key, supabase_place.store(user)._access_token)
        for user in ("quant", "viewer", "other", "nobody")
    }
    yield made
    for queue in made.values():
        queue.close()


@pytest.fixture
def worker(stack):
    keys = stack.keys()
    with WorkerQueue(keys.url, keys.service_key, timeout=60) as queue:
        yield queue


@pytest.fixture
def book(supabase_place):
    slug, held = f"q{uuid.uuid4().hex[:10]}", [Position(Equity("CTA", "USD"), 1)]
    team = supabase_place.team("ours")
    return supabase_place.store("quant").import_portfolio(team, slug, "Queued", "USD", held, date(2019, 1, 1))


@pytest.fixture
def mine():
    """A queue that no other test works off."""
    return f"q{uuid.uuid4().hex[:10]}"


def put(worker, book, queue, **columns):
    given = {"portfolio_id": book.id, "queue": queue, **columns}
    return worker.enqueue(book.team_id, "report", {"report": "r"}, **given)


def test_a_request_goes_all_the_way(users, worker, book, supabase_place):
    job = users["quant"].request(book.id, "portfolio_var", {"confidence_level": 0.99}, date(2020, 1, 9), key="once")
    assert users["quant"].request(book.id, "portfolio_var", {"confidence_level": 0.99}, date(2020, 1, 9), "once") == job
    seen = users["viewer"].job(job)
    assert (seen.state, seen.report, dict(seen.parameters)) == ("queued", "portfolio_var", {"confidence_level": 0.99})
    assert (seen.portfolio, seen.team, seen.as_of) == (book.path, book.team, date(2020, 1, 9))
    assert seen.created_by == supabase_place.store("quant").member().user_id
    assert users["viewer"].jobs("queued", book.id) == (seen,)
    while (held := worker.claim(str(uuid.uuid4()))).job.id != job:
        worker.release(held)  # another test's
    assert (held.job.state, held.job.attempt, held.job.portfolio_id) == ("running", 1, book.id)
    assert worker.heartbeat(held, 50, 4) == Beat(True, False)
    seen = users["viewer"].job(job[:12])
    assert (seen.state, seen.percent, seen.cell, seen.final) == ("running", 50, 4, False)
    run = replace(record(book), as_of=date(2020, 1, 9), official=True)
    assert worker.complete(held, run, {"seconds": 1.5})
    assert worker.complete(held, run, {"seconds": 1.5}), "the answer may have been lost"
    assert not worker.complete(replace(held, worker=str(uuid.uuid4())), run)
    assert users["viewer"].job(job).run_id == run.id
    assert supabase_place.store("viewer").run(run.id) == replace(run, place=Place(attempt=1))
    moves = [(one.before, one.state) for one in users["viewer"].events(job)]
    assert moves == [(None, "queued"), ("queued", "running"), ("running", "running"), ("running", "succeeded")]


def test_who_may_not(users, book):
    with pytest.raises(Forbidden, match="analyst"):
        users["viewer"].request(book.id, "r", {})
    for stranger in ("other", "nobody"):
        with pytest.raises(InputError, match="a portfolio that you may see"):
            users[stranger].request(book.id, "r", {})
    job = users["quant"].request(book.id, "r", {})
    with pytest.raises(Forbidden, match="analyst"):
        users["viewer"].cancel(job)
    for stranger in ("other", "nobody"):
        with pytest.raises(InputError, match="a job that you may see"):
            users[stranger].cancel(job)
        with pytest.raises(InputError, match="a job that you may see"):
            users[stranger].job(job)
        assert users[stranger].jobs() == ()
        assert users[stranger].events(job) == ()
    with pytest.raises(Forbidden, match="admin"):
        users["quant"].redrive(job)
    assert users["quant"].cancel(job) == "cancelled"
    assert users["quant"].cancel(job) == "cancelled"


def test_what_may_not_be_asked(users, book):
    quant = users["quant"]
    for report, parameters, field in (("../x", {}, "report"), ("r", {"a b": 1}, "parameters"), ("", {}, "report")):
        with pytest.raises(InputError) as refused:
            quant.request(book.id, report, parameters)
        assert refused.value.field == field
    quant.request(book.id, "r", {}, key="taken")
    with pytest.raises(Conflict, match="key"):
        quant.request(book.id, "r", {"x": 1}, key="taken")
    for wrong in ("", "abc", "xyz!", "0" * 33):
        with pytest.raises(InputError):
            quant.job(wrong)


def test_a_quota_is_said_in_words(users, book, world_teams):
    world_teams.update({"job_quota": 0}).eq("id", book.team_id).execute()
    try:
        with pytest.raises(Unavailable, match="within 24 hours"):
            users["quant"].request(book.id, "r", {})
    finally:
        world_teams.update({"job_quota": 200}).eq("id", book.team_id).execute()


@pytest.fixture
def world_teams(stack):
    keys = stack.keys()
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        yield create_client(keys.url, keys.service_key, options).table("teams")


CALLS = {
    "enqueue_job": {"p_job": {}},
    "claim_job": {"p_worker": str(uuid.UUID(int=1))},
    "heartbeat_job": {"p_job": str(uuid.UUID(int=1)), "p_attempt": 1, "p_worker": str(uuid.UUID(int=1))},
    "complete_job": {"p_job": str(uuid.UUID(int=1)), "p_attempt": 1, "p_worker": str(uuid.UUID(int=1))},
    "fail_job": {"p_job": str(uuid.UUID(int=1)), "p_attempt": 1, "p_worker": str(uuid.UUID(int=1)), "p_error": {}},
    "release_job": {"p_job": str(uuid.UUID(int=1)), "p_attempt": 1, "p_worker": str(uuid.UUID(int=1))},
    "reap_jobs": {},
    "fire_schedule": {"p_schedule": str(uuid.UUID(int=1)), "p_fire_at": "2020-01-01T00:00:00Z", "p_revision": 1},
}


@pytest.mark.parametrize("function", CALLS)
def test_worker_functions_refuse_everybody_but_the_service(users, stack, function):
    keys = stack.keys()
    with pytest.raises(Forbidden):
        users["quant"]._call(function, **CALLS[function])
    with Queue(keys.url, keys.anon_key, lambda: keys.anon_key) as nobody, pytest.raises((Forbidden, NotSignedIn)):
        nobody._call(function, **CALLS[function])


@pytest.mark.parametrize("function", ["add_job", "end_attempt", "job_to_change", "lease", "backoff"])
def test_internals_have_no_address(worker, function):
    with pytest.raises(Unavailable, match="Could not find the function"):
        worker._call(function)


def test_failing_giving_back_and_driving_again(worker, book, mine):
    job, me = put(worker, book, mine, max_attempts=1), str(uuid.uuid4())
    assert worker.claim(me, "another-queue") is None
    held = worker.claim(me, mine)
    assert worker.claim(me, mine) is None
    assert worker.release(held)
    assert not worker.release(held)
    again = worker.claim(me, mine)
    assert (again.job.id, again.job.attempt, again.job.max_attempts) == (job, 2, 2)
    assert worker.fail(held, {"type": "Late"}) is None
    assert worker.fail(again, {"type": "KernelDied", "message": "gone", "cell": 3}) == "dead"
    (error,) = worker.job(job).errors
    assert (error["type"], error["message"], error["cell"], error["attempt"]) == ("KernelDied", "gone", 3, 2)
    redriven = worker.redrive(job)
    assert worker.redrive(job) == redriven
    assert worker.job(redriven).redriven_from == job
    assert worker.cancel(redriven) == "cancelled"


def test_a_retry_waits_and_a_hopeless_job_does_not(worker, book, mine):
    first, second = put(worker, book, mine, priority=1), put(worker, book, mine)
    assert worker.fail(worker.claim(str(uuid.uuid4()), mine), {"type": "X"}) == "queued"
    assert worker.fail(worker.claim(str(uuid.uuid4()), mine), {"type": "X"}, retryable=False) == "dead"
    assert worker.job(first).run_at > worker.job(first).created_at + timedelta(seconds=1)
    assert worker.job(second).final


def test_a_running_job_is_cancelled_by_its_worker(users, worker, book, mine):
    job = put(worker, book, mine)
    held = worker.claim(str(uuid.uuid4()), mine)
    assert users["quant"].cancel(job) == "requested"
    assert users["viewer"].job(job).cancel_requested
    assert worker.heartbeat(held) == Beat(True, True)
    assert worker.fail(held, {"type": "Cancelled"}) == "cancelled"
    assert users["quant"].cancel(job) == "cancelled"


def test_a_silent_worker_loses_its_job(worker, book, mine):
    job = put(worker, book, mine)
    held = worker.claim(str(uuid.uuid4()), mine, lease=0.1)
    time.sleep(0.2)  # longer than the lease, whatever else is slow
    assert worker.heartbeat(held) == Beat(False, False)
    assert dict(worker.reap())[job] == "queued"
    assert not worker.complete(held, record(book))
    assert worker.heartbeat(Held(held.job, str(uuid.uuid4()))) == Beat(False, False)


def test_a_slot_is_fired_once(users, worker, book, mine):
    with users["quant"]._translated():
        made = {"team_id": book.team_id, "name": f"s-{mine}", "cron": "15 18 * * *", "timezone": "UTC",
                "queue": mine, "args": {"report": "r", "parameters": {"n": 1}}}  # fmt: skip
        schedule = users["quant"]._rest.from_("schedules").insert(made).execute().data[0]
    slot = Fire(schedule["id"], datetime(2020, 1, 9, 18, 15, tzinfo=UTC), schedule["revision"], "enqueued",
                date(2020, 1, 9), [book.id])  # fmt: skip
    (job,) = worker.fire(slot)
    assert worker.fire(slot) is None
    seen = users["viewer"].job(job)
    assert (seen.schedule_id, seen.fire_at, seen.as_of) == (schedule["id"], slot.at, date(2020, 1, 9))
    assert seen.created_by == schedule["edited_by"]
    holiday = replace(slot, at=datetime(2020, 1, 8, 18, 15, tzinfo=UTC), outcome="skipped_holiday", as_of=None)
    assert worker.fire(replace(holiday, revision=7)) is None
    assert worker.fire(holiday) == ()
    with pytest.raises(InputError, match="a slot that has come"):
        worker.fire(replace(slot, at=datetime(2999, 1, 1, tzinfo=UTC)))


def test_an_answer_that_does_not_come_is_said(stack):
    with WorkerQueue("http://127.0.0.1:9", stack.keys().service_key, timeout=2) as queue, pytest.raises(Unavailable):
        queue.claim(str(uuid.uuid4()))
