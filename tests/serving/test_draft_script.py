"""The script that keeps unsaved changes, in a real browser: what was kept of one book is not offered for another."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "riskkit" / "serving" / "static"
HOST = "http://riskkit.example"
HTML = """<!doctype html><body data-user="u"><div id="rk-draft-bar" hidden></div>
<div class="rk-draft-box"><div id="kept"></div><div class="rk-draft-back"><input></div></div>
<script>
  const turn = (key) => {
    kept.innerHTML = `<div class="rk-draft" hidden data-key="${key}" data-value="" data-large="0"></div>`;
  };
  const name = ["rk-draft", "u", "/", "a", "gone"].map(encodeURIComponent).join("|");
  localStorage.setItem(name, '{"at": 1, "value": "of a"}');
</script><script src="/draft.js"></script>"""


@pytest.fixture
def page(chromium):
    """A page with a place for drafts; of what is called `a`, an earlier page has left one."""
    context = chromium.new_context()
    page = context.new_page()
    page.route(f"{HOST}/", lambda route: route.fulfill(body=HTML, content_type="text/html"))
    page.route(f"{HOST}/draft.js", lambda route: route.fulfill(path=STATIC / "draft.js"))
    page.goto(f"{HOST}/")
    yield page
    context.close()


def test_what_was_kept_is_offered_where_it_belongs_and_only_there(page):
    bar, back = page.locator("#rk-draft-bar"), page.locator(".rk-draft-back input")
    page.evaluate("turn('a')")
    restore = page.get_by_role("button", name="Restore")
    restore.wait_for()
    page.evaluate("turn('b')")
    bar.wait_for(state="hidden")
    page.evaluate("turn('a')")
    restore.click()
    assert back.input_value() == "a of a"


def test_an_offer_that_was_pressed_too_late_hands_nothing_back(page):
    page.evaluate("turn('a')")
    page.get_by_role("button", name="Restore").wait_for()
    page.evaluate("turn('b'); document.querySelector('#rk-draft-bar button').click()")
    assert page.locator(".rk-draft-back input").input_value() == ""
    page.evaluate("turn('a')")
    page.get_by_role("button", name="Restore").click()
    assert page.locator(".rk-draft-back input").input_value() == "a of a"
