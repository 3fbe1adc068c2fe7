"""A schedule's faults name line and field."""

import pytest

from riskkit.errors import InputError
from riskkit.parameters.schedule_fields import timetable
from riskkit.parameters.yaml_file import parse_yaml
from riskkit.schedules import Misfire, Timetable

GOOD = """cron: 15 18 * * MON-FRI
timezone: America/New_York
calendar: XNYS
roll: previous
as_of: previous_close
misfire:
  policy: all
  cap: 3
  grace_minutes: 90
"""


def test_a_schedule_is_read():
    expected = Timetable(
        "15 18 * * MON-FRI", "America/New_York", "XNYS", "previous", "previous_close", Misfire("all", 3, 90)
    )
    assert timetable(parse_yaml(GOOD, "var.yml")) == expected


def test_a_misfire_policy_alone():
    assert timetable(parse_yaml("cron: 0 7 * * *\ntimezone: UTC\nmisfire: skip", "var.yml")).misfire == Misfire("skip")


@pytest.mark.parametrize(
    ("old", "new", "field", "place"),
    [
        ("15 18 * * MON-FRI", "15 18 * *", "cron", (1, 7)),
        ("15 18 * * MON-FRI", "0 0 30 2 *", "cron", (1, 7)),
        ("15 18 * * MON-FRI", "0 * * * * *", "cron", (1, 7)),
        ("America/New_York", "Mars/X", "timezone", (2, 11)),
        ("XNYS", "NYSE2", "calendar", (3, 11)),
        ("roll: previous", "roll: back", "roll", (4, 7)),
        ("previous_close", "today", "as_of", (5, 8)),
        ("policy: all", "policy: never", "misfire", (7, 11)),
        ("cap: 3", "cap: 0", "cap", (8, 8)),
        ("cap: 3", "cap: 1.5", "cap", (8, 8)),
        ("cap: 3", "cap: yes", "cap", (8, 8)),
        ("grace_minutes: 90", "grace: 90", "grace", (9, 10)),
        ("timezone: America/New_York\n", "", "timezone", (1, 1)),
    ],
)
def test_each_fault_names_field_line_and_column(old, new, field, place):
    assert old in GOOD
    with pytest.raises(InputError) as refused:
        timetable(parse_yaml(GOOD.replace(old, new), "var.yml"))
    assert (refused.value.field, refused.value.line, refused.value.column) == (field, *place)
    assert refused.value.source == "var.yml"
