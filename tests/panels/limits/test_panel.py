"""What approvers do on the page on limits."""

import threading
import time
from datetime import date
from types import SimpleNamespace

import pytest

from riskkit.errors import Conflict
from riskkit.panels.desk import Desk
from riskkit.panels.limits.panel import LimitsPanel
from riskkit.store.memory import MemoryDatabase, MemoryStore


class Kept:
    """Limits that take their time to end one."""

    def __init__(self):
        self.gate, self.ended = threading.Event(), []

    def end(self, limit_id, valid_to):
        assert self.gate.wait(30)
        if limit_id in self.ended:
            raise Conflict("Somebody else changed the same thing.")
        self.ended.append(limit_id)


@pytest.fixture
def panel():
    """A panel on which the limit `l` is chosen, whose page is refreshed into `refreshed`."""
    database, refreshed = MemoryDatabase(), []
    store = MemoryStore(database, "ann@atlas.example")
    made = LimitsPanel(Desk(store, lambda values: None, lambda: refreshed.append(1), print))
    made.refreshed, made._limits, made._shown = refreshed, Kept(), SimpleNamespace()
    made.setting._limits = {"limit l": SimpleNamespace(id="l", limit=SimpleNamespace(soft=None, hard=1.0))}
    made.setting.which.options = [("L", "limit l")]
    made.setting.which.value, made.setting.first.value = "limit l", date(2020, 1, 2)
    return made


def test_a_button_that_is_pressed_twice_writes_once(panel):
    end, line = panel.setting.end_button, panel.setting.line
    end.click()
    end.click()
    panel._limits.gate.set()
    for presses in (1, 2):
        deadline = time.monotonic() + 30
        while len(panel.refreshed) < 1 or any(one.name == "riskkit-limits" for one in threading.enumerate()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        said = "The limit has ended." if presses == 1 else "Somebody else"
        assert said in line.value
        end.click()
    assert panel._limits.ended == ["l"]
