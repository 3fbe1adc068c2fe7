"""A card's files: unrounded, named by what they are of, without a formula, made when asked for."""

import base64
import io
import re
import zipfile

import pandas as pd
import pytest
from bokeh.plotting import figure
from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Tile, table, tiles
from riskkit.charts.view import View
from riskkit.exports import read_table
from riskkit.widgets.card import Card
from riskkit.widgets.downloads import Downloads, file_name
from riskkit.widgets.shown_tables import shown_tables

ABOUT = {"report": "portfolio_var", "portfolio": "atlas/demo", "as of": "2020-03-16"}
THIRD = 1 / 3
SHOWN = table(
    [Column("Position"), Column("Loss", numeric=True), Column("Share", numeric=True)],
    [
        [Cell("=HYPERLINK(1)…", note="=HYPERLINK(1) and its whole name"), Cell("0", THIRD), Cell("12.3 %")],
        [Cell("<b>"), Cell("–"), "–"],
    ],
    total=["All", Cell("1", 1.0), ""],
    caption="Losses",
)


def menu(card):
    card.box.children[-1].children[0].value = True
    return {button.description: button for button in card.box.children[-1].children[1].children}


def handed_over(card, text):
    menu(card)[text].click()
    link = card.box.children[-1].children[1].children[-1].value
    name = re.search(r'(?:download|data-name)="([^"]*)"', link)[1]
    body = re.search(r"base64,([^\"]*)", link)
    return name, base64.b64decode(body[1]) if body else link


@pytest.fixture
def card():
    return lambda view: Card(view, Downloads(lambda: ABOUT))


def test_a_shown_table_has_its_unrounded_figures(card, tmp_path):
    name, body = handed_over(card(View("losses", html=SHOWN)), "CSV")
    assert name == "portfolio_var_atlas-demo_2020-03-16_losses.csv"
    assert body.decode().splitlines()[:2] == [
        "Position,Loss,Share",
        f"'=HYPERLINK(1) and its whole name,{THIRD!r},12.3 %",
    ]
    (tmp_path / "t.csv").write_bytes(body)
    assert read_table(tmp_path / "t.csv")["Loss"].tolist()[0] == THIRD


def test_what_a_view_names_goes_before_what_it_shows(card):
    frames = {"days": pd.DataFrame({"day": ["@SUM(1)"], "pnl": [-0.1]}), "tests": pd.DataFrame({"test": ["a"]})}
    opened = card(View("backtest", html=SHOWN, data=lambda: frames))
    assert list(menu(opened)) == ["Days · CSV", "Tests · CSV", "XLSX"]
    name, body = handed_over(opened, "XLSX")
    assert name == "portfolio_var_atlas-demo_2020-03-16_backtest.xlsx"
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheets = [part for part in book.namelist() if "worksheets/sheet" in part]
        assert not any(b"<f>" in book.read(part) for part in sheets)
        assert b"<v>-0.1</v>" in book.read(sheets[1])
    assert len(sheets) == 3


def test_headline_figures_are_a_table(card):
    html = tiles([Tile("var", "VaR", "1", "USD", "", THIRD), Tile("zone", "Zone", "Green")])
    frame = shown_tables(str(html), "headline")["headline"]
    assert frame.to_dict("list") == {"figure": ["VaR", "Zone"], "value": [repr(THIRD), "Green"], "unit": ["USD", None]}
    only = shown_tables(str(tiles([Tile("var", "VaR", "1", "USD", "", THIRD)])), "headline")["headline"]
    assert only["value"].tolist() == [THIRD]


def test_a_figure_is_drawn_where_it_is(card):
    opened = card(View("bars", html=Markup("<p>no table</p>"), figure=figure(name="plot", tools="")))
    assert list(menu(opened)) == ["PNG", "SVG"]
    name, mark = handed_over(opened, "SVG")
    assert name == "portfolio_var_atlas-demo_2020-03-16_bars.svg"
    assert 'data-figure="svg"' in mark


def test_nothing_is_made_before_it_is_asked_for(card):
    def made():
        raise AssertionError("made")

    opened = card(View("v", html=SHOWN, data=made))
    tools = opened.box.children[-1]
    assert len(tools.children) == 1
    assert tools.layout.display is None


def test_a_card_without_anything_offers_nothing_and_an_update_closes_the_menu(card):
    opened = card(View("v", html=SHOWN))
    menu(opened)
    opened.update(View("v", html=SHOWN))
    assert len(opened.box.children[-1].children) == 1
    opened.update(View("v", html=Markup("<p>a sentence</p>")))
    assert opened.box.children[-1].layout.display == "none"


def test_a_table_that_cannot_be_made_is_a_sentence(card):
    def broken():
        raise ZeroDivisionError("secret")

    opened = card(View("v", data=broken))
    opened.box.children[-1].children[0].value = True
    (said,) = opened.box.children[-1].children[1].children
    assert "Something went wrong here" in said.value
    assert "secret" not in said.value


def test_a_files_name_is_one_that_every_system_takes():
    about = {"report": "portfolio_var", "portfolio": "../a/b\\c:*", "as of": "2020-03-16"}
    assert file_name(about, 'x/"<y>\n', "csv") == "portfolio_var_a-b-c_2020-03-16_x-y.csv"
    assert len(file_name({"report": "r" * 300}, "t" * 300, "csv")) < 140


def test_two_tables_of_a_card_keep_their_names():
    two = SHOWN + table([Column("Day")], [["Mon"]], caption="Days")
    assert list(shown_tables(str(two), "losses")) == ["Losses", "Days"]
