"""Names and texts from people, families 51 to 58: text like any other, or refused; never markup, code or a formula."""

import io
import json
import logging
import zipfile
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import openpyxl
import pandas as pd
import pytest
from bokeh.plotting import figure
from markupsafe import Markup

from riskkit import logs, names
from riskkit.charts import markup
from riskkit.charts.view import View
from riskkit.cli import tables
from riskkit.errors import InputError
from riskkit.exports import csv_text, workbook
from riskkit.imports.book import BookOrder, plan_book
from riskkit.reporting.blocks import HEADER, VIEW
from riskkit.reporting.render import Provenance, render

MARKUP = [
    pytest.param("<script>window.hacked=1</script>", id="51 script"),
    pytest.param('"><img src=x onerror=alert(1)>', id="51 onerror"),
    pytest.param("<a href='javascript:alert(1)'>x</a>", id="51 javascript address"),
    pytest.param("<svg/onload=alert(1)>", id="51 svg onload"),
    pytest.param("'; drop table portfolios; --", id="55 SQL"),
    pytest.param("%00%u0000", id="55 written NUL"),
    pytest.param(r"\input{/etc/passwd} \write18{id}", id="56 LaTeX"),
    pytest.param("{{7*7}} {% include '/etc/passwd' %}", id="57 Jinja"),
]
FORMULAS = ['=HYPERLINK("http://x")', "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx", "\x00=1+1"]
#: Each would set `hacked`, were it more than text. One page shows them all, in every place that shows a text.
PAYLOADS = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=2</script>",
    "</title></style></textarea><script>window.hacked=3</script>",
    "<img src=x onerror=window.hacked=4>",
    "\"><img src=x onerror='window.hacked=5'>",
    "' onmouseover=window.hacked=6 autofocus onfocus=window.hacked=6 x='",
    "<svg/onload=window.hacked=7>",
    "<svg><script>window.hacked=8</script></svg>",
    "<svg><animate onbegin=window.hacked=9 attributeName=x dur=1s>",
    "<a href='javascript:window.hacked=10' autofocus>x</a>",
    "[x](javascript:window.hacked=11)",
    '![x](x"onerror="window.hacked=12)',
    "<iframe srcdoc='<script>parent.hacked=13</script>'></iframe>",
    "<iframe src='javascript:parent.hacked=14'></iframe>",
    "<object data='data:text/html,<script>parent.hacked=15</script>'></object>",
    "<embed src='javascript:window.hacked=16'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=17>",
    "<details open ontoggle=window.hacked=18>x</details>",
    "<video><source onerror=window.hacked=19></video>",
    "<body onload=window.hacked=20>",
    "<form><button formaction='javascript:window.hacked=21'>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:window.hacked=22'>",
    "<base href='javascript:window.hacked=23//'>",
    "<style>@import 'http://evil.example/x.css'; *{background:url(http://evil.example/y)}</style>",
    "<link rel=stylesheet href=http://evil.example/z.css>",
    "<marquee onstart=window.hacked=26>x</marquee>",
    "<noscript><p title='</noscript><img src=x onerror=window.hacked=27>'>",
    "{{constructor.constructor('window.hacked=28')()}}",
    "<!--><script>window.hacked=29</script>-->",
    "\u003cscript\u003ewindow.hacked=30\u003c/script\u003e",
    "&lt;script&gt;window.hacked=31&lt;/script&gt;",
    "<script\n>window.hacked=32</script\n>",
]


class Tags(HTMLParser):
    """The elements and event attributes of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [
            name for name, value in attrs if name.startswith("on") or (name in ("href", "src") and value)
        ]

    def handle_data(self, data):
        self.text += data


def page(text):
    """A report about a portfolio whose title, sector and note are this text."""
    columns = [markup.Column("position"), markup.Column("value", numeric=True)]
    html = markup.table(columns, [(markup.name(text), "5")], caption=text) + markup.notes([text])
    view = View("v", text, text, html=html)
    outputs = [{"output_type": "display_data", "data": view.bundle()}]
    assert VIEW in outputs[0]["data"]
    cells = [
        {"cell_type": "markdown", "source": "# title"},
        {"cell_type": "markdown", "source": text},
        {"cell_type": "code", "source": "", "outputs": outputs},
    ]
    return render({"cells": cells}, provenance(text))


def provenance(text):
    return Provenance(
        run_id="0", report="portfolio_var", run_by="quant@atlas.example", run_at=datetime(2026, 1, 1, tzinfo=UTC),
        as_of=date(2020, 3, 16), official=False, portfolio="atlas/demo", portfolio_title=text, base_currency="USD",
        parameters={"note": text}, changed=("note",), inputs={}, code={"version": "0", "commit": "", "dirty": False},
        packages=dict.fromkeys(("python", "numpy", "pandas", "scipy"), "1"), seed=None, sources=(text,), notes=(text,),
    )  # fmt: skip


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_stored_as_it_is_and_shown_as_text(store, tmp_path, text):
    path = tmp_path / "positions.csv"
    path.write_text('symbol,quantity,sector\nAAPL,1,"' + text.replace('"', '""') + '"\n')
    ref = plan_book(store, BookOrder("mine", title=text), path).write(store)
    assert ref.title == text
    assert store.portfolio(ref, date(2020, 1, 1)).positions[0].instrument.sector == text

    harmless, hostile = Tags(page("Demo")), Tags(page(text))
    assert hostile.tags == harmless.tags
    assert hostile.attributes == []
    assert text in hostile.text
    assert "49" not in Tags(page("{{7*7}}")).text.replace("{{7*7}}", "")


@pytest.mark.parametrize("text", MARKUP)
def test_a_view_escapes_what_it_is_given(text):
    view = View("v", text, text, html=markup.table([markup.Column(text)], [(text,)], caption=text), alt=text)
    assert text in Tags(str(view.body())).text
    assert not {"script", "img", "svg", "a"} & set(Tags(str(view.body())).tags)
    with pytest.raises(TypeError):
        View("v", html=text)
    assert "<script" not in str(Markup("{}").format("<script>"))


@pytest.mark.parametrize("text", FORMULAS)
def test_52_no_formula_reaches_a_spreadsheet_and_numbers_stay_numbers(text):
    frame = pd.DataFrame({"position": [text], text: [-1.5]})
    read = pd.read_csv(io.StringIO(csv_text(frame)), keep_default_na=False)
    assert read["position"].tolist() == ["'" + text.replace("\r", "\n").replace("\x00", "")]
    assert read.columns[1].startswith("'")
    assert read.iloc[0, 1] == -1.5
    with pytest.raises(InputError):
        names.symbol("symbol", text)


def test_52_a_workbook_holds_no_formula_and_no_link():
    """One workbook with all of them, as cells, heads, sheets' names and on the first sheet."""
    frame = pd.DataFrame({text: [text, -1.5] for text in (*FORMULAS, "http://evil.example")})
    made = workbook({"=1+1": frame}, {"report": "=1+1", "portfolio": "@SUM(A1)"}, datetime(2026, 1, 1, tzinfo=UTC))
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "/worksheets/" in name]
        assert not [name for name in parts.namelist() if "_rels/sheet" in name]
    assert len(sheets) == 2
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    read = openpyxl.load_workbook(io.BytesIO(made))
    assert {type(cell.value) for row in read.worksheets[1].iter_rows(min_row=3) for cell in row} == {float}
    assert {cell.data_type for sheet in read.worksheets for row in sheet for cell in row} <= {"s", "n"}


@pytest.mark.browser
def test_51_no_payload_does_anything_in_a_browser(chromium, tmp_path):
    """Chromium shows one report with every payload in every place: as text, as HTML, as markdown, in a figure."""
    path = tmp_path / "report.html"
    path.write_text(page_of_all(PAYLOADS))
    shown = chromium.new_page()
    asked, said = [], []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    shown.goto(path.as_uri())
    shown.wait_for_function("[...document.querySelectorAll('.rk-figure')].every(one => one.firstElementChild)")
    shown.mouse.move(300, 300)
    shown.keyboard.press("Tab")
    shown.wait_for_timeout(300)
    assert shown.evaluate("window.hacked") is None
    assert asked == [path.as_uri()]
    assert said == []
    text = shown.evaluate("document.body.textContent")
    assert [payload for payload in PAYLOADS if payload not in text] == []
    shown.close()


def page_of_all(payloads):
    """A report whose names, notes, tables, prose, outputs and figure are made of them."""
    together = " ".join(payloads)
    columns = [markup.Column("position"), markup.Column("value", numeric=True)]
    table = markup.table(columns, [(markup.name(text), "5") for text in payloads], caption=together)
    drawn = figure(height=120, title=together)
    drawn.text([0], [0], text=[together])
    view = View("v", together, together, figure=drawn, html=table + markup.notes(payloads), alt=together).bundle()[VIEW]
    raw = {**view, "html": together}
    outputs = [
        {"output_type": "display_data", "data": {HEADER: {"title": together, "question": together}}},
        {"output_type": "display_data", "data": {VIEW: view}},
        {"output_type": "display_data", "data": {VIEW: raw}},
        {"output_type": "display_data", "data": {"text/html": together}},
        {"output_type": "display_data", "data": {"image/svg+xml": together, "application/javascript": "hacked=1"}},
        {"output_type": "display_data", "data": {"image/png": '"><script>window.hacked=1</script>'}},
        {"output_type": "execute_result", "data": {"text/plain": together}},
        {"output_type": "stream", "name": "stdout", "text": together},
    ]
    prose = [{"cell_type": "markdown", "source": text} for text in ("# title", *payloads)]
    return render({"cells": [*prose, {"cell_type": "code", "source": "", "outputs": outputs}]}, provenance(together))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\u202egpj.exe", id="53 right-to-left override"),
        pytest.param("a\u2066b", id="53 isolate"),
        pytest.param("AA\u200bPL", id="53 zero width space"),
        pytest.param("\ufeffAAPL", id="53 byte order mark"),
        pytest.param("x" * 201, id="54 too long"),
        pytest.param("🎯" * 201, id="54 too many emoji"),
        pytest.param("x" * 1_000_000, id="54 a megabyte"),
        pytest.param("a\x00b", id="55 NUL"),
        pytest.param("a\ud800b", id="55 half a surrogate"),
        pytest.param('a\n{"level":"info"}', id="58 new line"),
        pytest.param("a\rb", id="58 carriage return"),
        pytest.param("a\x1b[31mb", id="58 terminal escape"),
        pytest.param("a\u2028b", id="58 line separator"),
    ],
)
def test_what_cannot_be_seen_or_is_too_long_is_refused(store, tmp_path, text):
    path = tmp_path / "positions.csv"
    path.write_text("symbol,quantity\nAAPL,1\n")
    with pytest.raises(InputError) as caught:
        plan_book(store, BookOrder("mine", title=text), path)
    assert len(str(caught.value)) < 400
    assert store.portfolios() == ()


def test_53_twins_become_one_and_look_alikes_are_no_symbols():
    assert names.title("title", "Ame\u0301lie") == names.title("title", "Am\u00e9lie")
    for text in ("\u0391APL", "\uff21APL"):  # Greek alpha, full-width A
        with pytest.raises(InputError):
            names.symbol("symbol", text)
        with pytest.raises(InputError):
            names.slug("portfolio", text.lower())


def test_54_emoji_are_text():
    assert names.title("title", "Risk 🎯 𝒳") == "Risk 🎯 𝒳"


def test_55_a_slug_is_never_sql_a_path_or_markup():
    for text in ("a'; drop table x", "../x", "a/b", "<b>", "a%00", "a b", "A"):
        with pytest.raises(InputError):
            names.slug("portfolio", text)


def test_58_a_log_line_is_one_line_whatever_is_in_it():
    stream = io.StringIO()
    hostile = 'x\n{"level":"info","message":"forged"}\r\u2028\x1b[2J'
    with logs.written(stream):
        logging.getLogger("riskkit.test").info("import of %s", hostile, extra={"portfolio": hostile})
    (line,) = stream.getvalue().split("\n")[:-1]
    assert json.loads(line)["portfolio"] == hostile
    assert json.loads(line)["message"] == "import of " + hostile
    assert not any(ord(character) < 32 for character in line)


def test_a_terminal_table_reads_no_markup(capsys):
    tables.print_table([("title", "left")], [("[red]x[/red] [link=http://evil]y[/link]",)])
    assert "[red]x[/red] [link=http://evil]y[/link]" in capsys.readouterr().out
