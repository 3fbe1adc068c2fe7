"""One file that asks for nothing: no request, no foreign script, no console error, and it looks as it should."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from bokeh.embed import json_item
from bokeh.plotting import figure
from playwright.sync_api import Browser, Page, sync_playwright

from riskkit.reporting.blocks import HEADER, VIEW
from riskkit.reporting.frame import embedded
from riskkit.reporting.render import Provenance, render, rerun
from riskkit.store.place import Place

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"


def provenance(**changes: Any) -> Provenance:
    known: dict[str, Any] = {
        "run_id": "018f-77",
        "report": "portfolio_var",
        "run_by": "quant@atlas.example",
        "run_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "as_of": date(2020, 3, 16),
        "official": False,
        "portfolio": "atlas/demo",
        "portfolio_title": "Demo book",
        "base_currency": "USD",
        "parameters": {"portfolio": "atlas/demo", "as_of": "2020-03-16", "confidence_level": 0.975, "note": "a b"},
        "changed": ("confidence_level", "note"),
        "inputs": {"history.npz": "ab" * 32},
        "code": {"version": "0.1.0", "commit": "c" * 40, "dirty": True},
        "packages": {"python": "3.11", "numpy": "2", "pandas": "3", "scipy": "1"},
        "seed": 7,
        "sources": ("Prices of somewhere, CC0.",),
        "notes": ("3 gaps filled.",),
    }
    return Provenance(**{**known, **changes})


def drawn() -> str:
    plot = figure(height=220, sizing_mode="stretch_width", title=HOSTILE)
    plot.line([1, 2, 3], [3, 1, 2])
    return json.dumps(json_item(plot))


def notebook(hostile: str = "") -> dict[str, Any]:
    view = {"name": "v", "title": "A view" + hostile, "question": "Why?" + hostile, "html": "<p>text</p>" + hostile}
    view |= {"width": "half", "alt": "a line" + hostile, "figure": drawn()}
    head = {"title": "Portfolio VaR" + hostile, "question": "How much?", "estimator": "k-th largest", "notes": []}
    outputs = [
        {"output_type": "display_data", "data": {HEADER: head}},
        {"output_type": "display_data", "data": {VIEW: view}},
        {"output_type": "display_data", "data": {VIEW: {**view, "name": "w"}}},
        {"output_type": "execute_result", "data": {"text/html": hostile, "text/plain": hostile}},
    ]
    prose = {"cell_type": "markdown", "source": "## A heading" + hostile}
    return {"cells": [{"cell_type": "markdown", "source": "# T"}, prose, {"cell_type": "code", "outputs": outputs}]}


class Addresses(HTMLParser):
    """Every address that a browser would load by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        loading = ("src", "srcset", "poster", "data", "background") + (("href",) if tag in ("link", "base") else ())
        self.found += [value or "" for name, value in attrs if name in loading]


def test_the_page_loads_nothing_and_forbids_the_rest() -> None:
    page = render(notebook(), provenance())
    addresses = Addresses()
    addresses.feed(page)
    assert addresses.found == []
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe-eval" not in policy[1]
    assert "unsafe-inline" not in policy[1].split("style-src")[0]


def test_a_page_without_figures_has_no_script_at_all() -> None:
    page = render({"cells": [{"cell_type": "markdown", "source": "# T"}]}, provenance())
    assert "<script" not in page
    assert "script-src &#39;none&#39;" in page
    assert len(page) < 100_000  # BokehJS alone is a million


def test_the_header_and_the_footer_say_whose_and_how() -> None:
    page = render(notebook(), provenance())
    for part in (
        "Portfolio VaR",
        "How much?",
        "Unofficial",
        "Demo book",
        "Monday 16 March 2020",
        "USD",
        "k-th largest",
        "Prices of somewhere, CC0.",
        "3 gaps filled.",
        "018f-77",
        "abababababab",
        "cccccccccccc with uncommitted changes",
        "seed 7",
        "2026-01-02 03:04:05 UTC",
    ):
        assert part in page
    assert "Unofficial" not in render(notebook(), provenance(official=True))
    assert "March 2020</time></p>" in render(notebook(), provenance(base_currency=""))


def test_the_command_makes_the_same_report_again() -> None:
    command = "riskkit report portfolio_var --portfolio atlas/demo --as-of 2020-03-16 -p confidence_level 0.975"
    assert rerun(provenance()) == command + " -p note 'a b'"


def test_a_template_in_a_name_is_text() -> None:
    page = render(notebook("{{7*7}}{% raw %}"), provenance(portfolio_title="{{7*7}}"))
    assert "{{7*7}}" in page
    assert "49" not in page.split("<header")[1].split("</header>")[0]


def test_embedded_json_cannot_end_its_script() -> None:
    text = str(embedded(json.dumps({"a": HOSTILE, "b": 0.1 + 0.2})))
    assert "<" not in text
    assert json.loads(text) == {"a": HOSTILE, "b": 0.1 + 0.2}
    with pytest.raises(ValueError, match="Expecting"):
        embedded("alert(1)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("no browser here: `apt-get install chromium`")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Browser, path: Path, width: int) -> tuple[Page, list[str], list[str]]:
    """The page after its figures are drawn, every address asked for, and everything it complained of."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(path.as_uri())
    page.wait_for_function("[...document.querySelectorAll('.rk-figure')].every(one => one.firstElementChild)")
    page.wait_for_timeout(300)
    return page, requests, complaints


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 800])
def test_in_a_browser_nothing_is_requested_nothing_runs_and_figures_are_drawn(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(notebook(HOSTILE), provenance(portfolio_title=HOSTILE, notes=(HOSTILE,))))
    page, requests, complaints = opened(browser, path, width)
    assert requests == [path.as_uri()]
    assert complaints == []
    assert page.evaluate("window.hacked") is None
    drawn_sizes = page.evaluate(
        "[...document.querySelectorAll('.rk-figure')].map(one => one.getBoundingClientRect().height)"
    )
    assert len(drawn_sizes) == 2
    assert min(drawn_sizes) > 200
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate(
        "['.rk-header', '.rk-page > :first-child'].map(s => document.querySelector(s).getBoundingClientRect().toJSON())"
    )
    assert boxes[1]["top"] - boxes[0]["bottom"] >= 12
    tops = page.evaluate("[...document.querySelectorAll('.rk-half')].map(one => one.getBoundingClientRect().top)")
    assert (tops[0] == tops[1]) == (width == 1440)
    page.close()


@pytest.mark.browser
def test_a_script_that_is_not_ours_does_not_run(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render(notebook(), provenance()).replace("</main>", "<script>window.hacked=1</script></main>"))
    page, _, complaints = opened(browser, path, 1440)
    assert page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in complaint for complaint in complaints)
    page.close()


def test_a_run_that_supersedes_another_says_so_and_why() -> None:
    place = Place(
        None, datetime(2020, 3, 16, 22, 15, tzinfo=UTC), 2, supersedes="0190aaaa-77", reason=f"ACME {HOSTILE}"
    )
    page = render(notebook(), provenance(place=place))
    assert "Supersedes run <code>0190aaaa</code>: ACME &lt;" in page
    assert "<dd>0190aaaa-77: ACME &lt;" in page
    assert "<dt>Slot</dt><dd>2020-03-16 22:15 UTC · attempt 2</dd>" in page
    assert "Supersedes" not in render(notebook(), provenance())
