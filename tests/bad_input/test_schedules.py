"""Rows 71 to 78: what a report's file may not say of its schedule, and what becomes of the days it cannot serve."""

from datetime import UTC, datetime, timedelta

import pytest

from riskkit.errors import InputError
from riskkit.parameters.schedule_fields import timetable
from riskkit.parameters.yaml_file import parse_yaml
from riskkit.schedules import Misfire, Timetable, due, slots

BAD = {
    71: ("cron", ["'* * * *'", "61 * * * *", "''", "'@every 1s'", "a b c d e", "1-99 * * * *", "'*/0 * * * *'",
                  "'@daily'", "0 24 * * *", "0 0 0 * *", "１５ 18 * * *", '"0 0\\n* * *"']),
    72: ("cron", ["'* * 31 2 *'", "0 0 30 2 *", "0 0 31 4,6 *"]),
    73: ("cron", ["'* * * * * * *'", "'* * * * * *'", "0 0 0 1 1 MON 2026"]),
    74: ("timezone", ["Mars/X", "EST5", "../etc", "''", "Etc/GMT+5", "posix/America/New_York", "america/new_york",
                      "EST", "Japan"]),
    76: ("cron", ["'* * * * *'", "'*/5 * * * *'", "0,30,45 * * * *"]),
    77: ("calendar", ["MOON", "NYSE2", "''", "../XNYS", "[XNYS]", "CME_Equity"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "text"),
    [pytest.param(field, text, id=f"{row} {text}") for row, (field, texts) in BAD.items() for text in texts],
)
def test_a_schedule_that_cannot_be_is_refused_at_its_line(field, text):
    given = {"cron": "15 18 * * *", "timezone": "America/New_York", "calendar": "XNYS", field: text}
    written = "\n".join(f"{name}: {value}" for name, value in given.items())
    with pytest.raises(InputError) as refused:
        timetable(parse_yaml(written, "var.yml"))
    line = list(given).index(field) + 1
    assert (refused.value.field, refused.value.source, refused.value.line) == (field, "var.yml", line)


@pytest.mark.parametrize(
    ("cron", "day", "expected"),
    [
        pytest.param("30 2 * * *", "2026-03-08", ["03:00 EDT"], id="75 a time in the gap"),
        pytest.param("30 1 * * *", "2026-11-01", ["01:30 EDT"], id="75 a time in the fold"),
    ],
)
def test_a_change_of_clocks_fires_once(cron, day, expected):
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    found = slots(Timetable(cron, "America/New_York"), start, start + timedelta(days=1))
    assert [f"{one.local:%H:%M %Z}" for one in found] == expected


@pytest.mark.parametrize(
    ("day", "outcome", "note", "as_of"),
    [
        pytest.param("2026-04-03", "skipped_holiday", "Good Friday", None, id="77 a holiday is on record"),
        pytest.param("2026-11-27", "enqueued", "early close", "2026-11-27", id="77 a half day closes early"),
    ],
)
def test_a_calendar_is_respected(day, outcome, note, as_of):
    at = datetime.fromisoformat(f"{day}T18:30+00:00")
    (decision,) = due(Timetable("30 13 * * *", "America/New_York", "XNYS"), at - timedelta(hours=6), at)
    found = (decision.outcome, decision.slot.note, decision.slot.as_of and str(decision.slot.as_of))
    assert found == (outcome, note, as_of)


@pytest.mark.parametrize("cap", [pytest.param(1, id="78 cap 1"), pytest.param(10, id="78 cap 10")])
def test_ten_thousand_missed_instants_are_capped_and_the_rest_recorded(cap):
    often = Timetable("*/30 * * * *", "UTC", misfire=Misfire("all", cap, grace_minutes=1))
    now = datetime(2024, 5, 13, 0, 2, tzinfo=UTC)
    found = [one.outcome for one in due(often, now - timedelta(minutes=300_000), now)]
    assert found == ["coalesced"] * (10_000 - cap) + ["enqueued"] * cap
