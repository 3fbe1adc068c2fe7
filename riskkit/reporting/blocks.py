"""What of an executed notebook reaches a page: headings and prose, views, and whatever else as harmless text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import mistune
import nh3
from markupsafe import Markup

#: As `riskkit.charts.view.MIME`, which would import bokeh.
VIEW = "application/vnd.riskkit.view+json"
HEADER = "application/vnd.riskkit.header+json"
FIGURE_TAGS = {"div", "span", "i", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
TEXT_TAGS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "em", "strong", "code", "pre", "blockquote", "a", "br", "hr"}
_ATTRIBUTES = {
    "*": {"class", "title", "role", "tabindex", "aria-label", "aria-hidden", "data-metric", "data-value"},
    "a": {"href", "title"},
    "i": {"style", "class"},
    "th": {"scope", "colspan", "rowspan", "class", "title", "style"},
    "td": {"colspan", "rowspan", "class", "title", "style", "data-value"},
}
_PNG = re.compile(r"[A-Za-z0-9+/=\s]+")
_MARKDOWN = mistune.create_markdown(escape=True, plugins=["table"])


@dataclass(frozen=True)
class Block:
    """One piece of a page.

    Attributes
    ----------
    html : Markup
        Sanitised; without any script, style sheet, or address that a browser would load.
    kind : str
        `prose`, `card` or `tiles`.
    width : str
        `full` or `half`.
    name, title, question, alt : str
        Of a view; plain text.
    figure : str or None
        A bokeh `json_item` as JSON text, its keys in bokeh's order.
    """

    html: Markup
    kind: str
    width: str = "full"
    name: str = ""
    title: str = ""
    question: str = ""
    alt: str = ""
    figure: str | None = None


def header(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """What `open_run` said about the page: title, question, estimator, notes; empty if it said nothing."""
    for output in _outputs(notebook):
        if HEADER in output.get("data", {}):
            found: dict[str, Any] = output["data"][HEADER]
            return found
    return {}


def blocks(notebook: Mapping[str, Any]) -> tuple[Block, ...]:
    """The pieces of a page, in the notebook's order; its title, the first cell, is the page's header instead."""
    found: list[Block] = []
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "markdown" and index > 0:
            found.append(Block(prose(_text(cell["source"])), "prose"))
        for output in cell.get("outputs", ()):
            found.extend(_block(output))
    return _paired(found)


def prose(text: str) -> Markup:
    """Markdown as sanitised HTML; HTML in it is shown as text."""
    return Markup(sanitised(str(_MARKDOWN(text))))  # noqa: S704 (sanitised)


def sanitised(html: str) -> str:
    """The HTML with only tables, text and the classes of our own style sheet left.

    >>> sanitised('<b onclick="x()">5</b><img src=x onerror=x()><script>x()</script><td style="position:fixed">')
    '5'
    """
    return nh3.clean(
        html,
        tags=FIGURE_TAGS | TEXT_TAGS,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        filter_style_properties={"left", "width"},
    )


def _block(output: Mapping[str, Any]) -> Iterator[Block]:
    """The block of one output; standard error stays in the notebook, and an error never gets here."""
    data = output.get("data", {})
    if output["output_type"] == "stream" and output.get("name") == "stdout":
        yield Block(Markup("<pre>{}</pre>").format(_text(output["text"])), "card")
    elif VIEW in data:
        yield _view(data[VIEW])
    elif HEADER in data:
        return
    elif _PNG.fullmatch(_text(data.get("image/png", ""))):
        image = "".join(_text(data["image/png"]).split())
        yield Block(Markup('<img alt="" src="data:image/png;base64,{}">').format(image), "card")
    elif "text/html" in data:
        yield Block(Markup(sanitised(_text(data["text/html"]))), "card")  # noqa: S704 (sanitised)
    elif "text/plain" in data:
        yield Block(Markup("<pre>{}</pre>").format(_text(data["text/plain"])), "card")


def _view(view: Mapping[str, Any]) -> Block:
    return Block(
        html=Markup(sanitised(str(view["html"]))),  # noqa: S704 (sanitised)
        kind="tiles" if view["width"] == "tiles" else "card",
        width="half" if view["width"] == "half" else "full",
        name=str(view["name"]),
        title=str(view["title"]),
        question=str(view["question"]),
        alt=str(view.get("alt", "")),
        figure=None if view["figure"] is None else str(view["figure"]),
    )


def _paired(found: list[Block]) -> tuple[Block, ...]:
    """Halves side by side two and two; one that is left alone gets the whole width."""
    paired: list[Block] = []
    waiting = False
    for index, block in enumerate(found):
        follows = index + 1 < len(found) and found[index + 1].width == "half"
        if block.width == "half" and not waiting and not follows:
            block = replace(block, width="full")
        waiting = block.width == "half" and not waiting
        paired.append(block)
    return tuple(paired)


def _outputs(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for cell in notebook["cells"]:
        yield from cell.get("outputs", ())


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
