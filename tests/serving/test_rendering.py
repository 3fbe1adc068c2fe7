from html.parser import HTMLParser

import pytest

from riskkit.serving.rendering import SPOKEN, prose


@pytest.mark.parametrize(
    "source",
    ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "[a](javascript:alert(1))", "<svg onload=alert(1)>",
     '<a href="java\nscript:alert(1)">x</a>', "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
     "![x](x\"onerror=\"alert(1))"],
)  # fmt: skip
def test_markdown_brings_nothing_that_acts(source):
    found = Elements(prose(source))
    assert not found.tags & {"script", "iframe", "svg", "object", "style"}
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert not [value for _, value in found.attributes if "script:" in value.lower()]


class Elements(HTMLParser):
    """Tags and attributes as a browser would see them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_markdown_is_prose():
    assert prose("## How much?\n\nVaR is a *loss*.") == "<h2>How much?</h2>\n<p>VaR is a <em>loss</em>.</p>"


def test_riskkits_own_errors_are_fit_to_be_read():
    assert {"InputError", "MarketDataError", "Unavailable", "NotSignedIn", "Forbidden", "Conflict"} <= SPOKEN
    assert "ZeroDivisionError" not in SPOKEN
