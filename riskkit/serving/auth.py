"""Supabase Auth as the serving process speaks it: asynchronous, and only what signing in needs."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from riskkit.errors import RiskkitError, Unavailable

#: What a link in a mail is for, as Auth names it.
LinkKind = Literal["recovery", "invite"]
_SILENT = "The sign-in service does not answer."


class SignInRefused(RiskkitError):
    """Auth said no.

    Attributes
    ----------
    status : int
        400, 401, 403 or 422: the password, the code or the token is no good; 429: too many attempts.
    code : str
        Auth's own word for the reason, such as `session_not_found`; empty if it gave none.
    """

    exit_code = 3

    def __init__(self, status: int, reason: str, code: str = "") -> None:
        self.status, self.code = status, code
        super().__init__(reason)


@dataclass(frozen=True)
class Factor:
    """A second factor of an account: `name` is what its owner called it."""

    id: str
    name: str
    verified: bool
    created_at: str


@dataclass(frozen=True)
class Grant:
    """What Auth hands out for a sign-in or a refresh.

    Attributes
    ----------
    expires_at : float
        When the access token ends, in seconds since the epoch.
    lifetime : float
        Seconds the access token had when it was handed out.
    factors : tuple of Factor
        The account's verified second factors.
    """

    user_id: str
    email: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: float
    lifetime: float
    factors: tuple[Factor, ...] = ()

    @property
    def aal(self) -> str:
        """`aal1` after a password, `aal2` after a second factor too."""
        return self._claim("aal") or "aal1"

    @property
    def session_id(self) -> str:
        """Auth's id of the session; knowing it opens nothing."""
        return self._claim("session_id")

    def _claim(self, name: str) -> str:
        """A claim of the access token, empty without one; Auth signed it, and sent it here itself."""
        try:
            payload = self.access_token.split(".")[1]
            return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))[name])
        except (IndexError, KeyError, TypeError, ValueError):
            return ""


@dataclass(frozen=True)
class SignedIn:
    """One of a user's sessions, wherever it was begun, as Auth knows it.

    Attributes
    ----------
    since, seen : float
        When it was begun and when its tokens were last renewed, in seconds since the epoch.
    agent, address : str
        Program and network address that asked for the tokens; for a dashboard's session on another server, the
        address is that server's.
    here : bool
        Whether it is the session that asks.
    """

    id: str
    since: float
    seen: float
    aal: str
    agent: str
    address: str
    here: bool


@dataclass(frozen=True)
class Account:
    """What Auth says of the user of a token whose session lives."""

    email: str
    factors: tuple[Factor, ...]
    banned: bool

    @property
    def verified(self) -> tuple[Factor, ...]:
        """The second factors that count."""
        return tuple(factor for factor in self.factors if factor.verified)


@dataclass(frozen=True)
class Enrolment:
    """A second factor that waits for its first code; the secret is shown once."""

    factor_id: str
    name: str
    secret: str = field(repr=False)
    uri: str = field(repr=False)


class AuthClient:
    """Auth over HTTP; each method raises `SignInRefused` if it says no and `Unavailable` if it does not answer.

    Parameters
    ----------
    url, key : str
        The Supabase project's address and its publishable key.
    patience : float
        Longest wait for an answer, in seconds.
    """

    def __init__(self, url: str, key: str, patience: float = 10.0) -> None:
        self._root, self._key, self._patience = url.rstrip("/"), key, patience

    async def password(self, email: str, password: str, agent: str = "") -> Grant:
        """Sign in; Auth notes the browser's name, `agent`, with the session."""
        body = {"email": email, "password": password}
        return _grant(await self._ask("POST", "token?grant_type=password", body, agent=agent))

    async def refresh(self, refresh_token: str, agent: str = "") -> Grant:
        """A new pair of tokens; the old refresh token is spent. Hosted Auth notes the browser's name anew."""
        body = {"refresh_token": refresh_token}
        return _grant(await self._ask("POST", "token?grant_type=refresh_token", body, agent=agent))

    async def exchange(self, kind: LinkKind, token_hash: str, agent: str = "") -> Grant:
        """Sign in by the secret of a mail; it works once."""
        return _grant(await self._ask("POST", "verify", {"type": kind, "token_hash": token_hash}, agent=agent))

    async def recover(self, email: str, page: str) -> None:
        """Have a mail sent whose link leads to `page`; Auth answers alike for addresses it does not know."""
        await self._post("recover?" + urlencode({"redirect_to": page}), {"email": email})

    async def sign_out(self, access_token: str, scope: Literal["local", "others", "global"] = "local") -> None:
        """End this session at Auth, or the user's others, or all of them."""
        await self._post(f"logout?scope={scope}", {}, access_token)

    async def account(self, access_token: str) -> Account:
        """The user of the token, if the session it is of has not ended."""
        found = await self._ask("GET", "user", bearer=access_token)
        try:
            return Account(str(found["email"]), _factors(found), _in_future(found.get("banned_until")))
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(_SILENT) from error

    async def set_password(self, access_token: str, password: str) -> None:
        """A new password; with a verified second factor the token must be an aal2 one."""
        await self._ask("PUT", "user", {"password": password}, access_token)

    async def enrol(self, access_token: str, name: str, issuer: str) -> Enrolment:
        """A new second factor, not verified yet."""
        body = {"factor_type": "totp", "friendly_name": name, "issuer": issuer}
        made = await self._post("factors", body, access_token)
        try:
            return Enrolment(str(made["id"]), name, str(made["totp"]["secret"]), str(made["totp"]["uri"]))
        except (KeyError, TypeError) as error:
            raise Unavailable(_SILENT) from error

    async def verify(self, access_token: str, factor_id: str, code: str) -> Grant:
        """Show a code of a second factor: tokens of the same session, now aal2."""
        challenge = await self._post(f"factors/{factor_id}/challenge", {}, access_token)
        shown = {"challenge_id": str(challenge.get("id", "")), "code": code}
        return _grant(await self._post(f"factors/{factor_id}/verify", shown, access_token))

    async def unenrol(self, access_token: str, factor_id: str) -> None:
        """Remove a second factor; a verified one needs an aal2 token."""
        await self._ask("DELETE", f"factors/{factor_id}", bearer=access_token)

    async def healthy(self) -> bool:
        """Whether Auth answers at all."""
        try:
            await self._ask("GET", "health")
        except (SignInRefused, Unavailable):
            return False
        return True

    async def roles(self, access_token: str, user_id: str) -> dict[str, str]:
        """The user's role by team id, as row-level security shows it to the token; asked of REST."""
        query = urlencode({"select": "team_id,role", "user_id": f"eq.{user_id}"})
        rows = await self._fetch("GET", f"{self._root}/rest/v1/memberships?{query}", None, access_token)
        try:
            return {str(row["team_id"]): str(row["role"]) for row in rows}
        except (KeyError, TypeError) as error:
            raise Unavailable("The database does not answer.") from error

    async def home(self, access_token: str | None = None) -> Any:
        """What the first page shows to the token's user; without one a database that lives refuses."""
        return await self._fetch("POST", f"{self._root}/rest/v1/rpc/home", {}, access_token)

    async def sessions(self, access_token: str) -> list[SignedIn]:
        """All sessions of the token's user, the one used last first; none if the token's own has ended."""
        rows = await self._fetch("POST", f"{self._root}/rest/v1/rpc/my_sessions", {}, access_token)
        try:
            return [
                SignedIn(
                    str(row["id"]), _moment(row["created_at"]), _moment(row["seen_at"]), str(row["aal"]),
                    row["user_agent"] or "", row["address"] or "", bool(row["is_this"]),
                )
                for row in rows
            ]  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable("The database does not answer.") from error

    async def end_session(self, access_token: str, session_id: str) -> bool:
        """End one session of the token's user, wherever it was begun; whether there was one of that id."""
        body = {"p_id": session_id}
        return await self._fetch("POST", f"{self._root}/rest/v1/rpc/end_session", body, access_token) is True

    async def database(
        self, access_token: str, method: Literal["GET", "POST", "PATCH", "DELETE"], path: str, **body: str
    ) -> list[dict[str, Any]]:
        """Ask REST for rows, or to write some and give them back, as the token's user: row-level security decides."""
        has_body, url = method in ("POST", "PATCH"), f"{self._root}/rest/v1/{path}"
        prefer = "" if method == "GET" or path.startswith("rpc/") else "return=representation"
        rows = await self._fetch(method, url, body if has_body else None, access_token, prefer=prefer)
        if not isinstance(rows, list):
            raise Unavailable("The database does not answer.")
        return rows

    async def _post(self, path: str, body: dict[str, str], bearer: str | None = None) -> dict[str, Any]:
        return await self._ask("POST", path, body, bearer)

    async def _ask(
        self, method: str, path: str, body: dict[str, str] | None = None, bearer: str | None = None, agent: str = ""
    ) -> dict[str, Any]:
        found = await self._fetch(method, f"{self._root}/auth/v1/{path}", body, bearer, agent)
        return found if isinstance(found, dict) else {}

    async def _fetch(
        self, method: str, url: str, body: dict[str, str] | None, bearer: str | None, agent: str = "", prefer: str = ""
    ) -> Any:
        headers = {"apikey": self._key, "Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if prefer:
            headers["Prefer"] = prefer
        if agent.isascii() and agent.isprintable() and agent:
            headers["User-Agent"] = agent
        text = None if body is None else json.dumps(body)
        request = HTTPRequest(url, method, headers, text, request_timeout=self._patience, follow_redirects=False)
        try:
            response = await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:  # the latter: no answer in time, or half of one
            raise Unavailable(_SILENT) from error
        if response.code == 599 or response.code >= 500:
            raise Unavailable(_SILENT) from response.error
        answer = _json(response)
        if response.code >= 300:
            raise _refusal(response.code, answer if isinstance(answer, dict) else {})
        return answer


def _refusal(status: int, answer: dict[str, Any]) -> SignInRefused:
    code = answer.get("error_code") or answer.get("code")
    reason = answer.get("msg") or answer.get("message") or answer.get("error_description") or "refused"
    return SignInRefused(status, str(reason), code if isinstance(code, str) else "")


def _json(response: HTTPResponse) -> Any:
    try:
        return json.loads(response.body or b"{}")
    except ValueError:
        return {}


def _grant(answer: dict[str, Any]) -> Grant:
    try:
        lifetime = float(answer["expires_in"])
        user = answer["user"]
        return Grant(
            str(user["id"]), str(user["email"]), str(answer["access_token"]), str(answer["refresh_token"]),
            time.time() + lifetime, lifetime, tuple(factor for factor in _factors(user) if factor.verified),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("The sign-in service gave an answer that is none of Supabase Auth's.") from error


def _factors(user: dict[str, Any]) -> tuple[Factor, ...]:
    return tuple(
        Factor(
            str(factor["id"]), str(factor.get("friendly_name") or "Authenticator"), factor.get("status") == "verified",
            str(factor.get("created_at", "")),
        )
        for factor in user.get("factors") or ()
        if factor.get("factor_type") == "totp"
    )  # fmt: skip


def _in_future(moment: object) -> bool:
    if not moment:
        return False
    return _moment(moment) > time.time()


def _moment(text: object) -> float:
    return datetime.fromisoformat(str(text)).timestamp()
