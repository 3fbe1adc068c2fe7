"""What a run's folder holds for people: the page on paper, its figures, its tables; and a machine without a browser."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import psutil
import pytest
from pypdf import PdfReader

from riskkit.exports import csv_text, read_table
from riskkit.reporting.blocks import HEADER, VIEW
from riskkit.reporting.browser import BrowserFailed, find_browser
from riskkit.reporting.pages import files_in, write_pages
from riskkit.reporting.pdf import print_page
from riskkit.reporting.tabs import tab
from tests.reporting.test_render import HOSTILE, notebook, provenance

ROWS = 90


def long_notebook() -> dict[str, Any]:
    """Two figures, hostile names, and a table that is longer than a page."""
    made = notebook(HOSTILE)
    made["cells"][-1]["outputs"][0]["data"][HEADER]["title"] = "Portfolio VaR"
    head = '<thead><tr><th scope="col">Position of all</th><th scope="col">Value</th></tr></thead>'
    rows = "".join(f'<tr><th scope="row">P{row}</th><td class="rk-n">{row:,}</td></tr>' for row in range(ROWS))
    table = f'<table class="rk-table">{head}<tbody>{rows}</tbody></table>'
    view = {"name": "../../long", "title": "A long table", "question": "", "html": table, "width": "full"}
    data = {VIEW: {**view, "alt": "", "figure": None}}
    made["cells"][-1]["outputs"].append({"output_type": "display_data", "data": data})
    return made


def table(folder: Path) -> Path:
    frame = pd.DataFrame({"position": ["=1+1", "0700"], "value": [0.1, 2e6], "day": ["2022-12-28", "2022-12-27"]})
    path = folder / "components.csv"
    path.write_text(csv_text(frame))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with everything in it, by one start of Chromium, and what was told of it."""
    if find_browser() is None:
        pytest.skip("no browser here: `apt-get install chromium`")
    folder = tmp_path_factory.mktemp("run")
    (folder / "final").mkdir()
    titled = provenance(portfolio_title='A "hostile" book }</style>' + HOSTILE)
    told = write_pages(folder / "final", long_notebook(), titled, [table(folder)], paper=True)
    return folder / "final", told


@pytest.mark.browser
def test_the_folder_holds_everything_and_the_page_links_to_what_is_there(made: tuple[Path, dict[str, Any]]) -> None:
    final, told = made
    assert told["pdf"] == "made"
    assert [one["name"] for one in told["figures"]] == ["v", "w"]
    names = [name for _, name in files_in(final)]
    expected = ["figures/v.png", "figures/w.png", "notebook.ipynb", "report.html", "report.pdf"]
    assert names == [*expected, "tables/components.csv", "tables.xlsx"]
    page = (final / "report.html").read_text()
    links = set(re.findall(r'<a href="([^"#:]*)">', page))
    assert links == {"report.pdf", "tables.xlsx", "tables/components.csv"}
    for image in (final / "figures").iterdir():
        assert image.read_bytes().startswith(b"\x89PNG")
        assert image.stat().st_size > 3000


@pytest.mark.browser
def test_pages_are_numbered_headed_and_tables_keep_their_heads(made: tuple[Path, dict[str, Any]]) -> None:
    reader = PdfReader(made[0] / "report.pdf")
    texts = [page.extract_text() for page in reader.pages]
    count = len(texts)
    assert 3 <= count <= 8
    for number, text in enumerate(texts, start=1):
        assert f"{number} of {count}" in text
        assert ("Monday 16 March 2020" in text) or number == 1
        assert "018f-77" in text  # the run, at the foot
    for text in texts[1:]:
        assert 'A "hostile" book }</style>' in text
    holding = [text for text in texts if re.search(r"\bP\d+\b", text)]
    assert len(holding) > 1
    assert all("Position of all" in text for text in holding)
    assert sum(len(re.findall(r"\bP\d+\b", text)) for text in texts) == ROWS
    assert reader.metadata is not None
    assert "2020-03-16" in reader.metadata.title
    assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in reader.pages} == {(595, 842)}


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no browser here: `apt-get install chromium`")
def test_the_browser_asks_nobody_for_anything() -> None:
    """Not even for a page that is none of ours, with no policy to forbid it."""
    asked: list[str] = []

    class Listening(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        printed = print_page(f"<p>x</p><img src='{address}/a'><link rel=stylesheet href='{address}/b'>")
        server.shutdown()
    assert printed.reason == ""
    assert printed.figures == {}
    assert asked == []


def browsers() -> list[psutil.Process]:
    """Chromiums of this process."""
    return [one for one in psutil.Process().children() if any("riskkit-page-" in part for part in one.cmdline())]


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no browser here: `apt-get install chromium`")
def test_a_browser_is_kept_for_the_next_page_and_one_that_died_is_replaced() -> None:
    assert print_page("<p>one</p>").reason == ""
    (kept,) = browsers()
    with tab(str(find_browser()), 60.0) as page:
        page.value("window.name = 'left'")
    with tab(str(find_browser()), 60.0) as page:
        assert page.value("[window.name, self.origin]") == ["", "null"]  # an origin of its own: nothing can be stored
    assert browsers() == [kept]
    kept.kill()
    assert print_page("<p>three</p>").reason == ""
    (other,) = browsers()
    assert other != kept


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no browser here: `apt-get install chromium`")
def test_a_kept_browser_ends_with_the_process_that_keeps_it() -> None:
    does = "from riskkit.reporting.pdf import print_page; print(print_page('<p>x</p>').reason, flush=True); input()"
    keeper = subprocess.Popen([sys.executable, "-c", does], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    with keeper.stdin, keeper.stdout:
        assert keeper.stdout.readline() == b"\n"
        left = psutil.Process(keeper.pid).children(recursive=True)
        assert len(left) > 2
        (home,) = (part.split("=")[1] for part in left[0].cmdline() if part.startswith("--user-data-dir="))
        keeper.kill()
        keeper.wait()
    _, alive = psutil.wait_procs(left, timeout=10)
    assert alive == []
    shutil.rmtree(Path(home).parent)  # an hour later the next one would


def test_without_a_browser_the_run_is_made_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    final = tmp_path / "final"
    final.mkdir()
    ran = notebook()
    told = write_pages(final, ran, provenance(), [table(tmp_path)], paper=True)
    assert told == {"pdf": "no Chromium on this machine", "figures": []}
    assert "report.pdf" not in (final / "report.html").read_text()
    sheet = openpyxl.load_workbook(final / "tables.xlsx")["components"]
    assert [cell.value for cell in sheet[2]][:2] == ["'=1+1", 0.1]
    assert sheet["A3"].value == "0700"
    assert sheet["C3"].is_date
    assert json.loads((final / "notebook.ipynb").read_text()) == ran


def test_nothing_is_left_of_a_browser_that_dies_or_hangs(tmp_path: Path) -> None:
    for name, does in (("dies", "exit 3"), ("hangs", "sleep 600 & sleep 600")):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
        began = time.monotonic()
        with pytest.raises(BrowserFailed, match=r"ended|gone"), tab(str(path), 1.0):
            pass
        assert time.monotonic() - began < 20
    left = [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(one.info["cmdline"] or ())]
    assert left == []


def test_no_table_no_workbook(tmp_path: Path) -> None:
    assert write_pages(tmp_path, notebook(), provenance(), [], paper=False) == {"pdf": "not asked for", "figures": []}
    assert [name for _, name in files_in(tmp_path)] == ["notebook.ipynb", "report.html"]


def test_a_table_reads_back_as_it_was(tmp_path: Path) -> None:
    frame = read_table(table(tmp_path))
    assert frame["position"].tolist() == ["'=1+1", "0700"]
    assert frame["value"].tolist() == [0.1, 2e6]
    assert str(frame["day"].dtype).startswith("datetime64")
