"""How much one core of the embedded Supabase serves: signed-in reads that row-level security filters, eight at once."""

import asyncio
import statistics
import sys
import time

import httpx
import pytest
from supabase import ClientOptions, create_client

from riskkit.demo.books import PASSWORD
from riskkit.local.postgres import Postgres
from riskkit.local.process import Mark

REQUESTS, AT_ONCE = 1_000, 8
READS = {
    "portfolios, with their team": "portfolios?select=id,slug,title,teams(slug)&order=id",
    "one book's positions": "positions?select=quantity,valid_from&portfolio_id=eq.{book}&order=id",
    "the same, with instruments": "positions?select=quantity,instruments(symbol,terms)&portfolio_id=eq.{book}&order=id",
}


def cpu_seconds(processes):
    """What processes and their children have used."""
    alive = [child for process in processes for child in (process, *process.children(recursive=True))]
    return sum(sum(process.cpu_times()[:2]) for process in alive)


async def load(url, headers):
    """Read as fast as answers come; times in milliseconds, and how many were not 200 or empty."""
    times, errors, left = [], 0, iter(range(REQUESTS))
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=30) as client:

        async def reader():
            nonlocal errors
            for _ in left:
                begun = time.perf_counter()
                answer = await client.get(url)
                times.append((time.perf_counter() - begun) * 1000)
                errors += answer.status_code != 200 or answer.content == b"[]"

        await asyncio.gather(*(reader() for _ in range(AT_ONCE)))
    return times, errors


@pytest.mark.benchmark
@pytest.mark.parametrize("what", READS)
def test_reads_a_second_and_core(demo_stack, what):
    keys = demo_stack.keys()
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        client = create_client(keys.url, keys.anon_key, options)
        sign_in = client.auth.sign_in_with_password({"email": "viewer@atlas.example", "password": PASSWORD})
        book = client.table("portfolios").select("id").eq("slug", "demo").execute().data[0]["id"]
    headers = {"apikey": keys.anon_key, "Authorization": f"Bearer {sign_in.session.access_token}"}
    gateway = Mark.read(demo_stack.folder / "gateway.json").process()
    postgres = Postgres.of(demo_stack.home).process()
    url = f"{keys.url}/rest/v1/{READS[what].format(book=book)}"
    asyncio.run(load(url, headers))  # every connection is open, every plan is made
    before, begun = (cpu_seconds([gateway]), cpu_seconds([postgres])), time.perf_counter()
    times, errors = asyncio.run(load(url, headers))
    wall = time.perf_counter() - begun
    in_gateway, in_postgres = cpu_seconds([gateway]) - before[0], cpu_seconds([postgres]) - before[1]
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
    sys.stdout.write(
        f"\n{what}: {REQUESTS} reads, {AT_ONCE} at once: p50 {p50:.0f} ms, p95 {p95:.0f} ms, {errors} errors,"
        f" {REQUESTS / wall:.0f}/s beside the client; CPU a read {1000 * in_gateway / REQUESTS:.2f} ms gateway"
        f" + {1000 * in_postgres / REQUESTS:.2f} ms Postgres: {REQUESTS / (in_gateway + in_postgres):.0f}/s and core\n"
    )
    assert errors == 0
