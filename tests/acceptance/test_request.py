"""Somebody asks a dashboard for the official run of its figures, and watches it come without a reload."""

import os
import re
import subprocess
import sys
import uuid

import httpx
import pytest

PATH = "/dashboards/stress_test?portfolio=atlas/equities&as_of=2020-03-16"
LINE = ".rk-request-line"


@pytest.fixture
def worker(project, surroundings, demo_stack, tmp_path):
    """Start a worker: what it needs to know, and no more."""
    key = tmp_path / "service-key"
    key.write_text(demo_stack.keys().service_key)
    key.chmod(0o600)
    running = []

    def start():
        own = {"RISKKIT_PROJECT": str(project), "SUPABASE_SERVICE_ROLE_KEY_FILE": str(key)}
        command = [sys.executable, "-m", "riskkit", "worker", "--grace", "0"]
        with (tmp_path / "worker.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    command, cwd=project, env={**os.environ, **surroundings, **own}, stdout=log, stderr=log
                )
            )

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=30)


def test_an_analyst_asks_watches_and_opens_the_report(visit, worker):
    quant = visit().sign_in("quant@atlas.example", PATH).ready()
    figures = quant.shown()["tiles"]
    quant.page.get_by_role("button", name="Run this report").click()
    quant.page.locator(LINE, has_text="it waits for a worker").wait_for(timeout=30_000)
    # The line follows the job, and the page answers meanwhile: its kernel is not asleep.
    quant.page.evaluate(
        """(line) => { window.said = []; new MutationObserver(() => {
          const now = document.querySelector(line)?.textContent;
          if (now && now !== window.said.at(-1)) window.said.push(now);
        }).observe(document.body, {subtree: true, childList: true, characterData: true}); }""",
        LINE,
    )
    worker()
    quant.page.locator(LINE, has_text="Running").wait_for(timeout=90_000)
    quant.page.locator(LINE, has_text="Done").wait_for(timeout=180_000)
    said = quant.page.evaluate("window.said")
    assert any(re.search(r"Running: \d+ %, cell \d+", line) for line in said), said
    with quant.context.expect_page() as opened:
        quant.page.get_by_role("link", name="open the official report").click()
    report = opened.value
    report.locator(".rk-tile").first.wait_for(timeout=30_000)
    shown = report.evaluate(
        "[...document.querySelectorAll('.rk-tile')].map((t) => [t.dataset.metric, t.dataset.value])"
    )
    assert {name: float(value) for name, value in shown} == {
        name: pytest.approx(float(value), rel=1e-12) for name, (value, _) in figures.items()
    }
    assert len(quant.navigations) <= 3  # the sign-in and the dashboard: nothing was loaded again
    _only_for_members(quant.url, report.url)


def _only_for_members(url, page):
    """Nobody else may read it, and a run that is not there looks the same as one of another team."""
    with httpx.Client(base_url=url, timeout=30) as anybody:
        assert anybody.get(page).status_code in (302, 303)
        form = anybody.get("/sign-in").text
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', form)[1]
        anybody.post("/sign-in", data={"_xsrf": xsrf, "email": "quant@borealis.example", "password": "riskkit-demo"})
        assert anybody.get(page).status_code == 404
        assert anybody.get(f"/reports/{uuid.uuid4()}/report.html").status_code == 404


def test_a_viewer_is_offered_none(visit):
    viewer = visit().sign_in("viewer@atlas.example", PATH).ready()
    assert viewer.page.get_by_role("button", name="Run this report").count() == 0
