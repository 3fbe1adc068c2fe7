"""Limits of books as whoever is signed in may see and set them; the database enforces role and second factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from riskkit.errors import Conflict, Forbidden, InputError
from riskkit.gates import Limit
from riskkit.session.tokens import level
from riskkit.store import rows
from riskkit.store.contract import PortfolioRef
from riskkit.store.rest import Rest

_COLUMNS = "id,metric,unit,soft,hard,scope,scope_value,basis,note,valid_from,valid_to,portfolios(slug,teams(slug))"


@dataclass(frozen=True)
class KeptLimit:
    """A limit of a book, and from when on it holds.

    Attributes
    ----------
    id : str
    portfolio : str
        `team/portfolio`.
    limit : Limit
    note : str
    valid_from : date
    valid_to : date or None
        The first day on which it no longer holds; None: it is in force.
    """

    id: str
    portfolio: str
    limit: Limit
    note: str
    valid_from: date
    valid_to: date | None


class Limits(Rest):
    """Reads and sets limits as the user whose token `access_token` gives."""

    @classmethod
    def beside(cls, store: Rest) -> Limits:
        """For the same caller as a store."""
        return cls(store._url, store._key, store._access_token)

    def level(self) -> str:
        """`aal2` where the caller has signed in with a second factor, else `aal1`; the database asks again."""
        return level(self._access_token())

    def all(self, ref: PortfolioRef | None = None) -> tuple[KeptLimit, ...]:
        """Every limit there is or was, of one book or of all that the user may see, by book, figure and day."""
        found = self._select(
            "limits", _COLUMNS, lambda query: query if ref is None else query.eq("portfolio_id", ref.id)
        )
        return tuple(sorted(map(_kept, found), key=_order))

    def set(self, ref: PortfolioRef, limit: Limit, valid_from: date | None, note: str = "") -> str:
        """Make this the limit on its figure from a day on, today by default; its id.

        Raises
        ------
        Forbidden
            It takes the role approver and a second factor.
        InputError
            It is no limit, or would begin before the one in force; nothing was written.
        """
        given: dict[str, Any] = {**vars(limit), "note": note}
        if valid_from is not None:
            given["valid_from"] = valid_from.isoformat()
        return str(self._call("set_limit", p_portfolio=ref.id, p_limit=given))

    def end(self, limit_id: str, valid_to: date | None) -> None:
        """Let a limit hold no longer from a day on, today by default."""
        day = {} if valid_to is None else {"p_valid_to": valid_to.isoformat()}
        self._call("end_limit", p_limit=limit_id, **day)

    def acknowledge(self, ref: PortfolioRef, limit_id: str, run_id: str, reason: str) -> None:
        """Say of a limit's breach in a run why it stands; once said, it stays.

        Raises
        ------
        Forbidden
            It takes the role approver.
        Conflict
            Somebody has said it already.
        InputError
            There is no reason, or no such limit and run of the team.
        """
        if not reason.strip():
            raise InputError("reason", reason, "why the breach stands, in a sentence")
        said = {"team_id": ref.team_id, "limit_id": limit_id, "run_id": run_id, "reason": reason.strip()}
        try:
            with self._translated():
                self._rest.from_("limit_acknowledgements").insert(said).execute()
        except Forbidden as error:
            raise Forbidden("Acknowledging a breach takes the role approver in the portfolio's team.") from error
        except Conflict as error:
            raise Conflict("Somebody has acknowledged this breach already; nothing was written.") from error

    def stamp(self, ref: PortfolioRef) -> str:
        """Another text whenever a limit of the book, an acknowledgement or an official run is new."""
        return str(self._call("limit_stamp", p_portfolio=ref.id))


def _kept(row: Mapping[str, Any]) -> KeptLimit:
    book, ends = row["portfolios"], row["valid_to"]
    return KeptLimit(
        id=row["id"],
        portfolio=f"{book['teams']['slug']}/{book['slug']}",
        limit=rows.limit(row),
        note=row["note"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=None if ends is None else date.fromisoformat(ends),
    )


def _order(kept: KeptLimit) -> tuple[object, ...]:
    one = kept.limit
    return (kept.portfolio, one.metric, one.scope, one.scope_value, one.basis, kept.valid_from, kept.id)
