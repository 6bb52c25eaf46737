"""Git LFS: the list of objects is asked for with the gateway's key, and every object passes through here.

A forge answers with addresses, often on another host, and headers that bear credentials. The pod gets neither: it gets
an address of the gateway that stands for them. Source: the Git LFS batch API and its basic transfer.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import aiohttp
from aiohttp import web
from yarl import URL

from agent_contract.quantities import compute_bytes
from agent_contract.repositories import RepositoryRule
from agent_gateway.connections.rules import Target, may_write
from agent_gateway.connections.seals import SEAL_SECONDS, Sealed, Seals
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Refusal, Upstream, build_authorization, explain

MEDIA_TYPE: Final = "application/vnd.git-lfs+json"
MAX_BATCH: Final = 1 << 20
"""Bytes of a list of objects; a forge's answer, with its addresses, may have sixteen times as many."""
MAX_OBJECTS: Final = 1000
MAX_OBJECT: Final = 1 << 40
_OID = re.compile(r"[0-9a-f]{64}")
_METHODS: Final = {"download": "GET", "upload": "PUT", "verify": "POST"}
_BATCH: Final = "info/lfs/objects/batch"
_TRANSFER: Final = "info/lfs/transfer/"


class Lfs:
    """Serves `info/lfs/` of all repositories. Its addresses die with the process; git-lfs then asks for new ones."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._seals = Seals()

    async def handle(
        self,
        request: web.Request,
        method: str,
        target: Target,
        connection: Connection,
        rules: Sequence[RepositoryRule],
        thread_id: int,
    ) -> web.StreamResponse:
        """Answer one request."""
        try:
            if method == "POST" and target.rest == _BATCH:
                return await self._batch(request, target, connection, rules, thread_id)
            if target.rest.startswith(_TRANSFER):
                return await self._transfer(request, method, target, connection, rules, thread_id)
        except Refusal as refusal:
            refusal.count()
            return web.json_response({"message": str(refusal)}, status=refusal.status, content_type=MEDIA_TYPE)
        # no locks: git-lfs takes 404 for a server that has none, and says nothing of it
        return web.json_response({"message": "Only objects are served here."}, status=404, content_type=MEDIA_TYPE)

    async def _batch(
        self,
        request: web.Request,
        target: Target,
        connection: Connection,
        rules: Sequence[RepositoryRule],
        thread_id: int,
    ) -> web.Response:
        asked = _read_batch(await _read(request.content.iter_any(), MAX_BATCH))
        if asked["operation"] == "upload":
            if not may_write(rules):
                raise Refusal(403, f"{target.path} may only be read by this agent.")
            most = min(compute_bytes(rule.max_push) for rule in rules)
            if sum(item["size"] for item in asked["objects"]) > most:
                raise Refusal(413, f"The files are larger than {most >> 20} MiB.", "git-push")
        answer = await self._ask(target, connection, asked)
        base = f"{request.scheme}://{request.host}{request.path.removesuffix(_BATCH)}{_TRANSFER}"
        wanted = {item["oid"]: item["size"] for item in asked["objects"]}
        objects = [
            self._rewrite(item, base, target, connection, thread_id, wanted)
            for item in answer["objects"]
            if isinstance(item, dict) and isinstance(item.get("oid"), str) and item["oid"] in wanted
        ]
        return web.json_response({"transfer": "basic", "objects": objects}, content_type=MEDIA_TYPE)

    async def _ask(self, target: Target, connection: Connection, asked: dict[str, Any]) -> dict[str, Any]:
        authorization = await build_authorization(connection, target.path, write=asked["operation"] == "upload")
        headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE, **authorization}
        url = URL(f"{connection.url}/{target.path}.git/{_BATCH}", encoded=True)
        try:
            async with self._upstream.get_session().post(
                url, data=json.dumps(asked).encode(), headers=headers, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise Refusal(*explain(connection, target.path, answer))
                raw: Any = json.loads(await _read(answer.content.iter_any(), 16 * MAX_BATCH))
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            raise Refusal(502, f"{connection.name} does not answer as a server for large files.") from error
        if not isinstance(raw, dict) or not isinstance(raw.get("objects"), list):
            raise Refusal(502, f"{connection.name} does not answer as a server for large files.")
        return raw

    def _rewrite(
        self,
        item: dict[str, Any],
        base: str,
        target: Target,
        connection: Connection,
        thread_id: int,
        wanted: dict[str, int],
    ) -> dict[str, Any]:
        oid = item["oid"]
        kept: dict[str, Any] = {"oid": oid, "size": wanted[oid]}
        if isinstance(item.get("error"), dict):
            code, message = item["error"].get("code"), str(item["error"].get("message"))[:200]
            return {**kept, "error": {"code": code if isinstance(code, int) else 500, "message": message}}
        actions = {}
        offered = item.get("actions")
        for name, action in offered.items() if isinstance(offered, dict) else ():
            if name not in _METHODS or not isinstance(action, dict):
                continue
            if not _is_known(connection, str(action.get("href"))):
                return {**kept, "error": {"code": 502, "message": f"{connection.name} keeps it on a host not allowed."}}
            header = action.get("header")
            sealed = Sealed(
                (thread_id, target.repository), name, oid, wanted[oid], str(action["href"]),
                {str(key): str(value) for key, value in header.items()} if isinstance(header, dict) else {},
            )  # fmt: skip
            actions[name] = {"href": base + self._seals.put(sealed), "expires_in": int(SEAL_SECONDS) - 60}
        return {**kept, "actions": actions} if actions else kept

    async def _transfer(
        self,
        request: web.Request,
        method: str,
        target: Target,
        connection: Connection,
        rules: Sequence[RepositoryRule],
        thread_id: int,
    ) -> web.StreamResponse:
        sealed = self._open(target, thread_id)
        name = sealed.action
        if method != _METHODS[name]:
            raise Refusal(405, "Not this way.")
        if name != "download" and not may_write(rules):
            raise Refusal(403, f"{target.path} may only be read by this agent.")
        headers = dict(sealed.header)
        bears = any(key.lower() == "authorization" for key in headers)
        if not bears and _read_origin(sealed.href) == _read_origin(connection.url):
            headers |= await build_authorization(connection, target.path, write=name != "download")
        body: bytes | AsyncIterator[bytes] | None = None
        if name == "upload":
            if request.content_length != sealed.size:
                raise Refusal(400, "The file has another size than was announced.")
            headers |= {"Content-Type": "application/octet-stream", "Content-Length": str(sealed.size)}
            body = request.content.iter_any() if sealed.size else b""
        elif name == "verify":
            headers |= {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
            body = json.dumps({"oid": sealed.oid, "size": sealed.size}).encode()
        try:
            return await self._stream(request, method, sealed, headers, body)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(502, f"{connection.name} does not answer.") from error

    async def _stream(
        self,
        request: web.Request,
        method: str,
        sealed: Sealed,
        headers: dict[str, str],
        body: bytes | AsyncIterator[bytes] | None,
    ) -> web.StreamResponse:
        async with self._upstream.get_session().request(
            method,
            URL(sealed.href, encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
        ) as answer:
            if answer.status not in (200, 201, 204):
                raise Refusal(404 if answer.status in (404, 410) else 502, f"The store answers {answer.status}.")
            if method != "GET":
                return web.Response(status=answer.status)
            response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
            if answer.content_length == sealed.size:
                response.content_length = sealed.size
            await response.prepare(request)
            try:
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            except (aiohttp.ClientError, TimeoutError):
                if request.transport is not None:
                    request.transport.abort()
                raise
            await response.write_eof()
            return response

    def _open(self, target: Target, thread_id: int) -> Sealed:
        sealed = self._seals.get(target.rest.removeprefix(_TRANSFER))
        if sealed is None or sealed.owner != (thread_id, target.repository):
            raise Refusal(404, "This address is over: ask for the files again.")
        return sealed


def _read_batch(body: bytes) -> dict[str, Any]:
    """Return a list of objects, written anew from what is known of it."""
    try:
        raw: Any = json.loads(body)
        operation, objects = raw["operation"], raw["objects"]
        items: list[dict[str, Any]] = [{"oid": str(item["oid"]), "size": int(item["size"])} for item in objects]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refusal(422, "This is no batch request of Git LFS.") from error
    fine = all(_OID.fullmatch(item["oid"]) and 0 <= item["size"] < MAX_OBJECT for item in items)
    if operation not in ("download", "upload") or not fine or len(items) > MAX_OBJECTS:
        raise Refusal(422, "This is no batch request of Git LFS, or one for too many files.", "git-files")
    if raw.get("hash_algo", "sha256") != "sha256":
        raise Refusal(409, "Only sha256 names files.")
    asked: dict[str, Any] = {"operation": operation, "transfers": ["basic"], "objects": items, "hash_algo": "sha256"}
    ref = raw.get("ref")
    if isinstance(ref, dict) and isinstance(ref.get("name"), str):
        asked["ref"] = {"name": ref["name"][:250]}
    return asked


async def _read(chunks: AsyncIterator[bytes], most: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise Refusal(413, "Too large.")
    return bytes(body)


def _read_origin(url: str) -> tuple[str, str | None, int | None]:
    parts = URL(url, encoded=True)
    return parts.scheme, parts.host, parts.port


def _is_known(connection: Connection, href: str) -> bool:
    """Say whether an address is the forge's own, or on one of the hosts where it keeps files."""
    try:
        scheme, host, port = _read_origin(href)
    except ValueError:
        return False
    if (scheme, host, port) == _read_origin(connection.url):
        return True
    return scheme == "https" and (
        host in connection.large_file_hosts or f"{host}:{port}" in connection.large_file_hosts
    )
