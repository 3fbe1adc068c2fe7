"""Two people on one run: what one says and decides the other sees without a reload, and nobody decides on their own."""

import json
import re
import uuid

import httpx
import psycopg
import pytest

PARTS = {"inputs": {}, "code": {"version": "1"}, "packages": {}, "parameters": {"method": "historical"}}
FORCED = """(word) => [...document.querySelectorAll(".rk-run button")].find((b) => b.textContent === word).click()"""
HOSTILE = "Why <img src=x onerror=alert(1)>?"


@pytest.fixture(scope="module")
def runs(demo_stack):
    """An official run that the quant asked for, and one that the admin asked for: their ids."""
    with psycopg.connect(demo_stack.keys().db_url, autocommit=True) as owner:
        team, book = owner.execute(
            "select t.id, p.id from teams t join portfolios p on p.team_id = t.id"
            " where t.slug = 'atlas' and p.slug = 'equities'"
        ).fetchone()
        made = {}
        for who, report in (("quant", "portfolio_var"), ("admin", "stress_test")):
            made[who] = str(uuid.uuid4())
            author = owner.execute("select id from auth.users where email = %s", [f"{who}@atlas.example"]).fetchone()[0]
            run = {"id": made[who], "team_id": str(team), "portfolio_id": str(book), "report": report, **PARTS}
            run |= {"notebook": report, "as_of": "2015-06-30", "run_at": "2026-01-01T00:00:00Z", "official": True}
            metric = [{"name": "var", "value": 1234567, "unit": "USD"}]
            with owner.transaction():
                owner.execute("set local role service_role")
                owner.execute(
                    "select record_run(%s, %s, '[]')", [json.dumps({**run, "author": str(author)}), json.dumps(metric)]
                )
        made["decisions"] = lambda: owner_decisions(demo_stack, made)
        return made


def owner_decisions(stack, made):
    with psycopg.connect(stack.keys().db_url) as owner:
        told = "select run_id::text, decision from approvals where run_id::text = any(%s) order by created_at"
        return owner.execute(told, [[made["quant"], made["admin"]]]).fetchall()


def test_comment_approve_and_the_refusals(visit, runs):
    admin = visit().sign_in("admin@atlas.example", f"/runs/{runs['quant']}").ready()
    viewer = visit(390).sign_in("viewer@atlas.example", f"/runs/{runs['quant']}").ready()
    open_run = admin.page.locator(".rk-run", has_text="Portfolio VaR of atlas/")
    open_run.wait_for(timeout=60_000)
    loads = len(admin.navigations), len(viewer.navigations)

    viewer.page.get_by_label("Your comment").fill(HOSTILE)
    viewer.page.get_by_role("button", name="Add comment").click()
    admin.page.locator(".rk-run", has_text=HOSTILE).wait_for(timeout=60_000)
    assert admin.page.locator(".rk-run img").count() == 0

    assert viewer.page.get_by_role("button", name="Approve").count() == 0
    assert viewer.page.get_by_role("button", name="Make it again").count() == 0
    viewer.page.evaluate(FORCED, "Approve")
    viewer.page.locator(".rk-run", has_text="takes the role approver").wait_for(timeout=60_000)
    assert runs["decisions"]() == []

    admin.page.get_by_role("button", name="Approve").click()
    for one in (admin, viewer):
        one.page.locator(".rk-run .rk-badge", has_text="approved").wait_for(timeout=60_000)
        one.page.locator(".rk-table .rk-badge", has_text="approved").wait_for(timeout=60_000)
    assert runs["decisions"]() == [(runs["quant"], "approved")]

    admin.page.locator(f".rk-table [data-go='run_id={runs['admin']}']").click()
    admin.page.locator(".rk-run", has_text="You are its author").wait_for(timeout=60_000)
    assert f"run_id={runs['admin']}" in admin.page.url
    assert admin.page.get_by_role("button", name="Approve").count() == 0
    admin.page.evaluate(FORCED, "Approve")
    admin.page.locator(".rk-run", has_text="The author of a run cannot decide on it").wait_for(timeout=60_000)
    assert runs["decisions"]() == [(runs["quant"], "approved")]

    assert (len(admin.navigations), len(viewer.navigations)) == loads, "nothing was loaded again"
    assert not admin.outside()
    assert not viewer.outside()


def test_the_address_of_a_run_outlives_its_names_and_says_nothing_to_others(served, runs, demo_stack):
    def opened(email):
        with httpx.Client(base_url=served.url, timeout=60) as anybody:
            xsrf = re.search(r'name="_xsrf" value="([^"]+)"', anybody.get("/sign-in").text)[1]
            anybody.post("/sign-in", data={"_xsrf": xsrf, "email": email, "password": "riskkit-demo"})
            return anybody.get(f"/runs/{runs['quant']}")

    with psycopg.connect(demo_stack.keys().db_url, autocommit=True) as owner:
        rename = "update portfolios set slug = %s where id = (select portfolio_id from report_runs where id = %s)"
        slug = "select slug from portfolios where id = (select portfolio_id from report_runs where id = %s)"
        before = owner.execute(slug, [runs["quant"]]).fetchone()[0]
        owner.execute(rename, ["renamed", runs["quant"]])
        try:
            answer = opened("viewer@atlas.example")
        finally:
            owner.execute(rename, [before, runs["quant"]])
    wanted = f"portfolio=atlas/renamed&as_of=2015-06-30&run_id={runs['quant']}"
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"/dashboards/report_runs?{wanted}")
    assert opened("viewer@borealis.example").status_code == 404
