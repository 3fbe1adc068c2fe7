"""The small answers that pages, proxies and operators ask for again and again."""

from __future__ import annotations

from jupyter_server.auth.decorator import allow_unauthenticated

from riskkit.serving.pages import Page

#: What a page says of a session that is over, by the reason the server gives; any other was ended elsewhere.
_WHY = {
    "run out": "idle",
    "signed out": "signed-out",
    "signed in again": "signed-out",
    "a role was taken back": "rights",
    "a second factor was set up": "rights",
    "the second factor was reset": "rights",
    "banned": "rights",
}


class Status(Page):
    """`/session`: whether the page's session and kernel still live; asking does not keep them alive."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Nothing about anybody but the asker."""
        self.set_header("Cache-Control", "no-store")
        session = self.viewer
        if session is None:
            self.finish({"session": "ended", "why": self._why()})
            return
        kernel = self.get_query_argument("kernel", "")
        if self.kernels.owner(kernel) is not session:
            self.finish({"session": "live", "kernel": "gone", "why": self.kernels.gone(kernel, session.user_id)})
            return
        ready = self.surroundings.readiness
        remaining = int(self.surroundings.viewers.sessions.remaining(session))
        database = "down" if await ready.missing() else "up"
        self.finish({"session": "live", "kernel": "live", "seconds": remaining, "database": database})

    def _why(self) -> str:
        """A cookie that nobody knows is of a server that has been restarted; without one the reader has signed out."""
        if not self.identity.had_session(self):
            return "signed-out"
        reason = self.identity.ended_by(self)
        return _WHY.get(reason, "elsewhere") if reason else "restart"


class Health(Page):
    """`/healthz`: the process answers."""

    @allow_unauthenticated
    def get(self) -> None:
        """One word."""
        self.set_header("Content-Type", "text/plain")
        self.set_header("Cache-Control", "no-store")
        self.finish("ok\n")


class Ready(Page):
    """`/readyz`: sign-in, database and schema answer; 503 and one word each for what does not."""

    @allow_unauthenticated
    async def get(self) -> None:
        """No version, no address, no reason."""
        missing = await self.surroundings.readiness.missing()
        self.set_header("Content-Type", "text/plain")
        self.set_header("Cache-Control", "no-store")
        self.set_status(503 if missing else 200)
        self.finish("".join(f"{word}\n" for word in missing) if missing else "ok\n")
