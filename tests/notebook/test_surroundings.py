"""A notebook finds its face by itself, and the log stays off the page."""

import logging

import pytest

from riskkit.notebook.surroundings import Surroundings
from riskkit.settings import Settings


@pytest.mark.parametrize(
    ("environment", "face"),
    [({}, "lab"), ({"RISKKIT_BROKER": "/run/broker.sock"}, "dashboard"), ({"RISKKIT_RUN_DIR": "/runs/1"}, "report"),
     ({"RISKKIT_RUN_DIR": "/runs/1", "RISKKIT_BROKER": "/run/broker.sock"}, "report")],
)  # fmt: skip
def test_the_face_is_what_lies_around(environment, face, tmp_path):
    settings = Settings.load({"RISKKIT_PROJECT": str(tmp_path), **environment})
    assert Surroundings(settings, lambda: None).face == face


def test_finding_them_opens_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("RISKKIT_PROJECT", str(tmp_path))
    before = list(logging.getLogger("riskkit").handlers)
    try:
        around = Surroundings.here()
        assert around.settings.project == tmp_path
        assert len(logging.getLogger("riskkit").handlers) == max(len(before), 1)
    finally:
        logging.getLogger("riskkit").handlers[:] = before
        logging.getLogger("riskkit").propagate = True
