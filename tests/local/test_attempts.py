"""Guessing is limited by account and address together, and more loosely by either: nobody locks another out."""

from riskkit.local.attempts import Attempts


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_an_account_has_its_tries_in_a_window():
    clock = Clock()
    attempts = Attempts(pair=3, clock=clock)
    assert [attempts.begin("a", "x") for _ in range(5)] == [True] * 3 + [False] * 2
    clock.now = attempts.window + 1
    assert attempts.begin("a", "x")


def test_many_addresses_share_what_an_account_has():
    attempts = Attempts(clock=Clock())
    assert sum(attempts.begin("a", f"10.0.{i % 50}.1") for i in range(1000)) == attempts.account


def test_an_attacker_elsewhere_does_not_lock_the_owner_out():
    attempts = Attempts(clock=Clock())
    for _ in range(1000):
        attempts.begin("owner", "attacker")
    assert attempts.begin("owner", "home")


def test_success_gives_the_tries_back():
    attempts = Attempts(clock=Clock())
    for _ in range(3 * attempts.account):
        assert attempts.begin("a", "x")
        attempts.succeeded("a", "x")


def test_an_owners_success_does_not_free_an_attackers_address():
    attempts = Attempts(clock=Clock())
    while attempts.begin("owner", "attacker"):
        pass
    assert attempts.begin("owner", "home")
    attempts.succeeded("owner", "home")
    assert not attempts.begin("owner", "attacker")


def test_past_the_addresss_limit_each_account_keeps_one_try():
    attempts = Attempts(clock=Clock())
    for i in range(attempts.address):
        assert attempts.begin(f"guessed{i}", "x")
    assert attempts.begin("neighbour", "x")
    assert not attempts.begin("neighbour", "x")
    assert not attempts.begin("guessed3", "x")
    assert attempts.begin("guessed3", "elsewhere")
