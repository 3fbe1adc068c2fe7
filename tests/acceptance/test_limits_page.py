"""Limits in a browser: a viewer reads, an approver says why a breach stands, nobody sets one by a password alone."""

import json
import uuid
from dataclasses import asdict

import httpx
import pytest
from supabase import ClientOptions, create_client

from riskkit.demo.limits import LIMITS
from riskkit.gates.limits import Figures, judge_limits
from riskkit.metric import Metric

pytestmark = pytest.mark.browser

PATH = "/dashboards/limits?portfolio=atlas/demo"
APPROVER = "approver@atlas.example"
REASON = "Known: the hedge of <b>Friday</b> closes it."


@pytest.fixture(scope="module")
def breached(demo_stack):
    """An official run of the demo's book whose VaR is above its hard limit."""
    keys = demo_stack.keys()
    options = ClientOptions(httpx_client=httpx.Client(timeout=60))
    service = create_client(keys.url, keys.service_key, options)
    book = service.table("portfolios").select("id,team_id").eq("slug", "demo").execute().data[0]
    var = Metric("var", 1_900_000.0, "USD")
    gates = [asdict(one) for one in judge_limits(LIMITS["atlas/demo"], Figures((var,), ()), None, "block")]
    run = {
        "id": str(uuid.uuid4()), "team_id": book["team_id"], "portfolio_id": book["id"], "report": "portfolio_var",
        "notebook": "portfolio_var", "as_of": "2022-12-28", "run_at": "2022-12-28T23:15:00Z", "official": True,
        "parameters": {}, "inputs": {}, "code": {}, "packages": {}, "gates": json.loads(json.dumps(gates)),
    }  # fmt: skip
    figures = [{"name": "var", "value": var.value, "unit": "USD", "labels": {}}]
    service.rpc("record_run", {"p_run": run, "p_metrics": figures, "p_artifacts": []}).execute()
    yield service
    options.httpx_client.close()


def test_acknowledged_before_a_viewers_eyes_and_set_by_nobody_without_a_second_factor(breached, visit):
    reader = visit().sign_in("viewer@atlas.example", PATH).ready()
    assert reader.shown()["tiles"]["open_breaches"] == ["1.0", "1"]
    approver = visit().sign_in(APPROVER, PATH).ready()
    page = approver.page
    page.get_by_role("heading", name="Acknowledge a breach").wait_for(timeout=60_000)
    assert reader.page.get_by_text("Acknowledge a breach").count() == 0
    assert reader.page.get_by_role("button", name="Set this limit").count() == 0

    page.get_by_text("Setting a limit takes a second factor").first.wait_for(timeout=30_000)
    setting = page.get_by_role("button", name="Set this limit")
    assert setting.is_disabled()
    assert page.get_by_role("link", name="your account page").get_attribute("href") == "../account"
    page.get_by_label("Hard", exact=True).fill("1")
    page.get_by_label("Hard", exact=True).press("Tab")
    setting.evaluate("button => { button.disabled = false; button.click(); }")  # forged: the database has the last word
    page.get_by_role("alert").filter(has_text="set one up, and sign in with it").wait_for(timeout=30_000)
    assert len(breached.table("limits").select("id").eq("hard", 1).execute().data) == 0

    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    for seen in (page, reader.page):
        seen.get_by_text(REASON).first.wait_for(timeout=60_000)
        seen.wait_for_function("document.querySelector('[data-metric=open_breaches]').dataset.value === '0.0'")
    assert len(reader.navigations) <= 2  # the sign-in and the page: no reload
    assert approver.complaints == []
    assert reader.complaints == []
    assert reader.outside() == []
