"""The store and the bucket as the service sees them: for workers, one team at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from storage3.exceptions import StorageApiError
from supabase import ClientOptions, create_client

from riskkit.errors import Unavailable
from riskkit.store.contract import Artifact, PortfolioRef, RunRecord
from riskkit.store.files import BUCKET
from riskkit.store.rest import PAGE
from riskkit.store.rows import RUN
from riskkit.store.supabase import SupabaseStore, readable

#: Stands for the service where a user's id is asked for: whose runs a sweep settles.
SERVICE = "service"
_TIMEOUT = 30.0


class ServiceStore(SupabaseStore):
    """Reads past row-level security; what it finds is narrowed to one team here.

    Parameters
    ----------
    url, service_key : str
    team_id : str, optional
        The team whose portfolios there are; all teams' by default, for the sweep.
    """

    def __init__(self, url: str, service_key: str, team_id: str | None = None) -> None:
        super().__init__(url, service_key, lambda: service_key)
        self._team_id = team_id

    def portfolios(self) -> tuple[PortfolioRef, ...]:
        """Every portfolio of the team, sorted by path."""
        return tuple(ref for ref in super().portfolios() if self._team_id in (None, ref.team_id))

    def runs(
        self,
        ref: PortfolioRef | None = None,
        report: str | None = None,
        limit: int = 50,
        recorded_by: str | None = None,
    ) -> tuple[RunRecord, ...]:
        """The latest runs; recorded by SERVICE are the official ones that no person wrote."""
        if recorded_by != SERVICE:
            return super().runs(ref, report, limit, recorded_by)
        with self._translated():
            query = self._rest.from_("report_runs").select(RUN).is_("recorded_by", "null").eq("official", True)
            found: Any = query.order("run_at", desc=True).order("id").limit(min(limit, PAGE)).execute().data
        return tuple(readable(found))


class Bucket:
    """The private bucket of reports, where the first folder is the team's id and a name is a content's hash.

    Parameters
    ----------
    url, service_key : str
    """

    def __init__(self, url: str, service_key: str) -> None:
        self._url, self._http = url, httpx.Client(timeout=_TIMEOUT)
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=self._http)
        self._files = create_client(url, service_key, options).storage

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def put(self, team_id: str, artifact: Artifact, path: Path) -> None:
        """Keep an artifact for its team; one that is there already is the same, and is not collected for a while.

        Raises
        ------
        Unavailable
            Storage does not answer, or refuses: said so, for nothing is in it that would be refused for ever.
        """
        options: Any = {"content-type": artifact.media_type, "upsert": "true"}
        with self._answering(f"did not take {artifact.name}"):
            self._files.from_(BUCKET).upload(f"{team_id}/{artifact.key}", path.read_bytes(), options)

    def get(self, team_id: str, artifact: Artifact) -> bytes:
        """The bytes of an artifact, as they were put there.

        Raises
        ------
        Unavailable
            Storage does not answer, does not have it, or has other bytes.
        """
        with self._answering(f"does not give {artifact.name}"):
            found = bytes(self._files.from_(BUCKET).download(f"{team_id}/{artifact.key}"))
        if hashlib.sha256(found).hexdigest() != artifact.sha256:
            raise Unavailable(f"Storage at {self._url} has other bytes for {artifact.name} than were put there.")
        return found

    def remove(self, names: Sequence[str]) -> None:
        """Remove files by their names, `<team>/<key>`; one that is gone already is no error."""
        with self._answering(f"did not remove {len(names)} files"):
            self._files.from_(BUCKET).remove(list(names))

    @contextmanager
    def _answering(self, refusal: str) -> Iterator[None]:
        try:
            yield
        except StorageApiError as error:
            raise Unavailable(f"Storage at {self._url} {refusal}: {error.message}") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"Storage at {self._url} does not answer: {error or type(error).__name__}.") from error
