"""Invitation and recovery by mail: the mail as it arrives, its secret exchanged for a session once, a password set."""

import email
import email.policy
import re
import socket
import stat
import statistics
import time
import uuid

import psycopg
import pytest
from aiosmtpd.controller import Controller

from riskkit.local.client import service_client
from riskkit.local.mail import Mail
from riskkit.local.stack import Stack
from tests.local.conftest import CONFIG, PASSWORD, anonymous_client, make_project, new_user, sign_in
from tests.local.test_auth import post, refused

SITE = "http://127.0.0.1:8866"


class Sink:
    """An SMTP server that keeps what it is given; it may be told to refuse."""

    def __init__(self):
        self.mails, self.refusing = [], False

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (its name in aiosmtpd)
        if self.refusing:
            return "451 not now"
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def wait(self, to, count=1):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = [mail for mail in self.mails if mail["To"] == to]
            if len(found) >= count:
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(f"no mail to {to}")


@pytest.fixture(scope="module")
def sink():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    sink.port = port
    yield sink
    controller.stop()


@pytest.fixture(scope="module")
def mailed(tmp_path_factory, sink):
    """A stack that sends mail to the sink, by the project's own templates."""
    folder = tmp_path_factory.mktemp("mailed")
    config = CONFIG.replace(
        "[auth]", f'[auth]\nsite_url = "{SITE}"\nadditional_redirect_urls = ["https://risk.example"]'
    )
    config += f"""
[auth.email.smtp]
host = "127.0.0.1"
port = {sink.port}
admin_email = "operator@atlas.example"
[auth.email.template.recovery]
subject = "A new password"
content_path = "./supabase/recovery.html"
"""
    project = make_project(folder / "project", config=config)
    page = '<a href="{{ .RedirectTo }}?token_hash={{ .TokenHash }}">{{ .Email }}</a>'
    (project / "supabase" / "recovery.html").write_text(page)
    stack = Stack(folder / "home", project)
    stack.start(port=0)
    yield stack
    stack.remove()


@pytest.fixture
def keys(mailed):
    return mailed.keys()


def words_of(mail):
    text = mail.get_body(("plain",)).get_content().replace("\r", "")
    place, link, kind = re.search(r"^(\S+)\?token_hash=([\w-]+)&type=(\w+)$", text, re.MULTILINE).groups()
    return place, link, kind


def invited(keys, sink, **options):
    to = f"{uuid.uuid4().hex[:8]}@atlas.example"
    with service_client(keys) as service:
        user = service.auth.admin.invite_user_by_email(to, {"data": {"desk": "Rates"}, **options}).user
    return user, sink.wait(to)


def test_an_invitation_becomes_a_user_with_a_password(keys, sink):
    user, mail = invited(keys, sink)
    assert (mail["From"], mail["Subject"]) == ("operator@atlas.example", "You have been invited")
    assert user.user_metadata == {"desk": "Rates"}
    assert (user.invited_at is None, user.email_confirmed_at) == (False, None)
    place, link, kind = words_of(mail)
    assert (place, kind) == (SITE, "invite")
    client = anonymous_client(keys)
    client.auth.verify_otp({"type": "invite", "token_hash": link})
    assert client.auth.get_claims()["claims"]["amr"][0]["method"] == "otp"
    client.auth.update_user({"password": PASSWORD})
    assert sign_in(keys, user.email).auth.get_user().user.email_confirmed_at is not None
    refused("otp_expired", anonymous_client(keys).auth.verify_otp, {"type": "invite", "token_hash": link})


def test_somebody_who_never_came_is_invited_again_and_the_first_link_is_dead(keys, sink):
    user, first = invited(keys, sink)
    with service_client(keys) as service:
        assert service.auth.admin.invite_user_by_email(user.email).user.id == user.id
    second = sink.wait(user.email, 2)
    refused("otp_expired", anonymous_client(keys).auth.verify_otp, {"type": "invite", "token_hash": words_of(first)[1]})
    client = anonymous_client(keys)
    client.auth.verify_otp({"type": "invite", "token_hash": words_of(second)[1]})
    with service_client(keys) as service:
        refused("email_exists", service.auth.admin.invite_user_by_email, user.email)
    refused("not_admin", client.auth.admin.invite_user_by_email, "other@atlas.example")


def test_recovery_by_link_sets_a_new_password_and_ends_other_sessions(keys, sink):
    user = new_user(keys)
    anonymous_client(keys).auth.reset_password_for_email(
        user.email.upper(), {"redirect_to": "https://risk.example/new"}
    )
    mail = sink.wait(user.email)
    place, link, kind = words_of(mail)
    assert (mail["Subject"], place, kind) == ("A new password", "https://risk.example/new", "recovery")
    assert (
        f'<a href="https://risk.example/new?token_hash={link}">{user.email}</a>'
        in mail.get_body(("html",)).get_content()
    )
    client = anonymous_client(keys)
    client.auth.verify_otp({"type": "recovery", "token_hash": link})
    refused("same_password", client.auth.update_user, {"password": PASSWORD})
    refused("weak_password", client.auth.update_user, {"password": "short"})
    client.auth.update_user({"password": "a new and long one"})
    refused("session_not_found", user.client.auth.get_user)
    refused("invalid_credentials", sign_in, keys, user.email)
    assert sign_in(keys, user.email, "a new and long one")


def test_an_old_link_is_dead(keys, sink):
    user = new_user(keys)
    anonymous_client(keys).auth.reset_password_for_email(user.email)
    _, link, _ = words_of(sink.wait(user.email))
    with psycopg.connect(keys.db_url) as connection:
        connection.execute("update auth.one_time_tokens set created_at = created_at - interval '61 minutes'")
    refused("otp_expired", anonymous_client(keys).auth.verify_otp, {"type": "recovery", "token_hash": link})


def test_no_answer_and_no_time_tells_who_has_an_account(keys):
    user = new_user(keys)
    times = {user.email: [], "nobody@atlas.example": []}
    answers = set()
    for _ in range(8):
        for address, taken in times.items():
            begun = time.perf_counter()
            answer = post(keys, "/auth/v1/recover", {"email": address})
            taken.append(time.perf_counter() - begun)
            answers.add((answer.status_code, answer.text))
    assert answers == {(200, "{}")}
    known, unknown = (statistics.median(taken) for taken in times.values())
    assert abs(known - unknown) < 0.05  # a mail takes longer than that; this machine is shared


def test_a_mail_that_the_server_refuses_is_kept_and_said(keys, sink, mailed):
    sink.refusing = True
    try:
        with service_client(keys) as service:
            error = refused("unexpected_failure", service.auth.admin.invite_user_by_email, "late@atlas.example")
    finally:
        sink.refusing = False
    assert error.status == 500
    (kept,) = (path for path in (mailed.folder / "outbox").iterdir() if "late@atlas.example" in path.read_text())
    assert (stat.S_IMODE(kept.stat().st_mode), stat.S_IMODE(kept.parent.stat().st_mode)) == (0o600, 0o700)


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "javascript:alert(1)", "http://127.0.0.1:8866@evil.example", "",
     "http://127.0.0.1:8867", "https://127.0.0.1:8866", "http://127.0.0.1:8866\\@evil.example", "http://127.0.0.1:x",
     'http://127.0.0.1:8866/"><script>', "http://127.0.0.1:8866/\n", "http://127.0.0.1.evil.example:8866"],
)  # fmt: skip
def test_a_link_never_leads_elsewhere(wanted):
    assert Mail(site_url=SITE).place(wanted) == SITE


def test_a_port_may_be_any():
    mail = Mail(site_url=SITE, redirects=["http://localhost:*/**"])
    assert mail.place("http://localhost:1234/new") == "http://localhost:1234/new"
    assert mail.place("http://localhost.evil.example:1/") == SITE


@pytest.mark.parametrize(
    "body",
    [{}, {"type": "recovery"}, {"type": "signup", "token_hash": "x"}, {"type": "recovery", "token_hash": ""},
     {"type": "recovery", "token_hash": 1}, {"type": ["invite"], "token_hash": "x"}],
)  # fmt: skip
def test_what_is_no_secret_is_refused(keys, body):
    assert post(keys, "/auth/v1/verify", body).json()["error_code"] == "validation_failed"


def test_a_code_to_type_is_not_spoken(keys):
    body = {"type": "recovery", "email": "a@b.example", "token": "12345678"}
    assert post(keys, "/auth/v1/verify", body).json()["error_code"] == "not_implemented"


def test_only_hashes_are_kept(keys, sink):
    _, mail = invited(keys, sink)
    _, link, _ = words_of(mail)
    with psycopg.connect(keys.db_url) as connection:
        kept = " ".join(row[0] for row in connection.execute("select t::text from auth.one_time_tokens t"))
    assert link not in kept


def test_without_a_server_mails_lie_in_the_outbox_and_the_log_says_where(own_stack):
    user = new_user(own_stack.keys())
    anonymous_client(own_stack.keys()).auth.reset_password_for_email(user.email)
    deadline = time.monotonic() + 20
    outbox, found = own_stack.folder / "outbox", []
    while not found and time.monotonic() < deadline:
        found = [path for path in outbox.glob("*.eml") if user.email in path.read_text()]
        time.sleep(0.02)
    link = words_of(email.message_from_bytes(found[0].read_bytes(), policy=email.policy.default))[1]
    log = (own_stack.folder / "gateway.log").read_text()
    assert str(found[0]) in log
    assert link not in log


def test_forged_links_use_up_nobodys_tries(keys, sink):
    user = new_user(keys)
    anonymous_client(keys).auth.reset_password_for_email(user.email)
    _, link, _ = words_of(sink.wait(user.email))
    for _ in range(40):  # more than any account's tries in a window
        forged = {"type": "recovery", "token_hash": uuid.uuid4().hex}
        assert post(keys, "/auth/v1/verify", forged).json()["error_code"] == "otp_expired"
    assert anonymous_client(keys).auth.verify_otp({"type": "recovery", "token_hash": link}).user.id == user.id
