"""Only prose, views and harmless text of a notebook reach a page."""

from __future__ import annotations

from typing import Any

import pytest

from riskkit.charts.view import MIME
from riskkit.notebook.header import MIME as HEADER_MIME
from riskkit.reporting.blocks import HEADER, VIEW, Block, blocks, header, prose, sanitised

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><circle/></svg>",
    '<a href="javascript:alert(1)">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<link rel=stylesheet href="https://evil.example/x.css">',
    "<style>@import url(https://evil.example)</style>",
    '<div style="background:url(https://evil.example/x)">x</div>',
    '<i style="width:50%;position:fixed;background:url(//evil.example)"></i>',
    '<form action="https://evil.example"><input name=x></form>',
    '<meta http-equiv=refresh content="0;url=https://evil.example">',
    '<base href="https://evil.example">',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<video poster="https://evil.example/x"><source src=x onerror=alert(1)></video>',
    '<img src="https://evil.example/pixel.png">',
    '<object data="https://evil.example"></object><embed src="https://evil.example">',
]


def output(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def view(**changes: Any) -> dict[str, Any]:
    plain = {"name": "v", "title": "", "question": "", "html": "", "width": "full", "alt": "", "figure": None}
    return {"output_type": "display_data", "data": {VIEW: {**plain, **changes}, "text/html": "not this"}}


def notebook(*outputs: dict[str, Any], prose: str = "") -> dict[str, Any]:
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": "# Title\n\nQuestion?"}]
    if prose:
        cells.append({"cell_type": "markdown", "source": prose})
    cells.append({"cell_type": "code", "source": "secret_source()", "outputs": list(outputs)})
    return {"cells": cells}


def test_the_types_are_those_that_the_notebook_writes() -> None:
    assert (VIEW, HEADER) == (MIME, HEADER_MIME)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_runs_or_loads_survives(payload: str) -> None:
    found = blocks(
        notebook(
            output(**{"text/html": payload}),
            output(**{"text/plain": payload}),
            view(html=payload),
            {"output_type": "stream", "name": "stdout", "text": payload},
            output(**{"application/javascript": "alert(1)"}),
            output(**{"image/svg+xml": "<svg onload=alert(1)>"}),
            prose=payload,
        )
    )
    for block in found:
        live = str(block.html)
        for name in ("<script", "<img", "<svg", "<iframe", "<link", "<style", "<form", "<input", "<meta", "<base"):
            assert name not in live.lower()
        for name in ("<video", "<object", "<embed", "<math"):
            assert name not in live.lower()
    assert all("evil.example" not in str(block.html) or "&lt;" in str(block.html) for block in found)


def test_source_code_and_standard_error_stay_in_the_notebook() -> None:
    found = blocks(notebook({"output_type": "stream", "name": "stderr", "text": "Warning: /home/me"}))
    assert found == ()


def test_tables_bars_and_exact_values_survive() -> None:
    html = (
        '<div class="rk-tiles"><div class="rk-tile" data-metric="var" data-value="1.5">1.5</div></div>'
        '<table class="rk-table"><caption class="rk-hidden">c</caption><tbody><tr><th scope="row">A</th>'
        '<td class="rk-n" data-value="2.0">2</td></tr></tbody></table>'
        '<span class="rk-bar" aria-hidden="true"><i class="rk-loss" style="left:1.00%;width:50.00%"></i></span>'
    )
    kept = sanitised(html)
    for part in ('data-metric="var"', 'data-value="1.5"', 'scope="row"', 'data-value="2.0"', "left:1.0%", "width:50"):
        assert part in kept


def test_streams_and_images() -> None:
    found = blocks(
        notebook(
            {"output_type": "stream", "name": "stdout", "text": ["a <b>", "\nc"]},
            output(**{"image/png": "aGFs\nbG8=", "text/plain": "figure"}),
            output(**{"image/png": '"><script>', "text/plain": "no image"}),
        )
    )
    assert [str(block.html) for block in found] == [
        "<pre>a &lt;b&gt;\nc</pre>",
        '<img alt="" src="data:image/png;base64,aGFsbG8=">',
        "<pre>no image</pre>",
    ]


def test_a_header_speaks_for_the_page_and_is_no_block() -> None:
    book = notebook(output(**{HEADER: {"title": "T"}}))
    assert header(book) == {"title": "T"}
    assert blocks(book) == ()
    assert header(notebook()) == {}


def test_markdown_has_headings_and_tables_but_no_images() -> None:
    text = str(prose("## Why?\n\n*soft* [x](https://a.example) ![i](https://evil.example/i.png)\n\n|a|\n|-|\n|1|\n"))
    assert "<h2>Why?</h2>" in text
    assert "<em>soft</em>" in text
    assert "<td>1</td>" in text
    assert "evil" not in text


def test_halves_go_in_pairs_and_a_lone_half_is_full() -> None:
    def widths(*wanted: str) -> list[str]:
        return [block.width for block in blocks(notebook(*(view(width=width) for width in wanted)))]

    assert widths("half", "half") == ["half", "half"]
    assert widths("half", "full") == ["full", "full"]
    assert widths("half", "half", "half") == ["half", "half", "full"]
    assert widths("full", "half", "tiles", "half", "half") == ["full", "full", "full", "half", "half"]


def test_a_view_keeps_its_words_as_text() -> None:
    (block,) = blocks(notebook(view(title="<b>", question="?", alt="a", figure='{"doc": 1}', width="tiles")))
    assert isinstance(block, Block)
    assert (block.title, block.question, block.alt, block.figure) == ("<b>", "?", "a", '{"doc": 1}')
    assert block.kind == "tiles"
