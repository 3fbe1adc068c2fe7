"""Positions edited in a real browser: typed, saved, undone, and by two people at once; a viewer only reads."""

import re

import pytest
from playwright.sync_api import expect

BOOK = "symbol,quantity\nAAPL,100\nMSFT,50\nUSD cash,10000\n"
PATH = "/dashboards/portfolio_positions?portfolio=atlas/editors"
DROP = """([name, text]) => {
  const zone = document.querySelector(".rk-drop"), dropped = new DataTransfer();
  dropped.items.add(new File([text], name, { type: "text/csv" }));
  zone.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: dropped }));
}"""


@pytest.fixture(scope="module")
def book(riskkit, tmp_path_factory):
    """A book of this module's own."""
    path = tmp_path_factory.mktemp("book") / "editors.csv"
    path.write_text(BOOK)
    riskkit("portfolio", "import", "editors", str(path), "--team", "atlas", "--title", "Editors")


@pytest.fixture
def editor(visit, book):
    """Open the page as somebody."""

    def opened(email):
        made = visit().sign_in(email, PATH).ready()
        made.page.locator(".rk-card", has_text="Who changed what").get_by_text("change 1:").wait_for(timeout=60_000)
        return made

    return opened


def cell(page, symbol):
    """The grid's quantity of a symbol."""
    return page.locator(".rk-grid .slick-row", has_text=symbol).locator(".slick-cell.r2")


def type_over(page, symbol, text):
    cell(page, symbol).dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def told(page, text):
    page.locator(".rk-edit").get_by_text(re.compile(text)).first.wait_for(timeout=60_000)


def shows(page, symbol, text):
    """The grid is drawn a moment after the sentence above it is there."""
    expect(cell(page, symbol)).to_have_text(text, timeout=60_000)


def test_two_people_edit_one_book(editor):
    quant, admin = editor("quant@atlas.example"), editor("admin@atlas.example")
    one, other = quant.page, admin.page
    type_over(one, "AAPL", "NaN")
    told(one, "Quantity of AAPL: NaN cannot be used; expected a number of units")
    shows(one, "AAPL", "100")
    type_over(one, "AAPL", "120")
    one.get_by_role("button", name="Save 1 change").wait_for(timeout=60_000)
    one.evaluate(DROP, ["big.csv", "x" * 5_000_001])
    told(one, r"big\.csv has 5 MB and was not sent; expected at most 5 MB")
    one.evaluate(DROP, ["bad.csv", "symbol,quantity\nNOSUCH,1\n"])
    told(one, "bad.csv cannot be used as it is; nothing was changed")

    type_over(other, "MSFT", "60")
    other.get_by_role("button", name="Save 1 change").click(timeout=60_000)
    told(other, r"Saved 1 change, from .* on \(change 2\)")
    # The first one is told by the channel, keeps what is unsaved, and saves it against the newer book.
    told(one, "Meanwhile admin@atlas.example .*MSFT 50 → 60")
    shows(one, "MSFT", "60")
    shows(one, "AAPL", "120")
    one.get_by_role("button", name="Save 1 change").click()
    told(one, r"Saved 1 change, from .* on \(change 3\)")
    told(other, "Just now quant@atlas.example .*AAPL 100 → 120")
    one.get_by_role("button", name="Undo the last change").click()
    told(one, "Took back change 3")
    history = one.locator(".rk-card", has_text="Who changed what")
    history.get_by_text("change 4: undo of change 3").wait_for(timeout=60_000)
    shows(one, "AAPL", "100")
    for person in (quant, admin):
        assert person.complaints == []
        assert person.outside() == []


def test_a_viewer_reads_who_changed_what_and_has_nothing_to_edit_with(editor):
    viewer = editor("viewer@atlas.example")
    assert not viewer.page.locator(".rk-edit").is_visible()
    assert viewer.page.get_by_role("button", name="Save").count() == 0
    assert viewer.complaints == []
