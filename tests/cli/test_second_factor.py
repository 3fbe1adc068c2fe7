"""`riskkit second-factor`, and `riskkit login` with one."""

import os
import pty
import re
import subprocess
import sys
import time
import uuid

import pyotp
import pytest

from riskkit.local.client import service_client

PASSWORD = "riskkit-demo"


@pytest.fixture
def email(demo_stack):
    """A user in no team."""
    address = f"{uuid.uuid4().hex[:10]}@nowhere.example"
    with service_client(demo_stack.keys()) as service:
        service.auth.admin.create_user({"email": address, "password": PASSWORD, "email_confirm": True})
    return address


class App:
    """An authenticator app whose every code is a new one."""

    def __init__(self, secret):
        self.totp, self.used = pyotp.TOTP(secret), 0

    def code(self):
        # The one before this one, as long as that holds for twenty seconds more.
        step = max(int(time.time() + 20) // 30 - 1, self.used + 1)
        while step > int(time.time()) // 30 + 1:
            time.sleep(1)
        self.used = step
        return self.totp.at(30 * step)


def read_until(terminal, text=None):
    """What the terminal shows until the text, or until its other end is closed; a read may end inside a character."""
    shown = b""
    while text is None or text not in shown.decode(errors="ignore"):
        try:
            read = os.read(terminal, 65536)
        except OSError:  # closed, says Linux
            read = b""
        if not read:
            assert text is None, shown
            break
        shown += read
    return shown.decode()


def enrol(name):
    """Run the command at a terminal, and answer with a wrong code and a right one: what was shown, and the app."""
    terminal, slave = pty.openpty()
    command = [sys.executable, "-m", "riskkit", "second-factor", "enrol", "--name", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=slave, stderr=subprocess.PIPE, text=True) as process:
        os.close(slave)
        shown = read_until(terminal, "Code that the app shows")
        app = App(re.search(r"\s\s([A-Z2-7]{4}( [A-Z2-7]{1,4})+)\s", shown)[1].replace(" ", ""))
        _, err = process.communicate(f"000000\n{app.code()}\n", timeout=60)
        assert process.returncode == 0, err
        assert "That code is not right" in err
    shown += read_until(terminal)
    os.close(terminal)
    return shown, app


def test_enrol_sign_in_with_a_code_and_remove(riskkit, email):
    def login(*options):
        return riskkit("login", "--email", email, "--password-stdin", *options, stdin=PASSWORD)

    assert login()[0] == 0
    assert "No second factor yet" in riskkit("second-factor", "list")[1]
    shown, app = enrol("Phone")
    assert "█" in shown or "▀" in shown, "a QR code"
    assert "Phone is set up" in shown
    assert re.fullmatch(r"Phone  since \d{4}-\d\d-\d\d\n", riskkit("second-factor", "list")[1])
    riskkit("logout")

    code, _, err = login()
    assert (code, "code: got 'nothing'; expected the six digits" in err) == (2, True)
    code, _, err = login("--code", "12345")
    assert code == 2
    assert riskkit("second-factor", "list")[0] == 3, "half a sign-in is none"
    right = app.code()
    code, out, _ = login("--code", right)
    assert (code, out.splitlines()[0]) == (0, f"Signed in as {email}, with a second factor.")
    assert "a password and a second factor (aal2)" in riskkit("whoami")[1]
    assert login("--code", right)[0] == 2, "a code works once"

    assert riskkit("second-factor", "remove", "Tablet", "--code", "000000")[0] == 2
    code, out, err = riskkit("second-factor", "remove", "Phone", "--code", app.code())
    assert (code, out) == (0, "Phone is removed.\n"), err
    assert "No second factor yet" in riskkit("second-factor", "list")[1]
    assert login()[0] == 0
