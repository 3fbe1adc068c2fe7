"""The gateway's own process: it takes a listening loopback socket and its settings, and serves until it is stopped."""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import os
import socket
import sys

import uvicorn

from riskkit import logs
from riskkit.local.app import Settings, application
from riskkit.local.config import Config


def main() -> None:
    """Take `--fd` and the settings (JSON on stdin); fork, say the child's pid, and leave the child serving."""
    parser = argparse.ArgumentParser(prog="riskkit.local.gateway")
    parser.add_argument("--fd", type=int, required=True, help="a bound and listening loopback socket")
    listener = socket.socket(fileno=parser.parse_args().fd)
    address = listener.getsockname()[0]
    if not ipaddress.ip_address(address).is_loopback:
        sys.exit(f"The embedded Supabase listens on loopback only, not on {address}.")
    known = json.loads(sys.stdin.read())
    settings = Settings(config=Config(**known.pop("config")), **known)
    pid = os.fork()
    if pid:
        sys.stdout.write(str(pid))
        sys.stdout.flush()
        os._exit(0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    handler = logs.configure()
    for other in ("uvicorn", "psycopg.pool"):
        logging.getLogger(other).addHandler(handler)
    config = uvicorn.Config(
        application(settings),
        ws="websockets-sansio",
        ws_max_size=1 << 16,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # by default uvicorn believes a forwarded address from this machine
        lifespan="on",
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
