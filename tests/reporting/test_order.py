"""What is asked for is known in full before anything is computed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import ModuleType

import pytest

from riskkit.errors import InputError
from riskkit.parameters.given import Given, Plain
from riskkit.reporting.order import definition, place_order, report_names
from riskkit.settings import Settings
from riskkit.store.memory import MemoryStore

WEEKLY = "notebook: tiny\ntitle: Weekly\nportfolios: [atlas/demo]\nparameters:\n  horizon_days: 5\n"


@pytest.fixture
def weekly(settings: Settings) -> Settings:
    (settings.project / "parameters" / "weekly.yml").write_text(WEEKLY)
    return settings


def test_a_report_file_names_a_notebook_and_pins_parameters(weekly: Settings, store: MemoryStore) -> None:
    defined = definition(weekly.project, "weekly")
    assert (defined.key, defined.notebook.name, defined.portfolios) == ("weekly", "tiny.ipynb", ("atlas/demo",))
    order = place_order(store, defined, {})
    assert order.ref.path == "atlas/demo"
    assert order.as_of == date(2020, 4, 9)
    assert dict(order.parameters) == {
        "portfolio": "atlas/demo",
        "as_of": "2020-04-09",
        "confidence_level": 0.99,
        "horizon_days": 5,
        "note": "",
    }
    assert order.changed == ("horizon_days",)


def test_what_is_given_wins_over_what_is_pinned(weekly: Settings, store: MemoryStore) -> None:
    given = Given({"horizon_days": Plain("10"), "as_of": Plain("2020-03-16")})
    order = place_order(store, definition(weekly.project, "weekly"), given)
    assert (order.parameters["horizon_days"], order.as_of) == (10, date(2020, 3, 16))
    assert order.overrides == {"horizon_days": {"file": 5, "run": 10}}


def test_what_a_file_says_is_no_override(weekly: Settings, store: MemoryStore) -> None:
    filed = place_order(store, definition(weekly.project, "weekly"), {"horizon_days": 5})
    alone = place_order(store, definition(weekly.project, "tiny"), {"portfolio": filed.ref.path, "horizon_days": 9})
    assert (filed.overrides, alone.overrides) == ({}, {}), "a notebook alone has no file to set against"


def test_names_are_those_of_files_and_notebooks(weekly: Settings) -> None:
    assert report_names(weekly.project) == ("tiny", "weekly")


def test_a_notebook_without_portfolio_or_date_is_no_report(settings: Settings, tiny: ModuleType) -> None:
    path = settings.project / "notebooks" / "bare.ipynb"
    tiny.write_notebook(path, "1", parameters="x: int = 1  # a number")
    with pytest.raises(InputError, match="as_of, portfolio missing"):
        definition(settings.project, "bare")


def test_another_teams_portfolio_is_not_even_listed(settings: Settings, store: MemoryStore) -> None:
    with pytest.raises(InputError) as caught:
        place_order(store, definition(settings.project, "tiny"), {"portfolio": "borealis/income"})
    assert caught.value.field == "portfolio"
    assert "income" not in caught.value.expected


def test_a_page_about_a_teams_reports_is_named_after_the_team_and_in_no_currency(
    weekly: Settings, store: MemoryStore
) -> None:
    order = place_order(store, definition(weekly.project, "weekly"), {})
    assert order.headed == (order.ref.title, "USD")
    assert replace(order, parameters={**order.parameters, "slot_days": 1}).headed == ("Team atlas", "")
    assert replace(order, parameters={**order.parameters, "unchanged_days": 5}).headed == (order.ref.title, "")
