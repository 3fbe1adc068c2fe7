"""The store on Supabase, embedded or hosted, through the official client and as the signed-in user."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from riskkit.errors import Forbidden, InputError, NotSignedIn
from riskkit.gates import GateFacts
from riskkit.limits import LimitFacts
from riskkit.market import FactorHistory, FactorSeries, RiskFactor
from riskkit.portfolio import Instrument, Portfolio, Position, PositionVersion
from riskkit.scenarios import StressScenario
from riskkit.status import Observed
from riskkit.store import rows
from riskkit.store.books import as_one, book_tree, family, with_children
from riskkit.store.contract import LAST_DAY, Member, PortfolioRef, RunRecord, RunUnreadable
from riskkit.store.rest import PAGE
from riskkit.store.series import cash_only, history_of, missing_factor
from riskkit.store.status import bounds, observed
from riskkit.store.supabase_edits import SupabaseEdits
from riskkit.store.supabase_reviews import SupabaseReviews
from riskkit.store.supabase_scenarios import SupabaseScenarios

log = logging.getLogger(__name__)


class SupabaseStore(SupabaseEdits, SupabaseScenarios, SupabaseReviews):
    """Reads and writes as the user whose token `access_token` gives; row-level security decides what that is."""

    def member(self) -> Member:
        """Who is signed in, with their teams and roles."""
        claims = _claims(self._access_token())
        found = self._select("memberships", "role,teams(slug)", lambda q: q.eq("user_id", claims["sub"]), "team_id")
        teams = sorted((row["teams"]["slug"], row["role"]) for row in found)
        return Member(claims["sub"], claims.get("email", ""), tuple(teams))

    def portfolios(self) -> tuple[PortfolioRef, ...]:
        """Every portfolio the user may see, sorted by path."""
        found = self._select("portfolios", rows.PORTFOLIO)
        return with_children([rows.portfolio_ref(row) for row in found])

    def portfolio(self, ref: PortfolioRef, as_of: date) -> Portfolio:
        """The positions valid on a day."""
        found = self._select(
            "positions",
            rows.POSITION,
            lambda q: (
                q.eq("portfolio_id", ref.id)
                .lte("valid_from", as_of.isoformat())
                .or_(f"valid_to.is.null,valid_to.gt.{as_of.isoformat()}")
            ),
        )
        positions = rows.in_order([rows.position(row) for row in found])
        return Portfolio(ref.path, ref.base_currency, positions, ref.title)

    def versions(self, ref: PortfolioRef) -> tuple[PositionVersion, ...]:
        """Every position the book itself ever held."""
        found = self._select("positions", rows.VERSION, lambda q: q.eq("portfolio_id", ref.id))
        return tuple(sorted(map(rows.version, found), key=lambda one: (one.valid_from, one.position.symbol)))

    def begins(self, ref: PortfolioRef) -> date | None:
        """The first day on which the book, or one below it, holds something."""
        with self._translated():
            books = [book.id for book in family(ref)]
            query = self._rest.from_("positions").select("valid_from").in_("portfolio_id", books)
            found: Any = query.order("valid_from").limit(1).execute().data
        return date.fromisoformat(found[0]["valid_from"]) if found else None

    def dates(self, ref: PortfolioRef, book: date | None = None) -> tuple[date, ...]:
        """The days on which the book can be valued."""
        portfolio = as_one(book_tree(ref, lambda one: self.portfolio(one, book or LAST_DAY).positions))
        if not portfolio.positions:
            return ()
        if not portfolio.factors:
            raise cash_only(portfolio)
        (row,) = self._call("factor_calendar", p_team=ref.team_id, p_factors=list(portfolio.factors))
        if row["missing"]:
            raise missing_factor(row["missing"][0], portfolio)
        return rows.days(row["dates"])

    def history(self, ref: PortfolioRef, factors: Sequence[str], as_of: date, n_dates: int | None) -> FactorHistory:
        """Factor levels up to `as_of`; one request, unless calendars differ by more than the margin asked for."""
        wanted = None if n_dates is None else n_dates + n_dates // 20 + 10
        while True:
            found = {one.factor.name: one for one in self._series(ref, factors, as_of, wanted)}
            for name in factors:
                if name not in found:
                    raise missing_factor(name)
            series = [found[name] for name in factors]
            history = history_of(series, as_of, n_dates)
            if n_dates is None or wanted is None or len(history.dates) >= n_dates:
                return history
            if max(len(one.dates) for one in series) < wanted:
                return history  # there is no more
            wanted *= 2

    def series(self, ref: PortfolioRef, factors: Sequence[str], as_of: date) -> tuple[FactorSeries, ...]:
        """Every level up to a day as it is kept."""
        return tuple(self._series(ref, factors, as_of, None))

    def last_days(self, ref: PortfolioRef, factors: Sequence[str]) -> Mapping[str, date]:
        """The last day on which each factor has a level."""
        return {one.factor.name: one.dates[-1].item() for one in self._series(ref, factors, LAST_DAY, 1)}

    def scenarios(self, ref: PortfolioRef) -> tuple[StressScenario, ...]:
        """Shared scenarios and the team's own, which win."""
        found = self._select(
            "scenarios",
            rows.SCENARIO,
            lambda q: q.or_(f"team_id.is.null,team_id.eq.{ref.team_id}").order("ordinal").order("name"),
        )
        own = {row["name"] for row in found if row["team_id"] is not None}
        return tuple(rows.scenario(row) for row in found if row["team_id"] is not None or row["name"] not in own)

    def factors(self, team: str) -> tuple[RiskFactor, ...]:
        """Shared risk factors and the team's own, which win, sorted by name."""
        found = self._select("risk_factors", rows.FACTOR)
        return tuple(rows.factor(row) for row in rows.of_team(found, team, "name"))

    def own_factors(self, team: str) -> tuple[RiskFactor, ...]:
        """The team's own risk factors, sorted by name."""
        found = self._select("risk_factors", rows.FACTOR)
        own = (rows.factor(row) for row in found if row["teams"] is not None and row["teams"]["slug"] == team)
        return tuple(sorted(own, key=lambda factor: factor.name))

    def instruments(self, team: str) -> tuple[Instrument, ...]:
        """Shared instruments and the team's own, which win, sorted by symbol."""
        found = self._select("instruments", rows.INSTRUMENT)
        return tuple(rows.instrument(row) for row in rows.of_team(found, team, "symbol"))

    def import_portfolio(
        self,
        team: str,
        slug: str,
        title: str,
        base_currency: str,
        positions: Sequence[Position],
        valid_from: date,
    ) -> PortfolioRef:
        """Make this the book from a day on, in one transaction."""
        made = self._call(
            "import_portfolio",
            p_team=team,
            p_slug=slug,
            p_title=title,
            p_base_currency=base_currency,
            p_positions=[rows.position_row(position) for position in positions],
            p_valid_from=valid_from.isoformat(),
        )
        return rows.portfolio_ref(made)

    def tag(self, ref: PortfolioRef, tags: Sequence[str]) -> None:
        """Give the book these tags."""
        given = rows.tags(tags)
        with self._translated():
            written = self._rest.from_("portfolios").update({"tags": given}).eq("id", ref.id).execute().data
        if not written:
            raise Forbidden(f"Tagging a portfolio takes the role analyst in team {ref.team}.")

    def import_prices(self, team: str, series: Sequence[FactorSeries]) -> int:
        """Write the team's own factors and levels, in one transaction."""
        return int(self._call("import_prices", p_team=team, p_series=[rows.series_row(one) for one in series]))

    def remove_prices(self, team: str, factors: Sequence[str]) -> int:
        """Remove the team's own factors with all their levels, in one statement."""
        rows.check_own(team, factors, self.own_factors(team))
        owners = self._select("teams", "id", lambda q: q.eq("slug", team))
        with self._translated():
            query = self._rest.from_("risk_factors").delete().eq("team_id", owners[0]["id"])
            gone: Any = query.in_("name", list(factors)).execute().data
        if len(gone) != len(factors):
            raise Forbidden(f"Removing prices takes the role analyst in team {team}.")
        return len(gone)

    def gate_facts(self, ref: PortfolioRef, report: str, as_of: date, parameters: Mapping[str, Any]) -> GateFacts:
        """What a run is judged against, in one request."""
        found = self._call(
            "gate_facts",
            p_portfolio=ref.id,
            p_report=report,
            p_as_of=as_of.isoformat(),
            p_parameters=dict(parameters),
        )
        return rows.gate_facts(found)

    def report_status(self, team_id: str | None, first: date, last: date) -> Observed:
        """Schedules and what became of their slots, in one request."""
        return observed(self._call("report_status", **bounds(first, last), p_team=team_id), first, last)

    def limit_facts(self, ref: PortfolioRef, as_of: date | None, run_days: int) -> LimitFacts:
        """A book's limits and their use, in one request."""
        day = None if as_of is None else as_of.isoformat()
        return LimitFacts.of(self._call("limit_facts", p_portfolio=ref.id, p_as_of=day, p_run_days=run_days))

    def record_run(self, record: RunRecord) -> None:
        """Keep a run with its metrics and artifacts, in one transaction."""
        run, metrics, artifacts = rows.run_rows(record)
        self._call("record_run", p_run=run, p_metrics=metrics, p_artifacts=artifacts)

    def runs(
        self,
        ref: PortfolioRef | None = None,
        report: str | None = None,
        limit: int = 50,
        recorded_by: str | None = None,
    ) -> tuple[RunRecord, ...]:
        """The latest runs the user may see, newest first."""
        with self._translated():
            query = self._rest.from_("report_runs").select(rows.RUN)
            query = query.eq("portfolio_id", ref.id) if ref is not None else query
            query = query.eq("report", report) if report is not None else query
            query = query.eq("recorded_by", recorded_by) if recorded_by is not None else query
            found: Any = query.order("run_at", desc=True).order("id").limit(min(limit, PAGE)).execute().data
        return tuple(readable(found))

    def run(self, run_id: str) -> RunRecord:
        """One run."""
        try:
            found = self._select("report_runs", rows.RUN, lambda q: q.eq("id", str(UUID(run_id))))
        except ValueError:
            found = []
        if not found:
            raise InputError("run", run_id, "the id of a run that you may see")
        return rows.run(found[0])

    def _series(
        self, ref: PortfolioRef, factors: Sequence[str], as_of: date, n_levels: int | None
    ) -> list[FactorSeries]:
        found = self._call(
            "factor_history",
            p_team=ref.team_id,
            p_factors=list(factors),
            p_until=as_of.isoformat(),
            p_n=n_levels,
        )
        return [rows.series(row) for row in found if row["dates"]]


def readable(found: Sequence[Mapping[str, Any]]) -> Iterator[RunRecord]:
    """The runs that these rows are; one that cannot be read is left out and logged."""
    for row in found:
        try:
            yield rows.run(row)
        except RunUnreadable as error:
            log.warning("run left out", extra={"run_id": error.run_id, "reason": str(error)})


def _claims(token: str) -> dict[str, Any]:
    """What a token says of its bearer; the server checks its signature, we only read our own."""
    try:
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return {"sub": claims["sub"], "email": claims.get("email", "")}
    except (IndexError, KeyError, ValueError) as error:
        raise NotSignedIn from error
