"""Passwords are hashed with salt and parameters, and matched without telling who exists."""

from riskkit.local.passwords import hash_password, matches


def test_a_hash_matches_its_password_only():
    known = hash_password("pässword")
    assert known.startswith("scrypt$16384$8$5$")
    assert matches("pässword", known)
    assert not matches("passwort", known)
    assert known != hash_password("pässword")


def test_nobodys_password_matches_nothing():
    assert not matches("", None)
    assert not matches("\ud800", None)
