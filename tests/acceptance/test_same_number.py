"""One notebook, three faces: the report of the command line and the dashboard in a browser show the same figures."""

import math
import re
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

QUANT = "quant@atlas.example"
CASES = {
    "portfolio_var": {"portfolio": "atlas/demo", "as_of": "2020-03-16", "confidence_level": 0.975, "horizon_days": 10},
    "stress_test": {"portfolio": "atlas/demo", "as_of": "2020-03-16"},
}


def address(name, parameters):
    return f"/dashboards/{name}?" + "&".join(f"{key}={value}" for key, value in parameters.items())


def same(one, other):
    """Text for text, and every exact figure to a relative 1e-12."""
    assert one["tiles"].keys() == other["tiles"].keys()
    pairs = [(value, other["tiles"][key]) for key, value in one["tiles"].items()]
    assert [len(table) for table in one["tables"]] == [len(table) for table in other["tables"]]
    for table, twin in zip(one["tables"], other["tables"], strict=True):
        for row, row_twin in zip(table, twin, strict=True):
            pairs += zip(row, row_twin, strict=True)
    compared = 0
    for (exact, text), (exact_twin, text_twin) in pairs:
        assert text == text_twin
        assert (exact is None) == (exact_twin is None), text
        if exact is not None:
            assert math.isclose(float(exact), float(exact_twin), rel_tol=1e-12, abs_tol=0), text
            compared += 1
    return compared


@pytest.fixture(scope="module")
def reports(report):
    return {name: report(name, **parameters) for name, parameters in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_report_and_dashboard_show_the_same_figures(name, reports, report_page, visit):
    from_report = report_page(reports[name]["html"])
    there = visit().sign_in(QUANT, address(name, CASES[name])).ready()
    from_dashboard = there.shown()
    assert from_report["tables"]
    assert same(from_report, from_dashboard) > 20
    assert from_report["notes"] == from_dashboard["notes"]
    assert any("carried forward" in note for note in from_report["notes"])
    metrics = {metric["name"]: metric["value"] for metric in reports[name]["metrics"] if not metric["labels"]}
    for metric in {"var", "expected_shortfall"} & from_dashboard["tiles"].keys():
        assert math.isclose(float(from_dashboard["tiles"][metric][0]), metrics[metric], rel_tol=1e-12)
    assert there.complaints == []
    assert there.outside() == []


def test_a_control_updates_in_place_and_the_address_follows(report, report_page, visit):
    there = visit().sign_in(QUANT, address("portfolio_var", {"portfolio": "atlas/demo", "as_of": "2020-03-16"})).ready()
    page, kernel = there.page, there.kernel()
    before = there.shown()["tiles"]["var"]
    marked = """() => {
      const nodes = [...document.querySelectorAll(".rk-view, .rk-controls, .rk-figure, .rk-figure canvas")];
      window.marked = nodes; return nodes.length; }"""
    count = page.evaluate(marked)
    assert count > 8
    loads = len(there.navigations)
    level = page.get_by_label("Confidence level")
    level.fill("0.95")
    level.press("Enter")
    page.wait_for_function(
        "before => document.querySelector('[data-metric=var]').dataset.value !== before", arg=before[0], timeout=60_000
    )
    page.wait_for_function("location.search.includes('confidence_level=0.95')", timeout=10_000)
    assert there.kernel() == kernel
    assert len(there.sockets) == 1
    assert len(there.navigations) == loads
    assert page.evaluate("window.marked.every((node) => node.isConnected)")
    assert page.evaluate(marked) == count
    assert parse_qs(urlsplit(page.url).query) == {
        "portfolio": ["atlas/demo"], "as_of": ["2020-03-16"], "confidence_level": ["0.95"],
    }  # fmt: skip
    page.wait_for_function("!document.querySelector('.rk-refreshing')", timeout=60_000)
    after = there.shown()
    page.reload()
    assert same(after, there.ready().shown()) > 20
    run = report("portfolio_var", portfolio="atlas/demo", as_of="2020-03-16", confidence_level=0.95)
    assert same(after, report_page(run["html"])) > 20
    assert there.complaints == []
    assert there.outside() == []


def test_the_other_team_sees_neither_the_portfolio_nor_a_figure(reports, visit):
    there = visit().sign_in("quant@borealis.example")
    page = there.page
    assert "Income" in page.inner_text("body")
    figures = {metric["value"] for metric in reports["portfolio_var"]["metrics"]}
    for path in ("/", *(address(name, CASES[name]) for name in CASES), "/dashboards/portfolio_var?portfolio=demo"):
        page.goto(there.url + path)
        text = page.content()
        assert "atlas" not in text.lower()
        assert not [figure for figure in figures if repr(figure) in text]
    page.goto(there.url + "/dashboards/portfolio_var")
    there.ready()
    assert "borealis/income" in page.url
    assert "atlas" not in page.evaluate("document.body.innerHTML").lower()  # the head's icon font has an `atlas`


def test_signing_out_ends_the_page_and_says_what_to_do(visit):
    there = visit().sign_in(QUANT, "/dashboards/portfolio_var").ready()
    second = there.context.new_page()
    second.goto(there.url + "/")
    second.get_by_role("button", name="Sign out").click()
    second.wait_for_url(re.compile("/sign-in"))
    banner = there.page.locator("#rk-alert")
    banner.wait_for(state="visible", timeout=20_000)
    assert "You have signed out" in banner.inner_text()
    banner.get_by_role("link", name="Sign in again").click()
    there.page.get_by_label("E-mail").wait_for()
    assert "next=%2Fdashboards%2Fportfolio_var" in there.page.url


def test_a_sign_in_that_fails_says_so(visit):
    there = visit()
    there.page.goto(there.url + "/")
    there.page.get_by_label("E-mail").fill(QUANT)
    there.page.get_by_label("Password").fill("not-the-password")
    there.page.get_by_role("button", name="Sign in").click()
    assert "do not belong together" in there.page.get_by_role("alert").inner_text()
    assert there.page.get_by_label("E-mail").input_value() == QUANT
    assert there.page.get_by_label("Password").input_value() == ""
