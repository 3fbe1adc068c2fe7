"""A message to a channel, as Slack and what imitates it take it: `text` for notices, `blocks` for the channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from riskkit.delivery.ending import SENT, Ended, because
from riskkit.delivery.told import Told, ToldJob
from riskkit.delivery.words import failure, figure, metric_name, metric_value, moment, subject, tally

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
#: What a block holds at most.
_HEADER, _TEXT, _FIELDS, _LINES = 150, 2900, 10, 20
_TOO_MANY, _SERVER_ERRORS = 429, 500


def payload(told: Told, link: str | None) -> dict[str, Any]:
    """What is posted; no name in it can mention somebody, make a link or a heading.

    Parameters
    ----------
    told : Told
    link : str or None
        Where the report is found.
    """
    line = subject(told)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": line[:_HEADER], "emoji": False}}
    ]
    lines = list(_fields(told))
    if lines:
        fields = [{"type": "mrkdwn", "text": one[:_TEXT]} for one in lines[:_FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    text = "\n".join(_lines(told))[:_TEXT]
    if text:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    place = f"<{link}|Open the report>" if link else f"{_escaped(told.path)}"
    context = f"{place} · slot {_escaped(moment(told.slot))}"
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": context}]})
    return {"text": _escaped(line), "blocks": blocks}


def post(client: httpx.Client, url: str, content: dict[str, Any]) -> Ended:
    """Post it, following no redirect; who says when to come again is obeyed."""
    try:
        answer = client.post(url, json=content, timeout=_TIMEOUT, follow_redirects=False)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
        return because("pending", f"the webhook is not reached: {type(error).__name__}")
    except httpx.HTTPError as error:
        return because("unknown", f"the webhook broke off while it was given the message: {type(error).__name__}")
    if answer.is_success:
        return SENT
    reason = f"the webhook answers {answer.status_code}"
    if answer.status_code == _TOO_MANY or answer.status_code >= _SERVER_ERRORS:
        return because("pending", reason, _retry_after(answer.headers.get("Retry-After", "")))
    return because("failed", f"{reason}: {answer.text[:200]}")


def _retry_after(text: str) -> float:
    """Seconds, from a number or a date; none where it is neither.

    >>> _retry_after("30"), _retry_after("soon")
    (30.0, 0.0)
    """
    if text.isdigit():
        return float(text[:6])
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _fields(told: Told) -> Iterator[str]:
    if told.kind != "report":
        return
    for job in told.jobs:
        if job.run is not None:
            for metric in job.run.metrics:
                yield f"*{_escaped(metric_name(job.run, metric))}*\n{_escaped(metric_value(metric))}"


def _lines(told: Told) -> Iterator[str]:
    if told.kind == "report":
        for job in told.jobs:
            if job.run is not None:
                yield from (f"*{one.verdict}* {_escaped(one.sentence)}" for one in job.run.findings[:_LINES])
        return
    if told.kind == "alarm":
        yield f"The slot of {_escaped(moment(told.slot))} has no report{': ' + tally(told) if told.jobs else ''}."
    if told.kind == "digest":
        yield tally(told) + "."
    failed = [job for job in told.jobs if not job.delivered]
    yield from (f"• {_escaped(_name(job))} — {_escaped(failure(job))}" for job in failed[:_LINES])
    if len(failed) > _LINES:
        yield f"• and {len(failed) - _LINES} more"
    if told.kind == "digest":
        made = [job for job in told.jobs if job.delivered]
        yield from (f"• {_escaped(_name(job))} — {_escaped(_headline(job))}" for job in made[:_LINES])
        if len(made) > _LINES:
            yield f"• and {len(made) - _LINES} more"


def _name(job: ToldJob) -> str:
    return job.portfolio or "the report"


def _headline(job: ToldJob) -> str:
    verdict = job.run.verdict if job.run is not None else ""
    parts = [f"VaR {var}" if (var := figure(job.run, "var")) else "", verdict]
    return ", ".join(part for part in parts if part) or "made"


def _escaped(text: str) -> str:
    """Slack reads `&`, `<` and `>`: all else is text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
