import stat

import pytest

from riskkit.demo.books import PASSWORD


def test_sign_in_say_who_sign_out(riskkit, tmp_path):
    assert riskkit("whoami")[0] == 3
    code, out, _ = riskkit("login", "--email", "quant@atlas.example", "--password-stdin", stdin=PASSWORD + "\n")
    saved = tmp_path / "home" / "session.json"
    kept = f"Kept in {saved}, which only you can read (no keyring here).\n"
    assert (code, out) == (0, "Signed in as quant@atlas.example.\n" + kept)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert PASSWORD not in saved.read_text()
    code, out, _ = riskkit("whoami")
    assert (code, out) == (
        0,
        "quant@atlas.example, signed in with a password (aal1)\n  atlas: analyst (changes books and prices)\n",
    )
    assert riskkit("logout")[1] == "Signed out quant@atlas.example.\n"
    assert riskkit("logout")[1] == "Nobody was signed in.\n"
    code, _, err = riskkit("whoami")
    assert code == 3
    assert "riskkit login" in err


def test_a_wrong_password_is_one_line_and_does_not_say_which_was_wrong(riskkit):
    lines = []
    for email in ("quant@atlas.example", "nobody@atlas.example"):
        code, out, err = riskkit("login", "--email", email, "--password-stdin", stdin="wrong-password\n")
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert "wrong-password" not in err
        lines.append(err.replace(email, "…"))
    assert lines[0] == lines[1]


@pytest.mark.parametrize("password", ["", "x" * 5000, "a\x00b"])
def test_passwords_that_are_none(riskkit, password):
    code, _, err = riskkit("login", "--email", "quant@atlas.example", "--password-stdin", stdin=password)
    assert code == 2
    assert "1 to 1000 characters" in err


def test_the_password_alone_is_read_from_standard_input(riskkit):
    code, _, err = riskkit("login", "--password-stdin", stdin=PASSWORD)
    assert code == 2
    assert "--email" in err


def test_without_a_supabase_the_remedy_is_told(riskkit, monkeypatch):
    monkeypatch.delenv("SUPABASE_URL")
    for command in ("login", "whoami"):
        code, _, err = riskkit(command)
        assert code in (1, 3)
        assert "riskkit local start" in err or "riskkit login" in err
