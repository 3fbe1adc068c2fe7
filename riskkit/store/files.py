"""Files of runs in the private bucket, read as one signed-in user; row-level security decides which there are."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx
from storage3.exceptions import StorageApiError
from supabase import ClientOptions, create_client

from riskkit.errors import Unavailable
from riskkit.store.contract import Artifact

#: The private bucket of reports.
BUCKET = "reports"
_TIMEOUT = 30.0


class Files:
    """Reads as the user whose token `access_token` gives. `close` it, or use it in a `with` statement.

    Parameters
    ----------
    url, key : str
        Address of the project; publishable key.
    access_token : callable
        Gives a token that is fresh now; asked before every request.
    """

    def __init__(self, url: str, key: str, access_token: Callable[[], str]) -> None:
        self._url, self._access_token = url, access_token
        self._http = httpx.Client(timeout=_TIMEOUT, event_hooks={"request": [self._authorise]})
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=self._http)
        self._files = create_client(url, key, options).storage

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, team_id: str, artifact: Artifact) -> bytes | None:
        """The bytes that are kept there, not verified; None if there are none that the user may see.

        Raises
        ------
        Unavailable
            Storage does not answer.
        """
        try:
            found: bytes = self._files.from_(BUCKET).download(f"{team_id}/{artifact.key}")
        except StorageApiError as error:
            if str(error.status) in ("400", "403", "404"):
                return None
            raise Unavailable(f"Storage at {self._url} did not give {artifact.name}: {error.message}") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"Storage at {self._url} does not answer: {error or type(error).__name__}.") from error
        return found

    def _authorise(self, request: httpx.Request) -> None:
        request.headers["Authorization"] = f"Bearer {self._access_token()}"
