"""The serving application: standalone Voila with identity, ownership, broker and pages of our own.

Never Voila's server extension: that sits beside the whole Jupyter API and filters no message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import tornado.web
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from tornado.netutil import bind_sockets
from traitlets import default
from traitlets.config import Config
from voila.app import Voila
from voila.paths import collect_static_paths, collect_template_paths
from voila.utils import get_voila_labextensions_path

from riskkit.errors import Unavailable
from riskkit.serving.account import AccountPage, AccountPassword, AccountSessions
from riskkit.serving.assets import Assets, asset_handlers
from riskkit.serving.auth import AuthClient
from riskkit.serving.broker import start_broker
from riskkit.serving.catalogue import Catalogue
from riskkit.serving.dashboard import DashboardPage
from riskkit.serving.environment import kept, kernel_environment
from riskkit.serving.factors import AddFactor, NewFactor, RemoveFactor
from riskkit.serving.forks import forking
from riskkit.serving.halfway import Halfway
from riskkit.serving.headers import STRICT, SecurityHeaders
from riskkit.serving.hosts import KnownHosts
from riskkit.serving.identity import OwnerOnly, ViewerIdentity
from riskkit.serving.kernels import OwnedKernels
from riskkit.serving.landing import Closed, Landing, Live, Nothing
from riskkit.serving.limits import Limits
from riskkit.serving.members import MembersPage, RemoveMember
from riskkit.serving.pages import TEMPLATES, page_environment
from riskkit.serving.proxy import ProxiedServer
from riskkit.serving.readiness import Readiness
from riskkit.serving.recovery import Forgotten, Link, NewPassword
from riskkit.serving.report_page import ReportPage, RunLink
from riskkit.serving.sessions import Sessions
from riskkit.serving.sign_in import SecondFactor, SignIn, SignOut
from riskkit.serving.sockets import ALLOWED_MESSAGES, OwnedShutdown, OwnedWebsocket
from riskkit.serving.states import Health, Ready, Status
from riskkit.serving.surroundings import Surroundings
from riskkit.serving.viewer import Viewers
from riskkit.serving.watch import Watch
from riskkit.settings import Settings

log = logging.getLogger(__name__)

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FILE = r"(?P<name>report\.html|report\.pdf|tables\.xlsx|tables/[a-z0-9_]{1,120}\.csv)"
_KERNEL, _RUN = f"(?P<kernel_id>{_UUID})", f"(?P<run_id>{_UUID})"
_NAME = r"([a-z][a-z0-9_]{0,62})"
#: What stock Voila serves and riskkit does not.
_CLOSED = r"/voila/(?:files|query|execution|tree|api/contents|static|templates|labextensions|api/themes)(?:/.*)?"
#: Browser extensions a dashboard needs; whatever else is installed for JupyterLab stays out of the page.
_EXTENSIONS = ["@bokeh/jupyter_bokeh", "@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]
#: Nothing a page sends is large; uploads will have a route of their own.
LARGEST_BODY = 1_000_000
LARGEST_MESSAGE = 8_000_000
#: Seconds after which a database that says nothing is said not to answer.
PATIENCE = 3.0
#: Seconds the cells of one dashboard may take, each.
CELL_TIMEOUT = 300


@dataclass(frozen=True)
class Service:
    """How the dashboards are offered.

    Attributes
    ----------
    address, port : str, int
        Where to listen; port 0 takes a free one.
    base_url : str
        Path under which a proxy offers the application, "/" by itself.
    https : bool
        A proxy in front speaks https: cookies are marked so.
    proxies : tuple of str
        Addresses of the proxies in front, whose word is taken for who is asking; from others it is ignored.
    hosts : tuple of str
        Names under which people reach the server; a request for another is refused, this machine's own excepted.
        The first is the one that mails lead to.
    limits : Limits
    """

    address: str = "127.0.0.1"
    port: int = 8866
    base_url: str = "/"
    https: bool = False
    proxies: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return self.address in ("127.0.0.1", "::1", "localhost")

    def origin(self, port: int) -> str:
        """Scheme and host that people use, when the server listens on `port`."""
        host = self.hosts[0] if self.hosts else f"{_host(self.address)}:{port}"
        return f"{'https' if self.https else 'http'}://{host}"


class DashboardServer(Voila):  # type: ignore[misc]
    """Voila, with everything about who may do what replaced; `serve` makes one."""

    name = "voila"
    auth: AuthClient
    sessions: Sessions
    halfway: Halfway
    watch: Watch
    environ: Mapping[str, str]
    service: Service
    riskkit: Settings
    runtime: Path

    @default("log")
    def _log_default(self) -> logging.Logger:
        return logging.getLogger("riskkit.voila")

    def setup_template_dirs(self) -> None:
        """Our page first, then Voila's and nbconvert's own; nothing has to be installed into Jupyter's folders."""
        self.template_paths = [
            str(TEMPLATES / "dashboard"), *collect_template_paths(["voila", "nbconvert"], "lab", prune=True)
        ]  # fmt: skip
        self.static_paths = collect_static_paths(["voila", "nbconvert"], "lab", prune=True)

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, then what it does not let one configure."""
        settings: dict[str, Any] = super().init_settings()
        kernels: OwnedKernels = self.kernel_manager
        kernels.allowed_message_types = list(ALLOWED_MESSAGES)
        kernels.configure(
            self.service.limits,
            self.runtime,
            lambda ticket: kernel_environment(self.environ, self.riskkit, self.runtime / "broker", ticket),
        )
        settings.update(
            allow_remote_access=True,  # `KnownHosts` has looked at the Host header
            login_url=url_path_join(self.base_url, "sign-in"),
            default_handler_class=Nothing,
            transforms=[SecurityHeaders],
            headers={"Content-Security-Policy": STRICT},
            log_function=_log_request,
            websocket_max_message_size=LARGEST_MESSAGE,
            xsrf_cookies=True,
            xsrf_cookie_kwargs={"samesite": "Strict", "secure": self.service.https, "path": self.base_url},
            surroundings=Surroundings(
                self.riskkit, self.service.limits, Catalogue(self.riskkit.project),
                Viewers(self.riskkit, self.sessions), Assets(self.base_url), page_environment(),
                Readiness(AuthClient(*self.riskkit.supabase(), patience=PATIENCE)), self.service.origin(self.port),
            ),
        )  # fmt: skip
        return settings

    def init_handlers(self) -> list[tuple[Any, ...]]:
        """Every route there is; none is Voila's but what is named here."""
        at = partial(url_path_join, self.base_url)
        page = {
            "configuration": self.voila_configuration,
            "template_paths": self.template_paths,
            "config": self.config,
        }
        return [
            (at("/"), Landing),
            (at("/home"), Live),
            (at("/sign-in"), SignIn),
            (at("/sign-in/code"), SecondFactor),
            (at("/sign-in/forgotten"), Forgotten),
            (at("/sign-in/link"), Link),
            (at("/sign-in/password"), NewPassword),
            (at("/sign-out"), SignOut),
            (at("/account"), AccountPage),
            (at("/account/password"), AccountPassword),
            (at("/account/sessions"), AccountSessions),
            (at("/account/members"), MembersPage),
            (at("/account/members/remove"), RemoveMember),
            (at("/account/factors"), AddFactor),
            (at("/account/factors/new"), NewFactor),
            (at("/account/factors/remove"), RemoveFactor),
            (at("/session"), Status),
            (at("/healthz"), Health),
            (at("/readyz"), Ready),
            (at(rf"/dashboards/{_NAME}"), DashboardPage, page),
            (at(rf"/reports/{_RUN}/{_FILE}"), ReportPage),
            (at(rf"/runs/{_RUN}"), RunLink),
            (at(rf"/voila/render/{_NAME}\.ipynb"), DashboardPage, page),
            (at(rf"/api/kernels/{_KERNEL}"), KernelHandler),
            (at(rf"/api/kernels/{_KERNEL}/channels"), OwnedWebsocket),
            (at(rf"/voila/api/shutdown/{_KERNEL}"), OwnedShutdown),
            (at(_CLOSED), Closed),
            *asset_handlers(self.base_url, self.static_paths, get_voila_labextensions_path()),
        ]

    async def run(self, sockets: list[socket.socket], announce: Callable[[str], None]) -> None:
        """Serve until SIGINT or SIGTERM, then leave nothing behind."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        self.port = sockets[0].getsockname()[1]
        self.runtime = _runtime_folder()
        self.connection_dir = str(self.runtime)
        async with contextlib.AsyncExitStack() as ending:
            ending.callback(shutil.rmtree, self.runtime, ignore_errors=True)
            ending.enter_context(forking(kept(self.environ)))
            self.app = KnownHosts(self.service.hosts, **self.init_settings())
            self.app.add_handlers(".*$", self.init_handlers())
            ending.push_async_callback(self._close_kernels)
            ending.push_async_callback(self._end_sessions)
            broker = start_broker(self.runtime / "broker", self.kernel_manager, self.sessions)
            ending.callback(broker.stop)
            server = ProxiedServer(
                self.app, max_body_size=LARGEST_BODY, max_buffer_size=16 * LARGEST_BODY,
                xheaders=bool(self.service.proxies), trusted_downstream=list(self.service.proxies),
            )  # fmt: skip
            server.add_sockets(sockets)
            ending.push_async_callback(server.close_all_connections)
            ending.callback(server.stop)
            sweeper = asyncio.create_task(self._sweep())
            ending.callback(sweeper.cancel)
            announce(f"http://{_host(self.service.address)}:{self.port}{self.base_url}")
            await stop.wait()

    async def _close_kernels(self) -> None:
        await ensure_async(self.kernel_manager.shutdown_all(now=True))

    async def _end_sessions(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.identity_provider.end_all(), 5)

    async def _sweep(self) -> None:
        sweeps: tuple[Callable[[], Awaitable[None]], ...] = (self.identity_provider.sweep, self.kernel_manager.sweep)
        while True:
            await asyncio.sleep(self.service.limits.sweep)
            for sweep in sweeps:
                try:
                    await sweep()
                except Exception:  # whatever it was: the next one tries again, no page suffers from it
                    log.exception("sweep failed")


def serve(settings: Settings, service: Service, environ: Mapping[str, str], announce: Callable[[str], None]) -> None:
    """Serve the project's dashboards until interrupted.

    Parameters
    ----------
    settings : Settings
        Project, and the Supabase to ask; only the publishable key is used.
    service : Service
        Where and how.
    environ : mapping
        The process's environment; it must hold no secret, which `riskkit serve` sees to.
    announce : function
        Called once with the address when it answers.

    Raises
    ------
    Unavailable
        No Supabase is known, or the port is taken.
    """
    url, key = settings.supabase()
    try:
        sockets = bind_sockets(service.port, service.address)
    except OSError as error:
        raise Unavailable(
            f"Cannot listen on {service.address} port {service.port}: {error.strerror}; --port 0 takes a free one."
        ) from error
    server = DashboardServer(config=_config(settings, service))
    server.riskkit, server.service, server.environ = settings, service, environ
    server.auth = AuthClient(url, key)
    server.sessions, server.halfway = Sessions(server.auth, service.limits), Halfway()
    server.watch = Watch(
        server.sessions, lambda session: bool(session.sockets) or server.kernel_manager.has_open(session)
    )
    server.initialize([])
    asyncio.run(server.run(sockets, announce))


def _config(settings: Settings, service: Service) -> Config:
    limits = service.limits
    return Config(
        Voila={
            "ip": service.address,
            "port": service.port,
            "base_url": service.base_url,
            "root_dir": str(settings.project / "notebooks"),
            "config_file_paths": [],  # a `voila.py` in the working directory would be run otherwise
            "open_browser": False,
            "identity_provider_class": ViewerIdentity,
            "authorizer_class": OwnerOnly,
        },
        VoilaConfiguration={
            "template": "lab",
            "theme": "light",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "strip_sources": True,
            "show_tracebacks": False,
            "preheat_kernel": False,  # a preheated kernel runs before the viewer is known
            "progressive_rendering": False,
            "file_allowlist": [],
            "http_header_envs": [],
            "extension_allowlist": _EXTENSIONS,
            "multi_kernel_manager_class": OwnedKernels,
        },
        ViewerIdentity={"secure_cookie": service.https},
        VoilaExecutor={"timeout": CELL_TIMEOUT},
        KernelManager={"transport": "ipc", "autorestart": False},  # a restarted kernel would be an empty one
        MappingKernelManager={
            "allow_tracebacks": False,
            # for a page left alone while its person works in another; where the person left, the session ends first
            "cull_idle_timeout": int(limits.idle) + 60,
            "cull_interval": max(1, int(min(60, limits.idle / 4))),
            "cull_connected": True,
        },
    )


def _runtime_folder() -> Path:
    """A new folder of mode 0700 for sockets; those of servers that were killed are removed."""
    for old in Path(tempfile.gettempdir()).glob("riskkit-serve-*-*"):
        pid = old.name.split("-")[2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and old.lstat().st_uid == os.getuid():
            shutil.rmtree(old, ignore_errors=True)  # refuses a symbolic link
    return Path(tempfile.mkdtemp(prefix=f"riskkit-serve-{os.getpid()}-"))


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _log_request(handler: tornado.web.RequestHandler) -> None:
    """One line a request, without the query string: it may name a portfolio."""
    status = handler.get_status()
    level = logging.WARNING if status >= 500 else logging.DEBUG if "/assets/" in handler.request.path else logging.INFO
    facts = {
        "method": handler.request.method,
        "path": handler.request.path,
        "status": status,
        "ms": round(1000 * handler.request.request_time()),
    }
    log.log(level, "request", extra=facts)
