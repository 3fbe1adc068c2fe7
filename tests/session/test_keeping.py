"""Where a sign-in is kept: the keyring where there is one, else a file of this user's."""

import json
import stat
import time

import keyring
import pytest
from keyring.backends import fail, null

from riskkit import session
from riskkit.errors import NotSignedIn, Unavailable
from riskkit.session import keeping
from riskkit.session.tokens import Tokens
from riskkit.settings import Settings

TOKENS = Tokens("http://x", "a@b.example", "u1", "access-secret", "refresh-secret", time.time() + 3600)


@pytest.fixture
def settings(tmp_path):
    """No server is asked here."""
    (tmp_path / "home").mkdir()
    return Settings(tmp_path, tmp_path / "home", "http://x", "key")


def in_file(settings):
    return (settings.home / "session.json").read_text()


def test_with_a_keyring_no_token_is_in_the_file(settings, drawer):
    keeping.write(settings, TOKENS)
    assert keeping.read(settings) == TOKENS
    assert "secret" not in in_file(settings)
    assert json.loads(in_file(settings))["email"] == "a@b.example"
    assert len(drawer.kept) == 1
    assert keeping.place(settings) == "the system's keyring (Drawer)"
    keeping.forget(settings)
    assert drawer.kept == {}
    assert keeping.read(settings) is None
    assert keeping.place(settings) == "nowhere"


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_a_keyring_that_keeps_nothing_is_none(settings, drawer, backend):
    keyring.set_keyring(backend())
    keeping.write(settings, TOKENS)
    assert keeping.read(settings) == TOKENS
    assert stat.S_IMODE((settings.home / "session.json").stat().st_mode) == 0o600
    assert keeping.place(settings).endswith("session.json, which only you can read (no keyring here)")


def test_a_keyring_that_is_locked_leaves_it_to_the_file(settings, drawer):
    drawer.locked = True
    keeping.write(settings, TOKENS)
    assert keeping.read(settings) == TOKENS
    assert drawer.kept == {}


def test_homes_do_not_share_a_sign_in(settings, drawer, tmp_path):
    keeping.write(settings, TOKENS)
    (tmp_path / "other").mkdir()
    other = Settings(tmp_path, tmp_path / "other", "http://x", "key")
    assert keeping.read(other) is None
    keeping.write(other, Tokens(**{**vars(TOKENS), "email": "c@d.example"}))
    assert keeping.read(settings) == TOKENS
    keeping.forget(other)
    assert keeping.read(settings) == TOKENS


def test_a_keyring_that_is_gone_is_said_and_one_that_was_emptied_is_no_session(settings, drawer):
    keeping.write(settings, TOKENS)
    keyring.set_keyring(fail.Keyring())
    with pytest.raises(Unavailable, match=r"a@b\.example is in a keyring \(Drawer\) that is not there now"):
        session.current(settings)
    keyring.set_keyring(drawer)
    drawer.kept.clear()
    with pytest.raises(NotSignedIn, match="riskkit login"):
        session.current(settings)


def test_a_file_of_before_is_replaced_by_the_keyring(settings, drawer):
    drawer.locked = True
    keeping.write(settings, TOKENS)
    assert "secret" in in_file(settings)
    drawer.locked = False
    keeping.write(settings, TOKENS)
    assert "secret" not in in_file(settings)
