"""The line that says whose figures these are, as of when, and in what currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from riskkit.charts.numbers import day
from riskkit.notebook.analysis import Analysis
from riskkit.parameters.declaration import Value
from riskkit.store.contract import Inputs

#: Read by the report's renderer.
MIME = "application/vnd.riskkit.header+json"


def bundle(analysis: Analysis, inputs: Inputs, result: Any, values: Mapping[str, Value]) -> dict[str, Any]:
    """The header as a mime bundle."""
    data = {
        "title": analysis.page.title,
        "question": question(analysis, inputs),
        "portfolio": inputs.ref.path,
        "portfolio_title": inputs.ref.title,
        "team": inputs.ref.team,
        "as_of": inputs.as_of.isoformat(),
        "base_currency": inputs.portfolio.base_currency,
        "notes": list(dict.fromkeys((*getattr(result, "notes", ()), *inputs.notes))),
        "sources": list(inputs.sources),
        "estimator": str(getattr(result, "estimator", "")),
        "parameters": dict(values),
    }
    return {MIME: data, "text/html": str(line(inputs)), "text/plain": f"{inputs.ref.path}, {inputs.as_of}"}


def question(analysis: Analysis, inputs: Inputs) -> str:
    """The one question under a page's title; none for an analysis that has no sentence here."""
    return analysis.page.question.format(inputs.ref.title or inputs.ref.path)


def line(inputs: Inputs) -> Markup:
    """Portfolio, date and currency; of a team's reports the team, and when they were seen."""
    if inputs.status is not None:
        return Markup('<p class="rk-live">Reports of <b>{}</b> · {} · seen {:%Y-%m-%d %H:%M} UTC</p>').format(
            inputs.ref.team, day(inputs.as_of), inputs.status.now
        )
    if inputs.limits is not None:
        return Markup('<p class="rk-live">Limits of <b>{}</b> ({}) · {} · seen {:%Y-%m-%d %H:%M} UTC</p>').format(
            inputs.ref.title or inputs.ref.path, inputs.ref.path, day(inputs.as_of), inputs.limits.now
        )
    if inputs.runs is not None:
        return Markup('<p class="rk-live">Runs of <b>{}</b> ({}) · {} to {}</p>').format(
            inputs.ref.title or inputs.ref.path, inputs.ref.path, day(inputs.runs.first), day(inputs.runs.last)
        )
    return Markup('<p class="rk-live"><b>{}</b> ({}) · as of <time datetime="{}">{}</time> · {}</p>').format(
        inputs.ref.title or inputs.ref.path,
        inputs.ref.path,
        inputs.as_of.isoformat(),
        day(inputs.as_of),
        inputs.portfolio.base_currency,
    )
