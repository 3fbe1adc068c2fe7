"""A team's own scenarios on Supabase: row-level security says who may write."""

from __future__ import annotations

from typing import Any

from riskkit.errors import Conflict, Forbidden
from riskkit.scenarios import StressScenario
from riskkit.store import rows
from riskkit.store.contract import PortfolioRef
from riskkit.store.rest import Rest
from riskkit.store.scenario_edits import checked_scenario, no_such_scenario

#: Place of a team's own in lists: after the shared ones.
_LAST = 1000


class SupabaseScenarios(Rest):
    """Edits as the user whose token `access_token` gives."""

    def add_scenario(self, ref: PortfolioRef, scenario: StressScenario) -> None:
        """Keep a scenario for the team."""
        row = rows.scenario_row(checked_scenario(scenario), _LAST)
        try:
            with self._translated():
                self._rest.from_("scenarios").insert({"team_id": ref.team_id, **row}).execute()
        except Conflict as error:
            raise taken(ref, scenario.name) from error
        except Forbidden as error:
            raise takes_analyst(ref) from error

    def replace_scenario(self, ref: PortfolioRef, scenario: StressScenario) -> None:
        """Put it in the place of the team's own of the same name."""
        row = rows.scenario_row(checked_scenario(scenario), _LAST)
        new = {"title": row["title"], "definition": row["definition"]}
        with self._translated():
            query = self._rest.from_("scenarios").update(new).eq("team_id", ref.team_id)
            written: Any = query.eq("name", scenario.name).execute().data
        if not written:
            raise self._not_written(ref, scenario.name)

    def remove_scenario(self, ref: PortfolioRef, name: str) -> None:
        """Remove the team's own scenario of that name."""
        with self._translated():
            query = self._rest.from_("scenarios").delete().eq("team_id", ref.team_id)
            gone: Any = query.eq("name", name).execute().data
        if not gone:
            raise self._not_written(ref, name)

    def _not_written(self, ref: PortfolioRef, name: str) -> Exception:
        """Why no row was written: there is none, or the policies hide it from a write."""
        found = self._select("scenarios", "id", lambda q: q.eq("team_id", ref.team_id).eq("name", name))
        return takes_analyst(ref) if found else no_such_scenario(ref, name)


def taken(ref: PortfolioRef, name: str) -> Conflict:
    """The error for a name that the team has already."""
    return Conflict(f"Team {ref.team} has a scenario {name} already; nothing was written.")


def takes_analyst(ref: PortfolioRef) -> Forbidden:
    """The error for who may not write."""
    return Forbidden(f"Keeping scenarios takes the role analyst in team {ref.team}.")
