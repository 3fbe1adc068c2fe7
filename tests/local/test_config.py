"""The project's config.toml is heeded where the gateway has the same setting, and refused where it makes no sense."""

import pytest

from riskkit.errors import Unavailable
from riskkit.local.config import Config


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
    "text", ["[api", "[api]\nmax_rows = 0", "[auth]\njwt_expiry = 90000", "[auth]\njwt_expiry = '1h'"]
)
def test_nonsense_is_refused(tmp_path, text):
    with pytest.raises(Unavailable, match=r"config\.toml"):
        load(tmp_path, text)
