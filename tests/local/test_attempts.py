"""Guessing is limited by account, and by address without locking out its other users."""

from riskkit.local.attempts import PER_ACCOUNT, PER_ADDRESS, WINDOW, Attempts


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_an_account_has_ten_tries_in_a_window():
    clock = Clock()
    attempts = Attempts(clock)
    assert [attempts.begin("a", "x") for _ in range(PER_ACCOUNT + 2)] == [True] * PER_ACCOUNT + [False] * 2
    clock.now = WINDOW + 1
    assert attempts.begin("a", "x")


def test_addresses_that_change_do_not_help():
    attempts = Attempts(Clock())
    assert sum(attempts.begin("a", f"10.0.0.{i}") for i in range(1000)) == PER_ACCOUNT


def test_success_gives_the_tries_back():
    attempts = Attempts(Clock())
    for _ in range(3 * PER_ACCOUNT):
        assert attempts.begin("a", "x")
        attempts.succeeded("a", "x")


def test_past_the_addresss_limit_each_account_keeps_one_try():
    attempts = Attempts(Clock())
    for i in range(PER_ADDRESS):
        assert attempts.begin(f"guessed{i}", "x")
    assert attempts.begin("neighbour", "x")
    assert not attempts.begin("neighbour", "x")
    assert not attempts.begin("guessed3", "x")
    assert attempts.begin("guessed3", "elsewhere")
