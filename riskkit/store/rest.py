"""Supabase's REST as one caller: tables page by page, functions, and errors in riskkit's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx
from postgrest.exceptions import APIError
from supabase import ClientOptions, create_client

from riskkit.errors import Conflict, Forbidden, InputError, NotSignedIn, RiskkitError, Unavailable
from riskkit.store.schema import misfit

#: PostgREST's `max_rows`: longer lists are read page by page.
PAGE = 1000
_TIMEOUT = 30.0
#: What PostgREST answers for a function that is not there, and Postgres for one that only the service may call.
_CANNOT_SAY = ("PGRST202", "42501")


class Rest:
    """Requests of the caller whose token `access_token` gives; row-level security decides what they may.

    Safe to use from several threads. `close` it, or use it in a `with` statement.

    Parameters
    ----------
    url, key : str
        Address of the project; publishable key, or a service's own.
    access_token : callable
        Gives a token that is fresh now; asked before every request. NotSignedIn if there is none.
    timeout : float
        Longest wait for an answer, in seconds; Unavailable after it.
    """

    def __init__(self, url: str, key: str, access_token: Callable[[], str], timeout: float = _TIMEOUT) -> None:
        self._url, self._key, self._access_token = url, key, access_token
        self._needed: frozenset[str] = frozenset()
        self._http = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            limits=httpx.Limits(keepalive_expiry=3.0),
            event_hooks={"request": [self._authorise]},
        )
        options = ClientOptions(
            headers={"Authorization": f"Bearer {key}"},
            auto_refresh_token=False,
            persist_session=False,
            postgrest_client_retry=False,
            httpx_client=self._http,
        )
        self._rest = create_client(url, key, options).postgrest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; nothing can be asked afterwards."""
        self._http.close()

    def needs(self, migrations: Collection[str]) -> Self:
        """Ask nothing of a database that lacks one of these migrations: asked once, before the first request.

        Returns
        -------
        Rest
            This one, whose first request raises Unavailable where the database is too old.
        """
        self._needed = frozenset(migrations)
        return self

    def schema_versions(self) -> frozenset[str]:
        """Versions of the migrations that the database has; none where it is too old to say."""
        with self._in_our_words():
            try:
                found: Any = self._rest.rpc("schema_versions", {}).execute().data
            except APIError as error:
                if error.code not in _CANNOT_SAY:
                    raise
                return frozenset()
        return frozenset(found)

    def _select(
        self, table: str, columns: str, narrow: Callable[[Any], Any] = lambda query: query, unique: str = "id"
    ) -> list[Mapping[str, Any]]:
        """Every row, page by page; `unique` ends the order, for pages of a partial order repeat and leave out rows."""
        found: list[Mapping[str, Any]] = []
        with self._translated():
            while True:
                query = narrow(self._rest.from_(table).select(columns)).order(unique)
                page = query.range(len(found), len(found) + PAGE - 1).execute().data
                found.extend(page)
                if len(page) < PAGE:
                    return found

    def _call(self, function: str, **arguments: Any) -> Any:
        with self._translated():
            return self._rest.rpc(function, arguments).execute().data

    def _authorise(self, request: httpx.Request) -> None:
        # Per request, not on the client: a token lives an hour, and threads share the client.
        request.headers["Authorization"] = f"Bearer {self._access_token()}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        if self._needed:
            found = self.schema_versions()
            if not self._needed <= found:  # a newer one is no hindrance: what is asked of it is still there
                raise Unavailable(f"At {self._url}, {misfit(self._needed, found, 'riskkit')}")
            self._needed = frozenset()
        with self._in_our_words():
            yield

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except APIError as error:
            raise error_of(error) from error
        except httpx.HTTPError as error:
            raise Unavailable(f"Supabase at {self._url} does not answer: {error or type(error).__name__}.") from error


def error_of(error: APIError) -> RiskkitError:
    """The word of riskkit for an error of PostgREST or Postgres."""
    code, message = error.code or "", error.message or "no reason given"
    if code == "PT422":
        return _refusal(message, error.details)
    if code in ("PGRST301", "PGRST302", "PGRST303", "401"):
        return NotSignedIn()
    if code == "42501":
        own = message[0].isupper() and message.endswith(".")
        return Forbidden(message if own else f"Your role does not allow this ({message}).")
    if code in ("PT409", "23505", "23P01", "40001", "40P01"):
        return Conflict(f"Somebody else changed the same thing, nothing was written ({message}).")
    if code == "PT429":
        return Unavailable(message)
    if code == "57014":
        return Unavailable("The database gave up after its time limit; ask for less at once, or try again later.")
    if code[:2] in ("22", "23"):
        return InputError("value", message, "a value within the bounds of the database; nothing was written")
    return Unavailable(f"Supabase cannot do this now: {message} ({code}).")


def _refusal(message: str, details: object) -> InputError:
    try:
        facts = json.loads(str(details))
        return InputError(facts["field"], facts["value"], facts["expected"])
    except (ValueError, KeyError, TypeError):
        return InputError("value", message, "a value within the bounds of the database; nothing was written")
