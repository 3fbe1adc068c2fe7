"""What several users of a store in memory share."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from riskkit import names
from riskkit.errors import InputError
from riskkit.gates import Limit
from riskkit.market import FactorSeries
from riskkit.portfolio import Instrument
from riskkit.scenarios import StressScenario
from riskkit.store import rows
from riskkit.store.contract import PortfolioRef, RunRecord
from riskkit.store.memory_edits import BookLog
from riskkit.store.memory_reviews import RunTalk


@dataclass(frozen=True)
class Team:
    """A team with its members: e-mail to role."""

    id: str
    slug: str
    roles: Mapping[str, str]


@dataclass
class MemoryDatabase:
    """What several users share. Team None is everybody's: only the methods `share_…` write there."""

    teams: dict[str, Team] = field(default_factory=dict)
    books: dict[str, PortfolioRef] = field(default_factory=dict)
    logs: dict[str, BookLog] = field(default_factory=dict)
    series: dict[tuple[str | None, str], FactorSeries] = field(default_factory=dict)
    stress: dict[tuple[str | None, str], StressScenario] = field(default_factory=dict)
    terms: dict[tuple[str | None, str], Instrument] = field(default_factory=dict)
    records: dict[str, RunRecord] = field(default_factory=dict)
    recorders: dict[str, str] = field(default_factory=dict)
    limits: dict[str, list[tuple[date, date | None, Limit]]] = field(default_factory=dict)
    talk: RunTalk = field(default_factory=RunTalk)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add_team(self, slug: str, roles: Mapping[str, str]) -> None:
        """A team with its members: e-mail to role."""
        self.teams[slug] = Team(str(uuid.uuid4()), names.slug("team", slug), dict(roles))

    def share_prices(self, series: Sequence[FactorSeries]) -> int:
        """Write shared factors and levels."""
        return self.write_series(None, series)

    def share_scenarios(self, scenarios: Sequence[StressScenario]) -> None:
        """Write shared scenarios, in this order."""
        self.stress |= {(None, scenario.name): scenario for scenario in scenarios}

    def share_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Write shared instruments."""
        self.terms |= {(None, instrument.symbol): instrument for instrument in instruments}

    def limit(self, ref: PortfolioRef, limit: Limit, valid_from: date, valid_to: date | None = None) -> None:
        """A limit of a book, from a day on, up to another: an approver's act."""
        self.limits.setdefault(ref.id, []).append((valid_from, valid_to, limit))

    def record_official(self, record: RunRecord) -> None:
        """Keep a run as the service does."""
        rows.run_rows(record)
        self.records[record.id] = record

    def write_series(self, team_id: str | None, series: Sequence[FactorSeries]) -> int:
        """Merge levels into a team's own factors; how many are new or changed."""
        if len({one.factor.name for one in series}) != len(series) or not series:
            raise InputError("series", len(series), "at least one factor, each once")
        changed, merged = 0, {}
        for given in series:
            one = rows.series(rows.series_row(given))
            if len(one.dates) == 0 or len(np.unique(one.dates)) != len(one.dates):
                raise InputError(one.factor.name, f"{len(one.dates)} days", "at least one day, each once")
            if (np.abs(one.levels) >= 1e15).any():
                raise InputError(one.factor.name, float(np.abs(one.levels).max()), "a level below 1e+15 in size")
            known = self.series.get((team_id, one.factor.name))
            levels = {} if known is None else dict(zip(known.dates.tolist(), known.levels.tolist(), strict=True))
            new = dict(zip(one.dates.tolist(), one.levels.tolist(), strict=True))
            changed += sum(levels.get(day) != level for day, level in new.items())
            days, values = zip(*sorted((levels | new).items()), strict=True)
            merged[team_id, one.factor.name] = FactorSeries(
                one.factor, np.array(days, "datetime64[D]"), np.array(values, np.float64)
            )
        self.series |= merged
        return changed
