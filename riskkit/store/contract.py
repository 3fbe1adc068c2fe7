"""What every store does, and the records that go in and out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

from riskkit.errors import MarketDataError
from riskkit.gates import GateFacts
from riskkit.limits import LimitFacts
from riskkit.market import FactorHistory, FactorSeries, Prices, RiskFactor
from riskkit.portfolio import BookTree, DatedBook, Instrument, Portfolio, Position, PositionVersion
from riskkit.scenarios import StressScenario
from riskkit.status import Observed, RunsSeen
from riskkit.store.edits import BookEdits
from riskkit.store.record import Artifact, RunRecord, RunUnreadable
from riskkit.store.reviews import RunReviews
from riskkit.store.scenario_edits import ScenarioEdits

__all__ = [
    "LAST_DAY",
    "Artifact",
    "Inputs",
    "Market",
    "Member",
    "PortfolioRef",
    "RunRecord",
    "RunUnreadable",
    "Store",
]

#: Asking for the book on this day is asking for the book as it stands last.
LAST_DAY = date.max


@dataclass(frozen=True)
class PortfolioRef:
    """A portfolio the signed-in user may see, without its positions; `children` are those below it, by slug.

    `tags` are groups of its team's books, sorted, for reports that are made for a group.
    """

    id: str
    team_id: str
    team: str
    slug: str
    title: str
    base_currency: str
    parent_id: str | None = None
    children: tuple[PortfolioRef, ...] = field(default=(), compare=False)
    tags: tuple[str, ...] = field(default=(), compare=False)

    @property
    def path(self) -> str:
        """`team/slug`: its name everywhere."""
        return f"{self.team}/{self.slug}"


@dataclass(frozen=True)
class Member:
    """Who is signed in, and the teams they are in: pairs of team slug and role, sorted."""

    user_id: str
    email: str
    teams: tuple[tuple[str, str], ...]


class Market(Protocol):
    """The market data of one valuation date: each analysis asks for the factors and the window that it reads."""

    def history(self, factors: Sequence[str], n_dates: int | None) -> FactorHistory:
        """Levels on one calendar, the last `n_dates` dates up to the valuation date, or all; gaps are judged there."""
        ...

    def series(self, factors: Sequence[str]) -> tuple[FactorSeries, ...]:
        """Every level up to the valuation date as it came; a factor that is not there has none."""
        ...


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything an analysis of one portfolio on one date reads.

    Attributes
    ----------
    ref : PortfolioRef
    portfolio : Portfolio
        Positions valid on `as_of`, of the book and of all below it, as one.
    market : Market
    scenarios : tuple of StressScenario
    as_of : date
    notes : tuple of str
        What the reader should know of these data, a sentence each; a history's own notes are beside them.
    sources : tuple of str
        Where the market data come from, with licences; printed under every report.
    lookback_days : int or None
        Returns in `history`; None for all there are.
    tree : BookTree or None
        The book and those below it; None where it has no children.
    books : tuple of DatedBook
        The book as it was, from its beginning up to `as_of`.
    status : Observed or None
        What is known of the reports of the book's team, for an analysis of those; then no book is read.
    limits : LimitFacts or None
        The same of the book's limits.
    runs : RunsSeen or None
        The same of the book's runs.
    looked_at : tuple of str
        The factors that an analysis of prices looks at.
    """

    ref: PortfolioRef
    portfolio: Portfolio
    market: Market
    scenarios: tuple[StressScenario, ...]
    as_of: date
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    lookback_days: int | None = None
    tree: BookTree | None = None
    books: tuple[DatedBook, ...] = ()
    status: Observed | None = None
    limits: LimitFacts | None = None
    runs: RunsSeen | None = None
    looked_at: tuple[str, ...] = ()

    @property
    def on_record(self) -> bool:
        """Whether they are what is on record now, which may be something else a moment later."""
        return any(one is not None for one in (self.status, self.limits, self.runs))

    @property
    def prices(self) -> Prices:
        """The factors looked at, as they came."""
        return Prices(self.looked_at, self.as_of, self.market.series(self.looked_at))

    def without(self, report: str) -> Inputs:
        """The same without what is under way for this report of this book: a report does not wait for itself."""
        return self if self.status is None else replace(self, status=self.status.without(report, self.ref.slug))

    @property
    def history(self) -> FactorHistory:
        """The portfolio's factors over `lookback_days` returns."""
        return self.over(self.lookback_days)

    def over(self, lookback_days: int | None, more: Sequence[str] = ()) -> FactorHistory:
        """The history of the portfolio's factors, and of `more`, over so many returns; None for all.

        Raises
        ------
        MarketDataError
            A factor is missing, or has too long a gap in that window; names the positions that need it.
        """
        names = tuple(sorted({*self.portfolio.factors, *more}))
        try:
            return self.market.history(names, None if lookback_days is None else lookback_days + 1)
        except MarketDataError as error:
            books = (self.portfolio, *(book.portfolio for book in self.books))
            needs = dict.fromkeys(
                p.symbol for b in books for p in b.positions if error.field in replace(b, positions=(p,)).factors
            )
            if not needs:
                raise
            expected = f"{error.expected} (needed by {', '.join(needs)})"
            raise MarketDataError(error.field, error.value, expected) from error


class Store(BookEdits, RunReviews, ScenarioEdits, Protocol):
    """Reads and writes as one signed-in user; what they may see and change is decided on the other side.

    Every method may raise NotSignedIn, Unavailable, and Forbidden where a role is missing.
    """

    def member(self) -> Member:
        """Who is signed in, with their teams and roles."""
        ...

    def portfolios(self) -> tuple[PortfolioRef, ...]:
        """Every portfolio the user may see, sorted by path."""
        ...

    def portfolio(self, ref: PortfolioRef, as_of: date) -> Portfolio:
        """The book's own positions valid on a day, options and bonds after equities, cash last; maybe none."""
        ...

    def versions(self, ref: PortfolioRef) -> tuple[PositionVersion, ...]:
        """Every position the book itself ever held, or will hold, by its first day."""
        ...

    def begins(self, ref: PortfolioRef) -> date | None:
        """The first day on which the book, or one below it, holds something; None if it never did."""
        ...

    def dates(self, ref: PortfolioRef, book: date | None = None) -> tuple[date, ...]:
        """The days on which the book and all below it can be valued: its equities' days while all factors have data.

        Parameters
        ----------
        ref : PortfolioRef
        book : date, optional
            The day whose positions are meant; by default the book as it stands last.

        Raises
        ------
        MarketDataError
            If a factor has no data at all; names it and the position that needs it.
        """
        ...

    def history(self, ref: PortfolioRef, factors: Sequence[str], as_of: date, n_dates: int | None) -> FactorHistory:
        """Factor levels up to `as_of`, which is the last date; the last `n_dates` dates, or all.

        A team's own factor wins over the shared one of the same name.

        Raises
        ------
        MarketDataError
            A factor is missing, ends before `as_of`, or has too long a gap.
        """
        ...

    def series(self, ref: PortfolioRef, factors: Sequence[str], as_of: date) -> tuple[FactorSeries, ...]:
        """Every level up to a day as it is kept, by factor; a factor without any is left out."""
        ...

    def last_days(self, ref: PortfolioRef, factors: Sequence[str]) -> Mapping[str, date]:
        """The last day on which each factor has a level; a factor without any is left out."""
        ...

    def scenarios(self, ref: PortfolioRef) -> tuple[StressScenario, ...]:
        """Shared scenarios and the team's own, which win, in their order."""
        ...

    def factors(self, team: str) -> tuple[RiskFactor, ...]:
        """Shared risk factors and the team's own, which win, sorted by name."""
        ...

    def own_factors(self, team: str) -> tuple[RiskFactor, ...]:
        """The team's own risk factors, sorted by name."""
        ...

    def instruments(self, team: str) -> tuple[Instrument, ...]:
        """Shared instruments and the team's own, which win, sorted by symbol."""
        ...

    def import_portfolio(
        self,
        team: str,
        slug: str,
        title: str,
        base_currency: str,
        positions: Sequence[Position],
        valid_from: date,
    ) -> PortfolioRef:
        """Make this the book from a day on, all or nothing; before that day nothing changes, later versions end.

        Other terms for a symbol of the team that another book holds, or this one held before that day, are refused.

        Raises
        ------
        InputError
            Something in it cannot be kept; nothing was written.
        """
        ...

    def tag(self, ref: PortfolioRef, tags: Sequence[str]) -> None:
        """Give the book these tags in place of those it has: at most 20 slugs.

        Raises
        ------
        InputError
            A tag will not do; nothing was written.
        """
        ...

    def import_prices(self, team: str, series: Sequence[FactorSeries]) -> int:
        """Write the team's own factors and levels, all or nothing; how many levels are new or changed."""
        ...

    def remove_prices(self, team: str, factors: Sequence[str]) -> int:
        """Remove the team's own factors with all their levels, all or nothing; how many factors those were.

        Raises
        ------
        InputError
            One is not the team's own; nothing was removed.
        """
        ...

    def gate_facts(self, ref: PortfolioRef, report: str, as_of: date, parameters: Mapping[str, Any]) -> GateFacts:
        """What a run is judged against: limits in force on a day, the official run before it, the last backtest.

        The run before is the report's last of an earlier day with the same parameters, the date apart.

        Raises
        ------
        InputError
            There is no such portfolio that the user may see.
        """
        ...

    def report_status(self, team_id: str | None, first: date, last: date) -> Observed:
        """Schedules and what became of the slots of these days, both included; of one team, or of all of the user's."""
        ...

    def limit_facts(self, ref: PortfolioRef, as_of: date | None, run_days: int) -> LimitFacts:
        """A book's limits, and how its runs of the last days that have one were judged, up to a day or to today."""
        ...

    def record_run(self, record: RunRecord) -> None:
        """Keep a run with its metrics and artifacts, whole or not at all; the same run again is a no-op.

        Raises
        ------
        Conflict
            Another run has this id.
        """
        ...

    def runs(
        self,
        ref: PortfolioRef | None = None,
        report: str | None = None,
        limit: int = 50,
        recorded_by: str | None = None,
    ) -> tuple[RunRecord, ...]:
        """The latest runs the user may see, newest first; with `recorded_by`, those that this user recorded.

        One that cannot be read is left out and logged: it is no reason to show none.
        """
        ...

    def run(self, run_id: str) -> RunRecord:
        """One run.

        Raises
        ------
        InputError
            There is none of that id that the user may see.
        RunUnreadable
            It is there, and no reader can make sense of it.
        """
        ...
