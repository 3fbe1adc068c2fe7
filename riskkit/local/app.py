"""The gateway as one ASGI application: routes, and what every request meets first and last."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskkit import logs
from riskkit.local.answer import AuthError, RestError, as_json, not_spoken
from riskkit.local.auth import Auth
from riskkit.local.auth_routes import auth_routes
from riskkit.local.body import TooLarge
from riskkit.local.config import Config
from riskkit.local.database import Database
from riskkit.local.mail import Mail, Post
from riskkit.local.realtime import Realtime
from riskkit.local.rest import Rest
from riskkit.local.storage import Storage
from riskkit.local.tokens import Tokens

_log = logging.getLogger("riskkit.local")
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_HOSTS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.ASCII)
_EVERY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@dataclass(frozen=True)
class Settings:
    """What the gateway's process is told when it starts."""

    url: str
    rest_db: str = field(repr=False)
    auth_db: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    anon_key: str = field(repr=False)
    service_key: str = field(repr=False)
    outbox: str
    signing_keys: list[dict[str, str]] = field(repr=False)
    config: Config = field(default_factory=Config)


def application(settings: Settings) -> Starlette:
    """The gateway: Auth, REST, Storage and Realtime, and a clear error for every other path."""
    issuer = f"{settings.url}/auth/v1"
    tokens = Tokens(
        settings.jwt_secret, settings.anon_key, settings.service_key, issuer, settings.config.token_seconds,
        settings.signing_keys,
    )  # fmt: skip
    database = Database(settings.rest_db, settings.auth_db, tokens)
    auth, rest = Auth(database, tokens, settings.config), Rest(database, settings.config)
    storage = Storage(database, settings.config, settings.jwt_secret)
    post = Post(Mail(**settings.config.mail), Path(settings.outbox))
    realtime = Realtime(database, tokens)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with database.opened():
            running = asyncio.create_task(realtime.run())
            yield
            running.cancel()
            await auth.finish()

    routes = [
        *auth_routes(auth, post),
        Route("/rest/v1/rpc/{name}", rest.rpc, methods=["POST"]),
        Route("/rest/v1/{name}", rest.rows, methods=["GET"]),
        Route("/rest/v1/{name}", rest.write, methods=["POST", "PATCH", "DELETE"]),
        Route("/storage/v1/object/list/{bucket}", storage.listing, methods=["POST"]),
        Route("/storage/v1/object/sign/{bucket}/{name:path}", storage.sign, methods=["POST"]),
        Route("/storage/v1/object/sign/{bucket}/{name:path}", storage.signed, methods=["GET"]),
        Route("/storage/v1/object/{bucket}", storage.remove, methods=["DELETE"]),
        Route("/storage/v1/object/{bucket}/{name:path}", storage.upload, methods=["POST", "PUT"]),
        Route("/storage/v1/object/{bucket}/{name:path}", storage.download, methods=["GET"]),
        WebSocketRoute("/realtime/v1/websocket", realtime.socket),
        Route("/{path:path}", _elsewhere, methods=_EVERY),
    ]
    handlers = {
        RestError: _answer,
        AuthError: _answer,
        TooLarge: _too_large,
        psycopg.OperationalError: _no_database,
    }
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers, middleware=[Middleware(Frame)])


class Frame:
    """Around every request: its host is this machine, it has an id, it is logged, and a fault is told as JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal, begun, status = _refusal(HTTPConnection(scope)), time.perf_counter(), 500
        if scope["type"] == "websocket":
            await (self._app(scope, receive, send) if refusal is None else send({"type": "websocket.close"}))
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with logs.bound(request_id=request_id):
            try:
                await (refusal or self._app)(scope, receive, tell)
            except Exception:  # whatever it was, the caller gets a sentence and the log the traceback
                _log.exception("request failed")
                if status == 500:
                    body = {"code": "500", "message": f"Internal error; look for {request_id} in the gateway's log."}
                    await as_json(body, 500)(scope, receive, tell)
            finally:
                facts = {"method": request.method, "path": request.url.path, "status": status}
                caller = scope["state"].get("caller")
                if caller is not None:
                    facts |= {"role": caller.role, "user_id": caller.user_id}
                _log.info("request", extra=facts | {"ms": round((time.perf_counter() - begun) * 1000, 1)})


def _refusal(request: HTTPConnection) -> Response | None:
    """What no endpoint sees: a host that is not this machine (DNS rebinding), and NUL, which Postgres cannot hold."""
    if not _HOSTS.fullmatch(request.headers.get("host", "")):
        return as_json({"code": "403", "message": "This server answers for the local machine only."}, 403)
    if "\x00" in request.url.path + request.url.query or "%00" in request.url.query:
        return as_json({"code": "400", "message": "The address holds a NUL character."}, 400)
    return None


async def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, RestError) and request.url.path.startswith("/storage/"):
        told = {"statusCode": str(error.status), "error": error.code, "code": error.code, "message": error.message}
        return as_json(told, error.status)
    if isinstance(error, RestError | AuthError):
        return error.response()
    raise error


async def _too_large(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/auth/"):
        return AuthError(413, "request_too_large", str(error)).response()
    return await _answer(request, RestError(413, "RISKKIT413", str(error)))


async def _no_database(request: Request, error: Exception) -> Response:
    _log.error("no database", extra={"reason": f"{type(error).__name__}: {error}"})
    if request.url.path.startswith("/auth/"):
        return AuthError(503, "unexpected_failure", "The database does not answer").response()
    return await _answer(request, RestError(503, "PGRST000", "Could not connect with the database."))


async def _elsewhere(request: Request) -> Response:
    """Everything the gateway does not speak."""
    path = request.url.path
    what = f"{request.method} {path}"
    if path.startswith("/auth/v1/"):
        return AuthError(501, "not_implemented", f"The embedded Supabase does not speak {what}").response()
    if path.startswith(("/rest/v1", "/storage/v1/", "/realtime/v1/", "/functions/v1/")):
        return await _answer(request, not_spoken(what))
    return RestError(404, "404", f"There is nothing at {path}").response()
