"""What an operator does to accounts, with the service key: invite, list, give and take roles, reset second factors."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from postgrest.exceptions import APIError
from supabase import ClientOptions, create_client
from supabase_auth.errors import AuthError

from riskkit.errors import Conflict, InputError, Unavailable
from riskkit.session.auth import unless_refused
from riskkit.session.second_factor import verified_factors
from riskkit.settings import Settings

_PAGE = 200
ROLES = ("viewer", "analyst", "approver", "admin")


@dataclass(frozen=True)
class Account:
    """One account as the operator sees it.

    Attributes
    ----------
    state : {"active", "invited", "banned"}
    roles : tuple of (str, str)
        Team slug and role.
    factors : int
        Second factors that count.
    last_sign_in : datetime or None
        UTC.
    """

    user_id: str
    email: str
    state: str
    roles: tuple[tuple[str, str], ...]
    factors: int
    last_sign_in: datetime | None


class Operator:
    """The service key's client, for the length of one command."""

    def __init__(self, settings: Settings, client: Any) -> None:
        self._settings, self._client = settings, client

    def accounts(self, team: str | None = None) -> tuple[Account, ...]:
        """All accounts, or those with a role in one team, by e-mail address."""
        slugs = {row["id"]: row["slug"] for row in self._rows("teams", "id,slug")}
        if team is not None:
            self._team(team)
        roles: dict[str, list[tuple[str, str]]] = {}
        for row in self._rows("memberships", "team_id,user_id,role"):
            roles.setdefault(row["user_id"], []).append((slugs[row["team_id"]], row["role"]))
        found = [self._account(user, tuple(sorted(roles.get(user.id, ())))) for user in self._users()]
        kept = [one for one in found if team is None or team in dict(one.roles)]
        return tuple(sorted(kept, key=lambda one: one.email))

    def invite(self, email: str, team: str, role: str, page: str) -> bool:
        """Have Auth mail an invitation that leads to `page`, and give the role; False if the account was there already.

        Raises
        ------
        InputError
            No such team, or no such address.
        """
        team_id, known = self._team(team), self._find(email)
        invited = known is None or known.email_confirmed_at is None  # who never came is mailed again
        user: Any = self._invited(email, page) if invited else known
        self._give(team_id, user, role)
        if invited:
            self._record("account.invited", user, {"role": role})
        return invited

    def _invited(self, email: str, page: str) -> Any:
        try:
            return self._client.auth.admin.invite_user_by_email(email, {"redirect_to": page}).user
        except AuthError as error:
            unless_refused(self._settings, error)
            raise InputError("EMAIL", email, f"an address that Auth takes: {error.message}") from error

    def set_role(self, email: str, team: str, role: str) -> str | None:
        """Give a role in a team; the role before, or None if there was none."""
        team_id, user = self._team(team), self._known(email)
        before = self._role(team_id, user.id)
        if before != role:
            self._give(team_id, user, role)
        return before

    def remove(self, email: str, team: str) -> None:
        """Take the role in a team; the account's dashboards close within seconds."""
        team_id, user = self._team(team), self._known(email)
        if self._role(team_id, user.id) is None:
            raise InputError("EMAIL", email, f"a member of {team}")
        with _database(f"{email} stays in {team}", email):
            self._client.table("memberships").delete().eq("team_id", team_id).eq("user_id", user.id).execute()

    def reset_second_factor(self, email: str) -> int:
        """Remove every second factor of an account, which ends its sessions; how many there were."""
        user = self._known(email)
        admin = self._client.auth.admin
        try:
            found = [factor.id for factor in admin.mfa.list_factors({"user_id": user.id})]
            for factor_id in found:
                admin.mfa.delete_factor({"user_id": user.id, "id": factor_id})
        except AuthError as error:
            unless_refused(self._settings, error)
            raise Unavailable(f"The second factor of {email} was not reset: {error.message}.") from error
        self._record("second_factor.reset", user, {"removed": len(found)})
        return len(found)

    def _record(self, action: str, user: Any, detail: dict[str, Any]) -> None:
        """Note it for each team of the account; roles are noted by the database itself."""
        teams = self._client.table("memberships").select("team_id").eq("user_id", user.id).execute().data
        for team_id in [row["team_id"] for row in teams] or [None]:
            values = {"p_team": team_id, "p_action": action, "p_subject": user.email, "p_detail": detail}
            with _database("The audit log did not take an entry"):
                self._client.rpc("record_audit", values).execute()

    def _give(self, team_id: str, user: Any, role: str) -> None:
        row = {"team_id": team_id, "user_id": user.id, "role": role}
        with _database("The role stays as it was", user.email):
            self._client.table("memberships").upsert(row, on_conflict="team_id,user_id").execute()

    def _role(self, team_id: str, user_id: str) -> str | None:
        rows = (
            self._client.table("memberships")
            .select("role")
            .eq("team_id", team_id)
            .eq("user_id", user_id)
            .execute()
            .data
        )
        return str(rows[0]["role"]) if rows else None

    def _team(self, slug: str) -> str:
        rows = self._rows("teams", "id,slug")
        ids = {row["slug"]: row["id"] for row in rows}
        if slug not in ids:
            raise InputError("--team", slug, f"one of {', '.join(sorted(ids))}" if ids else "a team; there is none yet")
        return str(ids[slug])

    def _known(self, email: str) -> Any:
        found = self._find(email)
        if found is None:
            raise InputError("EMAIL", email, "the address of an account: `riskkit users list` shows them")
        return found

    def _find(self, email: str) -> Any | None:
        wanted = email.strip().lower()
        return next((user for user in self._users() if (user.email or "").lower() == wanted), None)

    def _users(self) -> Iterator[Any]:
        try:
            yield from every_user(self._client)
        except AuthError as error:
            unless_refused(self._settings, error)
            raise Unavailable(f"Auth does not take the service key: {error.message}.") from error

    def _rows(self, table: str, columns: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self._client.table(table).select(columns).order(columns.split(",")[0]).order(columns.split(",")[1])
            with _database(f"{table} cannot be read"):
                found = page.range(len(rows), len(rows) + _PAGE - 1).execute().data
            rows += found
            if len(found) < _PAGE:
                return rows

    @staticmethod
    def _account(user: Any, roles: tuple[tuple[str, str], ...]) -> Account:
        banned = getattr(user, "banned_until", None)
        state = "banned" if banned and _when(banned) > datetime.now(UTC) else "active"
        if state == "active" and user.last_sign_in_at is None and user.invited_at is not None:
            state = "invited"
        return Account(user.id, user.email or "", state, roles, len(verified_factors(user)), user.last_sign_in_at)


@contextmanager
def operator(settings: Settings, service_key: str) -> Iterator[Operator]:
    """Accounts of the Supabase in use, by its service key."""
    url, _ = settings.supabase()
    with httpx.Client(timeout=30) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        try:
            yield Operator(settings, create_client(url, service_key, options))
        except httpx.HTTPError as error:
            raise Unavailable(f"Supabase at {url} does not answer.") from error


@contextmanager
def _database(otherwise: str, email: str = "") -> Iterator[None]:
    """What the database refuses, in its own words; whom that is about, where it says what it would take instead."""
    try:
        yield
    except APIError as error:
        if error.code == "PT422" and email:
            raise InputError("EMAIL", email, str(json.loads(str(error.details))["expected"])) from error
        raise Conflict(f"{otherwise}: {error.message}") from error


def _when(moment: Any) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))


def every_user(client: Any) -> Iterator[Any]:
    """Every account, page by page; the client has the service key."""
    for number in itertools.count(1):
        page = client.auth.admin.list_users(page=number, per_page=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
