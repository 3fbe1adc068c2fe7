"""The store in memory: the same contract without a server, for tests and for trying things out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import numpy as np

from riskkit import names
from riskkit.errors import Conflict, Forbidden, InputError
from riskkit.gates import EarlierBacktest, EarlierRun, GateFacts, Limit
from riskkit.limits import LimitFacts
from riskkit.market import FactorHistory, FactorSeries, RiskFactor
from riskkit.portfolio import Instrument, Portfolio, Position, PositionVersion
from riskkit.scenarios import StressScenario
from riskkit.status import Observed
from riskkit.store import rows
from riskkit.store.books import as_one, book_tree, family, with_children
from riskkit.store.contract import LAST_DAY, Member, PortfolioRef, RunRecord
from riskkit.store.edits import PositionChange, Quantities
from riskkit.store.memory_database import MemoryDatabase as MemoryDatabase
from riskkit.store.memory_database import Team
from riskkit.store.memory_edits import BookLog, check_revision, edited
from riskkit.store.memory_limits import facts_of
from riskkit.store.memory_reviews import MemoryReviews
from riskkit.store.memory_scenarios import MemoryScenarios
from riskkit.store.series import calendar, cash_only, history_of, missing_factor

_Kept = TypeVar("_Kept")
_ROLES = ("viewer", "analyst", "approver", "admin")


class MemoryStore(MemoryScenarios, MemoryReviews):
    """One user's view of a MemoryDatabase."""

    def __init__(self, database: MemoryDatabase, email: str) -> None:
        self._db, self._email = database, email

    def member(self) -> Member:
        """Who is signed in, with their teams and roles."""
        teams = sorted((team.slug, team.roles[self._email]) for team in self._mine())
        return Member(str(uuid.uuid5(uuid.NAMESPACE_URL, self._email)), self._email, tuple(teams))

    def portfolios(self) -> tuple[PortfolioRef, ...]:
        """Every portfolio the user may see, sorted by path."""
        mine = {team.id for team in self._mine()}
        return with_children([ref for ref in self._db.books.values() if ref.team_id in mine])

    def portfolio(self, ref: PortfolioRef, as_of: date) -> Portfolio:
        """The positions valid on a day."""
        positions = rows.in_order([version.position for version in self.versions(ref) if version.valid(as_of)])
        return Portfolio(ref.path, ref.base_currency, positions, ref.title)

    def versions(self, ref: PortfolioRef) -> tuple[PositionVersion, ...]:
        """Every position the book itself ever held."""
        return tuple(sorted(self._log(ref).versions, key=lambda version: (version.valid_from, version.position.symbol)))

    def begins(self, ref: PortfolioRef) -> date | None:
        """The first day on which the book, or one below it, holds something."""
        return min((one.valid_from for book in family(ref) for one in self.versions(book)), default=None)

    def dates(self, ref: PortfolioRef, book: date | None = None) -> tuple[date, ...]:
        """The days on which the book can be valued."""
        portfolio = as_one(book_tree(ref, lambda one: self.portfolio(one, book or LAST_DAY).positions))
        if not portfolio.positions:
            return ()
        if not portfolio.factors:
            raise cash_only(portfolio)
        series = [self._series(ref, name, portfolio) for name in portfolio.factors]
        return rows.days(calendar(series).astype(str).tolist())

    def history(self, ref: PortfolioRef, factors: Sequence[str], as_of: date, n_dates: int | None) -> FactorHistory:
        """Factor levels up to `as_of`."""
        found = {one.factor.name: one for one in self.series(ref, factors, as_of)}
        for name in factors:
            if name not in found:
                raise missing_factor(name)
        return history_of([found[name] for name in factors], as_of, n_dates)

    def series(self, ref: PortfolioRef, factors: Sequence[str], as_of: date) -> tuple[FactorSeries, ...]:
        """Every level up to a day as it is kept."""
        found = []
        for one in (self._own_or_shared(ref, name) for name in factors):
            if one is not None and one.dates[0] <= np.datetime64(as_of, "D"):
                known = one.dates <= np.datetime64(as_of, "D")
                found.append(FactorSeries(one.factor, one.dates[known], one.levels[known]))
        return tuple(found)

    def last_days(self, ref: PortfolioRef, factors: Sequence[str]) -> Mapping[str, date]:
        """The last day on which each factor has a level."""
        return {one.factor.name: one.dates[-1].item() for one in self.series(ref, factors, LAST_DAY)}

    def scenarios(self, ref: PortfolioRef) -> tuple[StressScenario, ...]:
        """Shared scenarios and the team's own, which win."""
        seen = {None, ref.team_id if self._sees(ref.team_id) else None}
        chosen = {name: s for (team, name), s in self._db.stress.items() if team is None}
        chosen |= {name: s for (team, name), s in self._db.stress.items() if team is not None and team in seen}
        return tuple(chosen.values())

    def factors(self, team: str) -> tuple[RiskFactor, ...]:
        """Shared risk factors and the team's own, which win, sorted by name."""
        found = self._of_team(self._db.series, team)
        return tuple(found[name].factor for name in sorted(found))

    def own_factors(self, team: str) -> tuple[RiskFactor, ...]:
        """The team's own risk factors, sorted by name."""
        owner = next((one.id for one in self._mine() if one.slug == team), None)
        own = {name: one.factor for (team_id, name), one in self._db.series.items() if team_id and team_id == owner}
        return tuple(own[name] for name in sorted(own))

    def instruments(self, team: str) -> tuple[Instrument, ...]:
        """Shared instruments and the team's own, which win, sorted by symbol."""
        found = self._of_team(self._db.terms, team)
        return tuple(found[symbol] for symbol in sorted(found))

    def import_portfolio(
        self,
        team: str,
        slug: str,
        title: str,
        base_currency: str,
        positions: Sequence[Position],
        valid_from: date,
    ) -> PortfolioRef:
        """Make this the book from a day on, all or nothing."""
        owner = self._team_to_write(team)
        if not positions:
            raise InputError("positions", "[]", "a list of 1 to 10000 positions")
        Portfolio(f"{team}/{slug}", base_currency, tuple(positions), names.title("title", title))
        with self._db.lock:
            known = next((b for b in self._db.books.values() if (b.team, b.slug) == (team, slug)), None)
            if known is not None and known.base_currency != base_currency:
                expected = f"{known.base_currency}, which {known.path} has had from the beginning"
                raise InputError("base_currency", base_currency, expected)
            self._check_terms(owner, known, positions, valid_from)
            made = PortfolioRef(str(uuid.uuid4()), owner.id, team, names.slug("slug", slug), title, base_currency)
            book = made if known is None else replace(known, title=title)
            self._db.books[book.id] = book
            log = self._db.logs.setdefault(book.id, BookLog())
            log.write(_replaced(log.versions, positions, valid_from), "import", self._email)
            self._keep_terms(owner, [position.instrument for position in positions])
        return book

    def revision(self, ref: PortfolioRef) -> int:
        """How often the book was changed."""
        return self._log(ref).revision

    def changes(self, ref: PortfolioRef, since: int = 0, limit: int = 50) -> tuple[PositionChange, ...]:
        """The book's own changes after a revision, the last one first."""
        return tuple(self._log(ref).changes[since:][::-1][:limit])

    def change_positions(
        self,
        ref: PortfolioRef,
        revision: int,
        valid_from: date,
        quantities: Quantities,
        instruments: Sequence[Instrument] = (),
    ) -> int:
        """Hold these quantities from a day on."""
        with self._db.lock:
            log, owner = self._log_to_write(ref, revision), self._team_to_write(ref.team)
            new = {one.symbol: one for one in instruments}
            self._check_terms(owner, ref, [Position(one, 0.0) for one in instruments], valid_from)
            known = self._of_team(self._db.terms, ref.team) | new
            after = edited(log.versions, quantities, valid_from, known.get, set(new))
            self._keep_terms(owner, instruments)
            return log.write(after, "edit", self._email)

    def undo_positions(self, ref: PortfolioRef, revision: int) -> int:
        """Take back the last change."""
        with self._db.lock:
            log = self._log_to_write(ref, revision)
            if not log.changes:
                raise InputError("revision", revision, "a change; there is none yet")
            return log.write(log.undone(), "undo", self._email, revision)

    def tag(self, ref: PortfolioRef, tags: Sequence[str]) -> None:
        """Give the book these tags."""
        if not self._sees(ref.team_id):
            raise Forbidden(f"Tagging a portfolio takes the role analyst in team {ref.team}.")
        self._team_to_write(ref.team)
        with self._db.lock:
            self._db.books[ref.id] = replace(self._db.books[ref.id], tags=tuple(rows.tags(tags)))

    def import_prices(self, team: str, series: Sequence[FactorSeries]) -> int:
        """Write the team's own factors and levels, all or nothing."""
        owner = self._team_to_write(team)
        with self._db.lock:
            return self._db.write_series(owner.id, series)

    def remove_prices(self, team: str, factors: Sequence[str]) -> int:
        """Remove the team's own factors with all their levels, all or nothing."""
        owner = self._team_to_write(team)
        with self._db.lock:
            rows.check_own(team, factors, self.own_factors(team))
            for name in factors:
                del self._db.series[owner.id, name]
        return len(factors)

    def gate_facts(self, ref: PortfolioRef, report: str, as_of: date, parameters: Mapping[str, Any]) -> GateFacts:
        """What a run is judged against."""
        if not self._sees(ref.team_id) or ref.id not in self._db.books:
            raise InputError("portfolio", ref.id, "a portfolio that you may see")
        found = [
            one
            for begins, ends, one in self._db.limits.get(ref.id, ())
            if begins <= as_of and (ends is None or ends > as_of)
        ]
        official = [r for r in self._db.records.values() if r.portfolio_id == ref.id and r.official]
        official = [r for r in official if r.status == "succeeded" and r.as_of <= as_of]
        official.sort(key=lambda r: (r.as_of, r.run_at), reverse=True)
        wanted = {name: value for name, value in parameters.items() if name != "as_of"}
        before = (r for r in official if r.report == report and r.as_of < as_of)
        previous = next((r for r in before if wanted.items() <= dict(r.parameters).items()), None)
        zones = (
            EarlierBacktest(r.id, r.as_of, rows.COLOURS[int(m.value)])
            for r in official
            for m in r.metrics
            if r.notebook == "var_backtest" and m.name == "zone" and not m.labels
        )
        return GateFacts(
            tuple(sorted(found, key=_limit_order)),
            None if previous is None else EarlierRun(previous.id, previous.as_of, previous.metrics),
            next(zones, None),
        )

    def report_status(self, team_id: str | None, first: date, last: date) -> Observed:  # noqa: ARG002 (no team has any)
        """Memory has no queue, so nothing is scheduled."""
        return Observed(datetime.now(UTC), first, last)

    def limit_facts(self, ref: PortfolioRef, as_of: date | None, run_days: int) -> LimitFacts:
        """What stands on record here."""
        if not self._sees(ref.team_id) or ref.id not in self._db.books:
            raise InputError("portfolio", ref.id, "a portfolio that you may see")
        day = as_of or datetime.now(UTC).date()
        records = [r for r in self._db.records.values() if r.portfolio_id == ref.id]
        return facts_of(self._db.limits.get(ref.id, ()), records, day, run_days)

    def record_run(self, record: RunRecord) -> None:
        """Keep a run with its metrics and artifacts."""
        team = next((t for t in self._mine() if t.id == record.team_id), None)
        if team is None or _ROLES.index(team.roles[self._email]) < _ROLES.index("analyst"):
            raise Forbidden("Recording a run takes the role analyst in the portfolio's team.")
        if record.official:
            raise Forbidden("Only the service records official runs.")
        rows.run_rows(record)
        book = self._db.books.get(record.portfolio_id)
        if book is None or book.team_id != record.team_id:
            raise InputError("portfolio_id", record.portfolio_id, "a portfolio of the team")
        with self._db.lock:
            known = self._db.records.setdefault(record.id, record)
            self._db.recorders.setdefault(record.id, self.member().user_id)
        if known.portfolio_id != book.id or known.inputs != record.inputs:
            raise Conflict("Somebody else changed the same thing, nothing was written (Another run has this id.).")

    def runs(
        self,
        ref: PortfolioRef | None = None,
        report: str | None = None,
        limit: int = 50,
        recorded_by: str | None = None,
    ) -> tuple[RunRecord, ...]:
        """The latest runs the user may see, newest first."""
        found = [r for r in self._db.records.values() if self._sees(r.team_id)]
        found = [r for r in found if ref is None or r.portfolio_id == ref.id]
        found = [r for r in found if report is None or r.report == report]
        found = [r for r in found if recorded_by is None or self._db.recorders.get(r.id) == recorded_by]
        return tuple(sorted(found, key=lambda r: (-r.run_at.timestamp(), r.id))[:limit])

    def run(self, run_id: str) -> RunRecord:
        """One run."""
        record = self._db.records.get(run_id)
        if record is None or not self._sees(record.team_id):
            raise InputError("run", run_id, "the id of a run that you may see")
        return record

    def _mine(self) -> list[Team]:
        return [team for team in self._db.teams.values() if self._email in team.roles]

    def _keep_terms(self, owner: Team, instruments: Sequence[Instrument]) -> None:
        for held in instruments:
            if self._db.terms.get((None, held.symbol)) != held or (owner.id, held.symbol) in self._db.terms:
                self._db.terms[owner.id, held.symbol] = held

    def _log(self, ref: PortfolioRef) -> BookLog:
        return self._db.logs.get(ref.id, BookLog()) if self._sees(ref.team_id) else BookLog()

    def _log_to_write(self, ref: PortfolioRef, revision: int) -> BookLog:
        if not self._sees(ref.team_id) or ref.id not in self._db.books:
            raise InputError("portfolio", ref.id, "a portfolio that you may see")
        if next(team for team in self._mine() if team.id == ref.team_id).roles[self._email] == "viewer":
            raise Forbidden("Changing positions takes the role analyst in the portfolio's team.")
        log = self._log(ref)
        check_revision(ref, log, revision)
        return log

    def _sees(self, team_id: str) -> bool:
        return any(team.id == team_id for team in self._mine())

    def _of_team(self, kept: Mapping[tuple[str | None, str], _Kept], slug: str) -> dict[str, _Kept]:
        own = next((team.id for team in self._mine() if team.slug == slug), None)
        chosen = {name: one for (team, name), one in kept.items() if team is None}
        return chosen | {name: one for (team, name), one in kept.items() if team is not None and team == own}

    def _team_to_write(self, slug: str) -> Team:
        mine = {team.slug: team for team in self._mine()}
        if slug not in mine:
            raise InputError("team", slug, f"one of your teams ({', '.join(sorted(mine)) or 'you are in none'})")
        if mine[slug].roles[self._email] == "viewer":
            raise Forbidden(f"Your role in team {slug} is viewer: changing its data takes the role analyst.")
        return mine[slug]

    def _check_terms(self, owner: Team, book: PortfolioRef | None, positions: Sequence[Position], day: date) -> None:
        """Refuse other terms for an own instrument that another book, or this one before that day, holds."""
        for held in sorted((position.instrument for position in positions), key=lambda one: one.symbol):
            own = self._db.terms.get((owner.id, held.symbol))
            if own is None or _terms(own) == _terms(held):
                continue
            holders = {
                ref.path + (f" before {day}" if ref == book else "")
                for ref in self._db.books.values()
                for version in self._log(ref).versions
                if ref.team_id == owner.id
                and _terms(version.position.instrument) == _terms(own)
                and (version.valid_to is None or version.valid_to > version.valid_from)
                and (ref != book or version.valid_from < day)
            }
            if holders:
                expected = f"another symbol for changed terms: {held.symbol} is held as it was by"
                raise InputError("symbol", held.symbol, f"{expected} {', '.join(sorted(holders))}")

    def _series(self, ref: PortfolioRef, name: str, book: Portfolio) -> FactorSeries:
        one = self._own_or_shared(ref, name)
        if one is None:
            raise missing_factor(name, book)
        return one

    def _own_or_shared(self, ref: PortfolioRef, name: str) -> FactorSeries | None:
        own = self._db.series.get((ref.team_id, name)) if self._sees(ref.team_id) else None
        return own or self._db.series.get((None, name))


def _limit_order(limit: Limit) -> tuple[str, ...]:
    return (limit.metric, limit.scope, limit.scope_value, limit.basis)


def _terms(instrument: Instrument) -> dict[str, object]:
    """What an instrument is worth by: all of it but its sector."""
    return {name: value for name, value in rows.instrument_row(instrument).items() if name != "sector"}


def _replaced(versions: list[PositionVersion], positions: Sequence[Position], day: date) -> list[PositionVersion]:
    """The versions of a book after `positions` become it from `day` on."""
    wanted = {position.symbol: position for position in positions}
    kept: list[PositionVersion] = []
    standing = set()
    for version in versions:
        if version.valid_from > day:
            kept.append(replace(version, valid_to=version.valid_from))
        elif not version.valid(day):
            kept.append(version)
        elif wanted.get(version.position.symbol) == version.position:
            kept.append(replace(version, valid_to=None))
            standing.add(version.position.symbol)
        else:
            kept.append(replace(version, valid_to=day))
    return kept + [PositionVersion(p, day) for symbol, p in wanted.items() if symbol not in standing]
