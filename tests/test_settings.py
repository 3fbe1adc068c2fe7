"""The environment is read once, secrets do not show, and the embedded Supabase is found by itself."""

import json

import pytest

from riskkit.errors import Unavailable
from riskkit.settings import Settings


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
