import pytest

from riskkit.serving.rendering import SPOKEN, prose


@pytest.mark.parametrize(
    "source",
    ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "[a](javascript:alert(1))", "<svg onload=alert(1)>",
     '<a href="java\nscript:alert(1)">x</a>', "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
     "![x](x\"onerror=\"alert(1))"],
)  # fmt: skip
def test_markdown_brings_nothing_that_acts(source):
    made = prose(source)
    assert "<script" not in made
    assert "<iframe" not in made
    assert "<svg" not in made
    assert "<img" not in made or "onerror" not in made.split("<img")[1].split(">")[0].replace("&quot;", "")
    assert 'href="javascript' not in made.lower()


def test_markdown_is_prose():
    assert prose("## How much?\n\nVaR is a *loss*.") == "<h2>How much?</h2>\n<p>VaR is a <em>loss</em>.</p>"


def test_riskkits_own_errors_are_fit_to_be_read():
    assert {"InputError", "MarketDataError", "Unavailable", "NotSignedIn", "Forbidden", "Conflict"} <= SPOKEN
    assert "ZeroDivisionError" not in SPOKEN
