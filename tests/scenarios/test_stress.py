"""Shocks and scenarios refuse what cannot be meant."""

import math
from datetime import date

import pytest

from riskkit.errors import InputError
from riskkit.scenarios import Shock, StressScenario, choose

CRASH = Shock("kind:equity", -0.2, "relative")
WINDOW = (date(2020, 2, 19), date(2020, 3, 23))


def test_a_total_loss_is_allowed_and_no_more() -> None:
    assert Shock("kind:equity", -1.0, "relative").size == -1.0
    with pytest.raises(InputError, match=r"size: got -1\.5"):
        Shock("ABC", -1.5, "relative")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("kind", ("ABC", 0.1, "percent")),
        ("target", ("", 0.1, "relative")),
        ("target", ("kind:bond", 0.1, "relative")),
        ("target", ("currency:dollar", 0.1, "relative")),
        ("size", ("ABC", math.nan, "relative")),
        ("size", ("ABC", math.inf, "absolute")),
        ("size", ("ABC", "0.1", "relative")),
        ("size", ("ABC", True, "relative")),
        ("size", ("currency:USD", 0.1, "absolute")),
        ("size", ("currency:USD", -1.0, "relative")),
    ],
)
def test_bad_shocks(field: str, values: tuple) -> None:
    with pytest.raises(InputError) as caught:
        Shock(*values)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("window", {}),
        ("window", {"window": WINDOW, "shocks": (CRASH,)}),
        ("window", {"window": WINDOW[::-1]}),
        ("window", {"window": (WINDOW[0], WINDOW[0])}),
        ("window", {"window": ("2020-02-19", "2020-03-23")}),
        ("shocks", {"shocks": (CRASH, CRASH)}),
        ("name", {"name": "COVID 2020", "window": WINDOW}),
    ],
)
def test_bad_scenarios(field: str, terms: dict) -> None:
    with pytest.raises(InputError) as caught:
        StressScenario(**({"name": "covid", "title": "Covid", "source": "data"} | terms))
    assert caught.value.field == field


def test_choose() -> None:
    crash = StressScenario("crash", "Crash", "invented", shocks=(CRASH,))
    covid = StressScenario("covid", "Covid", "data", window=WINDOW)
    assert choose([crash, covid], "all") == (crash, covid)
    assert choose([crash, covid], "covid, crash") == (covid, crash)
    assert choose([crash, covid], "covid,covid") == (covid,)
    for wanted in ("lehman", "covid,lehman", ",", ""):
        with pytest.raises(InputError, match="names from crash, covid"):
            choose([crash, covid], wanted)
