"""One JSON line a record, ids bound, secrets out, whatever a name or a message holds."""

import io
import json
import logging

import pytest

from riskkit import logs

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.fixture
def log():
    stream = io.StringIO()
    with logs.written(stream):
        yield logging.getLogger("riskkit.test"), lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_its_ids(log):
    logger, lines = log
    with logs.bound(run_id="r1"), logs.bound(request_id="q1"):
        logger.info("valued %d positions", 3, extra={"portfolio": "demo"})
    logger.info("outside")
    first, second = lines()
    assert first | {"time": None} == {
        "time": None, "level": "INFO", "logger": "riskkit.test", "message": "valued 3 positions",
        "portfolio": "demo", "run_id": "r1", "request_id": "q1",
    }  # fmt: skip
    assert "run_id" not in second


def test_a_message_cannot_forge_a_line(log):
    """Bad-input family 58: a new line and a brace in user text stay inside one JSON string."""
    logger, lines = log
    hostile = 'x\n{"level":"info","message":"forged"}\r\u2028'
    logger.info(hostile)
    assert [line["message"] for line in lines()] == [hostile]


@pytest.mark.parametrize(
    ("message", "secret"),
    [
        (f"token {JWT} refused", JWT),
        ("password=hunter2 for quant", "hunter2"),
        ("{'refresh_token': 'abc123xyz'}", "abc123xyz"),
        ("Authorization: Bearer s3cr3tvalue", "s3cr3tvalue"),
        ("postgresql://postgres:pa55@127.0.0.1:5432/postgres", "pa55"),
        ("apikey sb_secret_0123456789abcdef", "sb_secret_0123456789abcdef"),
        ("SERVICE_KEY: verysecret", "verysecret"),
    ],
)
def test_secrets_never_reach_the_stream(log, message, secret):
    logger, lines = log
    try:
        raise RuntimeError(message)
    except RuntimeError:
        logger.exception("failed: %s", message, extra={"detail": {"inner": [message]}, "cookie": secret})
    (line,) = lines()
    assert secret not in json.dumps(line)
    assert line["cookie"] == logs.REDACTED
    assert "RuntimeError" in line["exc_info"]


def test_plain_figures_are_left_alone(log):
    logger, lines = log
    logger.info("VaR 99 % is 1,900,447 USD for atlas/demo as of 2020-03-16")
    assert lines()[0]["message"] == "VaR 99 % is 1,900,447 USD for atlas/demo as of 2020-03-16"
