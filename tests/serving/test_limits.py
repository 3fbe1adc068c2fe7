from riskkit.serving.limits import RateLimit, SignInLimits


def test_the_limit_is_per_key_and_slides():
    now = [0.0]
    limit = RateLimit(3, 60, clock=lambda: now[0])
    for now[0] in (0, 10, 20):
        assert not limit.reached("a")
        limit.record("a")
    assert limit.reached("a")
    assert not limit.reached("b")
    now[0] = 60.5
    assert not limit.reached("a")
    limit.record("a")
    assert limit.reached("a")
    limit.withdraw("a")
    assert not limit.reached("a")
    limit.record("a")
    limit.withdraw("nobody")
    assert limit.reached("a")
    limit.forget("a")
    assert not limit.reached("a")


def test_a_flood_of_keys_is_forgotten():
    now = [0.0]
    limit = RateLimit(3, 60, clock=lambda: now[0])
    for number in range(10_001):
        limit.record(str(number))
    now[0] = 61
    limit.record("x")
    assert len(limit._events) == 1


def test_somebody_elsewhere_does_not_lock_an_account_at_once_but_all_guesses_are_bounded():
    now = [0.0]
    limits, guesses = SignInLimits(lambda: now[0]), 0
    for number in range(40):
        while not limits.held_back("a", f"192.0.2.{number}"):
            limits.attempt("a", f"192.0.2.{number}")
            guesses += 1
        if number == 0:
            assert guesses == 5
            assert not limits.held_back("a", "198.51.100.1")
            assert not limits.held_back("b", "192.0.2.0")
    assert guesses == 50
    assert limits.held_back("a", "198.51.100.1")
    now[0] = 301
    assert not limits.held_back("a", "198.51.100.1")


def test_only_failures_count():
    limits = SignInLimits(lambda: 0.0)
    for end in (limits.succeeded, limits.release):
        for _ in range(200):
            assert not limits.held_back("a", "x")
            limits.attempt("a", "x")
            end("a", "x")


def test_an_owner_who_signs_in_frees_no_guesser():
    limits = SignInLimits(lambda: 0.0)
    for _ in range(5):
        limits.attempt("a", "guesser")
    limits.attempt("a", "owner")
    limits.succeeded("a", "owner")
    assert limits.held_back("a", "guesser")


def test_behind_a_busy_address_each_account_has_a_first_try():
    limits = SignInLimits(lambda: 0.0)
    for number in range(100):
        limits.attempt(f"user{number}", "office")
    assert not limits.held_back("another", "office")
    limits.attempt("another", "office")
    assert limits.held_back("another", "office")
