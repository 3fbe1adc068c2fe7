"""Down for three days over a change of clocks and a holiday: exactly the policy's slots."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.schedules import Misfire, Timetable, due

#: Good Friday 2 April 2027 is preceded by the change of clocks in New York on 14 March; 2024 has Easter (29 March)
#: with London's change of clocks on 31 March and Easter Monday: four days down over both.
DOWN, BACK = datetime(2024, 3, 28, 12, tzinfo=UTC), datetime(2024, 4, 2, 12, tzinfo=UTC)


def decisions(misfire, down=DOWN, back=BACK):
    timetable = Timetable("0 18 * * *", "Europe/London", "XLON", misfire=misfire)
    return [(f"{one.slot.at:%m-%d %H:%M}", one.outcome) for one in due(timetable, down, back)]


HOLIDAYS = [("03-29 18:00", "skipped_holiday"), ("03-30 18:00", "skipped_holiday"),
            ("03-31 17:00", "skipped_holiday"), ("04-01 17:00", "skipped_holiday")]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "thursday"), [("skip", "skipped_misfire"), ("coalesce", "enqueued"), ("all", "enqueued")]
)
def test_over_easter_and_the_change_of_clocks(policy, thursday):
    assert decisions(Misfire(policy)) == [("03-28 18:00", thursday), *HOLIDAYS]


@pytest.mark.parametrize(
    ("misfire", "outcomes"),
    [
        (Misfire("skip"), ["skipped_misfire"] * 3),
        (Misfire("coalesce"), ["coalesced", "coalesced", "enqueued"]),
        (Misfire("all"), ["enqueued"] * 3),
        (Misfire("all", cap=2), ["coalesced", "enqueued", "enqueued"]),
    ],
)
def test_three_missed_days(misfire, outcomes):
    found = decisions(misfire, datetime(2024, 5, 13, 20, tzinfo=UTC), datetime(2024, 5, 17, 12, tzinfo=UTC))
    assert [outcome for _, outcome in found] == outcomes


@pytest.mark.parametrize("policy", ["skip", "coalesce", "all"])
def test_a_slot_within_its_grace_has_not_been_missed(policy):
    late = datetime(2024, 5, 13, 17, 30, tzinfo=UTC)
    assert decisions(Misfire(policy), late - timedelta(hours=2), late) == [("05-13 17:00", "enqueued")]


def test_ten_thousand_missed_slots_are_capped_and_the_rest_recorded():
    often = Timetable("*/30 * * * *", "UTC", misfire=Misfire("all", cap=10, grace_minutes=1))
    now = datetime(2024, 5, 13, 0, 2, tzinfo=UTC)
    found = due(often, now - timedelta(minutes=300_000), now)
    assert [one.outcome for one in found] == ["coalesced"] * 9_990 + ["enqueued"] * 10


@given(
    policy=st.sampled_from(["skip", "coalesce", "all"]),
    cap=st.integers(1, 5),
    days=st.integers(1, 12),
    killed_after=st.integers(0, 30),
)
def test_a_scheduler_killed_between_two_slots_leaves_the_others_as_they_were(policy, cap, days, killed_after):
    timetable = Timetable("0 7,18 * * *", "Europe/London", "XLON", misfire=Misfire(policy, cap))
    whole = due(timetable, BACK - timedelta(days=days), BACK)
    decided = whole[:killed_after]
    cursor = decided[-1].slot.at if decided else BACK - timedelta(days=days)
    assert decided + due(timetable, cursor, BACK) == whole


def test_a_scheduler_that_looks_again_finds_nothing():
    assert decisions(Misfire(), BACK, BACK) == []


@pytest.mark.parametrize(
    ("field", "bad"), [("misfire", {"policy": "never"}), ("cap", {"cap": 0}), ("cap", {"cap": True}),
                       ("grace_minutes", {"grace_minutes": 1.5})],
)  # fmt: skip
def test_bad_policies_name_their_field(field, bad):
    with pytest.raises(InputError) as refused:
        Misfire(**bad)
    assert refused.value.field == field
