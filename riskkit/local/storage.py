"""Storage's endpoints: files under names that policies decide on; name and bytes commit together, in Postgres."""

from __future__ import annotations

import email
import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString
from urllib.parse import quote

import jwt
from psycopg import AsyncCursor
from psycopg.rows import TupleRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local.answer import RestError, as_json, not_spoken
from riskkit.local.body import TooLarge, read_body
from riskkit.local.config import Config
from riskkit.local.database import Database
from riskkit.local.tokens import Caller

_PART = "[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}"
_KEY = re.compile(rf"{_PART}(/{_PART}){{0,7}}")
_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}")
_LONGEST_LINK = 7 * 86_400
_REFUSALS = {
    "23503": RestError(404, "Bucket not found", "Bucket not found"),
    "23505": RestError(409, "Duplicate", "The resource already exists"),
    "42501": RestError(403, "Unauthorized", "new row violates row-level security policy"),
}
#: A browser that is led to a file shows it, if at all, without scripts.
_SAFELY = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox", "cache-control": "no-store"}
_INSERT: LiteralString = """
insert into storage.objects as o (bucket_id, name, owner_id, metadata)
values (%(bucket)s, %(name)s, %(owner)s, jsonb_build_object('mimetype', %(type)s::text, 'size', %(size)s::bigint))
"""
_UPSERT: LiteralString = """
on conflict (bucket_id, name) do update
set owner_id = excluded.owner_id, metadata = excluded.metadata, updated_at = now()
"""
_LIST: LiteralString = """
select json_build_object('name', leaf, 'id', id, 'metadata', metadata, 'created_at', made, 'updated_at', changed)
from (
  select distinct on (leaf) leaf, case when rest = leaf then id end as id, created_at as made, updated_at as changed,
    case when rest = leaf then metadata end as metadata
  from storage.objects, substr(name, length(%(prefix)s) + 1) rest, split_part(rest, '/', 1) leaf
  where bucket_id = %(bucket)s and starts_with(name, %(prefix)s) order by leaf
) found order by leaf limit %(limit)s offset %(offset)s
"""


class Storage:
    """The Storage slice on one database; `secret` signs the links."""

    def __init__(self, database: Database, config: Config, secret: str) -> None:
        self._database, self._limit = database, config.file_bytes
        self._secret = hashlib.sha256(b"storage links " + secret.encode()).hexdigest()

    async def upload(self, request: Request) -> Response:
        """Write a file: a new one (POST), with `x-upsert` or PUT in the place of one that is there."""
        caller, (bucket, name) = self._database.caller(request), _key(request)
        kind, content = _file(request, await read_body(request, self._limit + 4096))
        if len(content) > self._limit:
            raise TooLarge(self._limit)
        facts = {"bucket": bucket, "name": name, "owner": caller.user_id, "type": kind, "size": len(content)}
        replaces = request.method == "PUT" or request.headers.get("x-upsert") == "true"
        with _storage_errors():
            async with self._database.request(caller, request) as cursor:
                if request.method == "PUT":
                    await _object(cursor, bucket, name)
                await cursor.execute(_INSERT + (_UPSERT if replaces else "") + "returning o.id", facts)
                row = await cursor.fetchone() or (None,)
                await _as_service(cursor)
                await cursor.execute(
                    "insert into storage.contents values (%s, %b)"
                    " on conflict (object_id) do update set body = excluded.body",
                    (row[0], content),
                )
        return as_json({"Id": str(row[0]), "Key": f"{bucket}/{name}"})

    async def download(self, request: Request) -> Response:
        """A file, as the caller."""
        return await self._content(request, self._database.caller(request), *_key(request))

    async def signed(self, request: Request) -> Response:
        """A file, for whoever has the link."""
        bucket, name = _key(request)
        try:
            claims = jwt.decode(
                request.query_params.get("token", ""), self._secret, ["HS256"], options={"require": ["exp", "url"]}
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise RestError(400, "InvalidJWT", "The link has expired or was changed") from error
        if claims["url"] != f"{bucket}/{name}":
            raise RestError(400, "InvalidSignature", "The link is for another file")
        return await self._content(request, Caller("service_role", {}), bucket, name)

    async def sign(self, request: Request) -> Response:
        """Make a link to a file that the caller may read."""
        caller, (bucket, name) = self._database.caller(request), _key(request)
        asked = str((await _asked(request)).get("expiresIn", ""))
        if not re.fullmatch("[0-9]{1,7}", asked) or not 0 < int(asked) <= _LONGEST_LINK:
            raise RestError(400, "InvalidRequest", f"expiresIn: expected 1 to {_LONGEST_LINK} seconds")
        async with self._database.request(caller, request) as cursor:
            await _object(cursor, bucket, name)
        claims = {"url": f"{bucket}/{name}", "exp": int(time.time()) + int(asked)}
        token = jwt.encode(claims, self._secret, "HS256")
        return as_json({"signedURL": f"/object/sign/{bucket}/{quote(name)}?token={token}"})

    async def listing(self, request: Request) -> Response:
        """What lies in a folder, files and folders, by name."""
        caller, asked = self._database.caller(request), await _asked(request)
        folder, sort = str(asked.get("prefix", "")).strip("/"), asked.get("sortBy") or {}
        if asked.get("search") or (sort.get("column", "name"), sort.get("order", "asc")) != ("name", "asc"):
            raise not_spoken("searching a folder, or another order than by name")
        if folder and not _KEY.fullmatch(folder):
            raise _invalid(folder)
        facts = {"bucket": request.path_params["bucket"], "prefix": f"{folder}/" if folder else ""}
        for bound, most in (("limit", 1000), ("offset", 10**9)):
            value = asked.get(bound)
            if type(value) is not int or not 0 <= value <= most:
                raise RestError(400, "InvalidRequest", f"{bound}: expected 0 to {most}")
            facts[bound] = value
        async with self._database.request(caller, request) as cursor:
            await cursor.execute(_LIST, facts)
            return as_json([row[0] for row in await cursor.fetchall()])

    async def remove(self, request: Request) -> Response:
        """Delete those of the named files that the caller may delete; the answer says which."""
        caller, bucket = self._database.caller(request), request.path_params["bucket"]
        names = (await _asked(request)).get("prefixes")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > 1000:
            raise RestError(400, "InvalidRequest", "prefixes: expected a list of at most 1000 names")
        async with self._database.request(caller, request) as cursor:
            await cursor.execute(
                "delete from storage.objects where bucket_id = %s and name = any (%s) returning name", (bucket, names)
            )
            return as_json([{"bucket_id": bucket, "name": row[0]} for row in await cursor.fetchall()])

    async def _content(self, request: Request, caller: Caller, bucket: str, name: str) -> Response:
        async with self._database.request(caller, request) as cursor:
            found, kind = await _object(cursor, bucket, name)
            await _as_service(cursor)
            await cursor.execute("select body from storage.contents where object_id = %s", (found,), binary=True)
            row = await cursor.fetchone() or (b"",)
        return Response(row[0], media_type=kind, headers=_SAFELY)


async def _object(cursor: AsyncCursor[TupleRow], bucket: str, name: str) -> tuple[str, str]:
    """The id and media type of a file that the caller may read."""
    await cursor.execute(
        "select id, metadata ->> 'mimetype' from storage.objects where bucket_id = %s and name = %s", (bucket, name)
    )
    row = await cursor.fetchone()
    if row is None:
        raise RestError(404, "not_found", "Object not found")
    return row[0], row[1]


async def _as_service(cursor: AsyncCursor[TupleRow]) -> None:
    """For the rest of the transaction: a policy has said yes to the name, and bytes have no policies of their own."""
    await cursor.execute("select set_config('role', 'service_role', true)")


def _key(request: Request) -> tuple[str, str]:
    """Bucket and name; a name is plain parts, so that no file system or browser could read it as a way out."""
    bucket, name = request.path_params["bucket"], request.path_params["name"]
    if not _KEY.fullmatch(name):
        raise _invalid(name)
    return bucket, name


def _invalid(name: str) -> RestError:
    return RestError(400, "InvalidKey", f"Invalid key: {name[:80]!a}: parts of A-Z a-z 0-9 _ . - and blank")


def _file(request: Request, body: bytes) -> tuple[str, bytes]:
    """The media type and the bytes of the form's part `file`."""
    form = email.message_from_string(f"content-type: {request.headers.get('content-type', '')}")
    boundary = form.get_param("boundary")
    if form.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise not_spoken("an upload that is no form")
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        headers = email.message_from_bytes(head.lstrip())
        if headers.get_param("name", header="content-disposition") == "file":
            kind = headers.get_content_type()
            return kind if _TYPE.fullmatch(kind) else "application/octet-stream", content
    raise RestError(400, "InvalidRequest", "The form holds no file")


async def _asked(request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(await read_body(request, 1 << 20))
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise RestError(400, "InvalidRequest", "Expected a JSON object")
    return asked


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Postgres' refusals in Storage's words."""
    try:
        yield
    except RestError as error:
        raise _REFUSALS.get(error.code, error) from error
