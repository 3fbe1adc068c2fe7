"""The life of a job: claimed once, held by a proof, committed once, given up in the end."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.database.desk import Desk, Hold


@pytest.fixture
def desk(stack):
    with Desk(stack.keys().db_url) as made:
        yield made


METRIC = {"name": "var", "value": 1.5, "unit": "USD"}


def test_a_report_from_queue_to_record(desk):
    job = desk.enqueue_report(as_of="2020-01-02")
    hold = desk.claim()
    assert (hold.id, hold.attempt) == (job, 1)
    assert desk.claim() is None, "nobody else gets it"
    assert desk.beat(hold, 40, 3) == (True, False)
    assert (desk.job(job)["percent"], desk.job(job)["cell"]) == (40, 3)
    run = desk.run()
    assert desk.complete(hold, run, [METRIC])
    kept = desk.job(job)
    assert (kept["state"], str(kept["run_id"]), kept["percent"]) == ("succeeded", run["id"], 100)
    assert kept["worker_id"] is kept["slot"] is kept["lease_expires_at"] is None
    assert desk.one("select value from run_metrics where run_id = %s", run["id"]) == 1.5
    assert desk.moves(job) == ["queued", "running", "succeeded"]
    assert desk.one("select count(*) from job_events where job_id = %s and percent = 40 and cell = 3", job) == 1
    assert desk.beat(hold) == (False, False)


def test_the_same_commit_said_again_is_one(desk):
    desk.enqueue_report()
    hold, run = desk.claim(), desk.run()
    assert [desk.complete(hold, run, [METRIC]) for _ in range(3)] == [True] * 3
    assert not desk.complete(Hold(hold.id, hold.attempt, uuid.uuid4()), run, [METRIC])
    assert desk.one("select count(*) from run_metrics where run_id = %s", run["id"]) == 1
    assert desk.moves(hold.id).count("succeeded") == 1


@pytest.mark.parametrize("taken_over", [True, False], ids=["taken over", "reaped"])
def test_a_worker_that_was_paused_past_its_lease_writes_nothing(desk, taken_over):
    job = desk.enqueue_report()
    paused = desk.claim()
    desk.lapse(paused)
    assert desk.beat(paused) == (False, False), "the lease has ended, whether or not anybody noticed"
    assert desk.reap() == {job: "queued"}
    if taken_over:
        desk.due(job)
        second = desk.claim()
        assert second.attempt == 2
    run = desk.run()
    assert not desk.complete(paused, run, [METRIC])
    assert desk.fail(paused, type="late") is None
    assert not desk.release(paused)
    assert desk.one("select count(*) from report_runs where id = %s", run["id"]) == 0
    assert desk.state(job) == ("running" if taken_over else "queued")
    if taken_over:
        assert desk.complete(second, desk.run())


@pytest.mark.parametrize(
    "change",
    [{"team_id": None}, {"portfolio_id": "other"}, {"team_id": "other"}, {"as_of": "2020-01-03"}, {"as_of": None}],
)
def test_a_run_that_is_not_the_jobs_is_refused(desk, change):
    other = dict(zip(("team_id", "portfolio_id"), map(str, desk.add_team()), strict=True))
    change = {name: other[name] if value == "other" else value for name, value in change.items()}
    desk.enqueue_report(as_of="2020-01-02")
    hold, run = desk.claim(), desk.run(**change)
    with pytest.raises(psycopg.Error) as refused:
        desk.complete(hold, run)
    assert refused.value.sqlstate == "PT422"
    assert desk.one("select count(*) from report_runs where id = %s", run["id"]) == 0
    assert desk.beat(hold) == (True, False), "the job is still held"


def test_a_report_is_not_done_without_a_run(desk):
    desk.enqueue_report()
    hold = desk.claim()
    with pytest.raises(psycopg.Error, match="the run that the report made"):
        desk.complete(hold)


def test_all_of_a_commit_or_nothing(desk):
    desk.enqueue_report()
    hold, run = desk.claim(), desk.run()
    with pytest.raises(psycopg.errors.UniqueViolation):
        desk.complete(hold, run, [METRIC, METRIC])
    assert desk.one("select count(*) from report_runs where id = %s", run["id"]) == 0
    assert desk.complete(hold, run, [METRIC])
    desk.enqueue_report()
    second = desk.claim()
    with pytest.raises(psycopg.errors.UniqueViolation):
        desk.complete(second, run, [METRIC])
    assert desk.state(second.id) == "running", "one run does not end two jobs"


def test_who_asked_for_the_job_is_the_author_of_its_run(desk):
    user = desk.one("insert into auth.users (email) values (%s) returning id", f"{desk.queue}@desk.example")
    desk.enqueue_report(created_by=user)
    run = desk.run(author=str(uuid.uuid4()))
    assert desk.complete(desk.claim(), run)
    assert desk.one("select author from report_runs where id = %s", run["id"]) == user
    desk.owner.execute("delete from auth.users where id = %s", [user])
    assert desk.one("select created_by from calculation_jobs where run_id = %s", run["id"]) is None


def test_an_attempt_that_fails_waits_longer_each_time_and_dies_at_last(desk):
    job = desk.enqueue(max_attempts=4)
    for attempt in (1, 2, 3):
        hold = desk.claim()
        assert hold.attempt == attempt
        assert desk.fail(hold, type="KernelDied", message="x" * 5000, cell=3, traceback="secret") == "queued"
        wait = desk.one("select extract(epoch from run_at - now())::float from calculation_jobs where id = %s", job)
        assert 0.9 * 2**attempt - 1 < wait <= 1.1 * 2**attempt
        assert desk.claim() is None, "not before its time"
        desk.due(job)
    assert desk.fail(desk.claim(), type="KernelDied") == "dead"
    kept = desk.job(job)
    assert [error["attempt"] for error in kept["errors"]] == [1, 2, 3, 4]
    assert set(kept["errors"][0]) == {"type", "message", "cell", "attempt", "at"}
    assert len(kept["errors"][0]["message"]) == 2000
    assert desk.moves(job) == ["queued", "running"] * 4 + ["dead"]


def test_backoff_ends_at_an_hour(desk):
    for attempt, most in ((1, 2), (5, 32), (11, 2048), (12, 3600), (25, 3600)):
        waits = desk.owner.execute(
            "select extract(epoch from private.backoff(%s))::float from generate_series(1, 50)", [attempt]
        )
        waits = [row[0] for row in waits]
        assert 0.9 * most <= min(waits) < max(waits) <= 1.1 * most


def test_what_cannot_pass_is_not_tried_again(desk):
    job = desk.enqueue()
    assert desk.fail(desk.claim(), retryable=False, type="InputError") == "dead"
    assert desk.state(job) == "dead"


def test_a_job_that_is_given_back_keeps_its_chances_but_not_for_ever(desk):
    job = desk.enqueue(max_attempts=2)
    for attempt in range(1, 25):
        hold = desk.claim()
        assert hold.attempt == attempt, "a number never comes twice"
        assert desk.release(hold)
        assert not desk.release(hold)
    last = desk.claim()
    assert not desk.release(last)
    desk.lapse(last)
    assert desk.reap() == {job: "dead"}


def test_silent_workers_are_reaped_until_the_job_is_dead(desk):
    job, quiet = desk.enqueue(max_attempts=3), desk.enqueue()
    for expected in ("queued", "queued", "dead"):
        hold = next(one for one in iter(desk.claim, None) if one.id == job)
        assert desk.reap() == {}, "the lease stands"
        desk.lapse(hold)
        assert desk.reap() == {job: expected}
        desk.due(job) if expected == "queued" else None
    assert [error["type"] for error in desk.job(job)["errors"]] == ["lease_expired"] * 3
    assert desk.state(quiet) == "running"


def test_an_attempt_that_takes_too_long_is_ended_though_it_beats(desk):
    job = desk.enqueue(timeout_s=60)
    hold = desk.claim()
    desk.owner.execute("update calculation_jobs set deadline_at = now() - interval '4 s' where id = %s", [job])
    assert desk.beat(hold) == (True, False)
    left = desk.one("select extract(epoch from lease_expires_at - now()) from calculation_jobs where id = %s", job)
    assert left <= 1, "a heartbeat does not carry it past its deadline"
    desk.owner.execute("update calculation_jobs set deadline_at = now() - interval '6 s' where id = %s", [job])
    assert desk.reap() == {job: "queued"}
    assert desk.job(job)["errors"][0]["type"] == "timeout"


def test_the_most_urgent_comes_first_then_the_oldest(desk):
    late = desk.enqueue(priority=5, run_at="2020-01-02T00:00:00Z")
    early = desk.enqueue(priority=5, run_at="2020-01-01T00:00:00Z")
    low, high = desk.enqueue(), desk.enqueue(priority=10)
    desk.enqueue(priority=100, run_at="2999-01-01T00:00:00Z")
    assert [one.id for one in iter(desk.claim, None)] == [high, early, late, low]
    assert desk.ask("select count(*) from claim_job(%s, 'another')", uuid.uuid4()) == 0


def test_a_key_makes_one_job_however_many_ask_at_once(desk):
    def ask(_):
        with desk.connect() as connection:
            return desk.enqueue(connection, idempotency_key="k", args={"n": 1})

    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(ask, range(48)))
    assert len(found) == 1
    assert desk.one("select count(*) from calculation_jobs where team_id = %s", desk.team) == 1
    with pytest.raises(psycopg.Error) as refused:
        desk.enqueue(idempotency_key="k", args={"n": 2})
    assert refused.value.sqlstate == "PT409"


def test_a_team_has_no_more_running_than_places_among_any_number_of_workers(stack):
    with Desk(stack.keys().db_url, slots=3) as desk:
        for _ in range(60):
            desk.enqueue()
        done, most, lock = [], [], threading.Lock()

        def work(_):
            with desk.connect() as connection:
                for _ in range(500):
                    hold = desk.claim(connection=connection)
                    if hold is None:
                        if not desk.ask(
                            "select count(*) from calculation_jobs where team_id = %s and state = 'queued'",
                            desk.team, connection=connection,
                        ):  # fmt: skip
                            return
                        continue
                    running = desk.ask(
                        "select count(*) from calculation_jobs where team_id = %s and state = 'running'",
                        desk.team, connection=connection,
                    )  # fmt: skip
                    with lock:
                        most.append(running)
                        done.append(hold.id)
                    assert desk.complete(hold, connection=connection)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert len(done) == len(set(done)) == 60
        assert max(most) <= 3
        assert (
            desk.one("select count(*) from private.job_slots where job_id is not null and team_id = %s", desk.team) == 0
        )


def test_a_team_with_a_flood_of_urgent_jobs_leaves_the_others_their_turn(desk):
    desk.owner.execute(
        "insert into calculation_jobs (team_id, queue, kind, priority) select %s, %s, 'noop', 50"
        " from generate_series(1, 1000)",
        [desk.team, desk.queue],
    )
    other, _ = desk.add_team()
    theirs = desk.enqueue(team_id=other)
    held = [desk.claim() for _ in range(5)]
    assert held[4].id == theirs
    assert theirs not in {one.id for one in held[:4]}
    assert desk.claim() is None, "four places are taken"
    assert desk.complete(held[0])
    assert desk.claim() is not None
    desk.owner.execute("update teams set job_slots = 6 where id = %s", [desk.team])
    assert desk.claim() is not None
    assert desk.claim() is not None
    assert desk.claim() is None
    desk.owner.execute("update teams set job_slots = 1 where id = %s", [desk.team])
    assert desk.complete(held[1])
    assert desk.claim() is None, "fewer places than run: none is given out"


def test_a_portfolio_that_goes_takes_its_jobs_and_frees_their_places(desk):
    desk.enqueue_report()
    hold = desk.claim()
    desk.owner.execute("delete from portfolios where id = %s", [desk.book])
    assert desk.beat(hold) == (False, False)
    assert desk.one("select count(*) from private.job_slots where job_id is not null and team_id = %s", desk.team) == 0


ILLEGAL = {
    "queued to succeeded": ("update calculation_jobs set state = 'succeeded', finished_at = now()", "RK003"),
    "queued to dead": ("update calculation_jobs set state = 'dead', finished_at = now()", "RK003"),
    "an attempt more": ("update calculation_jobs set attempt = 1", "RK002"),
    "another task": ("update calculation_jobs set args = '{\"n\": 1}'", "RK004"),
    "another team": ("update calculation_jobs set team_id = gen_random_uuid()", "RK004"),
    "a worker without a lease": ("update calculation_jobs set worker_id = gen_random_uuid()", "23514"),
    "running unclaimed": ("update calculation_jobs set state = 'running'", "RK002"),
    "an end too early": ("update calculation_jobs set finished_at = now()", "23514"),
    "more attempts than there may be": ("update calculation_jobs set max_attempts = 26", "23514"),
}  # fmt: skip


@pytest.mark.parametrize("name", ILLEGAL)
def test_illegal_moves_fail_whoever_makes_them(desk, name):
    statement, code = ILLEGAL[name]
    job = desk.enqueue()
    for connection in (desk.owner, desk.service):
        with pytest.raises(psycopg.Error) as refused:
            connection.execute(f"{statement} where id = %s", [job])
        assert refused.value.sqlstate == code


@pytest.mark.parametrize("end", ["succeeded", "cancelled", "dead"])
def test_what_is_final_stays_as_it_is(desk, end):
    job = desk.enqueue()
    if end == "cancelled":
        assert desk.ask("select cancel_job(%s)", job) == "cancelled"
    elif end == "dead":
        assert desk.fail(desk.claim(), retryable=False) == "dead"
    else:
        assert desk.complete(desk.claim())
    for change in ("state = 'queued', finished_at = null", "errors = '[1]'", "result = '{\"a\": 1}'", "percent = 3",
                   "finished_at = now()", "run_at = now()"):  # fmt: skip
        with pytest.raises(psycopg.Error) as refused:
            desk.owner.execute(f"update calculation_jobs set {change} where id = %s", [job])
        assert refused.value.sqlstate == "RK001", change
    assert desk.claim() is None


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": "Report"},
        {"kind": "report"},
        {"args": []},
        {"args": {"report": "../../x"}},
        {"args": {"report": ["x"]}},
        {"args": {"parameters": {"a = 1; import os; os.system('x'); b": 1}}},
        {"args": {"parameters": {"__class__": 1}}},
        {"args": {"parameters": {"portfolio": "b/book"}}},
        {"args": {"parameters": {"x": {"y": 1}}}},
        {"args": {"parameters": {"x": [{"y": 1}]}}},
        {"args": {"x": "y" * 140_000}},
        {"max_attempts": 0},
        {"max_attempts": 26},
        {"timeout_s": 0},
        {"timeout_s": 90_000},
        {"priority": 101},
        {"run_at": "infinity"},
        {"as_of": "infinity"},
        {"queue": "No Queue"},
        {"idempotency_key": ""},
    ],
)
def test_a_job_has_bounds(desk, columns):
    with pytest.raises(psycopg.errors.CheckViolation):
        desk.enqueue(**columns)


def test_nobody_begins_a_job_in_the_middle(desk):
    job = desk.enqueue(state="dead", attempt=7, worker_id=uuid.uuid4(), finished_at="2020-01-01T00:00Z")
    assert (desk.state(job), desk.job(job)["attempt"]) == ("queued", 0)
    with pytest.raises(psycopg.Error) as refused:
        desk.owner.execute(
            "insert into calculation_jobs (team_id, kind, state, finished_at, attempt)"
            " values (%s, 'x', 'dead', now(), 1)",
            [desk.team],
        )
    assert refused.value.sqlstate == "RK003"
