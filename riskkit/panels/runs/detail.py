"""One run as a page shows it: its documents, its figures and gates, who made it, what was decided and said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, facts, table
from riskkit.charts.numbers import SPACE, day, number, true_minus
from riskkit.charts.runs import badge, figure, figure_name, go, verdict_badge
from riskkit.status import Decision
from riskkit.store.contract import RunRecord
from riskkit.store.reviews import Story
from riskkit.wording import heading

#: What is served of a run, by the name it is opened by.
DOCUMENTS = {"report.html": "Page", "report.pdf": "PDF", "tables.xlsx": "XLSX"}
MOST_FIGURES = 24
_GATES_AT_ONCE = 5
_LOOKS = {"approved": "rk-ok", "rejected": "rk-bad", "void": "rk-warn"}
_SHORT = 8


def head(record: RunRecord, story: Story) -> Markup:
    """Which run it is, whether it counts, its documents, and its own address."""
    badges = [verdict_badge(None if record.gates is None else record.gates.verdict), _standing(record)]
    if record.place.hold:
        badges.append(badge("on hold", "rk-warn"))
    title = Markup('<h3 class="rk-title">{} of {} as of {}</h3>').format(
        heading(record.report), story.portfolio, day(record.as_of)
    )
    where = Markup('<p class="rk-sub">Run <code>{}</code>, made {} · {}</p>').format(
        record.id, moment(record.run_at), _link(f"../runs/{record.id}", "link to this run")
    )
    return Markup('{}<p class="rk-badges">{}</p>{}{}').format(
        title, Markup(" ").join(badges), where, _documents(record, story)
    )


def body(record: RunRecord, story: Story) -> Markup:
    """Figures, gates, makers and history."""
    parts = (_figures(record), _gates(record), _history(story), _made(record, story))
    return Markup("").join(parts)


def decisions(story: Story) -> Markup:
    """What was decided, and when; the last one stands while the run is what it was."""
    if not story.decisions:
        return Markup('<p class="rk-sub">Nobody has decided on it yet.</p>')
    last = len(story.decisions) - 1
    shown = [_decision(one, story, last=number == last) for number, one in enumerate(story.decisions)]
    return Markup('<ul class="rk-talk">{}</ul>').format(Markup("").join(shown))


def comments(story: Story) -> Markup:
    """What was said: text, in its own lines."""
    if not story.comments:
        return Markup('<p class="rk-sub">Nobody has said anything yet.</p>')
    shown = Markup("").join(
        Markup('<li><span class="rk-detail">{}, {}</span><span class="rk-words">{}</span></li>').format(
            one.by or "somebody", moment(one.at), one.text
        )
        for one in story.comments
    )
    return Markup('<ul class="rk-talk">{}</ul>').format(shown)


def moment(value: datetime) -> str:
    """A time, UTC."""
    return f"{day(value.date())}, {value:%H:%M} UTC"


def _decision(one: Decision, story: Story, *, last: bool) -> Markup:
    word = one.decision
    if last and story.decision is not None and story.decision.decision == "void":
        word = "void"
    said = "no longer what was decided on" if word == "void" else word
    reason = Markup('<span class="rk-words">{}</span>').format(one.reason) if one.reason else ""
    return Markup('<li>{} <span class="rk-muted">by {}, {}</span>{}</li>').format(
        badge(said, _LOOKS[word]), one.by or "somebody", moment(one.at), reason
    )


def _standing(record: RunRecord) -> Markup:
    if not record.official:
        return badge("not official", "rk-calm")
    return badge("current", "rk-ok") if record.place.current else badge("superseded", "rk-calm")


def _link(address: str, text: str) -> Markup:
    """An address below the server's; it becomes a link on a dashboard only."""
    return Markup('<a class="rk-to" data-to="{}">{}</a>').format(address, text)


def _documents(record: RunRecord, story: Story) -> Markup:
    there = {one.name for one in record.artifacts}
    links = [_link(f"../reports/{record.id}/{name}", text) for name, text in DOCUMENTS.items() if name in there]
    if not record.official:
        return Markup('<p class="rk-sub">It is a person\'s own run: its files are with who made it.</p>')
    asked = {name: _text(value) for name, value in record.parameters.items() if name not in ("portfolio", "as_of")}
    asked |= {"portfolio": story.portfolio, "as_of": record.as_of.isoformat()}
    asked = {name: value for name, value in asked.items() if value != ""}
    links.append(_link(f"{record.notebook}?{urlencode(asked, safe='/,')}", "the same figures live"))
    return Markup('<p class="rk-links">{}</p>').format(Markup(" ").join(links))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _figures(record: RunRecord) -> Markup:
    headline = [one for one in record.metrics if not one.labels]
    if not headline:
        return Markup("")
    rows: list[Row] = [[figure_name(one.name), Cell(figure(one), one.value)] for one in headline[:MOST_FIGURES]]
    shown = table([Column("Figure"), Column("Value", numeric=True)], rows, caption="Figures of the run")
    return Markup('<h4 class="rk-small-title">Figures</h4>{}').format(shown)


def _gates(record: RunRecord) -> Markup:
    """What they found, the worst first; those that pass are folded beyond a few."""
    if record.gates is None:
        return Markup("")
    lines = [
        Markup("<li>{} {}</li>").format(verdict_badge(one.verdict), true_minus(one.sentence))
        for one in record.gates.worst_first
    ]
    cut = max(sum(one.verdict != "PASS" for one in record.gates.findings), _GATES_AT_ONCE)
    shown = Markup('<ul class="rk-talk">{}</ul>').format(Markup("").join(lines[:cut]))
    if len(lines) > cut:
        more = Markup('<details><summary>and {} more that pass</summary><ul class="rk-talk">{}</ul></details>')
        shown += more.format(number(len(lines) - cut), Markup("").join(lines[cut:]))
    return Markup('<h4 class="rk-small-title">Gates</h4>{}').format(shown)


def _history(story: Story) -> Markup:
    if len(story.history) < 2:
        return Markup("")
    shown = Markup("").join(
        Markup('<li>{}<span class="rk-words">{}</span></li>').format(
            go(f"run_id={one.id}", f"made {moment(one.run_at)}", f"Open the run made {moment(one.run_at)}"),
            one.reason or "the first one",
        )
        for one in story.history
    )
    return Markup('<h4 class="rk-small-title">History</h4><ul class="rk-talk">{}</ul>').format(shown)


def _made(record: RunRecord, story: Story) -> Markup:
    return Markup('<h4 class="rk-small-title">How it was made</h4>{}').format(facts(_facts(record, story)))


def _facts(record: RunRecord, story: Story) -> Iterator[str]:
    yield f"author: {story.author}" if story.author else "made by the service"
    if story.schedule:
        yield f"schedule {story.schedule}"
    if record.place.slot is not None:
        yield f"slot {moment(record.place.slot)}"
    elif record.official:
        yield "asked for"
    if record.place.attempt is not None and record.place.attempt > 1:
        yield f"attempt {record.place.attempt}"
    commit = str(record.code.get("commit") or "")
    dirty = ", changed since" if record.code.get("dirty") else ""
    yield f"riskkit {record.code.get('version', '?')}" + (f" at {commit[:_SHORT]}{dirty}" if commit else "")
    if record.seed is not None:
        yield f"seed {record.seed}"
    for name, value in record.parameters.items():
        if name not in ("portfolio", "as_of", "seed") and value != "":
            yield f"{name}{SPACE}={SPACE}{_text(value)}"
