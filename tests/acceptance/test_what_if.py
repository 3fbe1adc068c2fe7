"""In a real browser: a trade is tried, its link is opened by somebody else, and a file of each kind is taken."""

import csv
import io
import zipfile

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

QUANT, VIEWER = "quant@atlas.example", "viewer@atlas.example"
PAGE = "/dashboards/portfolio_var?portfolio=atlas/demo&as_of=2020-03-16"
AFTER = """() => [...document.querySelectorAll(".rk-what-if table")].slice(0, 1).flatMap(
  (table) => [...table.querySelectorAll("[data-value]")].map((cell) => cell.dataset.value))"""


def take(page, card, kind):
    """A file of a card's menu: its name and its bytes."""
    if not card.locator(".rk-download-menu").count():
        card.get_by_role("button", name="Download").click()
    button = card.locator(".rk-download-menu").get_by_role("button", name=kind, exact=True)
    with page.expect_download(timeout=60_000) as coming:
        button.click()
    return coming.value.suggested_filename, coming.value.path().read_bytes()


def test_a_trade_is_tried_and_its_link_shows_the_same(visit):
    there = visit().sign_in(QUANT, PAGE).ready()
    page, before = there.page, there.shown()["tiles"]
    panel = page.locator(".rk-what-if")
    panel.get_by_label("Instrument").fill("AAPL")
    quantity = panel.get_by_label("Change of quantity")
    quantity.fill("5000")
    quantity.press("Enter")
    panel.locator("table").first.wait_for(timeout=60_000)
    page.wait_for_function("location.search.includes('trades=5000*AAPL')", timeout=60_000)
    assert there.shown()["tiles"] == before
    figures = page.evaluate(AFTER)
    assert figures[figures.index(before["var"][0]) + 1] != before["var"][0]
    linked = visit(390).sign_in(VIEWER, page.evaluate("location.pathname + location.search")).ready()
    linked.page.locator(".rk-what-if table").first.wait_for(timeout=60_000)
    assert linked.page.evaluate(AFTER) == figures
    panel.get_by_role("button", name="Reset").click()
    page.wait_for_function("!location.search.includes('trades')", timeout=60_000)
    panel.locator("table").first.wait_for(state="hidden", timeout=60_000)
    for one in (there, linked):
        assert one.complaints == []
        assert one.outside() == []


def test_a_file_of_each_kind(visit):
    there = visit().sign_in(VIEWER, PAGE).ready()
    page = there.page
    card = page.locator(".rk-view-component_var")
    name, text = take(page, card, "CSV")
    assert name == "portfolio_var_atlas-demo_2020-03-16_components.csv"
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    var = float(there.shown()["tiles"]["var"][0])
    assert sum(float(row["component_var"]) for row in rows) == pytest.approx(var, rel=1e-12)
    name, book = take(page, card, "XLSX")
    assert name.endswith("_2020-03-16_component_var.xlsx")
    assert zipfile.ZipFile(io.BytesIO(book)).testzip() is None
    name, picture = take(page, card, "PNG")
    assert name.endswith("_component_var.png")
    assert picture.startswith(b"\x89PNG")
    name, drawing = take(page, card, "SVG")
    assert name.endswith("_component_var.svg")
    assert b"<svg" in drawing
    assert rows[0]["position"].encode() in drawing or b"<text" in drawing
    page.keyboard.press("Escape")
    page.locator(".rk-download-menu").wait_for(state="detached", timeout=60_000)
    assert there.complaints == []
    assert there.outside() == []
