"""The two ways a page reaches its kernel: the websocket, and the beacon it sends when it is closed."""

from __future__ import annotations

from typing import Any

import tornado.web
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from riskkit.serving.identity import SIGNED_OUT

#: What a page may say to its kernel. Voila's own list also has `shutdown_request`, which restarts the kernel.
ALLOWED_MESSAGES = ["comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"]


class OwnedWebsocket(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """A kernel's websocket that closes with its session, and whose messages count as the person's activity.

    Ownership was checked by `OwnerOnly` before the upgrade.
    """

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002 (upstream's signature)
        """A word; upstream's page for people needs templates that are not here, and no person sees it."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("not found\n" if status_code == 404 else "refused\n")

    async def open(self, kernel_id: str) -> None:
        """Note the socket with session and kernel, then connect."""
        self._kernel = kernel_id
        self.viewer.sockets.add(self)
        self.kernel_manager.joined(kernel_id, self)
        self.identity_provider.app.sessions.touch(self.viewer)
        await super().open(kernel_id)

    def on_message(self, ws_message: Any) -> None:
        """Pass a message on while the session lives."""
        sessions = self.identity_provider.app.sessions
        if not sessions.live(self.viewer):
            self.close(SIGNED_OUT, "session ended")
            return
        sessions.touch(self.viewer)
        super().on_message(ws_message)

    def on_close(self) -> None:
        """Forget the socket."""
        self.viewer.sockets.discard(self)
        self.kernel_manager.left(self._kernel, self)
        super().on_close()


class OwnedShutdown(VoilaShutdownKernelHandler):  # type: ignore[misc]
    """The page's farewell; upstream's takes it from anybody who is signed in."""

    @tornado.web.authenticated
    async def post(self, kernel_id: str) -> None:
        """End the kernel if it is the viewer's own; another's is as unknown as none."""
        if self.kernel_manager.owner(kernel_id) is not self.viewer:
            raise tornado.web.HTTPError(404)
        await self.kernel_manager.close(kernel_id)
        self.set_status(204)
        self.finish()
