"""The script of a dashboard's page alone, in a real browser: what is said last is what holds."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "riskkit" / "serving" / "static"
HOST = "http://riskkit.example"
HTML = """<!doctype html><body data-status="/status" data-sign-in="/sign-in">
<div id="rk-alert" hidden></div><div id="loading">Loading</div><script src="/dashboard.js"></script>"""


@pytest.fixture
def page(chromium):
    """A page whose kernel is `k`; what it asks of the server waits in `asked`."""
    page, page.asked = chromium.new_page(), []
    page.route(f"{HOST}/", lambda route: route.fulfill(body=HTML, content_type="text/html"))
    page.route(f"{HOST}/dashboard.js", lambda route: route.fulfill(path=STATIC / "dashboard.js"))
    page.route("**/status?kernel=k", lambda route: page.asked.append(route))
    page.goto(f"{HOST}/")
    page.evaluate("rk.kernel('k')")
    yield page
    page.close()


@pytest.mark.parametrize("end", ["requestfinished", "requestfailed"])
def test_that_a_page_could_not_be_shown_is_said_whatever_the_server_says_later(page, end):
    page.evaluate("dispatchEvent(new Event('online'))")
    while not page.asked:
        page.wait_for_timeout(20)
    page.evaluate("rk.failed('view')")
    with page.expect_event(end):
        if end == "requestfailed":
            page.asked[0].abort()
        else:
            page.asked[0].fulfill(json={"session": "live", "kernel": "live", "database": "up"})
    page.evaluate("new Promise((done) => setTimeout(done, 50))")  # the page has read it
    assert "could not be shown (reference view)" in page.locator("#rk-alert:not([hidden])").inner_text(timeout=1000)
