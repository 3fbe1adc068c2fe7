"""What the way through the API costs: 500 days of 25 factors, against the same function on a bare connection."""

import statistics
import sys
import time
from datetime import date

import httpx
import psycopg
import pytest
from supabase import ClientOptions, create_client

from riskkit.demo.books import PASSWORD
from riskkit.store.supabase import SupabaseStore

REPEATS = 30


def milliseconds(call):
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


@pytest.mark.benchmark
def test_history_of_500_days_and_25_factors(demo_stack):
    keys = demo_stack.keys()
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        auth = create_client(keys.url, keys.anon_key, options).auth
        answer = auth.sign_in_with_password({"email": "quant@atlas.example", "password": PASSWORD})
    token = answer.session.access_token
    with SupabaseStore(keys.url, keys.anon_key, lambda: token) as store, psycopg.connect(keys.db_url) as bare:
        ref = store.portfolios()[0]
        names = [n for (n,) in bare.execute("select name from risk_factors where team_id is null order by 1 limit 25")]
        last = date(2022, 12, 28)
        function = "select * from factor_history(%s, %s, %s, 535)"
        through, below = [], []
        for _ in range(REPEATS):
            through.append(milliseconds(lambda: store.history(ref, names, last, 500)))
            below.append(milliseconds(lambda: bare.execute(function, [ref.team_id, names, last]).fetchall()))
    api, floor = statistics.median(through), statistics.median(below)
    sys.stdout.write(
        f"\n500 x 25 levels: {api:.0f} ms through the API, aligned;"
        f" {floor:.0f} ms in the database; {api / floor:.1f}x\n"
    )
    assert len(names) == 25
