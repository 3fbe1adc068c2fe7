"""The audit log as its readers see it: chains of entries, computed again here rather than believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.errors import InputError
from riskkit.store.rest import PAGE, Rest

#: Entries that the database checks within the time a statement may take.
_PART = 20_000
#: What the first entry of a chain follows.
BEGINNING = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One entry of a chain.

    Attributes
    ----------
    seq : int
        Place in the chain, from 1.
    text : str
        What is hashed: a JSON object, byte for byte.
    previous, hash : str
        sha256 in lower-case hex: of the entry before, and of `previous`, a line feed and `text`.
    """

    seq: int
    text: str
    previous: str
    hash: str

    @property
    def facts(self) -> Mapping[str, Any]:
        """The entry's fields by name."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True)
class Verdict:
    """What became of checking one chain.

    Attributes
    ----------
    entries : int
        How many were looked at.
    head : str
        Hash of the last one that holds.
    broken : int or None
        `seq` of the first that does not; None: the chain is whole.
    reason : str
        Why not; empty for a whole chain.
    """

    entries: int
    head: str
    broken: int | None = None
    reason: str = ""


def verify_chain(entries: Iterable[Entry]) -> Verdict:
    """Compute a chain again from its first entry on.

    >>> first = Entry(1, "{}", BEGINNING, hashlib.sha256((BEGINNING + "\\n{}").encode()).hexdigest())
    >>> verify_chain([first]).broken, verify_chain([Entry(1, '{"x": 1}', BEGINNING, first.hash)]).reason
    (None, 'it was changed')
    """
    count, head = 0, BEGINNING
    for entry in entries:
        count += 1
        reason = _fault(entry, count, head)
        if reason:
            return Verdict(count, head, entry.seq, reason)
        head = entry.hash
    return Verdict(count, head)


def _fault(entry: Entry, place: int, head: str) -> str:
    if entry.seq != place:
        return "the entry before it is missing"
    if entry.previous != head:
        return "it does not follow the entry before it"
    if entry.hash != hashlib.sha256(f"{entry.previous}\n{entry.text}".encode()).hexdigest():
        return "it was changed"
    if not _is_entry(entry):
        return "it does not say its own place"
    return ""


def _is_entry(entry: Entry) -> bool:
    try:
        found = json.loads(entry.text)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("seq", entry.seq) == entry.seq


def compare(entries: Iterable[Entry], copy: Iterable[Entry]) -> Verdict:
    """Whether every entry of a copy kept elsewhere is still there as it was, so that a cut end is seen too."""
    now = {entry.seq: entry.hash for entry in entries}
    count, head = 0, BEGINNING
    for entry in copy:
        count += 1
        if entry.seq not in now:
            return Verdict(count, head, entry.seq, "the copy has it, the database no longer does")
        if now[entry.seq] != entry.hash:
            return Verdict(count, head, entry.seq, "it is not what the copy says")
        head = entry.hash
    return Verdict(count, head)


def write_line(team: str, entry: Entry) -> str:
    """One line of an export.

    >>> read_line(write_line("atlas", Entry(1, "{}", BEGINNING, BEGINNING)), "copy", 1)[0]
    'atlas'
    """
    return json.dumps(
        {"team": team, "seq": entry.seq, "entry": entry.text, "previous": entry.previous, "hash": entry.hash},
        ensure_ascii=False,
    )


def read_line(line: str, source: str, number: int) -> tuple[str, Entry]:
    """A line of an export back: the team's slug and the entry."""
    try:
        found = json.loads(line)
        return str(found["team"]), Entry(int(found["seq"]), found["entry"], found["previous"], found["hash"])
    except (ValueError, KeyError, TypeError) as error:
        expected = "a line that `riskkit audit export` wrote"
        raise InputError("line", line[:80], expected, source=source, line=number) from error


class AuditLog(Rest):
    """The audit log of the teams in which the caller is an admin who gave a second factor."""

    def teams(self, user_id: str) -> dict[str, str]:
        """Slug to id of the teams in which this user, the caller, is an admin."""
        found = self._select(
            "memberships", "team_id,teams(slug)", lambda q: q.eq("user_id", user_id).eq("role", "admin"), "team_id"
        )
        return {row["teams"]["slug"]: row["team_id"] for row in sorted(found, key=lambda row: row["teams"]["slug"])}

    def entries(self, team_id: str, after: int = 0) -> Iterator[Entry]:
        """A team's chain after an entry, oldest first, page by page."""
        while True:
            page = self._call("audit_entries", p_team=team_id, p_after=after, p_limit=PAGE)
            for row in page:
                yield Entry(int(row["seq"]), row["entry"], row["previous"], row["hash"])
            if len(page) < PAGE:
                return
            after = int(page[-1]["seq"])

    def latest(self, team_id: str, limit: int, action: str | None = None) -> list[Mapping[str, Any]]:
        """The last entries of a team, newest first; `member` as the action stands for every `member.…` too."""
        with self._translated():
            query = self._rest.from_("audit_log").select("*").eq("team_id", team_id)
            if action is not None:
                query = query.or_(f"action.eq.{action},action.like.{action}.*")
            found: Any = query.order("seq", desc=True).limit(min(limit, PAGE)).execute().data
        return list(found)

    def teamless(self) -> Verdict | None:
        """The database's word on the chain of no team, whose entries only the service reads; None if it says none."""
        found: Verdict | None = None
        count = after = 0
        while rows := self._call("verify_audit_part", p_after=after, p_limit=_PART):
            (row,) = rows
            count, after = count + int(row["entries"]), int(row["last_seq"])
            found = Verdict(count, row["head"], row["broken"], row["reason"] or "")
            if found.broken is not None or row["entries"] < _PART:
                break
        return found
