"""A report's page on paper: PDF by the machine's Chromium, and its figures as images for mails, in one go."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from riskkit.reporting.browser import BrowserFailed, find_browser
from riskkit.reporting.tabs import tab

#: A4 without its margins, as `@page` in the template has them [CSS px]: figures are drawn for it.
_WIDTH, _HEIGHT = 703, 1000
#: Pixels of an image for each of the page's: sharp on paper and on a good screen.
_SHARPNESS = 2
_SECONDS = 120.0
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")

_DRAWN = """(async () => {
  const places = [...document.querySelectorAll(".rk-figure")];
  const done = () => places.every(place => place.firstElementChild)
    && (places.length === 0 || Bokeh.documents.every(one => one.is_idle));
  while (!done()) await new Promise(again => setTimeout(again, 10));
  await document.fonts.ready;
})()"""
_FIGURES = """(() => {
  // Figures are drawn for paper here: the page need not make a still of each as it is printed.
  addEventListener("beforeprint", event => event.stopImmediatePropagation(), true);
  const found = [];
  for (const place of document.querySelectorAll(".rk-figure")) {
    const view = Bokeh.index.roots.find(root => root.el.parentElement === place);
    if (!view) continue;
    const drawn = view.export("png").canvas, sheet = document.createElement("canvas");
    sheet.width = drawn.width; sheet.height = drawn.height;
    const paper = sheet.getContext("2d");
    paper.fillStyle = "#fff"; paper.fillRect(0, 0, sheet.width, sheet.height); paper.drawImage(drawn, 0, 0);
    found.push([place.closest("[data-view]")?.dataset.view ?? "", sheet.toDataURL("image/png").split(",")[1]]);
  }
  return found;
})()"""


@dataclass(frozen=True)
class Printed:
    """What a page became.

    Attributes
    ----------
    pdf : bytes or None
        None if it could not be made.
    figures : mapping of str to bytes
        PNG of each drawn figure by its view's name, in the page's order, on white.
    reason : str
        Why there is no PDF; empty if there is one.
    """

    pdf: bytes | None
    figures: Mapping[str, bytes] = field(default_factory=dict)
    reason: str = ""


def print_page(html: str) -> Printed:
    """Print a page of `riskkit.reporting.render`; without a Chromium that can, say why not.

    Parameters
    ----------
    html : str
        The page. Chromium reads it from a pipe, draws it for paper, in light colours, and asks for nothing.
    """
    path = find_browser()
    if path is None:
        return Printed(None, reason="no Chromium on this machine")
    try:
        return _printed(path, html)
    except BrowserFailed as error:
        return Printed(None, reason=str(error)[:300])


def _printed(path: str, html: str) -> Printed:
    with tab(path, _SECONDS) as page:
        page.ask(
            "Emulation.setEmulatedMedia",
            media="print",
            features=[{"name": "prefers-color-scheme", "value": "light"}],
        )
        page.ask(
            "Emulation.setDeviceMetricsOverride",
            width=_WIDTH,
            height=_HEIGHT,
            deviceScaleFactor=_SHARPNESS,
            mobile=False,
        )
        page.ask("Page.enable")
        frame = page.ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
        page.ask("Page.setDocumentContent", frameId=frame, html=html)
        page.value(_DRAWN)
        figures = page.value(_FIGURES) if "rk-figure" in html else []
        pdf = page.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True, generateDocumentOutline=True)
    return Printed(base64.b64decode(pdf["data"]), _named(figures))


def _named(figures: list[list[str]]) -> dict[str, bytes]:
    """Each under its view's name, or its number where that is no name for a file."""
    found: dict[str, bytes] = {}
    for number, (name, image) in enumerate(figures, start=1):
        usable = _NAME.fullmatch(name) and name not in found
        found[name if usable else f"figure_{number}"] = base64.b64decode(image)
    return found
