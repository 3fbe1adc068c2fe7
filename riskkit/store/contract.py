"""What every store does, and the records that go in and out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from riskkit.errors import RiskkitError
from riskkit.market import FactorHistory, FactorSeries, RiskFactor
from riskkit.metric import Metric
from riskkit.portfolio import Instrument, Portfolio, Position
from riskkit.scenarios import StressScenario

#: Asking for the book on this day is asking for the book as it stands last.
LAST_DAY = date.max


class RunUnreadable(RiskkitError):
    """A run is on record, and what is kept of it makes no RunRecord.

    Attributes
    ----------
    run_id : str
    """

    def __init__(self, run_id: str, reason: str) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id} is on record and cannot be read: {reason}")


@dataclass(frozen=True)
class PortfolioRef:
    """A portfolio the signed-in user may see, without its positions."""

    id: str
    team_id: str
    team: str
    slug: str
    title: str
    base_currency: str
    parent_id: str | None = None

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


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything an analysis of one portfolio on one date reads.

    Attributes
    ----------
    ref : PortfolioRef
    portfolio : Portfolio
        Positions valid on `as_of`.
    history : FactorHistory
        Of the portfolio's factors; its last date is `as_of`.
    scenarios : tuple of StressScenario
    as_of : date
    notes : tuple of str
        What was filled, dropped or merged on the way in, a sentence each.
    sources : tuple of str
        Where the market data come from, with licences; printed under every report.
    """

    ref: PortfolioRef
    portfolio: Portfolio
    history: FactorHistory
    scenarios: tuple[StressScenario, ...]
    as_of: date
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Artifact:
    """A file of a run: name inside the run's directory, sha256 in hex, size in bytes, key in the object storage."""

    name: str
    media_type: str
    sha256: str
    size: int
    key: str


@dataclass(frozen=True)
class RunRecord:
    """One finished execution of a report, as it is kept.

    Attributes
    ----------
    id : str
        A uuid, chosen by the runner.
    report, notebook : str
    portfolio_id, team_id : str
    as_of : date
        Valuation date.
    run_at : datetime
        When it was computed; time zone aware, UTC.
    official : bool
        False for a run a person started for themselves.
    parameters : mapping
        Every parameter with its value.
    inputs : mapping of str to str
        sha256 of each frozen input file.
    code : mapping
        `version`, `commit`, `dirty`.
    packages : mapping of str to str
        Version of each package that computes.
    seed : int or None
    metrics : tuple of Metric
    artifacts : tuple of Artifact
    status : {"succeeded", "failed"}
    """

    id: str
    report: str
    notebook: str
    portfolio_id: str
    team_id: str
    as_of: date
    run_at: datetime
    official: bool
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    code: Mapping[str, Any]
    packages: Mapping[str, str]
    seed: int | None
    metrics: tuple[Metric, ...] = field(default=())
    artifacts: tuple[Artifact, ...] = field(default=())
    status: str = "succeeded"


class Store(Protocol):
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
        """The positions valid on a day, options and bonds after equities, cash last, by symbol; maybe none."""
        ...

    def begins(self, ref: PortfolioRef) -> date | None:
        """The first day on which a position of the book is valid; None if it never held any."""
        ...

    def dates(self, ref: PortfolioRef, book: date | None = None) -> tuple[date, ...]:
        """The days on which the book can be valued, ascending: its equities' days while all its factors have data.

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

    def scenarios(self, ref: PortfolioRef) -> tuple[StressScenario, ...]:
        """Shared scenarios and the team's own, which win, in their order."""
        ...

    def factors(self, team: str) -> tuple[RiskFactor, ...]:
        """Shared risk factors and the team's own, which win, sorted by name."""
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

    def import_prices(self, team: str, series: Sequence[FactorSeries]) -> int:
        """Write the team's own factors and levels, all or nothing; how many levels are new or changed."""
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
