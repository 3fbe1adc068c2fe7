"""The pages at length: every dashboard by every role, 200 interactions, 20 viewers at once; in results/pages.json."""

import json
import os
import statistics
import sys
import uuid
from pathlib import Path

import psutil
import pytest

from riskkit.kernels.forked import NAME as KERNEL
from riskkit.local.client import service_client
from riskkit.serving.catalogue import Catalogue
from tests.acceptance.conftest import Visit
from tests.acceptance.looking import look
from tests.acceptance.moving import interact

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results") / "pages.json"
DASHBOARDS = [one.name for one in Catalogue(ROOT).dashboards()]
PASSWORD = "riskkit-demo"
ROLES = ("viewer", "analyst", "approver", "admin")
INTERACTIONS, VIEWERS = int(os.environ.get("RISKKIT_INTERACTIONS", "200")), int(os.environ.get("RISKKIT_VIEWERS", "20"))

#: Notes when the page was first ready.
READY = """new MutationObserver(() => {
  if (document.documentElement?.dataset.rk === "ready") window.rkReadyAt ??= performance.now();
}).observe(document, {subtree: true, attributes: true, attributeFilter: ["data-rk"]});"""

pytestmark = [pytest.mark.soak, pytest.mark.browser, pytest.mark.timeout(7200)]


@pytest.fixture(scope="module")
def service(demo_stack):
    with service_client(demo_stack.keys()) as client:
        yield client


@pytest.fixture(scope="module")
def new_user(service):
    """Make a user: `new_user(team_id, role)`; the address."""

    def made(team, role):
        email = f"{role}-{uuid.uuid4().hex[:8]}@soak.example"
        user = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user
        service.table("memberships").insert({"team_id": team, "user_id": user.id, "role": role}).execute()
        return email

    return made


@pytest.fixture(scope="module")
def served(demo_stack, serve, tmp_path_factory):
    keys = demo_stack.keys()
    own = {"SUPABASE_URL": keys.url, "SUPABASE_ANON_KEY": keys.anon_key}
    return serve(
        tmp_path_factory.mktemp("server"), ROOT, "--kernels", str(VIEWERS + 4), "--kernels-per-user", "10", **own
    )


@pytest.fixture
def visit(chromium, served):
    made = []

    def opened():
        made.append(chromium.new_context(viewport={"width": 1440, "height": 900}))
        made[-1].add_init_script(READY)
        return Visit(made[-1], served.url)

    yield opened
    for context in made:
        context.close()


def note(**found):
    """Add to the results, with what machine they are of, and say it."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found |= {"processors": os.cpu_count(), "load": round(os.getloadavg()[1], 1)}
    name = found.pop("name")
    RESULTS.write_text(json.dumps({**kept, name: found}, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(json.dumps({name: found}) + "\n")


def centiles(values):
    """p50 and p95 in seconds."""
    ordered = sorted(values)
    if not ordered:
        return None
    return {
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[max(0, -(-len(ordered) * 95 // 100) - 1)], 3),
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_dashboard_by_every_role(role, service, new_user, visit):
    team = service.table("teams").select("id").eq("slug", "atlas").execute().data[0]["id"]
    there = visit().sign_in(new_user(team, role))
    found = {name: look(there, f"/dashboards/{name}") for name in DASHBOARDS}
    wrong = {name: one for name, one in found.items() if one}
    note(name=f"every_dashboard_{role}", dashboards=len(found), wrong=wrong)
    assert wrong == {}


def test_interactions(service, new_user, visit):
    team = service.table("teams").select("id").eq("slug", "atlas").execute().data[0]["id"]
    there = visit().sign_in(new_user(team, "analyst"))
    found, share = [], -(-INTERACTIONS // 3)
    for name in ("portfolio_var", "stress_test", "var_change"):
        there.page.goto(f"{there.url}/dashboards/{name}?portfolio=atlas/demo", wait_until="commit", timeout=180_000)
        there.ready()
        found += interact(there.page, share)
    answers = [answer if answer is not None else 99.0 for _, _, answer in found]
    bars = [bar for _, bar, answer in found if (answer is None or answer > 0.3) and bar is not None]
    neither = [one for one in found if (one[2] is None or one[2] > 0.3) and (one[1] is None or one[1] > 0.1)]
    note(
        name="interactions", count=len(found), answer_seconds=centiles(answers), bar_seconds=centiles(bars),
        answered_in_time=sum(one <= 0.3 for one in answers), neither_in_time=len(neither),
    )  # fmt: skip
    assert len(neither) <= len(found) / 20


def test_viewers_at_once(service, new_user, served, visit):
    """Each of a team of four has one of five books of their own; nobody's page has another team's words."""
    teams = []
    for n in range(min(5, VIEWERS)):
        mark = f"mark{n}x{uuid.uuid4().hex[:8]}"
        row = service.table("teams").insert({"slug": mark, "name": mark}).execute().data[0]
        book = {"team_id": row["id"], "slug": "book", "title": f"{mark} book", "base_currency": "USD"}
        made = service.table("portfolios").insert(book).execute().data[0]
        for symbol, quantity in (("AAPL", 100 + n), ("JPM", 50 - 7 * n)):
            share = {"team_id": row["id"], "symbol": symbol, "asset_class": "equity", "currency": "USD"}
            held = service.table("instruments").insert({**share, "terms": {"type": "equity"}}).execute().data[0]["id"]
            position = {"instrument_id": held, "quantity": quantity, "valid_from": "1999-01-04"}
            service.table("positions").insert({"team_id": row["id"], "portfolio_id": made["id"], **position}).execute()
        teams.append((mark, row["id"]))
    visits = [
        (teams[n % len(teams)][0], visit().sign_in(new_user(teams[n % len(teams)][1], "viewer")))
        for n in range(VIEWERS)
    ]
    for mark, there in visits:
        there.page.evaluate(
            "(to) => { setTimeout(() => { location.href = to; }, 50); }",
            f"/dashboards/portfolio_var?portfolio={mark}/book",
        )
    paints, ready = [], []
    for _, there in visits:
        there.page.wait_for_function("document.documentElement.dataset.rk === 'ready'", timeout=600_000)
        ready.append(there.page.evaluate("window.rkReadyAt ?? performance.now()") / 1000)
        paints.append(
            there.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0") / 1000
        )
    kernels = [p for p in psutil.Process(served.process.pid).children(recursive=True) if p.name() == KERNEL]
    memory = [one.memory_full_info().pss / 2**20 for one in kernels]
    crossed = [
        (mark, other) for mark, there in visits for other, _ in teams
        if other != mark and other in there.page.content()
    ]  # fmt: skip
    note(
        name="viewers_at_once", viewers=len(visits), kernels=len(kernels), first_paint_seconds=centiles(paints),
        interactive_seconds=centiles(ready), pss_mib_a_viewer=centiles(memory), crossed=len(crossed),
        complaints=sum(len(there.complaints) for _, there in visits),
    )  # fmt: skip
    assert crossed == []
    assert len(kernels) >= len(visits)
    assert all(there.complaints == [] for _, there in visits)
