"""The project's config.toml is heeded where the gateway has the same setting, and refused where it makes no sense."""

from pathlib import Path

import pytest

from riskkit.errors import Unavailable
from riskkit.local.config import Config
from riskkit.local.mail import Mail

ROOT = Path(__file__).resolve().parents[2]


def load(tmp_path, text):
    (tmp_path / "supabase").mkdir()
    (tmp_path / "supabase" / "config.toml").write_text(text)
    return Config.load(tmp_path)


def test_without_a_file_the_defaults_are_hosteds(tmp_path):
    assert Config.load(tmp_path) == Config(max_rows=1000, token_seconds=3600, reuse_seconds=10)


def test_known_settings_are_read(tmp_path):
    config = load(tmp_path, "[api]\nmax_rows = 7\n[auth]\njwt_expiry = 600\nminimum_password_length = 10\n")
    assert (config.max_rows, config.token_seconds, config.password_length) == (7, 600, 10)


@pytest.mark.parametrize(
    "text", ["[api", "[api]\nmax_rows = 0", "[auth]\njwt_expiry = 90000", "[auth]\njwt_expiry = 'soon'"]
)
def test_nonsense_is_refused(tmp_path, text):
    with pytest.raises(Unavailable, match=r"config\.toml"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "named"),
    [('[auth.sessions]\ntimebox = "soon"', "timebox"), ("[auth.mfa]\nmax_enrolled_factors = 0", "max_enrolled_factors"),
     ('[auth.email]\nmax_frequency = "soon"', "max_frequency"),
     ('[auth.email.template.invite]\ncontent_path = "./supabase/none.html"', "none.html")],
)  # fmt: skip
def test_a_bad_setting_of_signing_in_is_named(tmp_path, text, named):
    with pytest.raises(Unavailable, match=named):
        load(tmp_path, text)


def test_the_mail_servers_password_may_be_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "hidden")
    smtp = '[auth.email.smtp]\nhost = "mail.example"\nport = 465\nuser = "u"\npass = "env(MAIL_PASSWORD)"'
    config = load(tmp_path, smtp)
    assert Mail(**config.mail).password == "hidden"
    assert "hidden" not in repr(config)
    assert Mail(**Config.load(ROOT).mail).templates.keys() == {"invite", "recovery"}
