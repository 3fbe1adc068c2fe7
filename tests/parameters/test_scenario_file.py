from datetime import date
from pathlib import Path

import pytest

from riskkit.errors import InputError, InputErrors
from riskkit.parameters.scenario_file import load_scenario, load_scenarios

PROJECT = Path(__file__).parents[2]
GOOD = """title: A bad day
source: The record of that day
description: What happened
shocks:
  - target: kind:equity
    size: -0.2
    kind: relative
  - target: AAPL
    size: 0.15
    kind: absolute
"""
WINDOW = """title: A bad month
source: The record of that month
window: {start: 2008-09-12, end: 2008-10-10}
"""


def test_the_projects_scenarios_are_sound():
    scenarios = {scenario.name: scenario for scenario in load_scenarios(PROJECT / "parameters" / "scenarios")}
    assert len(scenarios) >= 10
    assert all(scenario.title and scenario.source and scenario.description for scenario in scenarios.values())
    assert scenarios["covid_2020"].window == (date(2020, 2, 19), date(2020, 3, 23))
    assert [(s.target, s.size, s.kind) for s in scenarios["equities_down_20_vol_up_15"].shocks] == [
        ("kind:equity", -0.2, "relative"),
        ("kind:volatility", 0.15, "absolute"),
    ]
    assert scenarios["black_monday_1987"].shocks[0].size == -0.2047
    assert scenarios["rates_up_200bp"].shocks[0].size == 0.02


def test_shocks_and_windows_are_read(tmp_path):
    (tmp_path / "bad_day.yml").write_text(GOOD)
    (tmp_path / "bad_month.yml").write_text(WINDOW)
    day, month = load_scenarios(tmp_path)
    assert (day.name, day.title, day.window) == ("bad_day", "A bad day", None)
    assert [shock.target for shock in day.shocks] == ["kind:equity", "AAPL"]
    assert month.window == (date(2008, 9, 12), date(2008, 10, 10))
    assert month.shocks == ()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("size: -0.2\n", "size: -1.5\n", "6:11"),
        ("size: -0.2\n", "size: -20%\n", "6:11"),
        ("size: -0.2\n", "size: 1e400\n", "6:11"),
        ("size: -0.2\n", "size: .nan\n", "6:11"),
        ("size: -0.2\n", "size: 20\n", "6:11"),
        ("size: -0.2\n", "size: [1]\n", "6:11"),
        ("    size: -0.2\n", "", "5:5"),
        ("kind:equity", "kind:crypto", "5:13"),
        ("kind:equity", "currency:usd", "5:13"),
        ("kind:equity", "AAPL", "8:5"),
        ("AAPL", "=A1", "8:13"),
        ("kind: relative", "kind: percent", "7:11"),
        ("title: A bad day", "title: 'a\x7fb'", None),
        ("source: The record of that day\n", "", "1:1"),
        ("description: What happened", "description: [x]", "3:14"),
        ("description: What happened", "colour: red", "3:9"),
    ],
)
def test_each_fault_names_file_line_and_column(tmp_path, old, new, place):
    path = tmp_path / "bad_day.yml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}:{place}: " if place else f"{path}: ")


@pytest.mark.parametrize(
    "window",
    [
        "{start: 2008-10-10, end: 2008-09-12}",
        "{start: 2008-10-10}",
        "[2008-09-12, 2008-10-10]",
        "all",
        "{start: 2008-02-30, end: 2008-10-10}",
        "{start: 2008-9-12, end: 2008-10-10}",
        "{start: 2008-10-10, end: 2008-10-10}",
    ],
)
def test_windows_that_are_none(tmp_path, window):
    path = tmp_path / "bad_month.yml"
    path.write_text(WINDOW.replace("{start: 2008-09-12, end: 2008-10-10}", window))
    with pytest.raises(InputError):
        load_scenario(path)


def test_all_is_lost_is_allowed(tmp_path):
    path = tmp_path / "bad_day.yml"
    path.write_text(GOOD.replace("size: -0.2", "size: -1"))
    assert load_scenario(path).shocks[0].size == -1.0


def test_a_window_or_shocks_but_never_both_and_never_none(tmp_path):
    path = tmp_path / "bad_day.yml"
    for text in (GOOD + "window: {start: 2008-09-12, end: 2008-10-10}\n", "title: x\nsource: y\n"):
        path.write_text(text)
        with pytest.raises(InputError, match="either a window or shocks"):
            load_scenario(path)


def test_every_faulty_file_is_told(tmp_path):
    (tmp_path / "a.yml").write_text("[]")
    (tmp_path / "b.yml").write_text("title: x")
    (tmp_path / "B.yml").write_text(GOOD)
    with pytest.raises(InputErrors) as caught:
        load_scenarios(tmp_path)
    assert len(caught.value.errors) == 3
