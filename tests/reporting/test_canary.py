"""A secret of every kind, planted where it lives, and looked for in everything that reports leave behind."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from riskkit.local.stack import Stack
from tests.delivery.conftest import Hook, Sink, hook, sink
from tests.reporting import tiny_project as tiny
from tests.reporting.shop import Shop, wait_until

__all__ = ["hook", "sink"]  # fixtures of the deliveries' tests, used here too

ROOT = Path(__file__).resolve().parents[2]

#: In the worker's environment: what riskkit reads from there, and what else may lie about on an operator's machine.
PLANTED = {
    "RISKKIT_SMTP_URL": "smtp://mailer:canary-smtp-77f1@127.0.0.1:9",
    "RISKKIT_SMTP_FROM": "risk@atlas.example",
    "RISKKIT_WEBHOOKS": '{"atlas/desk": "http://127.0.0.1:9/canary-hook-41be"}',
    "SNOWFLAKE_PASSWORD": "canary-snow-9a02",
    "AWS_SECRET_ACCESS_KEY": "canary-aws-5d3c",
    "DATABASE_URL": "postgresql://owner:canary-db-e810@127.0.0.1:9/postgres",
}

#: Looks wherever it can, and prints what it finds; fails if anything is a canary. TOLD holds them backwards.
NOSY = """\
import itertools, subprocess, sys
told = TOLD
needles = [word[::-1].encode() for word in told["needles"]]
places = [pathlib.Path(one) for one in told["places"]]
near = [pathlib.Path("/proc", one, name) for one in os.listdir("/proc") if one.isdigit()
        for name in ("environ", "cmdline", "maps", "mountinfo")]
below = (pathlib.Path(top, name) for place in places for top, _, names in os.walk(place) for name in names
         if not top.startswith(sys.base_prefix))
seen, read, found = 0, 0, []
for path in itertools.chain(near, below):
    seen += 1
    try:
        if path.parts[1] == "proc" or (path.is_file() and path.stat().st_size < 2**22):
            text = path.read_bytes()
            read += 1
            found += [(str(path), number) for number, needle in enumerate(needles) if needle in text]
    except OSError:
        pass
print(dict(os.environ), subprocess.run(["env"], capture_output=True, text=True).stdout)
print([path.read_text() for path in near if path.name == "environ" and os.access(path, os.R_OK)])
(folder / "outputs" / "tables" / "nosy.csv").write_text(f"seen,read,found\\n{seen},{read},{len(found)}\\n")
if found or note == "boom":
    raise ValueError(f"{found} {dict(os.environ)}")
"""


SCHEDULE = """
insert into schedules (team_id, name, cron, timezone, max_attempts, edited_by, queue, args, recipients)
select t.id, n.name, '15 18 * * *', 'America/New_York', 1, m.user_id, n.queue, n.args::jsonb, n.recipients
from (values (%s::uuid, %s, %s, %s, %s::text[])) n (team_id, name, queue, args, recipients)
join teams t on t.id = n.team_id join memberships m on m.team_id = t.id and m.role = 'analyst' returning id
"""
FIRE = "select fire_schedule(%s, now(), 1, 'enqueued', '2020-04-09', %s::uuid[])"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Its own, because its files are looked through."""
    made = Stack(tmp_path / "home", ROOT)
    made.start(port=0)
    yield made
    made.remove()


def secrets(stack: Stack, shop: Shop) -> dict[str, str]:
    """Every credential there is, by what it is; the publishable key is none."""
    keys, held = stack.keys(), json.loads((stack.folder / "secrets.json").read_text())
    tokens = {}
    for path in (shop.project.parent / f"analyst-{shop.team}").rglob("*.json"):
        found = re.findall(r'"[a-z_]*token": *"([^"]{12,})"', path.read_text())
        tokens |= {f"{path.name} {number}": token for number, token in enumerate(found)}
    assert tokens
    secret = re.compile("(?i)secret|service|password|db_url")
    kept = {name: str(value) for name, value in held.items() if secret.search(name)}
    assert {keys.service_key, keys.jwt_secret, keys.db_url} <= {*kept.values()}
    planted = {name: match[0] for name, value in PLANTED.items() if (match := re.search(r"canary-[a-z]+-\w+", value))}
    return {**kept, **tokens, **planted, "database password": keys.db_url.split(":")[2].split("@")[0]}


def database_text(shop: Shop) -> Iterator[tuple[str, str]]:
    """Every row that riskkit writes, as text."""
    with psycopg.connect(shop.keys.db_url) as owner:
        tables = "select schemaname, tablename from pg_tables where schemaname in ('public', 'private', 'realtime')"
        for schema, table in owner.execute(tables).fetchall():
            query = sql.SQL("select t::text from {} t").format(sql.Identifier(schema, table))
            for (row,) in owner.execute(query):
                yield f"{schema}.{table}", row


def fired(shop: Shop, name: str, note: str) -> str:
    """A job of a schedule that tells a person and a channel."""
    values = (shop.team_id, name, shop.team, json.dumps({"report": "tiny", "parameters": {"note": note}}),
              [f"viewer@{shop.team}.example", "desk"])  # fmt: skip
    with psycopg.connect(shop.keys.db_url) as owner:
        made: Any = owner.execute(SCHEDULE, values).fetchone()
        found: Any = owner.execute(FIRE, (made[0], [shop.books["demo"]])).fetchone()
    return str(found[0][0])


@pytest.mark.timeout(900)
def test_no_secret_is_in_anything_that_reports_leave(stack: Stack, sink: Sink, hook: Hook, tmp_path: Path) -> None:
    shop = Shop(stack.keys(), tmp_path / "project", paper=True).open("demo")
    channels = {
        "RISKKIT_SMTP_URL": sink.url,
        "RISKKIT_WEBHOOKS": json.dumps({f"{shop.team}/desk": f"{hook.url}/canary-hook-41be"}),
    }
    canaries = secrets(stack, shop)
    (shop.project / ".env").write_text("\n".join(f"{name}={value}" for name, value in PLANTED.items()))
    for secret in (shop.project / ".env", tmp_path / "service-key"):
        secret.chmod(0o600)
    told = {
        "needles": [canary[::-1] for canary in canaries.values()] if os.geteuid() == 0 else [],
        "places": [str(tmp_path), "/root", "/var/lib/riskkit-local", "/run", "/etc", "/dev/shm"],
    }
    cells = (tiny.OPEN, tiny.SHOW, tiny.SAVE, NOSY.replace("TOLD", repr(told)))
    tiny.write_notebook(shop.project / "notebooks" / "tiny.ipynb", *cells)
    made, failed = fired(shop, "good", ""), fired(shop, "bad", "boom")
    assert shop.worker("--once", environ=PLANTED).wait(300) == 0  # neither mail server nor webhook is there
    assert sink.mails == []
    with psycopg.connect(shop.keys.db_url) as owner:
        owner.execute("update deliveries set next_at = now()")
    assert shop.worker("--once", environ={**PLANTED, **channels}).wait(120) == 0
    wait_until(lambda: len(sink.mails) >= 2 and len(hook.posts) >= 2, 10, "mails and posts")
    assert (shop.row(made)["state"], shop.row(made)["errors"]) == ("succeeded", [])
    assert (shop.row(failed)["state"], shop.row(failed)["errors"][0]["type"]) == ("dead", "ValueError")
    assert (len(shop.complete()), len(list((shop.project / "reports" / ".failed").iterdir()))) == (1, 1)
    looked: dict[str, list[str]] = {"database": [], "file": [], "message": []}
    parts = [part.get_content() for mail in sink.mails for part in (mail, *mail.walk()) if not part.is_multipart()]
    messages = [*map(bytes, sink.mails), *(part if isinstance(part, bytes) else str(part).encode() for part in parts),
                *(json.dumps(post).encode() for post in hook.posts)]  # fmt: skip
    left = [path for path in (*shop.project.rglob("*"), tmp_path / "worker.log") if path.is_file()]
    texts = ((str(path), path.read_bytes()) for path in left if path.name != ".env")
    rows = ((where, row.encode()) for where, row in database_text(shop))
    for kind, found in (("file", texts), ("database", rows), ("message", (("message", one) for one in messages))):
        for where, text in found:
            hits = [name for name, canary in canaries.items() if canary.encode() in text]
            assert hits == [], f"{hits} in {where}"
            looked[kind].append(where)
    assert {"report.html", "notebook.ipynb", "run.json", "worker.log", "log.txt", "failure.txt"} <= {
        Path(name).name for name in looked["file"]
    }
    assert len(looked["message"]) >= 6
    assert {"public.deliveries", "public.report_runs", "public.calculation_jobs", "public.job_events"} <= set(
        looked["database"]
    )
