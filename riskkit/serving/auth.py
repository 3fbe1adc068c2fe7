"""Supabase Auth as the serving process speaks it: asynchronous, and only what signing in needs."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from riskkit.errors import RiskkitError, Unavailable


class SignInRefused(RiskkitError):
    """Auth said no.

    Attributes
    ----------
    status : int
        400, 401, 403 or 422: the password or the token is no good; 429: too many attempts.
    """

    exit_code = 3

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


@dataclass(frozen=True)
class Grant:
    """What Auth hands out for a sign-in or a refresh.

    Attributes
    ----------
    expires_at : float
        When the access token ends, in seconds since the epoch.
    lifetime : float
        Seconds the access token had when it was handed out.
    """

    user_id: str
    email: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: float
    lifetime: float


class AuthClient:
    """Password sign-in, refresh and sign-out over HTTP.

    Parameters
    ----------
    url, key : str
        The Supabase project's address and its publishable key.
    """

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/") + "/auth/v1/", key

    async def password(self, email: str, password: str) -> Grant:
        """Sign in; `SignInRefused` if Auth says no, `Unavailable` if it does not answer."""
        return _grant(await self._post("token?grant_type=password", {"email": email, "password": password}))

    async def refresh(self, refresh_token: str) -> Grant:
        """A new pair of tokens; the old refresh token is spent."""
        return _grant(await self._post("token?grant_type=refresh_token", {"refresh_token": refresh_token}))

    async def sign_out(self, access_token: str) -> None:
        """End this session at Auth, and no other of the same user."""
        await self._post("logout?scope=local", {}, access_token)

    async def _post(self, path: str, body: dict[str, str], bearer: str | None = None) -> dict[str, Any]:
        headers = {"apikey": self._key, "Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        request = HTTPRequest(
            self._url + path, "POST", headers, json.dumps(body), request_timeout=10, follow_redirects=False
        )
        try:
            response = await AsyncHTTPClient().fetch(request, raise_error=False)
        except OSError as error:
            raise Unavailable("The sign-in service does not answer.") from error
        answer = _json(response)
        if response.code == 599 or response.code >= 500:
            raise Unavailable("The sign-in service does not answer.") from response.error
        if response.code >= 400:
            raise SignInRefused(response.code, str(answer.get("msg") or answer.get("error_description") or "refused"))
        return answer


def _json(response: HTTPResponse) -> dict[str, Any]:
    try:
        found = json.loads(response.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _grant(answer: dict[str, Any]) -> Grant:
    try:
        lifetime = float(answer["expires_in"])
        user = answer["user"]
        return Grant(
            str(user["id"]), str(user["email"]), str(answer["access_token"]), str(answer["refresh_token"]),
            time.time() + lifetime, lifetime,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("The sign-in service gave an answer that is none of Supabase Auth's.") from error
