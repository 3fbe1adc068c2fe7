"""A keyring that works here, for sign-ins that are kept in one."""

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError, PasswordSetError

from riskkit.settings import Settings


class Drawer(KeyringBackend):
    """Keeps secrets in this process; locked, it takes none."""

    priority = 5
    name = "Drawer"

    def __init__(self):
        super().__init__()
        self.kept, self.locked = {}, False

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.locked:
            raise PasswordSetError("locked")
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if (service, username) not in self.kept:
            raise PasswordDeleteError("nothing there")
        del self.kept[service, username]


@pytest.fixture
def drawer():
    """The system's keyring, for one test."""
    before = keyring.get_keyring()
    made = Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def settings(stack, tmp_path):
    keys = stack.keys()
    return Settings(tmp_path, tmp_path / "home", keys.url, keys.anon_key)
