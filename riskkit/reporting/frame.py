"""What every page that lies in `reports/` is framed with: its style, its policy, its templates."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from riskkit.charts.numbers import true_minus


def policy(scripts: tuple[str, ...] = ()) -> str:
    """A Content-Security-Policy under which nothing is loaded and only these scripts run."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def style() -> Markup:
    """The style sheet of a page; dark where the reader's system is."""
    look = beside("riskkit.charts", "look.css").read_text(encoding="utf-8")
    dark = re.search(r':root\[data-theme="dark"\] (\{.*?\})', look, re.DOTALL)
    if dark is None:
        raise ValueError("look.css has no dark tokens")
    own = beside("riskkit.reporting", "page.css").read_text(encoding="utf-8")
    follow = f"@media screen and (prefers-color-scheme: dark) {{ :root {dark[1]} }}"
    return Markup(f"{look}\n{follow}\n{own}")  # noqa: S704 (our files)


def css_text(text: str, limit: int = 90) -> Markup:
    r"""A text as a string of CSS: whatever is no plain letter or digit is escaped, so that nothing can end it.

    >>> str(css_text("A&B\"}</style>"))
    '"A\\26 B\\22 \\7d \\3c \\2f style\\3e "'
    """
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    said = "".join(one if one.isascii() and one.isalnum() else f"\\{ord(one):x} " for one in short)
    return Markup(f'"{said}"')  # noqa: S704 (letters, digits and escapes)


def embedded(item: str) -> Markup:
    """A figure's JSON for a script element: read, so that it is JSON; nothing in it can end the element."""
    text = json.dumps(json.loads(item), separators=(",", ":")).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 (no `<` is left)


@cache
def template(name: str) -> jinja2.Template:
    """A template of this package; what it shows is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("riskkit.reporting", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css_text"] = css_text
    environment.filters["embedded"] = embedded
    environment.filters["true_minus"] = true_minus
    return environment.get_template(name)


def beside(package: str, name: str) -> Path:
    """A file of a package that is found without importing it: bokeh takes half a second."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent / name
