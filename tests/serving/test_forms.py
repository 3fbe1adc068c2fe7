"""The sign-in pages in a browser without JavaScript: by keyboard, labelled, on a phone, asking no other host."""

import pytest

pytestmark = pytest.mark.browser
PASSWORD = "riskkit-demo"
#: Inputs that no label names, descriptions that point nowhere, and how far the page is wider than its window.
UNNAMED = """[...document.querySelectorAll('input:not([type=hidden], [aria-hidden])')].filter(
  i => !i.labels.length).map(i => i.name)"""
DANGLING = """[...document.querySelectorAll('[aria-describedby]')].flatMap(
  i => i.getAttribute('aria-describedby').split(' ')).filter(id => !document.getElementById(id))"""
FOCUSED = "document.activeElement.name"


@pytest.fixture
def tab(chromium, server):
    """A phone's page without JavaScript, and what it did that it should not."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page, wrong = context.new_page(), []
    page.set_default_timeout(30_000)
    page.on("request", lambda r: None if r.url.startswith((server.url, "data:")) else wrong.append(r.url))
    page.on("console", lambda m: None if "status of 4" in m.text else wrong.append(m.text))
    yield page
    context.close()
    assert sorted(set(wrong)) == []


def sound(page, focused):
    """Everything on the page has a name, points somewhere and fits; the field to fill in next has the focus."""
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(DANGLING) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(FOCUSED) == focused


def typed(page, *texts):
    """Fill in the focused field and those after it, and press Enter."""
    for number, text in enumerate(texts):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_by_keyboard_from_password_to_second_factor(tab, server, new_user, app):
    email = new_user()
    tab.goto(f"{server.url}/account")
    sound(tab, "email")
    typed(tab, email, "not the password")
    sound(tab, "password")
    assert tab.get_by_role("alert").inner_text() == "That e-mail and password do not belong together."
    typed(tab, PASSWORD)
    assert tab.url == f"{server.url}/account"
    tab.get_by_label("Your password").fill("wrong")
    tab.get_by_role("button", name="Set up").press("Enter")
    sound(tab, "proof")
    assert tab.get_by_role("alert").inner_text() == "That is not your present password."
    typed(tab, PASSWORD)
    sound(tab, "code")
    assert tab.get_by_role("img", name="QR code for your authenticator app").is_visible()
    device = app(tab.locator(".rk-secret").inner_text())
    typed(tab, "000000")
    sound(tab, "code")
    typed(tab, device.code())
    assert tab.get_by_role("status").inner_text().startswith("The second factor is set up.")
    tab.get_by_role("button", name="Sign out", exact=True).press("Enter")
    tab.wait_for_url("**/sign-in?out")
    sound(tab, "email")
    typed(tab, email, PASSWORD)
    sound(tab, "code")
    typed(tab, device.code())
    assert tab.get_by_role("heading", name="Dashboards").is_visible()


def test_ones_portfolios_fit_on_a_phone(tab, server):
    """Every link is in sight on the page that everybody sees first."""
    tab.goto(f"{server.url}/")
    typed(tab, "quant@atlas.example", PASSWORD)
    listing = tab.locator(".rk-listing")
    assert listing.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    assert "atlas/demo · USD" in listing.inner_text()
    assert listing.get_by_role("link", name="Demo book").first.is_visible()
    headings = listing.get_by_role("columnheader")
    assert headings.count() == 0  # below one another, each cell says what it is
    tab.set_viewport_size({"width": 1280, "height": 800})
    assert headings.all_inner_texts()[:2] == ["Portfolio", "Value"]
    assert listing.evaluate("one => one.scrollWidth - one.clientWidth") == 0


def test_the_pages_follow_the_readers_system(tab, server):
    colours = []
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        tab.goto(f"{server.url}/sign-in")
        colours.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours[0] != colours[1]
