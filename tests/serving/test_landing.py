"""The first page after signing in."""

import html
import re
import uuid

from riskkit.local.client import service_client


def words(answer):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_it_lists_ones_dashboards_and_portfolios_and_who_one_is(quant, stranger):
    mine, theirs = quant.get("/"), stranger.get("/")
    assert "quant@atlas.example" in words(mine)
    assert "Demo book atlas/demo" in words(mine)
    assert "borealis" not in mine.text
    assert "borealis/income" in words(theirs)
    assert "atlas" not in theirs.text
    assert "EUR" in words(theirs)
    assert "/dashboards/probe?portfolio=atlas/demo" in html.unescape(mine.text)
    assert mine.headers["Cache-Control"] == "no-store"


def test_who_has_no_team_is_told_what_to_do(demo_stack, browser):
    user = {"email": f"{uuid.uuid4()}@nowhere.example", "password": "riskkit-demo", "email_confirm": True}
    with service_client(demo_stack.keys()) as client:
        client.auth.admin.create_user(user)
    browser.sign_in(user["email"])
    text = words(browser.get("/"))
    assert "No dashboard is open to you yet" in text
    assert "No portfolio yet" in text
    assert browser.get("/dashboards/probe").status_code == 403


def test_a_half_written_notebook_takes_nothing_down(project, quant):
    draft = project / "notebooks" / "draft.ipynb"
    draft.write_text('{"cells": [')
    try:
        assert "Probe" in quant.get("/").text
        assert quant.get("/dashboards/draft").status_code == 404
        quant.close(quant.open("/dashboards/probe")[1])
    finally:
        draft.unlink()


def test_a_database_that_does_not_answer_is_said(project, demo_stack, serve, new_browser, tmp_path):
    """The sign-in page comes, signing in says that the service does not answer, and nothing breaks."""
    served = serve(tmp_path, project, SUPABASE_URL="http://127.0.0.1:9", SUPABASE_ANON_KEY="anon")
    visitor = new_browser(served.url)
    answer = visitor.sign_in("quant@atlas.example")
    assert answer.status_code == 503
    assert "The sign-in service does not answer" in answer.text
    assert visitor.get("/healthz").text == "ok\n"
