"""What users may do with the queue: request within their quota, cancel, drive again; and nothing else."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.database.desk import Desk

REQUEST = "select request_calculation(%s, %s, %s, %s, %s)"


class Users(Desk):
    """A desk with a viewer, an analyst and an admin, and requests as each of them."""

    def __enter__(self):
        self.people = {}
        for role in ("viewer", "analyst", "admin"):
            self.add_person(role, role)
        return self

    def clear(self):
        super().clear()  # a team keeps its last admin
        for person in self.people.values():
            self.owner.execute("delete from auth.users where id = %s", [person])

    def add_person(self, name, role, team=None):
        self.people[name] = self.one(
            "insert into auth.users (email) values (%s) returning id", f"{name}@{self.queue}.example"
        )
        self.owner.execute(
            "insert into memberships (team_id, user_id, role) values (%s, %s, %s)",
            [team or self.team, self.people[name], role],
        )

    def as_user(self, name, query, *values):
        """What the query gives this user, or the code of the error it meets."""
        claims = {"sub": str(self.people[name]), "role": "authenticated", "aal": "aal2"}
        with psycopg.connect(self.url) as connection:
            connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
            connection.execute("set local role authenticated")
            try:
                return connection.execute(query, values).fetchone()[0]
            except psycopg.Error as error:
                return error.sqlstate

    def request(self, name="analyst", book=None, report="var", parameters=None, as_of=None, key=None):
        return self.as_user(name, REQUEST, book or self.book, report, json.dumps(parameters or {}), as_of, key)

    def noted(self, action):
        return self.one("select count(*) from audit_log where team_id = %s and action = %s", self.team, action)


@pytest.fixture
def desk(stack):
    with Users(stack.keys().db_url) as made:
        yield made


def test_a_request_is_a_job_of_the_portfolios_team(desk):
    job = desk.request(parameters={"confidence_level": 0.99, "scenarios": ["a", "b"]}, as_of="2020-03-16")
    kept = desk.job(job)
    assert (kept["team_id"], kept["portfolio_id"], kept["created_by"]) == (desk.team, desk.book, desk.people["analyst"])
    assert kept["args"] == {"report": "var", "parameters": {"confidence_level": 0.99, "scenarios": ["a", "b"]}}
    assert (str(kept["as_of"]), kept["state"], kept["queue"], kept["priority"]) == (
        "2020-03-16",
        "queued",
        "default",
        10,
    )
    assert desk.noted("calculation.requested") == 1


def test_a_viewer_may_not_and_a_stranger_learns_nothing(desk):
    assert desk.request("viewer") == "42501"
    other, foreign = desk.add_team()
    desk.add_person("stranger", "admin", other)
    assert desk.request("analyst", foreign) == "PT422"
    assert desk.request("analyst", uuid.uuid4()) == "PT422"
    job = desk.request()
    for name, answer in (("viewer", "42501"), ("stranger", "PT422")):
        assert desk.as_user(name, "select cancel_job(%s)", job) == answer
        assert desk.as_user(name, "select redrive_job(%s)", job) == answer
    assert desk.as_user("stranger", "select count(*) from calculation_jobs where id = %s", job) == 0
    assert desk.as_user("stranger", "select count(*) from job_events where job_id = %s", job) == 0
    assert desk.as_user("viewer", "select count(*) from job_events where job_id = %s", job) == 1
    assert desk.state(job) == "queued"


@pytest.mark.parametrize(
    "asked",
    [
        {"report": ""},
        {"report": "../../etc/x"},
        {"report": "https://x.example/n.ipynb"},
        {"report": "Var"},
        {"report": "x" * 64},
        {"report": "var.ipynb"},
        {"parameters": {"a = 1; import os": 1}},
        {"parameters": {"portfolio": "other/book"}},
        {"parameters": {"as_of": "2020-01-01"}},
        {"parameters": {"x": {"nested": 1}}},
        {"parameters": {"x": "y" * 70_000}},
        {"parameters": {f"x{n}": n for n in range(101)}},
        {"parameters": [1, 2]},
        {"as_of": "infinity"},
        {"as_of": "0044-03-15 BC"},
        {"key": ""},
        {"key": "k" * 101},
    ],
    ids=lambda asked: str(asked)[:60],
)
def test_what_is_asked_for_is_checked_before_anything_is_queued(desk, asked):
    assert desk.request(**asked) == "PT422"
    assert desk.one("select count(*) from calculation_jobs where team_id = %s", desk.team) == 0


def test_the_same_key_is_the_same_request_of_the_same_user(desk):
    first = desk.request(key="click")
    assert desk.request(key="click") == first
    assert desk.request(key="click", parameters={"x": 1}) == "PT409"
    assert desk.request("admin", key="click") != first
    assert desk.request() != desk.request()
    assert desk.noted("calculation.requested") == 4


def test_no_key_of_a_user_takes_a_slots_place(desk):
    schedule = desk.one(
        "insert into schedules (team_id, name, cron, timezone, args)"
        " values (%s, 's', '0 1 * * *', 'UTC', '{\"report\": \"var\"}') returning id",
        desk.team,
    )
    mine = desk.request(key=f"slot {schedule} 2020-01-01T01:00:00Z {desk.book}"[:100])
    jobs = desk.ask("select fire_schedule(%s, '2020-01-01T01:00Z', 1, 'enqueued', null, %s)", schedule, [desk.book])
    assert len(jobs) == 1
    assert mine not in jobs


def test_a_team_has_a_quota_and_nobody_slips_through(desk):
    desk.owner.execute("update teams set job_quota = 3 where id = %s", [desk.team])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: desk.request(key=f"k{n}"), range(12)))
    assert answers.count("PT429") == 9
    granted = next(n for n, answer in enumerate(answers) if answer != "PT429")
    assert desk.request(key=f"k{granted}") == answers[granted], "what was granted stays so"
    assert desk.request("admin") == "PT429", "it is the team's"
    desk.enqueue(), desk.enqueue()
    desk.owner.execute("update teams set job_quota = 4 where id = %s", [desk.team])
    assert isinstance(desk.request(), uuid.UUID), "the service's own jobs do not count"


def test_cancelling(desk):
    waiting, running = desk.enqueue(), desk.enqueue(priority=5)
    hold = desk.claim()
    assert hold.id == running
    cancel = "select cancel_job(%s)"
    assert desk.as_user("analyst", cancel, waiting) == "cancelled"
    assert desk.as_user("analyst", cancel, waiting) == "cancelled"
    assert desk.as_user("analyst", cancel, running) == "requested"
    assert desk.as_user("analyst", cancel, running) == "requested"
    assert desk.beat(hold) == (True, True)
    assert desk.fail(hold, type="Cancelled") == "cancelled"
    assert desk.moves(running) == ["queued", "running", "cancelled"]
    assert desk.noted("job.cancelled") == 2
    assert desk.claim() is None


@pytest.mark.parametrize("end", ["release", "reap", "complete"])
def test_a_cancel_that_was_asked_for_holds_unless_the_work_was_done(desk, end):
    job = desk.enqueue()
    hold = desk.claim()
    desk.as_user("admin", "select cancel_job(%s)", job)
    if end == "complete":
        assert desk.complete(hold)
    elif end == "release":
        assert desk.release(hold)
    else:
        desk.lapse(hold)
        desk.reap()
    assert desk.state(job) == ("succeeded" if end == "complete" else "cancelled")
    assert desk.as_user("admin", "select cancel_job(%s)", job) == desk.state(job)


def test_driving_again(desk):
    job = desk.enqueue_report(as_of="2020-01-02", idempotency_key="k", max_attempts=1)
    redrive = "select redrive_job(%s)"
    assert desk.as_user("admin", redrive, job) == "PT422", "it is not dead"
    assert desk.fail(desk.claim(), type="X") == "dead"
    assert desk.as_user("analyst", redrive, job) == "42501"
    again = desk.as_user("admin", redrive, job)
    assert desk.as_user("admin", redrive, job) == again
    kept, before = desk.job(again), desk.job(job)
    for name in ("team_id", "portfolio_id", "as_of", "args", "queue", "kind", "priority", "max_attempts"):
        assert kept[name] == before[name], name
    assert (kept["redriven_from"], kept["attempt"], kept["errors"], kept["idempotency_key"]) == (job, 0, [], None)
    assert desk.complete(desk.claim(), desk.run())
    assert desk.noted("job.redriven") == 1


WORKERS = {
    "enqueue_job": "select enqueue_job('{}')",
    "claim_job": "select claim_job(gen_random_uuid())",
    "heartbeat_job": "select heartbeat_job(gen_random_uuid(), 1, gen_random_uuid())",
    "complete_job": "select complete_job(gen_random_uuid(), 1, gen_random_uuid())",
    "fail_job": "select fail_job(gen_random_uuid(), 1, gen_random_uuid(), '{}')",
    "release_job": "select release_job(gen_random_uuid(), 1, gen_random_uuid())",
    "reap_jobs": "select reap_jobs()",
    "fire_schedule": "select fire_schedule(gen_random_uuid(), now(), 1)",
}


@pytest.mark.parametrize("function", WORKERS)
def test_a_worker_function_is_no_users(desk, function):
    assert desk.as_user("admin", WORKERS[function]) == "42501"


@pytest.mark.parametrize(
    "helper", ["add_job(null)", "end_attempt(null, '{}', true)", "job_to_change(gen_random_uuid(), 'viewer')"]
)
def test_helpers_that_look_past_the_policies_are_nobodys(desk, helper):
    assert desk.as_user("admin", f"select private.{helper}") == "42501"
    assert desk.as_user("admin", "select count(*) from private.job_slots") == "42501"
