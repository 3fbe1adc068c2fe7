"""Edits of books on Supabase: each is one rpc, checked and written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from riskkit.portfolio import Instrument
from riskkit.store import rows
from riskkit.store.contract import PortfolioRef
from riskkit.store.edits import Move, PositionChange, Quantities
from riskkit.store.rest import Rest


class SupabaseEdits(Rest):
    """Edits as the user whose token `access_token` gives."""

    def revision(self, ref: PortfolioRef) -> int:
        """How often the book was changed."""
        with self._translated():
            query = self._rest.from_("position_changes").select("revision").eq("portfolio_id", ref.id)
            found: Any = query.order("revision", desc=True).limit(1).execute().data
        return int(found[0]["revision"]) if found else 0

    def changes(self, ref: PortfolioRef, since: int = 0, limit: int = 50) -> tuple[PositionChange, ...]:
        """The book's own changes after a revision, the last one first."""
        found = self._call("position_history", p_portfolio=ref.id, p_since=since, p_limit=limit)
        return tuple(map(_change, found))

    def change_positions(
        self,
        ref: PortfolioRef,
        revision: int,
        valid_from: date,
        quantities: Quantities,
        instruments: Sequence[Instrument] = (),
    ) -> int:
        """Hold these quantities from a day on."""
        new = {one.symbol: rows.instrument_row(one) for one in instruments}
        made = self._call(
            "change_positions",
            p_portfolio=ref.id,
            p_revision=revision,
            p_valid_from=valid_from.isoformat(),
            p_changes=[{**new.get(name, {}), "symbol": name, "quantity": held} for name, held in quantities.items()],
        )
        return int(made)

    def undo_positions(self, ref: PortfolioRef, revision: int) -> int:
        """Take back the last change."""
        return int(self._call("undo_positions", p_portfolio=ref.id, p_revision=revision))


def _change(row: Mapping[str, Any]) -> PositionChange:
    return PositionChange(
        revision=int(row["revision"]),
        kind=row["kind"],
        undoes=row["undoes"],
        valid_from=date.fromisoformat(row["valid_from"]),
        by=row["made_by_name"],
        at=datetime.fromisoformat(row["made_at"]),
        moves=tuple(map(_move, row["moves"])),
        count=int(row["count"]),
    )


def _move(row: Mapping[str, Any]) -> Move:
    begins, until = date.fromisoformat(row["from"]), _day(row["until"])
    moved = "until_before" in row
    return Move(row["symbol"], float(row["quantity"]), begins, until, moved, _day(row.get("until_before")))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
