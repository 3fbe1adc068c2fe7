"""The style sheet: its own names only, nothing fetched, contrast that can be read."""

import re
from pathlib import Path

import pytest

from riskkit import charts
from riskkit.charts.markup import Tile, tiles

CSS = Path(charts.__file__).with_name("look.css").read_text()


def tokens(block):
    return dict(re.findall(r"--rk-([\w-]+):\s*(#[0-9a-f]{3,6})", block))


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def schemes():
    light = tokens(re.search(r":root \{(.*?)\n\}", CSS, re.DOTALL)[1])
    dark = tokens(re.search(r':root\[data-theme="dark"\] \{(.*?)\n\}', CSS, re.DOTALL)[1])
    return {"light": light, "dark": light | dark}


def test_nothing_is_fetched():
    assert not re.search(r"@import|url\(|https?:", CSS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [("ink", "card"), ("ink", "bg"), ("muted", "card"), ("muted", "bg"), ("accent", "card"), ("accent-ink", "accent"),
     ("loss", "card"), ("gain", "card"), ("hedge", "card"), ("warn-ink", "warn-bg"), ("ok-ink", "ok-bg"),
     ("bad-ink", "bad-bg"), ("ink", "faint")],
)  # fmt: skip
def test_text_can_be_read(scheme, ink, paper):
    found = schemes()[scheme]
    assert contrast(found[ink], found[paper]) >= 4.5


def test_figures_in_the_heat_map_can_be_read():
    pairs = re.findall(r"td\.rk-heat\d \{ background: (#\w+); color: (#\w+)", CSS)
    assert len(pairs) == 18, "light and dark"
    assert min(contrast(paper, ink) for paper, ink in pairs) >= 4.5


def test_narrow_pages_print_and_reduced_motion_are_thought_of():
    for query in ("max-width: 860px", "max-width: 380px", "print", "prefers-reduced-motion"):
        assert query in CSS


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 760])
def test_no_figure_of_a_tile_is_cut(chromium, width):
    values = ("1,413,958", "37,802,417", "−113,842,879", "0")
    shown = tiles([Tile("var", "VaR 99 %, 1 day", one, "USD") for one in values])
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.set_content(f'<style>{CSS}</style><body class="rk-body"><main class="rk-page"><div>{shown}</div></main>')
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".rk-value")].filter((one) => {
          const figure = document.createRange(); figure.selectNode(one.firstChild);
          return one.scrollWidth > one.clientWidth || getComputedStyle(one).textOverflow === "ellipsis"
            || figure.getClientRects().length > 1;
        }).map((one) => one.textContent)"""
    )
    page.close()
    assert cut == []
