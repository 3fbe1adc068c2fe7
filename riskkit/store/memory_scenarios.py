"""A team's own scenarios in memory: the same answers as the database's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskkit.errors import Conflict, Forbidden
from riskkit.scenarios import StressScenario
from riskkit.store.contract import PortfolioRef
from riskkit.store.scenario_edits import checked_scenario, no_such_scenario

if TYPE_CHECKING:
    from riskkit.store.memory import MemoryDatabase


class MemoryScenarios:
    """Edits as one user."""

    _db: MemoryDatabase
    _email: str

    def add_scenario(self, ref: PortfolioRef, scenario: StressScenario) -> None:
        """Keep a scenario for the team."""
        kept = checked_scenario(scenario)
        self._check_may(ref, "")
        with self._db.lock:
            if (ref.team_id, kept.name) in self._db.stress:
                raise Conflict(f"Team {ref.team} has a scenario {kept.name} already; nothing was written.")
            self._db.stress[ref.team_id, kept.name] = kept

    def replace_scenario(self, ref: PortfolioRef, scenario: StressScenario) -> None:
        """Put it in the place of the team's own of the same name."""
        kept = checked_scenario(scenario)
        self._check_may(ref, kept.name)
        self._db.stress[ref.team_id, kept.name] = kept

    def remove_scenario(self, ref: PortfolioRef, name: str) -> None:
        """Remove the team's own scenario of that name."""
        self._check_may(ref, name)
        del self._db.stress[ref.team_id, name]

    def _check_may(self, ref: PortfolioRef, name: str) -> None:
        """Refuse who may not write, and a name that they see none of."""
        role = next((team.roles.get(self._email) for team in self._db.teams.values() if team.id == ref.team_id), None)
        if name and (role is None or (ref.team_id, name) not in self._db.stress):
            raise no_such_scenario(ref, name)
        if role in (None, "viewer"):
            raise Forbidden(f"Keeping scenarios takes the role analyst in team {ref.team}.")
