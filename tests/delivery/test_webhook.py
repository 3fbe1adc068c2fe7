"""Posting to a channel: what it shows, and what each answer means."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from riskkit.delivery.told import told
from riskkit.delivery.webhook import payload, post
from tests.delivery.conftest import Hook, dead, delivery, facts, job, run
from tests.delivery.test_message import HOSTILE


@pytest.fixture
def client() -> httpx.Client:
    return httpx.Client(trust_env=False)


def test_a_channel_is_shown_figures_verdict_and_place(hook: Hook, client: httpx.Client) -> None:
    what = told(delivery(channel="webhook"), facts(job(run=run("WARN")), role=None), "Portfolio value at risk")
    assert post(client, hook.url, payload(what, "https://reports.example/x")).status == "sent"
    (posted,) = hook.posts
    text = json.dumps(posted, ensure_ascii=False).replace("\xa0", " ")
    assert posted["text"] == "Portfolio value at risk: atlas/demo, 28 Dec 2022, WARN, VaR 99 % 1,900,447 USD"
    for said in ("2,480,121 USD", "VaR is 95 % of its limit.", "<https://reports.example/x|Open the report>"):
        assert said in text
    assert [block["type"] for block in posted["blocks"]] == ["header", "section", "section", "context"]


@pytest.mark.parametrize("name", [*HOSTILE, "<!channel>", "<@U123>", "<https://evil.example|here>", "&lt;!here>"])
@pytest.mark.parametrize("kind", ["report", "failure", "digest", "alarm"])
def test_a_name_mentions_nobody_and_leads_nowhere(kind: str, name: str) -> None:
    bad = dead(type=name, message="secret line of a cell")
    good = job(run=run("WARN"))
    good["run"]["gates"][0]["sentence"] = name
    jobs = {"report": [good], "failure": [bad], "digest": [good, bad], "alarm": [bad]}[kind]
    made = payload(told(delivery(kind, channel="webhook"), facts(*jobs, role=None), name), None)
    for block in made["blocks"]:
        for part in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
            if part is not None and part["type"] == "mrkdwn":
                assert "<" not in part["text"]
                assert ">" not in part["text"]
                assert 1 <= len(part["text"]) <= 3000
            elif part is not None:
                assert 1 <= len(part["text"]) <= 150
    assert "<" not in made["text"]
    assert "secret line" not in json.dumps(made)


def test_a_digest_of_two_hundred_books_names_the_failed_and_stays_within_bounds() -> None:
    jobs = [*(job(f"b{n}") for n in range(197)), *(dead(f"poison{n}") for n in range(3))]
    made = payload(told(delivery("digest", channel="webhook"), facts(*jobs, role=None), "T"), None)
    text = json.dumps(made)
    assert all(f"poison{n}" in text for n in range(3))
    assert "197 of 200 reports made, 3 failed" in text
    assert len(made["blocks"]) <= 50


@pytest.mark.parametrize(
    ("answer", "status"),
    [((200, {}), "sent"), ((204, {}), "sent"), ((429, {"Retry-After": "90"}), "pending"), ((500, {}), "pending"),
     ((503, {}), "pending"), ((400, {}), "failed"), ((404, {}), "failed"), ((410, {}), "failed"), ((0, {}), "unknown"),
     ((302, {"Location": "http://127.0.0.1:1/"}), "failed")],
)  # fmt: skip
def test_what_each_answer_means(
    hook: Hook, client: httpx.Client, answer: tuple[int, dict[str, str]], status: str
) -> None:
    hook.answers = [answer]
    ended = post(client, hook.url, {"text": "x"})
    assert ended.status == status
    assert len(hook.posts) == 1  # no redirect was followed, nothing was said twice
    assert ended.after == (90.0 if answer[0] == 429 else 0.0)
    assert hook.url not in ended.reason


def test_a_date_says_when_to_come_again(hook: Hook, client: httpx.Client) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    hook.answers = [(429, {"Retry-After": soon})]
    assert 280 < post(client, hook.url, {"text": "x"}).after <= 300


def test_a_webhook_that_is_not_there_is_tried_again(client: httpx.Client) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        ended = post(client, f"http://127.0.0.1:{nobody.getsockname()[1]}/T0KEN", {"text": "x"})
    assert ended.status == "pending"
    assert "T0KEN" not in ended.reason
