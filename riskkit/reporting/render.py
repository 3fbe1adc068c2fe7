"""A run as one HTML file that needs nothing else: no request, no script but bokeh's and the line that starts it."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from riskkit.reporting.blocks import blocks, header

#: Draws every figure into its place. Its hash is in the page's policy, so nothing else runs.
START = (
    'for (const data of document.querySelectorAll("script[data-target]"))'
    " Bokeh.embed.embed_item(JSON.parse(data.textContent), data.dataset.target);"
)


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
        `team/portfolio`, what people call it, ISO 4217.
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


def render(notebook: Mapping[str, Any], provenance: Provenance, files: tuple[str, ...] = ()) -> str:
    """The page of an executed notebook.

    Only views, prose and escaped text of the notebook reach it; see `riskkit.reporting.blocks`. It links to `files`,
    which lie beside it.
    """
    said = header(notebook)
    found = blocks(notebook)
    figures = any(block.figure is not None for block in found)
    scripts = (_bokeh(), START) if figures else ()
    return _template().render(
        run=provenance,
        title=said.get("title") or provenance.report,
        question=said.get("question", ""),
        estimator=said.get("estimator", ""),
        notes=tuple(dict.fromkeys((*said.get("notes", ()), *provenance.notes))),
        sources=tuple(dict.fromkeys((*provenance.sources, *said.get("sources", ())))),
        blocks=found,
        policy=_policy(scripts),
        scripts=[Markup(script) for script in scripts],  # noqa: S704 (bokeh's file and the line above)
        css=Markup(_css()),  # noqa: S704 (our file)
        command=rerun(provenance),
        files=files,
        as_of=f"{provenance.as_of:%A} {provenance.as_of.day} {provenance.as_of:%B %Y}",
    )


def rerun(provenance: Provenance) -> str:
    """The command that makes the same report again."""
    words = ["riskkit", "report", provenance.report, "--portfolio", provenance.portfolio]
    words += ["--as-of", provenance.as_of.isoformat()]
    for name in provenance.changed:
        words += ["-p", name, str(provenance.parameters[name])]
    return shlex.join(words)


def embedded(item: str) -> Markup:
    """A figure's JSON for a script element: read, so that it is JSON; nothing in it can end the element."""
    text = json.dumps(json.loads(item), separators=(",", ":")).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 (no `<` is left)


def _policy(scripts: tuple[str, ...]) -> str:
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("riskkit.reporting", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embedded"] = embedded
    return environment.get_template("report.html.j2")


@cache
def _css() -> str:
    return _beside("riskkit.charts", "look.css").read_text(encoding="utf-8")


@cache
def _bokeh() -> str:
    return _beside("bokeh", "server/static/js/bokeh.min.js").read_text(encoding="utf-8")


def _beside(package: str, name: str) -> Path:
    """A file of a package that is found without importing it: bokeh takes half a second."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent / name
