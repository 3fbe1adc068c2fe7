"""A model of the queue in Python and the database are told the same and must say the same, in whatever order."""

import uuid

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.database.desk import Desk, Hold

WORKERS = [uuid.UUID(int=n) for n in (1, 2, 3)]
SLOTS = 2
#: Which of the claims there were, counted from the last: one that counts, or that has been lost.
LATEST = st.integers(0, 4)


class Model(RuleBasedStateMachine):
    """Time passes by moving leases and due times into the past; `model` has a dictionary for each job."""

    desk: Desk
    jobs = Bundle("jobs")

    @initialize(target=jobs, first=st.lists(st.tuples(st.integers(-1, 1), st.integers(1, 3)), min_size=2, max_size=4))
    def begin(self, first):
        self.desk.owner.execute("delete from calculation_jobs where team_id = %s", [self.desk.team])
        self.desk.owner.execute("update private.job_slots set job_id = null where team_id = %s", [self.desk.team])
        self.model = {}
        self.keys = {}
        self.held = []
        self.serial = 0
        return multiple(*(self.enqueue(priority, most, None) for priority, most in first))

    @precondition(lambda self: sum(job["state"] in ("queued", "running") for job in self.model.values()) < 4)
    @rule(target=jobs, priority=st.integers(-2, 2), most=st.integers(1, 3), key=st.sampled_from([None, "a", "b"]))
    def more(self, priority, most, key):
        made = self.enqueue(priority, most, key)
        return multiple() if made is None else made

    def enqueue(self, priority, most, key):
        self.serial += 1
        columns = {"priority": priority, "max_attempts": most, "idempotency_key": key, "run_at": self._moment()}
        job = self.desk.enqueue(**columns)
        if key in self.keys:
            assert job == self.keys[key]
            return None
        if key is not None:
            self.keys[key] = job
        self.model[job] = self._new(priority, most)
        return job

    def _new(self, priority, most):
        return {
            "state": "queued", "attempt": 0, "most": most, "worker": None, "cancel": False, "lapsed": False,
            "due": True, "priority": priority, "since": self.serial, "errors": 0,
        }  # fmt: skip

    def _running(self):
        return [job for job in self.model.values() if job["state"] == "running"]

    def _any(self, state, **facts):
        """Whether a job is in this state, and these things are so of it."""
        return any(
            job["state"] == state and all(job[name] == value for name, value in facts.items())
            for job in self.model.values()
        )

    @precondition(lambda self: self._any("queued"))
    @rule(worker=st.sampled_from(WORKERS))
    def claim(self, worker):
        ready = {name: job for name, job in self.model.items() if job["state"] == "queued" and job["due"]}
        hold = self.desk.claim(worker)
        if not ready or len(self._running()) == SLOTS:
            assert hold is None
            return
        first = min(ready, key=lambda name: (-ready[name]["priority"], ready[name]["since"]))
        job = self.model[first]
        job.update(state="running", attempt=job["attempt"] + 1, worker=worker, lapsed=False)
        assert hold == Hold(first, job["attempt"], worker)
        self.held.append(hold)

    def _ours(self, hold):
        """The job as the model has it if this hold still counts."""
        job = self.model[hold.id]
        held = job["state"] == "running" and (job["attempt"], job["worker"]) == (hold.attempt, hold.worker)
        return job if held else None

    @precondition(lambda self: self.held)
    @rule(latest=LATEST, percent=st.none() | st.integers(0, 100))
    def heartbeat(self, latest, percent):
        hold = self.held[-1 - latest % len(self.held)]
        job = self._ours(hold)
        if job is None or job["lapsed"]:
            assert self.desk.beat(hold, percent) == (False, False)
        else:
            assert self.desk.beat(hold, percent) == (True, job["cancel"])

    @precondition(lambda self: self.held)
    @rule(latest=LATEST, by=st.sampled_from([*WORKERS, None]))
    def complete(self, latest, by):
        hold = self.held[-1 - latest % len(self.held)]
        if by is not None and by != hold.worker:
            assert not self.desk.complete(Hold(hold.id, hold.attempt, by)), "another's"
            return
        job = self._ours(hold)
        before = self.model[hold.id]
        again = before["state"] == "succeeded" and (before["attempt"], before["worker"]) == (hold.attempt, hold.worker)
        assert self.desk.complete(hold) == (job is not None or again)
        if job is not None:
            job["state"] = "succeeded"

    def _end(self, job, retryable=True):
        again = retryable and job["attempt"] < job["most"]
        job["state"] = "cancelled" if job["cancel"] else "queued" if again else "dead"
        job["errors"] += 1
        if job["state"] == "queued":
            self.serial += 1
            job.update(due=False)
        return job["state"]

    @precondition(lambda self: self.held)
    @rule(latest=LATEST, retryable=st.booleans())
    def fail(self, latest, retryable):
        hold = self.held[-1 - latest % len(self.held)]
        job = self._ours(hold)
        assert self.desk.fail(hold, retryable) == (None if job is None else self._end(job, retryable))

    @precondition(lambda self: self.held)
    @rule(latest=LATEST)
    def release(self, latest):
        hold = self.held[-1 - latest % len(self.held)]
        job = self._ours(hold)
        assert self.desk.release(hold) == (job is not None)
        if job is not None:
            self.serial += 1
            job.update(state="cancelled" if job["cancel"] else "queued", most=min(25, job["most"] + 1))
            self._due_now(hold.id)

    def _due_now(self, name):
        job = self.model[name]
        if job["state"] == "queued":
            job.update(due=True, since=self.serial)
            self.desk.owner.execute("update calculation_jobs set run_at = %s where id = %s", [self._moment(), name])

    def _moment(self):
        """A past moment after all those before it: among equals, the order is known."""
        return f"2020-01-01T{self.serial // 3600:02}:{self.serial // 60 % 60:02}:{self.serial % 60:02}Z"

    @rule(job=jobs)
    def cancel(self, job):
        known = self.model[job]
        answer = self.desk.ask("select cancel_job(%s)", job)
        if known["state"] == "queued":
            known.update(state="cancelled", cancel=True)
            assert answer == "cancelled"
        elif known["state"] == "running":
            known["cancel"] = True
            assert answer == "requested"
        else:
            assert answer == known["state"]

    @precondition(lambda self: self._any("dead"))
    @rule(target=jobs, data=st.data())
    def redrive(self, data):
        dead = data.draw(st.sampled_from([name for name, job in self.model.items() if job["state"] == "dead"]))
        again = self.desk.ask("select redrive_job(%s)", dead)
        assert self.desk.ask("select redrive_job(%s)", dead) == again
        if again in self.model:
            return multiple()
        self.serial += 1
        self.model[again] = self._new(*(self.model[dead][name] for name in ("priority", "most")))
        self._due_now(again)
        return again

    @precondition(lambda self: self._any("running"))
    @rule(data=st.data())
    def lease_ends(self, data):
        running = [name for name, job in self.model.items() if job["state"] == "running"]
        name = data.draw(st.sampled_from(running))
        self.desk.lapse(Hold(name, 0, None))
        self.model[name]["lapsed"] = True

    @precondition(lambda self: self._any("running"))
    @rule()
    def reap(self):
        lapsed = [name for name, job in self.model.items() if job["state"] == "running" and job["lapsed"]]
        expected = {name: self._end(self.model[name]) for name in lapsed}
        assert {name: state for name, state in self.desk.reap().items() if name in self.model} == expected

    @precondition(lambda self: self._any("queued", due=False))
    @rule()
    def time_passes(self):
        for name in [name for name, job in self.model.items() if job["state"] == "queued" and not job["due"]]:
            self.serial += 1
            self._due_now(name)

    @invariant()
    def they_agree(self):
        rows = self.desk.owner.execute(
            "select id, state::text, attempt, max_attempts, worker_id, cancel_requested_at is not null as cancel,"
            " jsonb_array_length(errors) as errors from calculation_jobs where team_id = %s",
            [self.desk.team],
        )
        found = {row.id: (*row[1:4], row.worker_id, row.cancel, row.errors) for row in rows}
        assert found == {name: self._row(job) for name, job in self.model.items()}

    @staticmethod
    def _row(job):
        worker = job["worker"] if job["state"] == "running" else None
        return (job["state"], job["attempt"], job["most"], worker, job["cancel"], job["errors"])

    @invariant()
    def places_are_of_running_jobs(self):
        taken = self.desk.owner.execute(
            "select job_id from private.job_slots where team_id = %s and job_id is not null", [self.desk.team]
        )
        assert {row[0] for row in taken} == {name for name, job in self.model.items() if job["state"] == "running"}

    @invariant()
    def every_move_has_its_event(self):
        rows = self.desk.owner.execute(
            "select job_id, count(*) filter (where to_state = 'running' and from_state = 'queued') as claims,"
            " (array_agg(to_state::text order by id desc))[1] as last from job_events where team_id = %s group by 1",
            [self.desk.team],
        )
        assert {row.job_id: (row.claims, row.last) for row in rows} == {
            name: (job["attempt"], job["state"]) for name, job in self.model.items()
        }


def check(url, examples, steps, phases=tuple(Phase)):
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=phases,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    with Desk(url, slots=SLOTS) as desk:
        run_state_machine_as_test(type("Queue", (Model,), {"desk": desk}), settings=chosen)


def test_the_model_and_the_database_agree(stack):
    check(stack.keys().db_url, examples=25, steps=30)
