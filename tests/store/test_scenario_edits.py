"""A team's own scenarios: kept, replaced and removed by its analysts and by nobody else; in both stores."""

import uuid
from dataclasses import replace
from datetime import date

import pytest

from riskkit.errors import Conflict, Forbidden, InputError
from riskkit.portfolio import Equity, Position
from riskkit.scenarios import Shock, StressScenario

OWN = StressScenario(
    "own", "Our  crash ", "The desk, 22 November", "What we\nfear",
    shocks=(Shock("kind:equity", -0.123456789012345, "relative"), Shock("CTA.vol", 1 / 3, "absolute")),
)  # fmt: skip


@pytest.fixture
def ours(place, book):
    """A store of the analyst's, a book of the team, and a scenario with a name of its own."""
    return place.store("quant"), book([Position(Equity("CTA", "USD"), 1)]), replace(OWN, name=f"s{uuid.uuid4().hex}")


def found(store, ref):
    return {scenario.name: scenario for scenario in store.scenarios(ref)}


def test_what_is_kept_is_read_back_to_the_last_bit_by_the_whole_team(ours, place):
    store, ref, own = ours
    store.add_scenario(ref, own)
    kept = found(place.store("viewer"), ref)[own.name]
    assert kept == replace(own, title="Our  crash", description="What we fear", own=True)
    assert not found(store, ref)["ct_shock"].own
    for stranger in ("other", "nobody"):
        assert own.name not in found(place.store(stranger), ref)


def test_a_name_is_taken_once_and_replaced_by_intent(ours):
    store, ref, own = ours
    with pytest.raises(InputError, match="own scenarios"):
        store.replace_scenario(ref, own)
    store.add_scenario(ref, own)
    other = replace(own, title="Another", shocks=(), window=(date(2020, 1, 2), date(2020, 1, 3)))
    with pytest.raises(Conflict, match=f"has a scenario {own.name} already"):
        store.add_scenario(ref, other)
    assert found(store, ref)[own.name].title == "Our  crash"
    store.replace_scenario(ref, other)
    assert found(store, ref)[own.name] == replace(other, description="What we fear", own=True)
    store.remove_scenario(ref, own.name)
    assert own.name not in found(store, ref)
    with pytest.raises(InputError, match="own scenarios"):
        store.remove_scenario(ref, own.name)


def test_a_teams_own_stands_before_the_shared_one_of_its_name_for_that_team_only(ours, place):
    store, ref, own = ours
    store.add_scenario(ref, replace(own, name="ct_shock"))
    assert found(store, ref)["ct_shock"].own
    theirs = place.store("other").import_portfolio(
        place.team("theirs"), "mine", "M", "USD", [Position(Equity("CTA", "USD"), 1)], date(2019, 1, 1)
    )
    assert found(place.store("other"), theirs)["ct_shock"].title == "A shock"
    store.remove_scenario(ref, "ct_shock")
    assert not found(store, ref)["ct_shock"].own


@pytest.mark.parametrize("user", ["viewer", "other", "nobody"])
def test_others_write_nothing(ours, place, user):
    store, ref, own = ours
    theirs = place.store(user)
    with pytest.raises(Forbidden):
        theirs.add_scenario(ref, own)
    store.add_scenario(ref, own)
    before = found(store, ref)
    refusal = Forbidden if user == "viewer" else InputError  # who sees none is told of none
    with pytest.raises(refusal):
        theirs.replace_scenario(ref, replace(own, title="Forged"))
    with pytest.raises(refusal):
        theirs.remove_scenario(ref, own.name)
    with pytest.raises(refusal):
        theirs.remove_scenario(ref, "ct_shock" if user != "viewer" else own.name)
    assert found(store, ref) == before


def test_nobody_touches_a_shared_one(ours):
    store, ref, _ = ours
    with pytest.raises(InputError):
        store.remove_scenario(ref, "ct_shock")
    with pytest.raises(InputError):
        store.replace_scenario(ref, replace(OWN, name="ct_shock"))
    assert found(store, ref)["ct_shock"].title == "A shock"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\u202eb"}, "title"),
        ({"source": "  "}, "source"),
        ({"description": "x" * 2001}, "description"),
        ({"description": "a\u200bb"}, "description"),
        ({"name": "n" * 64}, "name"),
        ({"shocks": (Shock("=1+1", 0.1, "relative"),)}, "target"),
        ({"shocks": tuple(Shock(f"F{i}", 0.1, "relative") for i in range(251))}, "shocks"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(ours, change, field):
    store, ref, own = ours
    before = found(store, ref)
    with pytest.raises(InputError) as refused:
        store.add_scenario(ref, replace(own, **change))
    assert refused.value.field == field
    assert found(store, ref) == before


def test_as_many_shocks_as_are_allowed_fit_into_a_row(ours):
    store, ref, own = ours
    many = tuple(Shock(f"{i:03d}" + "x" * 59, 1 / (3 + i), "relative") for i in range(250))
    store.add_scenario(ref, replace(own, shocks=many, description="数" * 2000))
    assert found(store, ref)[own.name].shocks == many
