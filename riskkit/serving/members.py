"""`/account/members`: who is in the teams one administers, with which role; everything is asked as the admin.

The serving process has no key but the publishable one: policies decide, a trigger keeps an admin in every team and the
audit log has each change. An invitation is written down here and mailed by a worker.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from jupyter_server.auth.decorator import allow_unauthenticated

from riskkit.parameters.publishing import ROLES
from riskkit.serving.account import ID, AccountForm, ago
from riskkit.serving.auth import SignInRefused
from riskkit.serving.pages import FORBIDDEN
from riskkit.serving.sessions import BrowserSession

log = logging.getLogger(__name__)

NEEDS_FACTOR = "Changing members takes a second factor. Set one up on your account's page, then sign in with it."
GONE = "That is no member any more. Here is how it stands now."
INVITED = "is written down for an invitation: a worker mails the link within a minute."


@dataclass(frozen=True)
class Changed:
    """A member's role before and after a change; None: none, which is not being a member."""

    team_id: str
    user_id: str
    email: str
    before: str | None
    after: str | None


#: The last change that a session made, until its page has offered to undo it.
_changes: WeakKeyDictionary[BrowserSession, Changed] = WeakKeyDictionary()


class MembersForm(AccountForm):
    """What the two pages share: only for admins, and a change only with a second factor."""

    template = "members.html.j2"

    async def prepare(self, **_: Any) -> Any:
        """Only for who is an admin of some team, as the database said within the last minute."""
        await super().prepare()
        if not self._finished and "admin" not in (self.session.roles or {}).values():
            self.say(403, FORBIDDEN)

    async def ask(self, method: Any, path: str, **body: str) -> list[dict[str, Any]]:
        """Rows of the database, as the admin."""
        app = self.identity.app
        return await app.auth.database(
            (await app.sessions.access_token(self.session)).access_token, method, path, **body
        )

    async def members(self) -> list[dict[str, Any]]:
        """Every member of the teams of which the session's user is an admin."""
        return await self.ask("POST", "rpc/team_members")

    async def show_members(self, status: int = 200, problem: str = "", at: str = "", **typed: str) -> None:
        """The page, with what was typed in the form that is refused."""
        members, waiting = await asyncio.gather(
            self.members(), self.ask("GET", "invitations?select=id,team_id,email,role,problem&order=email&limit=200")
        )
        teams = itertools.groupby(members, lambda one: str(one["team_id"]))
        changed = _changes.pop(self.session, None)
        self.show(
            status, problem, at,
            may=self.session.grant.aal == "aal2", roles=ROLES, typed=typed, changed=changed,
            invited=next((text for text in (INVITED,) if "invited" in self.request.query_arguments), ""),
            teams=[
                {
                    "id": team_id, "name": rows[0]["team"], "members": [_row(one) for one in rows],
                    "waiting": [one for one in waiting if one["team_id"] == team_id],
                }
                for team_id, rows in [(key, list(group)) for key, group in teams]
            ],
        )  # fmt: skip

    async def member(self, team_id: str, user_id: str) -> dict[str, Any] | None:
        """The member of these ids, if the session's user administers that team."""
        found = await self.members()
        return next((one for one in found if (one["team_id"], one["user_id"]) == (team_id, user_id)), None)

    async def change(self, one: dict[str, Any], role: str | None) -> bool:
        """Give a role, or take the only one away with None; False if the page has been answered with a refusal."""
        before, team, user = one["role"], one["team_id"], one["user_id"]
        path = "memberships?" + urlencode({"team_id": f"eq.{team}", "user_id": f"eq.{user}", "select": "user_id"})
        try:
            if role is None:
                done = await self.ask("DELETE", path)
            elif before is None:
                done = await self.ask("POST", "memberships?select=user_id", team_id=team, user_id=user, role=role)
            else:
                done = await self.ask("PATCH", path, role=role)
        except SignInRefused as error:
            await self.refuse(error)
            return False
        if not done:
            await self.show_members(409, GONE)
            return False
        log.info("member changed", extra={"user_id": self.session.user_id, "member": user, "role": role or "removed"})
        _changes[self.session] = Changed(team, user, one["email"], before, role)
        return True

    async def refuse(self, error: SignInRefused, **typed: str) -> None:
        """What the database does not take, in its own words."""
        expected = str(error).partition("expected ")[2]
        if error.code == "PT422" and expected:
            lead = "Give" if typed else "Name"
            await self.show_members(422, f"{lead} {expected}.", typed.get("team", ""), **typed)
        elif error.code in ("23505", "23514"):
            said = "That address is invited already." if error.code == "23505" else "Give an e-mail address."
            await self.show_members(422, said, typed.get("team", ""), **typed)
        elif error.code == "42501":
            await self.show_members(403, "The database does not let you: your role or second factor has changed.")
        else:
            raise error


class MembersPage(MembersForm):
    """The page itself: give another role, invite, withdraw an invitation, undo."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show it."""
        await self.show_members()

    @allow_unauthenticated
    async def post(self) -> None:
        """Do what the form asks."""
        if self.session.grant.aal != "aal2":
            await self.show_members(403, NEEDS_FACTOR)
            return
        doing = {"role": self._role, "undo": self._undo, "invite": self._invite, "withdraw": self._withdraw}
        what = self.field("do")
        if what not in doing:
            await self.show_members(422, "That form is none of this page's.")
            return
        await doing[what]()

    async def _role(self) -> None:
        role = self.field("role")
        one = await self.member(self.field("team"), self.field("user"))
        if one is None or role not in ROLES:
            await self.show_members(422, "Choose one of the roles." if one else GONE)
        elif one["role"] == role or await self.change(one, role):
            self.redirect(self.address("account", "members"), status=303)

    async def _undo(self) -> None:
        """The inverse of a change that this page has shown; for another admin's team the database refuses it."""
        team, user, role = self.field("team"), self.field("user"), self.field("role")
        if not ID.fullmatch(team) or not ID.fullmatch(user) or role not in ROLES:
            await self.show_members(422, GONE)
            return
        one = await self.member(team, user)
        known = one or {"team_id": team, "user_id": user, "role": None, "email": self.field("email")[:254]}
        if known["role"] == role or await self.change(known, role):
            self.redirect(self.address("account", "members"), status=303)

    async def _invite(self) -> None:
        team, role, email = self.field("team"), self.field("role"), self.email()
        typed = {"team": team, "email": self.field("email").strip()[:254], "role": role}
        if not ID.fullmatch(team) or role not in ROLES or email is None:
            await self.show_members(422, "Give an e-mail address and a role.", team, **typed)
            return
        try:
            await self.ask("POST", "invitations?select=id", team_id=team, email=email, role=role)
        except SignInRefused as error:
            await self.refuse(error, **typed)
            return
        log.info("invitation written", extra={"user_id": self.session.user_id, "role": role})
        self.redirect(self.address("account", "members") + "?invited", status=303)

    async def _withdraw(self) -> None:
        which = self.field("which")
        gone = not ID.fullmatch(which) or not await self.ask("DELETE", f"invitations?id=eq.{which}&select=id")
        if gone:
            await self.show_members(409, "That invitation was mailed or withdrawn meanwhile.")
        else:
            self.redirect(self.address("account", "members"), status=303)


class RemoveMember(MembersForm):
    """`/account/members/remove`: asks before it removes."""

    template = "remove_member.html.j2"

    @allow_unauthenticated
    async def get(self) -> None:
        """What removing means, and a button."""
        one = await self.member(self.get_query_argument("team", ""), self.get_query_argument("user", ""))
        if one is None:
            self.redirect(self.address("account", "members"), status=303)
        else:
            self.show(one=one)

    @allow_unauthenticated
    async def post(self) -> None:
        """Remove."""
        self.template = MembersForm.template
        if self.session.grant.aal != "aal2":
            await self.show_members(403, NEEDS_FACTOR)
            return
        one = await self.member(self.field("team"), self.field("user"))
        if one is None:
            await self.show_members(409, GONE)
        elif await self.change(one, None):
            self.redirect(self.address("account", "members"), status=303)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    last = one["last_sign_in"]
    seconds = time.time() - datetime.fromisoformat(last).timestamp() if last else 0.0
    return {**one, "last": ago(seconds) if last else "never"}
