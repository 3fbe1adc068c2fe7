"""Errors are sentences for people; the traceback is the log's."""

import logging

import pytest

from riskkit.errors import InputError, InputErrors, MarketDataError, NotSignedIn, Unavailable
from riskkit.widgets.status import Status, sentence


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("as_of", "2020-02-30", "a date"), "As of: 2020-02-30 cannot be used; expected a date."),
        (MarketDataError("AAPL", "no data", "levels up to 2020-03-16"), "AAPL"),
        (InputErrors([InputError("a", 1, "x"), InputError("b", 2, "y")]), "B: 2 cannot be used; expected y."),
        (NotSignedIn(), "Nobody is signed in"),
        (Unavailable("The database does not answer."), "The database does not answer."),
    ],
)
def test_a_known_error_is_said_in_full(error, said):
    assert said in sentence(error)


def test_an_unforeseen_error_gets_a_number_and_its_traceback_goes_to_the_log(monkeypatch):
    records = []
    monkeypatch.setattr(logging.getLogger("riskkit.notebook"), "handle", records.append)
    said = sentence(KeyError("secret detail"))
    assert "secret detail" not in said
    (record,) = records
    assert record.exc_info[0] is KeyError
    assert record.getMessage().split()[-1] in said


def test_what_an_error_quotes_is_escaped_and_cut():
    status = Status()
    status.error(InputError("portfolio", "<script>alert(1)</script>" + "x" * 5000, "one of yours"))
    assert "<script>" not in status.banner.value
    assert len(status.banner.value) < 400
    assert 'role="alert"' in status.banner.value
    status.clear()
    assert status.banner.value == ""


def test_working_is_shown_to_everyone():
    status = Status()
    status.busy(True)
    assert 'role="progressbar"' in status.progress.value
    status.busy(False)
    assert "progressbar" not in status.progress.value
