"""A CSV file dropped on the page: what it would change, what is wrong with it, and nothing written before Save."""

from datetime import UTC, datetime

import pytest

BOOK = "symbol,quantity\nAAA,100\nCCC,5\nUSD cash,900\n"


def drop(page, text, name="book.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    page.panel.file.drop.upload.value = (
        {
            "name": name,
            "type": "text/csv",
            "size": len(content),
            "content": content,
            "last_modified": datetime.now(UTC),
        },
    )
    return page.settle()


def test_a_preview_says_what_would_be_added_changed_and_removed(open_page):
    page = open_page()
    drop(page, BOOK)
    shown = page.form.preview.value
    for word in ("book.csv: 3 positions, 3 changes. Nothing is written yet.", "adds", "changes", "removes"):
        assert word in shown
    assert not page.panel.edits
    page.form.take.click()
    page.settle()
    assert page.panel.edits.wanted == {"CCC": 5.0, "USD cash": 900.0, "BBB": None}
    assert page.held()["BBB"] == -50
    page.save()
    assert page.held() == {"AAA": 100, "CCC": 5, "USD cash": 900}
    assert page.store.revision(page.store.portfolios()[0]) == 2


def test_a_file_brings_instruments_that_are_new(open_page):
    page = open_page()
    drop(page, BOOK + "EUR cash,7\n")
    page.form.take.click()
    page.settle().save()
    assert page.held()["EUR cash"] == 7


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("symbol,quantity\nAAA,NaN\nNOSUCH,5\n", (">2<", "quantity", "NaN", "a number such as")),
        ("symbol,quantity\nNOSUCH,5\n", (">2<", "NOSUCH", "a symbol with market data")),
        ("symbol,quantity\nAAA,1e400\n", ("1e400", "below 1e15")),
        ("symbol;quantity\nAAA;1\n", ("columns separated by commas",)),
        ("symbol,quantity\n<script>alert(1)</script>,5\n", ("&lt;script&gt;",)),
        (b"PK\x03\x04", ("a zip archive or a spreadsheet",)),
        (b"", ("empty",)),
    ],
)
def test_what_is_wrong_is_said_by_line_field_value_and_expectation(open_page, text, words):
    page = open_page()
    drop(page, text)
    for word in words:
        assert word in page.form.preview.value
    assert "nothing was changed" in page.form.preview.value
    assert page.form.file.layout.display == "none"
    assert not page.panel.edits


def test_a_file_that_is_too_large_is_refused_with_its_size(open_page):
    page = open_page()
    drop(page, b"symbol,quantity\n" + b"A" * 5_000_001)
    assert "at most 5 MB" in page.form.fault.value


def test_a_file_of_what_is_held_changes_nothing_and_one_may_be_left(open_page):
    page = open_page()
    drop(page, "symbol,quantity\nAAA,100\nBBB,-50\nUSD cash,1000\n")
    assert "exactly this already" in page.form.preview.value
    drop(page, BOOK)
    page.form.leave.click()
    assert page.form.preview.value == ""
    page.form.take.click()
    assert not page.panel.edits
