"""Two runs side by side on a page, from the files that the reader may read: the causes of `riskkit runs diff`."""

from datetime import date

import pytest

from riskkit.panels.runs.compare import compare, drawn
from riskkit.runs.attribution import attribute
from riskkit.runs.objects import Objects
from tests.runs.test_attribution import made


class Shelf:
    """Runs and their files, as a store tells them to who may see them."""

    def __init__(self, objects, *records, hidden=""):
        self._objects, self._records, self._hidden = objects, {one.id: one for one in records}, hidden

    def run(self, run_id):
        return self._records[run_id]

    def read_file(self, team_id, artifact):
        assert team_id == "t"
        return None if artifact.name == self._hidden else self._objects.path(artifact).read_bytes()


@pytest.fixture
def two(tmp_path):
    objects = Objects(tmp_path / "objects")
    one = made(objects, tmp_path / "one", {"AAA": 10.0}, date(2020, 5, 29))
    return objects, one, made(objects, tmp_path / "two", {"AAA": 10.0, "BBB": 5.0}, date(2020, 6, 1), seed=1)


def test_the_causes_are_those_of_the_command_line(two):
    objects, one, other = two
    found = compare(Shelf(objects, one, other), one.id, other.id)
    wanted = attribute(objects, one, other)
    assert list(found.change.effects["var"]) == list(wanted.effects["var"])
    shown = str(drawn(found))
    for effect, var in zip(wanted.effects["effect"], wanted.effects["var"], strict=True):
        assert f">{effect.capitalize()}<" in shown
        assert f'data-value="{float(var)!r}"' in shown
    assert "portfolio.json" in shown


def test_inputs_that_cannot_be_read_leave_the_rest_and_say_why(two):
    objects, one, other = two
    found = compare(Shelf(objects, one, other, hidden="inputs/history.npz"), one.id, other.id)
    assert found.change is None
    assert "history.npz" in found.why_not
    assert "The change of VaR is not attributed" in str(drawn(found))
    assert found.facts
