"""Claims and commits of jobs a second with 100,000 queued, at 1, 8 and 16 clients, beside bare one-row commits."""

import multiprocessing
import sys
import time
import uuid

import psutil
import psycopg
import pytest

from tests.database.desk import Desk

QUEUED, SECONDS = 100_000, 5.0
_FORK = multiprocessing.get_context("fork")


def worked_off(url: str, queue: str, done) -> None:
    """Claim and complete until the time is over: how often, and the CPU that it took here and in the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set role service_role")
        backend = psutil.Process(connection.info.backend_pid)
        worker, count, end = uuid.uuid4(), 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            job, attempt = connection.execute("select id, attempt from claim_job(%s, %s)", [worker, queue]).fetchone()
            assert connection.execute("select complete_job(%s, %s, %s)", [job, attempt, worker]).fetchone()[0]
            count += 1
        done.put((count, sum(backend.cpu_times()[:2]), time.process_time()))


def bare(url: str, table: str, done) -> None:
    """Update one row of its own and commit, twice for what claim and complete commit."""
    with psycopg.connect(url, autocommit=True) as connection:
        (row,) = connection.execute(f"insert into {table} default values returning id").fetchone()
        backend = psutil.Process(connection.info.backend_pid)
        count, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            for _ in range(2):
                connection.execute(f"update {table} set n = n + 1 where id = %s", [row])
            count += 1
        done.put((count, sum(backend.cpu_times()[:2]), time.process_time()))


def rate(clients: int, target, *arguments) -> tuple[float, float, float]:
    """Rounds a second of all clients together, and ms of CPU a round in the database and in the client."""
    done = _FORK.Queue()
    running = [_FORK.Process(target=target, args=(*arguments, done)) for _ in range(clients)]
    for one in running:
        one.start()
    rounds, database, client = (sum(column) for column in zip(*(done.get(timeout=120) for _ in running), strict=True))
    for one in running:
        one.join()
    return rounds / SECONDS, 1e3 * database / rounds, 1e3 * client / rounds


def fill(desk, teams: list[uuid.UUID]) -> None:
    """Queue 100,000 jobs of these teams; their events are not what is measured."""
    with desk.owner.transaction():
        desk.owner.execute("alter table calculation_jobs disable trigger user")
        desk.owner.execute(
            "insert into calculation_jobs (team_id, queue, kind, priority)"
            " select (%s::uuid[])[1 + n %% %s], %s, 'noop', n %% 5 from generate_series(1, %s) n",
            [teams, len(teams), desk.queue, QUEUED],
        )
        desk.owner.execute("alter table calculation_jobs enable trigger user")
    desk.owner.execute("vacuum analyze calculation_jobs")


def empty(desk) -> None:
    with desk.owner.transaction():
        desk.owner.execute("alter table calculation_jobs disable trigger user")
        desk.owner.execute("delete from calculation_jobs where queue = %s", [desk.queue])
        desk.owner.execute("alter table calculation_jobs enable trigger user")


@pytest.mark.benchmark
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("teams", "told"), [(1, False), (20, False), (20, True)])
def test_claims_a_second(stack, teams: int, told: bool) -> None:
    """`told`: each move is broadcast live, which writes a row more."""
    url = stack.keys().db_url
    live = "told live" if told else "not told live"
    lines = [f"claim and complete, {QUEUED:,} queued by {teams} team(s), {live}; bare: two commits of one row each:"]
    with Desk(url, slots=64) as desk:
        desk.owner.execute("create table private.bare (id serial primary key, n integer not null default 0)")
        desk.owner.execute(f"alter table job_events {'enable' if told else 'disable'} trigger broadcast_job")
        try:
            fill(desk, [desk.team] + [desk.add_team(64)[0] for _ in range(teams - 1)])
            for clients in (1, 8, 16):
                jobs, database, client = rate(clients, worked_off, url, desk.queue)
                floor, _, _ = rate(clients, bare, url, "private.bare")
                lines.append(
                    f"  {clients:2d} client(s): {jobs:5.0f} jobs/s (bare {floor:5.0f}/s);"
                    f" ms of CPU a job: database {database:.2f}, client {client:.2f}"
                )
                assert jobs > 10, "the reference without an index did 10"
        finally:
            desk.owner.execute("alter table job_events enable trigger broadcast_job")
            desk.owner.execute("drop table private.bare")
            empty(desk)
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
