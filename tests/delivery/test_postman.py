"""From a job's end to a mailbox: once, whatever happens in between."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from riskkit.delivery.postman import Postman, Round
from riskkit.local.keys import Keys
from riskkit.local.stack import Stack
from riskkit.settings import Channels, MailServer
from riskkit.store.contract import Artifact
from riskkit.store.deliveries import Outbox
from riskkit.store.service import Bucket
from tests.database.test_deliveries import Post
from tests.delivery.conftest import Hook, Sink
from tests.delivery.test_message import PNG

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def keys(stack: Stack) -> Keys:
    return stack.keys()


@pytest.fixture
def post(keys: Keys) -> Iterator[Post]:
    """A team with a schedule for one viewer; what other tests left is not due."""
    with Post(keys.db_url) as made:
        made.owner.execute("update deliveries set next_at = now() + interval '1 day' where status = 'pending'")
        made.tell(made.mail("viewer"))
        yield made


@pytest.fixture
def postman(keys: Keys) -> Iterator[Callable[..., Postman]]:
    """Makes postmen in this process."""
    made = []

    def make(mail: MailServer | None = None, lease: float = 60.0, **webhooks: str) -> Postman:
        outbox, shelf = Outbox(keys.url, keys.service_key), Bucket(keys.url, keys.service_key)
        made.append((Postman(Round(ROOT, outbox, shelf, Channels(mail, webhooks), lease)), outbox, shelf))
        return made[-1][0]

    yield make
    for parts in made:
        for part in parts:
            part.close()


def states(post: Post) -> dict[str, str]:
    return dict(post.rows("recipient", "status"))


def due(post: Post) -> None:
    """Let what waits for another attempt be due."""
    post.owner.execute("update deliveries set next_at = now() where team_id = %s and status = 'pending'", [post.team])


def test_a_report_comes_as_one_mail_with_its_figure_inline(
    post: Post, postman: Callable[..., Postman], sink: Sink, keys: Keys, tmp_path: Path
) -> None:
    bucket, artifacts = Bucket(keys.url, keys.service_key), []
    for name, kind, content in (
        ("figures/pnl_distribution.png", "image/png", PNG),
        ("report.pdf", "application/pdf", b"%PDF"),
    ):
        digest = hashlib.sha256(content).hexdigest()
        artifact = Artifact(name, kind, digest, len(content), f"{digest[:2]}/{digest}")
        (tmp_path / "file").write_bytes(content)
        bucket.put(str(post.team), artifact, tmp_path / "file")
        artifacts.append(vars(artifact))
    bucket.close()
    post.fire()
    metrics = [{"name": "var", "value": 12345.6, "unit": "USD"}]
    assert post.complete(post.claim(), post.run(), metrics, artifacts)
    assert postman(sink.server).drain() == 1
    assert postman(sink.server).drain() == 0
    (mail,) = sink.mails
    assert mail["To"] == post.mail("viewer")
    (figure,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert figure["Content-ID"].strip("<>") in mail.get_body(("html",)).get_content()
    assert figure.get_content() == PNG
    assert [part.get_content() for part in mail.iter_attachments()] == [b"%PDF"]
    assert "12,346 USD" in mail["Subject"]
    assert states(post) == {post.mail("viewer"): "sent"}


def test_killed_after_the_server_took_it_it_is_unknown_and_not_sent_again(
    post: Post, postman: Callable[..., Postman], sink: Sink, keys: Keys
) -> None:
    """A real kill of a real process at that very moment: the server has the mail, and nobody has marked it."""
    post.fire()
    post.end()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("one_postman.py")), keys.url, str(sink.port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    sink.on_mail = process.kill
    assert process.stdin is not None
    process.stdin.write(f"{keys.service_key}\n")
    process.stdin.flush()
    assert process.wait(60) == -signal.SIGKILL
    process.stdin.close()
    assert process.stdout is not None
    process.stdout.close()
    sink.on_mail = None
    assert states(post) == {post.mail("viewer"): "sending"}
    successor, deadline = postman(sink.server), time.monotonic() + 30
    while states(post) != {post.mail("viewer"): "unknown"}:
        assert time.monotonic() < deadline
        successor._reaped = -1e9
        assert successor.drain() == 0
        time.sleep(0.1)
    assert len(sink.mails) == 1
    # A person decides, and the second mail has the name of the first.
    post.ask("select resend_delivery(%s)", post.rows("id")[0][0])
    assert successor.drain() == 1
    first, second = sink.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert states(post) == {post.mail("viewer"): "sent"}


def test_two_workers_send_each_message_once(post: Post, postman: Callable[..., Postman], sink: Sink) -> None:
    people = [post.mail(f"v{n}") for n in range(12)]
    for n in range(12):
        post.person("viewer", f"v{n}")
    post.tell(*people)
    post.fire()
    post.end()
    workers = [threading.Thread(target=postman(sink.server).drain) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(mail["To"] for mail in sink.mails) == sorted(people)
    assert len({mail["Message-ID"] for mail in sink.mails}) == 12


def test_a_server_that_is_down_is_waited_for(post: Post, postman: Callable[..., Postman], sink: Sink) -> None:
    post.fire()
    post.end()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        down = postman(MailServer("127.0.0.1", nobody.getsockname()[1], "none", "risk@atlas.example"))
        assert down.drain() == 1  # and not again at once
    ((status, attempts, error),) = post.rows("status", "attempts", "last_error")
    assert (status, attempts) == ("pending", 1)
    assert "not reached" in error
    sink.answers = ["451 greylisted"]
    due(post)
    assert postman(sink.server).drain() == 1
    due(post)
    assert postman(sink.server).drain() == 1
    assert (len(sink.mails), states(post)) == (1, {post.mail("viewer"): "sent"})


def test_without_a_mail_server_deliveries_wait_where_they_are_seen(post: Post, postman: Callable[..., Postman]) -> None:
    post.fire()
    post.end()
    assert postman(None).drain() == 0
    assert post.rows("status", "attempts") == [("pending", 0)]


def test_a_webhook_gets_what_is_for_its_team(post: Post, postman: Callable[..., Postman], hook: Hook) -> None:
    post.tell("desk")
    slug = post.one("select slug from teams where id = %s", post.team)
    post.fire(post.more_books(2))
    post.die()
    post.end()
    post.end("BLOCK")
    hook.answers = [(429, {"Retry-After": "30"}), (500, {}), (200, {})]
    assert postman(None, **{"other/desk": hook.url}).drain() == 0
    for _ in range(3):
        due(post)
        assert postman(None, **{f"{slug}/desk": hook.url}).drain() == 1
    assert states(post)["desk"] == "sent"
    text = json.dumps(hook.posts[-1])
    assert "1 of 3 reports made, 1 failed, 1 held back" in text
    assert "no <price>" not in text
    assert "no &lt;price" not in text


def test_a_digest_of_three_names_the_failed_one_to_each_as_far_as_they_may_know(
    post: Post, postman: Callable[..., Postman], sink: Sink
) -> None:
    post.fire(post.more_books(2))
    post.die()
    post.end()
    post.end("WARN")
    assert postman(sink.server).drain() == 2
    by = {mail["To"]: mail.get_body(("plain",)).get_content() for mail in sink.mails}
    assert set(by) == {post.mail("viewer"), post.mail("analyst")}
    for text in by.values():
        assert "2 of 3 reports made, 1 failed" in text
        assert "cell 4: ValueError" in text
    assert "no <price>" in by[post.mail("analyst")]
    assert "no <price>" not in by[post.mail("viewer")]


def test_whoever_left_the_team_is_sent_nothing(post: Post, postman: Callable[..., Postman], sink: Sink) -> None:
    post.fire()
    post.end()
    post.owner.execute("delete from memberships where user_id = %s", [post.people["viewer"]])
    assert postman(sink.server).drain() == 0
    assert (sink.mails, states(post)) == ([], {post.mail("viewer"): "refused"})


def test_a_message_whose_matter_is_gone_stops_nobody(post: Post, postman: Callable[..., Postman], sink: Sink) -> None:
    post.fire()
    post.end()
    post.owner.execute("delete from schedule_fires where schedule_id = %s", [post.schedule])
    assert postman(sink.server).drain() == 1
    assert post.rows("status", "last_error") == [("failed", "what it was about is gone")]
