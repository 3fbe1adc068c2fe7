"""`/reports/<run>/<file>`: what people receive of an official run, from the bucket, for who may see it."""

from __future__ import annotations

import hashlib

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
