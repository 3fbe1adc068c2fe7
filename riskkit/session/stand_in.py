"""An account that stands in for a role, for the length of a preview: what it sees, row-level security decides."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from postgrest.exceptions import APIError
from supabase import ClientOptions, create_client
from supabase_auth.errors import AuthError

from riskkit.errors import Unavailable
from riskkit.session.operator import every_user
from riskkit.settings import Settings

#: Mails to it go nowhere: `.invalid` has no servers.
_DOMAIN = "preview.invalid"
#: What a preview that was killed left behind is removed by a later one.
_STALE = timedelta(days=1)


@contextmanager
def stand_in(settings: Settings, service_key: str, role: str, teams: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Make an account with a role in each team; its e-mail address and password. It is removed at the end.

    Parameters
    ----------
    settings : Settings
    service_key : str
        Auth asks for it to make an account.
    role : str
        What the address says.
    teams : mapping of str to str
        Team slug to role.

    Raises
    ------
    Unavailable
        Auth or the database does not answer, or does not take the key.
    """
    url, _ = settings.supabase()
    with httpx.Client(timeout=30) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        client = create_client(url, service_key, options)
        email, password = f"{role}-{secrets.token_hex(4)}@{_DOMAIN}", secrets.token_urlsafe(12)
        user_id = None
        try:
            _sweep(client)
            ids = client.table("teams").select("id,slug").in_("slug", list(teams)).execute().data
            made = client.auth.admin.create_user({"email": email, "password": password, "email_confirm": True})
            user_id = made.user.id
            rows: Any = [{"team_id": one["id"], "user_id": user_id, "role": teams[one["slug"]]} for one in ids]  # type: ignore[index,call-overload]
            client.table("memberships").insert(rows).execute()
            yield email, password
        except (AuthError, APIError, httpx.HTTPError) as error:
            raise Unavailable(f"No account for a preview could be made: {error}.") from error
        finally:
            if user_id is not None:
                client.auth.admin.delete_user(user_id)


def _sweep(client: Any) -> None:
    for user in list(every_user(client)):
        made = user.created_at if isinstance(user.created_at, datetime) else datetime.fromisoformat(user.created_at)
        if (user.email or "").endswith("@" + _DOMAIN) and made < datetime.now(UTC) - _STALE:
            client.auth.admin.delete_user(user.id)
