"""Schedules as a signed-in user reads and writes them, over REST."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from riskkit.errors import Conflict, Forbidden, InputError
from riskkit.schedules import Misfire, Timetable
from riskkit.scheduling.backfill import past_slots
from riskkit.store.schedules import Plan, Schedules

WHEN = Timetable("15 18 * * MON-FRI", "America/New_York", "XNYS", "previous", "previous_close", Misfire("all", 3, 90))
PLAN = Plan(WHEN, "nightly", {"confidence_level": 0.975, "note": "a <b>"}, ("*",), 2, 3, 600)


@pytest.fixture
def clerk(supabase_place, stack, request):
    """The schedules as a user sees them: `clerk("quant")`."""
    keys, opened = stack.keys(), []

    def as_user(user):
        opened.append(Schedules(keys.url, keys.anon_key, supabase_place.store(user)._access_token))
        return opened[-1]

    yield as_user
    for one in opened:
        one.close()


@pytest.fixture
def kept(clerk, supabase_place, request):
    """A schedule of the quant's."""
    team, name = supabase_place.team("ours"), f"s{abs(hash(request.node.name)) % 10**9}"
    quant = clerk("quant")
    quant.add(quant.team_ids([team])[team], name, PLAN)
    return next(one for one in quant.schedules() if one.name == name)


def test_what_was_written_is_what_is_read(kept, clerk):
    assert kept.plan == PLAN
    assert (kept.enabled, kept.revision, kept.path) == (True, 1, f"{kept.team}/{kept.name}")
    assert kept.id in [one.id for one in clerk("viewer").schedules()]
    assert kept.id not in [one.id for one in clerk("other").schedules()]


def test_an_edit_of_what_somebody_else_edited_is_refused(kept, clerk):
    quant = clerk("quant")
    quant.change(kept, {"enabled": False})
    with pytest.raises(Conflict):
        quant.change(kept, {"enabled": True})
    fresh = next(one for one in quant.schedules() if one.id == kept.id)
    assert (fresh.enabled, fresh.revision) == (False, 2)
    with pytest.raises(Forbidden):
        clerk("viewer").change(fresh, {"enabled": True})
    with pytest.raises(Conflict):
        clerk("quant").backfill(kept, past_slots(WHEN, date(2022, 12, 1), date(2022, 12, 2), datetime.now(UTC)))


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"cron": "0 7 * * "}, "value"), ({"timezone": "Mars/X"}, "timezone"), ({"portfolios": []}, "value")],
)
def test_the_database_refuses_what_no_file_could_say(kept, clerk, changed, field):
    with pytest.raises(InputError) as refused:
        clerk("quant").change(kept, changed)
    assert refused.value.field in (field, "timezone")


def test_a_row_that_is_no_timetable_says_so_when_it_is_read(kept):
    broken = replace(kept, columns={**kept.columns, "calendar": "NOWHERE"})
    with pytest.raises(InputError, match="calendar"):
        _ = broken.plan
