"""One look at an open page: what is wrong with it for anybody who opens it."""

import json
from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
#: What WCAG 2.2 at level AA asks for, as far as a machine can tell.
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SERIOUS = ("serious", "critical")
RUN = f"""async () => (await axe.run(document, {{resultTypes: ["violations"], runOnly: {json.dumps(RULES)}}}))
  .violations.map((one) => [one.impact, one.id, one.nodes.slice(0, 3).map((node) => node.target.join(" ") + " · "
    + (node.failureSummary || "").split("\\n").slice(1, 2).join(""))])"""
#: Milliseconds; a machine that does much else is slow.
PATIENCE = 180_000
#: Words that only Python says.
PYTHON = ("Traceback (most recent call last)", "ipython-input-", 'File "/', "site-packages/")


def accessibility(page, schemes=("light", "dark")):
    """Serious and critical findings of axe-core, in each colour scheme."""
    found = []
    page.evaluate(AXE)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(200)
        for impact, rule, where in page.evaluate(RUN):
            if impact in SERIOUS:
                found.append(f"{scheme} {impact} {rule}: {'; '.join(where)}")
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


def look(there, path, *, dashboard=True, schemes=("light", "dark")):
    """Open a page and say what is wrong with it: empty for a page as it should be."""
    complaints, requests = len(there.complaints), len(there.requests)
    answer = there.page.goto(there.url + path, wait_until="commit", timeout=PATIENCE)
    found = [] if answer.status == 200 else [f"status {answer.status}"]
    there.page.wait_for_load_state(timeout=PATIENCE)
    if dashboard and not found:
        there.ready()
        found += [f"no figure, no card: {there.page.inner_text('body')[:200]}"] * (
            there.page.locator(".rk-card, .rk-header").count() == 0
        )
        found += [f"failure: {one}" for one in there.page.locator(".rk-failure").all_inner_texts()]
    text = there.page.content()
    found += [f"{words} on the page" for words in PYTHON if words in text]
    found += accessibility(there.page, schemes)
    found += [f"console: {one}" for one in there.complaints[complaints:]]
    found += [
        f"asks for {one}" for one in there.requests[requests:] if not one.startswith((there.url, "data:", "blob:"))
    ]
    return found
