"""A team of its own with a book and a queue, worked off as the service does it and looked at as the owner."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import psycopg
from psycopg.rows import dict_row, namedtuple_row

RUN = {"report": "var", "notebook": "var", "as_of": "2020-01-02", "run_at": "2026-01-01T00:00:00Z", "official": True}


@dataclass(frozen=True)
class Hold:
    """What a worker that claimed a job knows."""

    id: uuid.UUID
    attempt: int
    worker: uuid.UUID

    @property
    def proof(self):
        return (self.id, self.attempt, self.worker)


class Desk:
    """`service` may do what workers may, `owner` everything; each statement is a transaction of its own."""

    def __init__(self, url, slots=4):
        self.url = url
        self.owner = psycopg.connect(url, autocommit=True, row_factory=namedtuple_row)
        self.service = self.connect()
        self.queue = f"q{uuid.uuid4().hex[:10]}"
        self.team, self.book = self.add_team(slots)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.clear()
        finally:
            self.service.close()
            self.owner.close()

    def clear(self):
        """Take away what was put there."""
        for team in self._teams():
            for table in ("calculation_jobs", "report_runs"):
                self.owner.execute(f"delete from {table} where team_id = %s", [team])
            self.owner.execute("delete from teams where id = %s", [team])

    def connect(self):
        made = psycopg.connect(self.url, autocommit=True, row_factory=namedtuple_row)
        made.execute("set role service_role")
        return made

    def add_team(self, slots=4):
        """Another team whose jobs go into the same queue: its id and its book's."""
        made = self.one(
            "insert into teams (slug, name, job_slots) values (%s, 'Desk', %s) returning id",
            f"{self.queue}-{uuid.uuid4().hex[:6]}",
            slots,
        )
        book = "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'b', 'B', 'USD') returning id"
        return made, self.one(book, made)

    def _teams(self):
        return [row[0] for row in self.owner.execute("select id from teams where slug like %s", [f"{self.queue}-%"])]

    def one(self, query, *values):
        return self.owner.execute(query, values).fetchone()[0]

    def ask(self, query, *values, connection=None):
        return (connection or self.service).execute(query, values).fetchone()[0]

    def enqueue(self, connection=None, **columns):
        given = {"team_id": str(self.team), "queue": self.queue, "kind": "noop", **columns}
        return self.ask("select enqueue_job(%s)", json.dumps(given, default=str), connection=connection)

    def enqueue_report(self, **columns):
        return self.enqueue(kind="report", portfolio_id=self.book, args={"report": "var"}, **columns)

    def claim(self, worker=None, connection=None, lease="30 s"):
        worker = worker or uuid.uuid4()
        found = (connection or self.service).execute(
            "select id, attempt from claim_job(%s, %s, %s)", [worker, self.queue, lease]
        )
        row = found.fetchone()
        return None if row is None else Hold(row.id, row.attempt, worker)

    def complete(self, hold, run=None, metrics=(), artifacts=(), connection=None):
        texts = ["{}", None if run is None else json.dumps(run), json.dumps(list(metrics)), json.dumps(list(artifacts))]
        statement = "select complete_job(%s, %s, %s, %s, %s, %s, %s)"
        return self.ask(statement, *hold.proof, *texts, connection=connection)

    def beat(self, hold, percent=None, cell=None):
        return tuple(
            self.service.execute(
                "select * from heartbeat_job(%s, %s, %s, '30 s', %s, %s)", [*hold.proof, percent, cell]
            ).fetchone()
        )

    def fail(self, hold, retryable=True, **error):
        return self.ask("select fail_job(%s, %s, %s, %s, %s)", *hold.proof, json.dumps(error), retryable)

    def release(self, hold):
        return self.ask("select release_job(%s, %s, %s)", *hold.proof)

    def reap(self):
        """What became of this team's jobs; those that other tests left are reaped too."""
        found = dict(map(tuple, self.service.execute("select * from reap_jobs(1000)")))
        own = {job for (job,) in self.owner.execute("select id from calculation_jobs where team_id = %s", [self.team])}
        return {job: state for job, state in found.items() if job in own}

    def lapse(self, hold):
        """Let the lease of a job have ended."""
        self.owner.execute(
            "update calculation_jobs set lease_expires_at = now() - interval '1 s' where id = %s", [hold.id]
        )

    def due(self, job):
        """Let a job that waits for its next attempt be due."""
        self.owner.execute("update calculation_jobs set run_at = now() where id = %s", [job])

    def run(self, **changes):
        made = {"id": str(uuid.uuid4()), "team_id": str(self.team), "portfolio_id": str(self.book), **RUN}
        return {**made, "parameters": {}, "inputs": {}, "code": {}, "packages": {}, **changes}

    def job(self, job):
        with self.owner.cursor(row_factory=dict_row) as cursor:
            return cursor.execute("select * from calculation_jobs where id = %s", [job]).fetchone()

    def state(self, job):
        return self.one("select state::text from calculation_jobs where id = %s", job)

    def moves(self, job):
        """The states a job has had, its progress left out."""
        rows = self.owner.execute("select from_state, to_state from job_events where job_id = %s order by id", [job])
        return [to for before, to in rows if before != to]
