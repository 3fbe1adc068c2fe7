"""`/reports/<run>/<file>`: what people receive of an official run, for who may see it; `/runs/<id>` is its page."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

from tornado.web import HTTPError

from riskkit.serving.pages import Page

#: A report is a page of its own: it may run its own scripts, and knows nothing of this server's cookies and pages.
_ALONE = "sandbox allow-scripts allow-downloads allow-popups; frame-ancestors 'none'; base-uri 'none'"


class ReportPage(Page):
    """A run's page, its PDF or its workbook."""

    async def get(self, run_id: str, name: str) -> None:
        """The file as it was kept, or 404 for none that the viewer may see."""
        await self.identity.look(self.session)
        found = await self.surroundings.viewers.file(self.session, run_id, name)
        if found is None:
            raise HTTPError(404)
        kept, content = found
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise HTTPError(500, log_message=f"{name} of run {run_id} is not the one that was kept")
        self.set_header("Content-Type", "text/html; charset=utf-8" if name.endswith(".html") else kept.media_type)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", _ALONE)
        self.finish(content)


class RunLink(Page):
    """`/runs/<id>`: the page on a run, wherever its book is now; the address outlives every name."""

    async def get(self, run_id: str) -> None:
        """On to the page, or 404 for no run that the viewer may see."""
        await self.identity.look(self.session)
        found = await self.surroundings.viewers.run(self.session, run_id)
        if found is None:
            raise HTTPError(404)
        query = urlencode({"portfolio": found[0], "as_of": found[1].isoformat(), "run_id": run_id}, safe="/")
        self.redirect(f"{self.address('dashboards', 'report_runs')}?{query}", status=303)
