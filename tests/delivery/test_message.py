"""What a mail says and to whom, and that no name in it is anything but a name."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from riskkit.delivery.files import NOTHING, Enclosed, enclosed
from riskkit.delivery.message import message
from riskkit.delivery.told import told
from riskkit.delivery.words import subject
from riskkit.store.contract import Artifact
from tests.delivery.conftest import dead, delivery, facts, job, run

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def mail(
    kind: str = "report", *jobs: dict[str, Any], files: Enclosed = NOTHING, base: str | None = None, **changes: Any
) -> EmailMessage:
    made = message(
        told(delivery(kind), facts(*jobs, **changes), "Portfolio value at risk"), files, "risk@riskkit.example", base
    )
    return message_from_bytes(made.as_bytes(policy=policy.SMTP), policy=policy.default)


def parts(made: EmailMessage) -> tuple[str, str]:
    return made.get_body(("plain",)).get_content(), made.get_body(("html",)).get_content()


def test_a_report_says_whose_what_when_its_verdict_and_its_figures() -> None:
    made = mail("report", job(run=run("WARN")), base="https://reports.example")
    assert made["Subject"] == "Portfolio value at risk: atlas/demo, 28 Dec 2022, WARN, VaR 99 % 1,900,447 USD"
    assert (made["To"], made["From"]) == ("risk@atlas.example", "riskkit <risk@riskkit.example>")
    assert made["Auto-Submitted"] == "auto-generated"
    for text in parts(made):
        text = text.replace("\xa0", " ")
        for said in ("Expected shortfall 99 %, 1 day", "2,480,121 USD", "VaR is 95 % of its limit.",
                     "With 99 % confidence the loss over 1 day does not exceed 1,900,447 USD", "Passed with warnings",
                     "https://reports.example/portfolio_var/2022-12-28/atlas/demo/01a20104", "28 Dec 2022",
                     "Wed 28 Dec 2022, 18:15 New York time"):  # fmt: skip
            assert said in text, said


def test_the_message_id_is_of_what_it_is_and_for_whom() -> None:
    one, same = mail("report", job()), mail("report", job(run=run("WARN")))
    assert one["Message-ID"] == same["Message-ID"]
    other = message(told(delivery(key="report 1 2 4"), facts(job()), "T"), NOTHING, "a@b.example", None)
    assert other["Message-ID"] != one["Message-ID"]


def test_figures_are_inline_and_documents_attached() -> None:
    files = Enclosed(
        {"figures/01_pnl_distribution.png": PNG}, {"report.pdf": b"%PDF-1.7", "tables.xlsx": b"PK"}, ("report.html",)
    )
    made = mail("report", job(), files=files)
    plain, page = parts(made)
    (figure,) = [part for part in made.walk() if part.get_content_type() == "image/png"]
    assert figure["Content-ID"].strip("<>") in re.findall(r'src="cid:([^"]+)"', page)
    assert (figure.get_content_disposition(), figure.get_content()) == ("inline", PNG)
    assert "Pnl distribution" in page
    assert [part.get_filename() for part in made.iter_attachments()] == [
        "portfolio_var_atlas_demo_2022-12-28.pdf", "portfolio_var_atlas_demo_2022-12-28.xlsx",
    ]  # fmt: skip
    assert "Left out, for the mail's size: report.html" in plain


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.outside: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.outside += [value for name, value in attrs if name in ("src", "href", "background") and value]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


HOSTILE = [
    "<script>alert(1)</script>", "<img src=https://evil.example/x onerror=alert(1)>", "x\r\nBcc: all@evil.example",
    "\u202egnp.exe", "a\x00b", "{{ 7*7 }}", "' onmouseover='x", "=HYPERLINK(1)", "名前 🎉", "a" * 190,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["report", "failure", "digest", "alarm"])
def test_a_name_is_a_name(kind: str, name: str) -> None:
    good, bad = job(title=name, run=run("WARN", reason=name)), dead(type=name, message=f"{name}\n{name}")
    good["run"]["gates"][0]["sentence"] = name
    bad["title"] = name
    jobs = {"report": [good], "failure": [bad], "digest": [good, bad], "alarm": [bad]}[kind]
    shown = told(delivery(kind), facts(*jobs, note=name), name)
    made = message(shown, NOTHING, "risk@riskkit.example", None)
    again = message_from_bytes(made.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert sorted(again.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )
    assert again["Bcc"] is None
    plain, page = parts(again)
    found = Page(page)
    assert found.tags <= {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "div",
        "table",
        "tr",
        "td",
        "th",
        "span",
        "pre",
        "img",
        "a",
    }
    assert found.outside == []
    assert found.handlers == []
    for hidden in "\u202e\x00\r":
        assert hidden not in again["Subject"] + plain.replace("\r\n", "\n") + page.replace("\r\n", "\n")
    assert "49" not in again["Subject"]
    assert len(again["Subject"]) <= 180


def test_a_failure_names_cell_lines_job_and_what_next() -> None:
    made = mail("failure", dead())
    assert made["Subject"] == "No report: Portfolio value at risk, atlas/poison, 28 Dec 2022, cell 4: ValueError"
    for text in parts(made):
        for said in (
            "cell 4: ValueError",
            "raise ValueError(",
            "riskkit jobs show 7f3c0d9e",
            "riskkit jobs redrive 7f3c0d9e",
        ):
            assert said in text
    failed = dead()
    del failed["error"]["message"]  # as the database tells it to a viewer
    for text in parts(mail("failure", failed, role="viewer")):
        assert "Whoever runs this report has been told." in text
        assert "riskkit jobs" not in text


def test_a_digest_names_every_book_and_why_one_has_no_report() -> None:
    made = mail("digest", job("one"), job("two", run=run("WARN")), dead(), job("held", run={"verdict": "BLOCK"}))
    assert made["Subject"] == "Portfolio value at risk: 28 Dec 2022, 2 of 4 reports made, 1 failed, 1 held back"
    for text in parts(made):
        for said in ("atlas/one", "atlas/two", "atlas/poison", "cell 4: ValueError", "no price", "1,900,447",
                     "2,480,121", "WARN", "held back by a gate", "7f3c0d9e"):  # fmt: skip
            assert said in text, said


def test_an_alarm_says_what_was_expected_when_and_what_there_is() -> None:
    running = job("slow", state="running", percent=40, run=None)
    made = mail("alarm", running, job("done"))
    assert made["Subject"] == "Not there: Portfolio value at risk, atlas/portfolio_var, expected by 19:15 New York time"
    plain, _ = parts(made)
    assert "Expected by Wed 28 Dec 2022, 19:15 New York time".lower() in plain.lower()
    assert "running, 40 % done" in plain
    assert "atlas/done" not in plain
    missed, _ = parts(mail("alarm", outcome="skipped_misfire"))
    assert "Nobody was there to make it in time" in missed


def test_a_blocked_report_says_to_its_owner_that_nobody_else_has_it() -> None:
    made = mail("report", job(run=run("BLOCK")))
    assert "BLOCK" in made["Subject"]
    assert "nobody else does" in parts(made)[1]


def test_a_report_without_a_var_and_a_job_of_no_book_are_told_too() -> None:
    stress = run(
        None, metrics=[{"name": "coverage", "value": 0.987, "unit": "fraction"}], parameters={}, report="stress_test"
    )
    made = mail("report", job(None, title=None, run=stress))
    assert made["Subject"] == "Portfolio value at risk: 28 Dec 2022"
    assert "98.70 %" in parts(made)[1]


class Shelf:
    """Artifacts of bytes."""

    def __init__(self, **sizes: int) -> None:
        self.artifacts = [
            Artifact(name.replace("__", "."), "x/y", "0" * 64, size, "00/0") for name, size in sizes.items()
        ]

    def get(self, _team: str, artifact: Artifact) -> bytes:
        return b"0" * artifact.size


@pytest.mark.parametrize(
    ("most", "documents", "left_out"),
    [
        (1000, ["report.pdf", "tables.xlsx"], ()),
        (400, ["report.pdf"], ("tables.xlsx",)),
        (150, ["tables.xlsx"], ("report.pdf",)),
        (0, [], ("figures/a.png", "report.pdf", "tables.xlsx")),
    ],
)
def test_what_would_make_a_mail_too_large_is_left_out_and_named(
    most: int, documents: list[str], left_out: tuple[str, ...]
) -> None:
    shelf = Shelf(**{"figures/a__png": 10, "report__pdf": 300, "tables__xlsx": 100, "report__html": 5})
    kept = [vars(one) for one in shelf.artifacts]
    what = told(delivery(), facts(job(run=run(artifacts=kept))), "T")
    found = enclosed(shelf, "t", what, most)
    assert (list(found.documents), found.left_out) == (documents, left_out)
    assert list(found.figures) == (["figures/a.png"] if most else [])


def test_without_a_pdf_the_page_itself_is_attached() -> None:
    shelf = Shelf(report__html=5)
    what = told(delivery(), facts(job(run=run(artifacts=[vars(one) for one in shelf.artifacts]))), "T")
    assert list(enclosed(shelf, "t", what, 100).documents) == ["report.html"]
    assert subject(what).startswith("T: atlas/demo")


def test_figures_stand_in_the_order_and_under_the_titles_of_the_report() -> None:
    told_figures = [
        {"name": "b", "title": "Where it sits <b>", "alt": "A curve."},
        {"name": "a", "title": "What causes it"},
    ]

    class Named(Shelf):
        def get(self, team: str, artifact: Artifact) -> bytes:
            if artifact.name == "run.json":
                return json.dumps({"figures": told_figures}).encode()
            return super().get(team, artifact)

    shelf = Named(**{"figures/a__png": 1, "figures/b__png": 1, "figures/c__png": 1, "run__json": 9})
    what = told(delivery(), facts(job(run=run(artifacts=[vars(one) for one in shelf.artifacts]))), "T")
    found = enclosed(shelf, "t", what, 100)
    assert list(found.figures) == ["figures/b.png", "figures/a.png", "figures/c.png"]
    page = message(what, found, "risk@riskkit.example", None).get_body(("html",)).get_content()
    places = [page.index(said) for said in ("Where it sits &lt;b&gt;", 'alt="A curve."', "What causes it", ">C<")]
    assert places == sorted(places)
