"""Workers killed with -9 and paused past their lease, schedulers racing, the database stopped at once: what was lost?

A tool: `python -m tests.soak.queue_crashes --kills 1000` starts an embedded Supabase of its own, lets workers and
schedulers use the queue through the `supabase` client as riskkit does, and prints what it did and found as JSON.
Every report of a job is a run that names the job, so that one committed twice is seen.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from riskkit.local.postgres import Postgres
from riskkit.local.stack import Stack
from tests.soak.queue_roles import PAUSE, Place, put, schedule, tidy, work

ROOT = Path(__file__).resolve().parents[2]
_FORK = multiprocessing.get_context("fork")


@dataclass
class Plan:
    """How much of everything."""

    jobs: int = 2000
    slots: int = 400
    kills: int = 400
    pauses: int = 80
    crashes: int = 6
    workers: int = 10
    schedulers: int = 4
    seed: int = 7


@dataclass
class Done:
    """What was done to them."""

    kills: int = 0
    pauses: int = 0
    database_crashes: int = 0
    paused: list[tuple[int, float]] = field(default_factory=list)


def prepare(place: Place, plan: Plan) -> None:
    """A team with as many places as half the workers, a book, a schedule; retries that do not wait long."""
    with psycopg.connect(place.db_url, autocommit=True) as owner:

        def one(query: str, *values: object) -> str:
            return str(owner.execute(query, values).fetchone()[0])  # type: ignore[index]

        owner.execute(
            "create or replace function private.backoff(p_attempt integer) returns interval language sql volatile"
            " set search_path = '' as $$ select make_interval(secs => 0.05 * p_attempt * (0.9 + 0.2 * random())) $$"
        )
        slots = max(2, plan.workers // 2)
        place.team = one("insert into teams (slug, name, job_slots) values ('crash', 'Crash', %s) returning id", slots)
        book = "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'b', 'B', 'USD') returning id"
        place.book = one(book, place.team)
        place.schedule = one(
            "insert into schedules (team_id, name, cron, timezone, args, max_attempts)"
            " values (%s, 's', '0 1 * * *', 'UTC', '{\"report\": \"var\"}', 25) returning id",
            place.team,
        )


class Crew:
    """The processes, each replaced as soon as it is killed."""

    def __init__(self, place: Place, plan: Plan) -> None:
        self._seed = plan.seed * 1_000_000
        roles = [(work, ())] * plan.workers + [(tidy, ())]
        roles += [(put, (plan.jobs,))] * 2 + [(schedule, (plan.slots,))] * plan.schedulers
        self._roles, self._place = roles, place
        self.members = [self._start(number) for number in range(len(roles))]

    def _start(self, number: int) -> multiprocessing.process.BaseProcess:
        role, extra = self._roles[number]
        self._seed += 1
        made = _FORK.Process(target=role, args=(self._place, self._seed, *extra), daemon=True)
        made.start()
        return made

    def kill(self, number: int) -> bool:
        """SIGKILL one and start another in its place; False if it has ended by itself."""
        if not self.members[number].is_alive():
            return False
        self.members[number].kill()
        self.members[number].join()
        self.members[number] = self._start(number)
        return True

    @property
    def done_putting(self) -> bool:
        """Whether every job is queued and every slot decided."""
        return not any(
            member.is_alive()
            for member, (role, _) in zip(self.members, self._roles, strict=True)
            if role in (put, schedule)
        )

    def end(self) -> None:
        """Kill all of them."""
        for member in self.members:
            member.kill()
            member.join()


def harass(crew: Crew, plan: Plan, postgres: Postgres, dice: random.Random) -> Done:
    """Kill, pause and crash as often as planned, in a random order."""
    done = Done()
    acts = ["kill"] * plan.kills + ["pause"] * plan.pauses + ["crash"] * plan.crashes
    dice.shuffle(acts)
    while acts or done.paused:
        time.sleep(0.02 + 0.1 * dice.random())
        for pid, until in [one for one in done.paused if one[1] < time.monotonic()]:
            os.kill(pid, signal.SIGCONT)
            done.paused.remove((pid, until))
        act = acts.pop() if acts else ""
        number = dice.randrange(len(crew.members))
        pid = crew.members[number].pid or 0
        if any(pid == one for one, _ in done.paused) or (act == "pause" and number >= plan.workers):
            acts.insert(0, act)  # somebody else, later
        elif act == "kill":
            if crew.kill(number):
                done.kills += 1
            else:
                acts.insert(0, act)
        elif act == "pause":
            os.kill(pid, signal.SIGSTOP)
            done.paused.append((pid, time.monotonic() + PAUSE))
            done.pauses += 1
        elif act == "crash":
            crash(postgres)
            done.database_crashes += 1
    return done


def crash(postgres: Postgres) -> None:
    """Stop the database as a power cut would, and start it again on its port."""
    port = postgres.port
    postgres.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", postgres.data)
    postgres.start(port)


FOUND = """
with jobs as (select * from calculation_jobs where team_id = %(team)s),
runs as (select parameters ->> 'job' as job, count(*) as n from report_runs where team_id = %(team)s group by 1),
moves as (select job_id, count(*) filter (where to_state = 'succeeded') as ends,
    count(*) filter (where from_state = 'queued' and to_state = 'running') as claims,
    count(distinct attempt) filter (where from_state = 'queued' and to_state = 'running') as attempts
  from job_events where team_id = %(team)s group by 1)
select
  (select count(*) from jobs) as jobs,
  (select count(*) from jobs where state = 'succeeded') as succeeded,
  (select count(*) from jobs where state = 'cancelled') as cancelled,
  (select count(*) from jobs where state not in ('succeeded', 'cancelled')) as lost,
  (select count(*) from runs where n > 1) as committed_twice,
  (select count(*) from jobs j left join runs r on r.job = j.id::text
    where (j.state = 'succeeded') <> (r.n is not null)) as half_committed,
  (select count(*) from jobs j join report_runs r on r.id = j.run_id
    where r.parameters ->> 'job' <> j.id::text or (r.parameters ->> 'attempt')::integer <> j.attempt
      or (select count(*) from run_metrics m where m.run_id = r.id) <> 2) as wrong_runs,
  (select count(*) from jobs j join moves m on m.job_id = j.id
    where m.ends <> (j.state = 'succeeded')::integer or m.claims <> j.attempt or m.attempts <> j.attempt
  ) as wrong_events,
  (select count(*) from jobs where attempt > 1) as tried_again,
  (select max(attempt) from jobs) as most_attempts,
  (select count(*) from schedule_fires where team_id = %(team)s) as fires,
  (select count(*) from jobs where fire_at is not null) as fired_jobs,
  (select count(*) from schedule_fires where team_id = %(team)s and jobs <> 1) as wrong_fires,
  (select count(*) from private.job_slots where team_id = %(team)s and job_id is not null) as places_left_taken
"""


def wait_until_idle(place: Place, crew: Crew, seconds: float) -> None:
    """Until nothing is queued or running."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with psycopg.connect(place.db_url) as owner:
            row = owner.execute("select count(*) from calculation_jobs where finished_at is null").fetchone()
        if crew.done_putting and row == (0,):
            return
        time.sleep(0.2)


def run(plan: Plan) -> dict[str, object]:
    """All of it, on a Supabase that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        stack, begin = Stack(Path(folder) / "home", ROOT), time.monotonic()
        try:
            keys = stack.start(port=0)
            place = Place(keys.url, keys.service_key, keys.db_url)
            prepare(place, plan)
            crew = Crew(place, plan)
            try:
                done = harass(crew, plan, Postgres.of(stack.home), random.Random(plan.seed))
                wait_until_idle(place, crew, 60 + 0.2 * (plan.jobs + plan.slots))
            finally:
                crew.end()
            with psycopg.connect(place.db_url, row_factory=psycopg.rows.dict_row) as owner:
                found = owner.execute(FOUND, {"team": place.team}).fetchone() or {}
        finally:
            stack.remove()
    made = {name: value for name, value in asdict(done).items() if name != "paused"}
    return {**made, "racing_schedulers": plan.schedulers, **found, "seconds": round(time.monotonic() - begin, 1)}


def faults(plan: Plan, result: dict[str, object]) -> list[str]:
    """What must not be."""
    zero = (
        "lost",
        "committed_twice",
        "half_committed",
        "wrong_runs",
        "wrong_events",
        "wrong_fires",
        "places_left_taken",
    )
    found = [f"{name}: {result[name]}" for name in zero if result[name] != 0]
    expected = {"jobs": plan.jobs + plan.slots, "fires": plan.slots, "fired_jobs": plan.slots,
                "database_crashes": plan.crashes, "pauses": plan.pauses}  # fmt: skip
    return found + [f"{name}: {result[name]}, not {value}" for name, value in expected.items() if result[name] != value]


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in asdict(Plan()).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    plan = Plan(**vars(parser.parse_args()))
    result = run(plan)
    sys.stdout.write(json.dumps(result) + "\n")
    sys.exit("\n".join(faults(plan, result)) or 0)


if __name__ == "__main__":
    main()
