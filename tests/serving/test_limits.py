from riskkit.serving.limits import RateLimit


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
