"""A run as one HTML file that needs nothing else: no request, no script but bokeh's and the line that starts it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from markupsafe import Markup

from riskkit.gates import GateReport
from riskkit.reporting.blocks import blocks, header
from riskkit.reporting.frame import beside, policy, style, template
from riskkit.store.place import Place

#: Draws every figure into its place, and for paper a still of it: a canvas does not follow the page's width there.
#: Its hash is in the page's policy, so nothing else runs.
START = """
for (const data of document.querySelectorAll("script[data-target]"))
  Bokeh.embed.embed_item(JSON.parse(data.textContent), data.dataset.target);
addEventListener("beforeprint", () => {
  for (const root of Bokeh.index.roots.filter(one => one.el.parentElement?.matches(".rk-figure"))) {
    const still = root.export("png").canvas;
    still.className = "rk-paper";
    still.removeAttribute("style");
    root.el.parentElement.append(still);
  }
});
addEventListener("afterprint", () => document.querySelectorAll(".rk-paper").forEach(still => still.remove()));
"""


@dataclass(frozen=True)
class Provenance:
    """What a page says about where its figures come from.

    Attributes
    ----------
    run_id, report, run_by : str
    run_at : datetime
        When we computed, UTC.
    as_of : date
        The valuation date.
    official : bool
        A scheduled run; anything a person started is not.
    portfolio, portfolio_title, base_currency : str
        `team/portfolio`, what people call it, ISO 4217 or empty.
    parameters : mapping
        All of them, resolved.
    changed : tuple of str
        Names of those that differ from the notebook's defaults.
    inputs : mapping
        File to sha256.
    code, packages : mapping
        As in `run.json`.
    seed : int or None
    sources, notes : tuple of str
        Data and their licences; what was filled or assumed.
    gates : GateReport or None
        The verdict and what was found; None: it was not judged.
    place : Place
        Its slot, the run whose place it takes, and why.
    """

    run_id: str
    report: str
    run_by: str
    run_at: datetime
    as_of: date
    official: bool
    portfolio: str
    portfolio_title: str
    base_currency: str
    parameters: Mapping[str, object]
    changed: tuple[str, ...]
    inputs: Mapping[str, str]
    code: Mapping[str, object]
    packages: Mapping[str, str]
    seed: int | None
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    gates: GateReport | None = None
    place: Place = field(default_factory=Place)


def render(notebook: Mapping[str, Any], provenance: Provenance, files: tuple[str, ...] = ()) -> str:
    """The page of an executed notebook.

    Only views, prose and escaped text of the notebook reach it; see `riskkit.reporting.blocks`. It links to `files`,
    which lie beside it.
    """
    said = header(notebook)
    found = blocks(notebook)
    figures = any(block.figure is not None for block in found)
    scripts = (_bokeh(), START) if figures else ()
    return template("report.html.j2").render(
        run=provenance,
        title=said.get("title") or provenance.report,
        book=provenance.portfolio_title or provenance.portfolio,
        question=said.get("question", ""),
        estimator=said.get("estimator", ""),
        notes=tuple(dict.fromkeys((*said.get("notes", ()), *provenance.notes))),
        sources=tuple(dict.fromkeys((*provenance.sources, *said.get("sources", ())))),
        blocks=found,
        policy=policy(scripts),
        scripts=[Markup(script) for script in scripts],  # noqa: S704 (bokeh's file and the line above)
        css=style(),
        command=rerun(provenance),
        files=files,
        findings=() if provenance.gates is None else provenance.gates.worst_first,
        as_of=f"{provenance.as_of:%A} {provenance.as_of.day} {provenance.as_of:%B %Y}",
    )


def rerun(provenance: Provenance) -> str:
    """The command that makes the same report again."""
    words = ["riskkit", "report", provenance.report, "--portfolio", provenance.portfolio]
    words += ["--as-of", provenance.as_of.isoformat()]
    for name in provenance.changed:
        words += ["-p", name, str(provenance.parameters[name])]
    return shlex.join(words)


@cache
def _bokeh() -> str:
    return beside("bokeh", "server/static/js/bokeh.min.js").read_text(encoding="utf-8")
