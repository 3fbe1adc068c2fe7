"""The demo's data, written through the API like anybody's: users, teams, market data, scenarios, books."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from supabase import Client, ClientOptions, create_client

from riskkit.demo.books import (
    BOOKS,
    CHANGED,
    CURRENCIES,
    HELD_FROM,
    LAST_DAY,
    PASSWORD,
    PUT,
    SHARES,
    TEAMS,
    USERS,
    Book,
)
from riskkit.demo.limits import LIMITS
from riskkit.feeds.ecb_rates import exchange_rates
from riskkit.feeds.skfolio_prices import index_level, index_volatility, share_prices
from riskkit.local.keys import Keys
from riskkit.market import FactorSeries
from riskkit.parameters.scenario_file import load_scenarios
from riskkit.portfolio import Cash, Instrument
from riskkit.scenarios import StressScenario
from riskkit.store import rows
from riskkit.store.supabase import SupabaseStore

#: Told after every step: what was done, how many steps are done, how many there are.
Progress = Callable[[str, int, int], None]
#: Factors written with one request.
_BATCH = 4


def seed(keys: Keys, project: Path, progress: Progress | None = None) -> None:
    """Write what is missing; a second call changes nothing and is quick.

    Users are made with the service key through the Auth admin API, like the shared market data and scenarios; each
    book is imported by its own analyst, as any user would.

    Parameters
    ----------
    keys : Keys
        Of a running, migrated stack.
    project : Path
        Its `parameters/scenarios` become the shared scenarios.
    progress : callable, optional
        Called with the step just done, its number, and how many steps there are.
    """
    series = market_data()
    missing_steps = 5 + -(-len(series) // _BATCH)
    tell = _counted(progress or (lambda *_: None), missing_steps)
    with _client(keys.url, keys.service_key) as service:
        _users(service)
        tell("users and teams")
        _market(service, series, tell)
        _scenarios(service, load_scenarios(project / "parameters" / "scenarios"))
        tell("scenarios")
        _instruments(service)
        tell("instruments")
        known = {rows.portfolio_ref(row).path for row in _all(service, "portfolios", rows.PORTFOLIO)}
        for book in BOOKS:
            if book.path not in known and book.positions:
                _import(keys, book)
        tell("books")
        _parents(service, known)
        _limits(service)
        tell("done")


def market_data() -> tuple[FactorSeries, ...]:
    """Every series of the demo, ending on its last day."""
    index = index_level()
    return (*share_prices(), index, index_volatility(index), *exchange_rates(CURRENCIES, LAST_DAY))


def _users(service: Client) -> None:
    listed = {user.email: user.id for user in service.auth.admin.list_users(per_page=1000)}
    for email in USERS:
        if email not in listed:
            made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
            listed[email] = made.user.id
    known = {row["slug"]: row["id"] for row in _all(service, "teams", "id,slug")}
    new = [{"slug": slug, "name": name} for slug, name in TEAMS.items() if slug not in known]
    if new:
        known |= {row["slug"]: row["id"] for row in _rows(service.table("teams").insert(new).execute())}
    members = [
        {"team_id": known[team], "user_id": listed[email], "role": role} for email, (team, role) in USERS.items()
    ]
    service.table("memberships").upsert(members, on_conflict="team_id,user_id").execute()


def _market(service: Client, series: Sequence[FactorSeries], tell: Callable[[str], None]) -> None:
    known = {row["name"]: row["source"] for row in _all(service, "risk_factors", "name,source", shared=True)}
    count = service.table("factor_levels").select("*", count="exact", head=True).is_("team_id", "null").execute().count  # type: ignore[arg-type]
    current = all(known.get(one.factor.name) == one.factor.source for one in series)
    complete = current and count == sum(len(one.dates) for one in series)
    for start in range(0, len(series), _BATCH):
        batch = series[start : start + _BATCH]
        if not complete:
            service.rpc(
                "import_prices", {"p_team": None, "p_series": [rows.series_row(one) for one in batch]}
            ).execute()
        tell(f"prices: {', '.join(one.factor.name for one in batch)}")


def _scenarios(service: Client, scenarios: Sequence[StressScenario]) -> None:
    """Windows of history in their order, then the imagined ones."""
    ordered = sorted(scenarios, key=lambda s: (s.window is None, s.window or (), s.name))
    wanted = [rows.scenario_row(scenario, ordinal) for ordinal, scenario in enumerate(ordered)]
    known = _all(service, "scenarios", "id,name,title,ordinal,definition", shared=True)
    same = {row["name"] for row in known if {k: v for k, v in row.items() if k != "id"} in wanted}
    for row in known:
        if row["name"] not in same:
            service.table("scenarios").delete().eq("id", row["id"]).execute()
    new = [row for row in wanted if row["name"] not in same]
    if new:
        service.table("scenarios").insert(new).execute()


def _instruments(service: Client) -> None:
    known = {row["symbol"] for row in _all(service, "instruments", "symbol", shared=True)}
    shared: list[Instrument] = [*SHARES.values(), PUT, *(Cash(currency) for currency in ("USD", *CURRENCIES))]
    new = [rows.instrument_row(one) for one in shared if one.symbol not in known]
    if new:
        service.table("instruments").insert(new).execute()


def _import(keys: Keys, book: Book) -> None:
    with _client(keys.url, keys.anon_key) as auth:
        session = auth.auth.sign_in_with_password({"email": book.author, "password": PASSWORD}).session
        if session is None:
            raise RuntimeError(f"{book.author} could not sign in")
        token = session.access_token
        with SupabaseStore(keys.url, keys.anon_key, lambda: token) as store:
            for held, since in ((book.earlier, HELD_FROM), (book.positions, CHANGED if book.earlier else HELD_FROM)):
                if held:
                    store.import_portfolio(book.team, book.slug, book.title, book.base_currency, held, since)
        auth.auth.admin.sign_out(token, "local")


def _parents(service: Client, known_before: set[str]) -> None:
    """Books that hold nothing but other books, which no import makes, and who is below them."""
    teams = {row["slug"]: row["id"] for row in _all(service, "teams", "id,slug")}
    made = [
        {"team_id": teams[b.team], "slug": b.slug, "title": b.title, "base_currency": b.base_currency}
        for b in BOOKS
        if not b.positions and b.path not in known_before
    ]
    if made:
        service.table("portfolios").insert(made).execute()
    known = {rows.portfolio_ref(row).path: row for row in _all(service, "portfolios", rows.PORTFOLIO)}
    for book in BOOKS:
        parent = known[f"{book.team}/{book.parent}"]["id"] if book.parent else None
        if parent != known[book.path]["parent_id"]:
            service.table("portfolios").update({"parent_id": parent}).eq("id", known[book.path]["id"]).execute()


def _limits(service: Client) -> None:
    """The limits of books that have none yet: an approver may have set others since."""
    books = {rows.portfolio_ref(row).path: row for row in _all(service, "portfolios", rows.PORTFOLIO)}
    bounded = {row["portfolio_id"] for row in _all(service, "limits", "portfolio_id")}
    new = [
        {
            "team_id": books[path]["team_id"],
            "portfolio_id": books[path]["id"],
            "valid_from": HELD_FROM.isoformat(),
            "note": "The demo's",
            **vars(limit),
        }
        for path, limits in LIMITS.items()
        for limit in limits
        if books[path]["id"] not in bounded
    ]
    if new:
        service.table("limits").insert(new).execute()


def _all(service: Client, table: str, columns: str, *, shared: bool = False) -> list[dict[str, Any]]:
    query = service.table(table).select(columns)
    return _rows((query.is_("team_id", "null") if shared else query).execute())


def _rows(answer: Any) -> list[dict[str, Any]]:
    return list(answer.data)


def _counted(progress: Progress, total: int) -> Callable[[str], None]:
    done = 0

    def tell(step: str) -> None:
        nonlocal done
        done += 1
        progress(step, done, total)

    return tell


@contextmanager
def _client(url: str, key: str) -> Iterator[Client]:
    with httpx.Client(timeout=120.0) as connection:
        yield create_client(
            url, key, ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        )
