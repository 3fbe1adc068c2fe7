"""A mail: plain text, HTML with its figures inline, and documents attached, under headers that no name can add to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import PurePosixPath

import jinja2

from riskkit.charts.numbers import SPACE
from riskkit.delivery.files import Enclosed
from riskkit.delivery.pages import Page, Table, as_context, page
from riskkit.delivery.told import Told
from riskkit.delivery.words import subject
from riskkit.names import plain

_TYPES = {
    ".pdf": ("application", "pdf"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".html": ("text", "html"),
}
_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("riskkit.delivery", "."), autoescape=True, undefined=jinja2.StrictUndefined
)


def message(told: Told, files: Enclosed, sender: str, base: str | None) -> EmailMessage:
    """The mail of a delivery.

    Parameters
    ----------
    told : Told
    files : Enclosed
    sender : str
        The address it comes from.
    base : str or None
        Where people find the folder `reports/`.
    """
    line, shown = plain(subject(told)), page(told, files, base)
    domain, name = sender.rpartition("@")[2], hashlib.sha256(told.key.encode()).hexdigest()[:40]
    cids = {figure: f"{number}.{name}@{domain}" for number, figure in enumerate(files.figures, 1)}
    mail = EmailMessage()
    mail["From"] = formataddr(("riskkit", sender))
    mail["To"] = told.recipient
    mail["Subject"] = line
    mail["Date"] = format_datetime(datetime.now(UTC))
    # Of what it is and for whom: a mail that comes twice after all is shown once.
    mail["Message-ID"] = f"<{name}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(_text(shown)).replace(SPACE, " ") + "\n")
    mail.add_alternative(
        _TEMPLATES.get_template("mail.html.j2").render(subject=line, **as_context(shown, cids)), "html"
    )
    _, body = mail.iter_parts()
    for figure, content in files.figures.items():
        body.add_related(content, "image", "png", cid=f"<{cids[figure]}>", filename=_file(figure), disposition="inline")
    for document, content in files.documents.items():
        main, sub = _TYPES[PurePosixPath(document).suffix]
        mail.add_attachment(content, main, sub, filename=_attached(told, document))
    return mail


def _attached(told: Told, document: str) -> str:
    """A name that tells what it is when it lies in somebody's downloads."""
    (job,) = told.jobs
    as_of = job.run.as_of if job.run is not None else ""
    return f"{told.report}_{job.portfolio.replace('/', '_')}_{as_of}{PurePosixPath(document).suffix}"


def _file(name: str) -> str:
    return PurePosixPath(name).name


def _text(shown: Page) -> Iterator[str]:
    yield shown.heading
    yield f"{shown.kicker}, {shown.sub[0].lower()}{shown.sub[1:]}"
    if shown.pill is not None:
        yield shown.pill[0]
    for _, notice in shown.notices:
        yield from ("", f"! {notice}")
    if shown.lead:
        yield from ("", shown.lead)
    if shown.tiles:
        yield ""
        width = max(len(label) for label, _ in shown.tiles)
        yield from (f"{label:<{width}}  {value}" for label, value in shown.tiles)
    if shown.lines:
        yield from ("", *(f"  {line}" for line in shown.lines.splitlines()))
    for table in shown.tables:
        yield from ("", *_table(table))
    if shown.link or shown.next:
        yield ""
    if shown.link:
        yield f"The report: {shown.link}"
    yield from shown.next
    yield from ("", "-- ", *(f"{name}: {value}" for name, value in shown.footer))


def _table(table: Table) -> Iterator[str]:
    yield table.title
    rows = (table.head, *table.rows)
    widths = [min(60, max(len(row[i]) for row in rows)) for i in range(len(table.head))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
