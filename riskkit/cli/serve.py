"""`riskkit serve`: the dashboards."""

from __future__ import annotations

import ipaddress
import logging
import os
import sys

import click

from riskkit import logs
from riskkit.errors import InputError
from riskkit.serving.app import Service, serve
from riskkit.serving.environment import secret_names
from riskkit.serving.hosts import is_host
from riskkit.serving.limits import Limits
from riskkit.settings import Settings


@click.command("serve")
@click.option(
    "--port", default=8866, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen; the default is this machine.")
@click.option("--base-url", default="/", show_default=True, help="Path under which a proxy offers the dashboards.")
@click.option("--https", is_flag=True, help="A proxy in front speaks https: mark the cookies so.")
@click.option(
    "--trusted-proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="IP address of a proxy in front; its X-Forwarded-For says who is asking. May be given several times.",
)
@click.option(
    "--public-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Name under which people reach the dashboards; requests for other names are refused. May be given several "
    "times; mails lead to the first.",
)
@click.option("--idle-minutes", default=30.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="A session nobody uses ends after this long.")  # fmt: skip
@click.option("--session-hours", default=12.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="Every session ends after this long.")  # fmt: skip
@click.option("--orphan-seconds", default=120.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="A dashboard whose page has gone is closed after this long.")  # fmt: skip
@click.option("--kernels-per-user", default=4, show_default=True, type=click.IntRange(1),
              help="Dashboards one user may have open.")  # fmt: skip
@click.option("--kernels", default=12, show_default=True, type=click.IntRange(1),
              help="Dashboards open in all; each takes about 150 MB.")  # fmt: skip
@click.option("--log", "verbose", is_flag=True, help="Log every request, not only warnings.")
def command(
    port: int,
    address: str,
    base_url: str,
    https: bool,
    proxies: tuple[str, ...],
    hosts: tuple[str, ...],
    idle_minutes: float,
    session_hours: float,
    orphan_seconds: float,
    kernels_per_user: int,
    kernels: int,
    verbose: bool,
) -> None:
    """Serve the project's dashboards to whoever signs in."""
    without_secrets()
    if not base_url.startswith("/") or "//" in base_url:
        raise InputError("--base-url", base_url, "a path such as /risk/")
    handler = logs.configure(level=logging.INFO if verbose else logging.WARNING)
    for name in ("tornado", "asyncio"):
        logging.getLogger(name).addHandler(handler)
    logging.getLogger("tornado.general").addFilter(is_news)
    service = Service(
        address=address,
        port=port,
        base_url=base_url.rstrip("/") + "/",
        https=https,
        proxies=tuple(_ip(proxy) for proxy in proxies),
        hosts=tuple(_host(host) for host in hosts),
        limits=Limits(
            idle=60 * idle_minutes, absolute=3600 * session_hours, orphan=orphan_seconds,
            kernels_per_user=kernels_per_user, kernels=kernels,
        ),
    )  # fmt: skip
    if not service.loopback and not hosts:
        raise InputError("--public-host", "nothing", f"the name people reach {address} by, such as risk.example")
    if not service.loopback:
        click.echo(f"riskkit: listening on {address}: put a proxy that speaks https in front.", err=True)
    serve(Settings.load(), service, dict(os.environ), lambda url: click.echo(f"Dashboards: {url}  (Ctrl-C ends)"))


def is_news(record: logging.LogRecord) -> bool:
    """Not so: tornado's word on Jupyter's own pings, whose milliseconds it takes for seconds."""
    return "websocket_ping_timeout" not in record.getMessage()


def _ip(proxy: str) -> str:
    """The address as the operating system writes it, which is how a peer's is compared."""
    try:
        return str(ipaddress.ip_address(proxy))
    except ValueError as error:
        raise InputError("--trusted-proxy", proxy, "an IP address such as 127.0.0.1") from error


def _host(name: str) -> str:
    if not is_host(name):
        raise InputError("--public-host", name, "a host name such as risk.example, without a scheme or a path")
    return name


def without_secrets() -> None:
    """Start again without the secrets found in the environment.

    A process's first environment can be read by other processes of the same user for as long as it runs, whatever
    is removed from `os.environ` later; only a new program image gets a clean one.
    """
    found = secret_names(os.environ)
    if found:
        kept = {name: value for name, value in os.environ.items() if name not in found}
        os.execve(sys.executable, [sys.executable, "-m", "riskkit", *sys.argv[1:]], kept)  # noqa: S606 (ourselves)
