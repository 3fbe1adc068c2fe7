"""The environment is read once, secrets do not show, and the embedded Supabase is found by itself."""

import json

import pytest

from riskkit.errors import Unavailable
from riskkit.settings import Channels, MailServer, Settings, take_channels


@pytest.fixture
def project(tmp_path):
    for name in ("notebooks", "parameters"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_the_project_is_found_from_a_folder_inside_it(project):
    settings = Settings.load({}, start=project / "notebooks")
    assert settings.project == project
    assert settings.home == project / ".riskkit"


def test_the_embedded_supabase_is_known_by_its_public_file(project):
    local = project / ".riskkit" / "local"
    local.mkdir(parents=True)
    (local / "public.json").write_text(json.dumps({"SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_ANON_KEY": "k"}))
    assert Settings.load({}, start=project).supabase() == ("http://127.0.0.1:1", "k")
    hosted = {"SUPABASE_URL": "https://x.supabase.co", "SUPABASE_PUBLISHABLE_KEY": "p"}
    assert Settings.load(hosted, start=project).supabase() == ("https://x.supabase.co", "p")


def test_without_a_supabase_the_error_names_both_remedies(project):
    with pytest.raises(Unavailable, match=r"riskkit local start.*SUPABASE_URL"):
        Settings.load({}, start=project).supabase()


def test_secrets_do_not_show_and_the_ticket_can_be_read_once(project):
    ticket = project / "ticket"
    ticket.write_text("one-time-ticket")
    around = {"RISKKIT_TICKET_FILE": str(ticket), "SUPABASE_URL": "http://x", "SUPABASE_ANON_KEY": "anon-key"}
    settings = Settings.load(around, start=project)
    assert settings.ticket == "one-time-ticket"
    assert not ticket.exists()
    assert Settings.load(around, start=project).ticket is None
    assert "one-time-ticket" not in repr(settings)
    assert "anon-key" not in repr(settings)


def test_channels_come_from_the_environment_and_leave_it():
    env = {
        "RISKKIT_SMTP_URL": "smtps://me%40x:p%2Fw@mail.example",
        "RISKKIT_SMTP_FROM": "risk@atlas.example",
        "RISKKIT_WEBHOOKS": '{"atlas/desk": "https://hooks.example/T0KEN"}',
        "RISKKIT_REPORTS_URL": "https://reports.example/",
        "RISKKIT_MAIL_MEGABYTES": "3",
    }
    channels = take_channels(env)
    assert channels.mail == MailServer("mail.example", 465, "tls", "risk@atlas.example", "me@x", "p/w")
    assert (channels.attachments, channels.link) == (3_000_000, "https://reports.example")
    assert channels.webhooks == {"atlas/desk": "https://hooks.example/T0KEN"}
    assert not {"RISKKIT_SMTP_URL", "RISKKIT_WEBHOOKS"} & env.keys()
    assert "p/w" not in repr(channels)
    assert "T0KEN" not in repr(channels)
    assert take_channels({}) == Channels()


def test_channels_come_from_files_that_nobody_else_can_read(tmp_path):
    path = tmp_path / "smtp"
    path.write_text("smtp://mail.example\n")
    path.chmod(0o600)
    env = {"RISKKIT_SMTP_URL_FILE": str(path), "RISKKIT_SMTP_FROM": "risk@atlas.example"}
    assert take_channels(env).mail == MailServer("mail.example", 587, "starttls", "risk@atlas.example")
    path.chmod(0o640)
    with pytest.raises(Unavailable, match="can be read by others"):
        take_channels(env)
    with pytest.raises(Unavailable, match="cannot be read"):
        take_channels({"RISKKIT_WEBHOOKS_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    "env",
    [
        {"RISKKIT_SMTP_URL": "http://me:canary@mail.example", "RISKKIT_SMTP_FROM": "a@b.example"},
        {"RISKKIT_SMTP_URL": "smtp://me:canary@mail.example:x", "RISKKIT_SMTP_FROM": "a@b.example"},
        {"RISKKIT_SMTP_URL": "smtp://me:canary@mail.example"},
        {"RISKKIT_SMTP_URL": "smtp://me:canary@mail.example", "RISKKIT_SMTP_FROM": "a@b.example\nBcc: x@y.example"},
        {"RISKKIT_WEBHOOKS": "canary"},
        {"RISKKIT_WEBHOOKS": '["canary"]'},
        {"RISKKIT_WEBHOOKS": '{"desk": "https://hooks.example/canary"}'},
        {"RISKKIT_WEBHOOKS": '{"atlas/desk": "http://hooks.example/canary"}'},
        {"RISKKIT_WEBHOOKS": '{"atlas/desk": "file:///canary"}'},
        {"RISKKIT_WEBHOOKS": '{"atlas/desk": "https://me:canary@hooks.example/"}'},
        {"RISKKIT_REPORTS_URL": "javascript:alert(1)"},
        {"RISKKIT_MAIL_MEGABYTES": "-1"},
    ],
)
def test_a_channel_that_cannot_be_used_is_named_without_its_secret(env):
    with pytest.raises(Unavailable, match="RISKKIT_") as refused:
        take_channels(env)
    assert "canary" not in str(refused.value)
