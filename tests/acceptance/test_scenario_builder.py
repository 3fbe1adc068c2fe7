"""In a real browser: a scenario is slid, completed, kept for the team and sent as a link; what people see agrees."""

import pytest

pytestmark = pytest.mark.browser

PATH = "/dashboards/stress_test?portfolio=atlas/equities&as_of=2020-03-16&scenarios=covid_2020"
FIGURE = (
    "() => [document.querySelector('[data-built]')?.dataset.built, !document.querySelector('.rk-built.rk-refreshing')]"
)
#: The page's own table of scenarios: the exact P&L of the row of a title.
ROW = """(title) => [...document.querySelectorAll('.rk-view-stress_scenarios tbody tr')].filter(
  (row) => row.cells[0].textContent.startsWith(title)).map((row) => row.cells[1].dataset.value)[0]"""


def figure(page):
    page.wait_for_function(f"() => {{ const [figure, still] = ({FIGURE})(); return figure && still; }}", timeout=60_000)
    return page.evaluate(FIGURE)[0]


def another(page, before):
    page.wait_for_function(
        f"(before) => {{ const [figure, still] = ({FIGURE})(); return figure !== before && still; }}",
        arg=before,
        timeout=60_000,
    )
    return figure(page)


def same(page, title, expected):
    """The page's own table has followed."""
    page.wait_for_function(f"([title, expected]) => ({ROW})(title) === expected", arg=[title, expected], timeout=90_000)


def test_slid_completed_kept_reported_deleted_and_brought_back(visit, report):
    quant = visit().sign_in("quant@atlas.example", PATH).ready()
    page, loads = quant.page, len(quant.navigations)
    handle = page.locator(".rk-shock .noUi-handle").first
    handle.wait_for(timeout=60_000)
    handle.focus()
    page.keyboard.press("ArrowLeft")
    held = figure(page)
    page.get_by_label("Complete the rest").check()
    # A book of shares alone: all are shocked, nothing is left to follow.
    followed = figure(page)
    assert followed == held
    page.get_by_label("Add a single factor").fill("AAPL")
    page.get_by_label("Add a single factor").press("Enter")
    page.locator(".rk-shock", has_text="AAPL").locator(".noUi-handle").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    slid = another(page, followed)
    page.wait_for_function("location.search.includes('AAPL')", timeout=30_000)
    same(page, "Built on this page", slid)
    assert float(slid) < float(held)

    page.get_by_label("Title", exact=True).fill("Chips <b>short</b> -1 %")
    page.get_by_label("Title", exact=True).press("Tab")
    page.get_by_label("Source: where").fill("The desk")
    page.get_by_label("Source: where").press("Tab")
    page.get_by_role("button", name="Save for atlas").click()
    page.get_by_role("status").filter(has_text="is saved for team atlas").wait_for(timeout=60_000)
    library = page.locator(".rk-library tr", has_text="Chips <b>short</b> −1 %")
    library.wait_for(timeout=60_000)
    assert "Team’s own" in library.inner_text()
    assert len(quant.navigations) == loads

    made = report("stress_test", portfolio="atlas/equities", as_of="2020-03-16", scenarios="chips_b_short_b_1")
    pnl = [m["value"] for m in made["metrics"] if m["name"] == "stress_pnl" and set(m["labels"]) == {"scenario"}]
    assert pnl == [float(slid)]

    page.get_by_label("The team’s own").select_option(label="Chips <b>short</b> −1 % (team’s own)")
    page.get_by_role("button", name="Delete it").click()
    page.get_by_role("status").filter(has_text="is deleted").wait_for(timeout=60_000)
    library.wait_for(state="detached", timeout=60_000)
    page.get_by_role("button", name="Undo").locator("visible=true").click()
    library.wait_for(timeout=60_000)
    assert quant.complaints == []
    assert quant.outside() == []


def test_a_link_shows_a_colleague_the_same_and_another_team_nothing(visit, report):
    shocks = "equity:-0.2,AAPL:-0.35"
    made = report("stress_test", portfolio="atlas/equities", as_of="2020-03-16", shocks=shocks, rest="follow")
    built = next(m["value"] for m in made["metrics"] if m["labels"] == {"scenario": "built_here"})
    link = f"{PATH}&shocks={shocks}&rest=follow"
    viewer = visit(390).sign_in("viewer@atlas.example", link).ready()
    assert float(figure(viewer.page)) == built
    assert viewer.page.get_by_role("button", name="Save for").count() == 0
    assert viewer.page.get_by_role("button", name="Delete it").count() == 0
    viewer.page.get_by_role("slider", name="Equities, %").focus()
    viewer.page.keyboard.press("ArrowLeft")
    assert float(another(viewer.page, repr(built))) < built
    stranger = visit().sign_in("quant@borealis.example")
    stranger.page.goto(stranger.url + link)
    assert "AAPL" not in stranger.page.inner_text("body")
    assert stranger.page.locator("[data-built]").count() == 0
    assert viewer.complaints == []
    assert viewer.outside() == []
