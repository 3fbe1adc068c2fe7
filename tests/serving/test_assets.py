import re

import pytest

from riskkit.serving.assets import Assets


def test_a_page_names_no_other_host_and_everything_it_names_is_there(browser, quant):
    text, _ = quant.open("/dashboards/probe")
    addresses = re.findall(r'<(?:link|script)[^>]+(?:href|src)="([^"]+)"', text)
    files = [address for address in addresses if not address.startswith("data:")]
    assert len(files) >= 8
    assert all(address.startswith("/assets/") for address in files)
    assert not re.search(r"https?://(?!127\.0\.0\.1)", text.replace("http://www.w3.org", ""))
    for address in files:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    ["riskkit/theme.py", "riskkit/../app.py", "riskkit/..%2fapp.py", "riskkit/%2e%2e/%2e%2e/settings.py", "voila/",
     "voila", "riskkit//etc/passwd", "voila/%00", "riskkit/look.css/x", "bokeh/../../../../pyproject.toml",
     "labextensions/../../voila/templates/base/page.html", "other/look.css"],
)  # fmt: skip
def test_nothing_else_is_served(quant, path):
    assert quant.get(Assets("/").address() + "/" + path).status_code == 404


def test_the_address_changes_with_the_content_only():
    one, other = Assets("/"), Assets("/risk/")
    assert one.key == other.key
    assert other.address("bokeh", "bokeh.min.js") == f"/risk/assets/{one.key}/bokeh/bokeh.min.js"
