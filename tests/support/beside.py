"""A host beside the node with all that a connection can lead to, which writes down what it is asked: `beside.py ADDRESS FOLDER`.

It is a service that shows what it is shown, a tool server, and a forge with git, GitHub's API and linked accounts. None of them
checks more than its key, so that what reaches them is what the gateway let through.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from tests.support.device_forge import CLIENT, DeviceForge
from tests.support.forge_server import API, ForgeServer

KEYS: Final = {
    "shown": "key-of-the-shown-service-4711",
    "tracker": "key-of-the-tool-server-4712",
    "vault": "key-of-the-vault-4713",
}
"""Of what answers below these names, by connection: a service, a tool server, and one that no class names."""
RECORD: Final = "/record"
HIDDEN_PAGE: Final = "this page is for no agent"
SHOW: Final = "/shown"
TOOLS: Final = "/tracker"
TOOL_NAMES: Final = ("add", "show", "large")
"""That the class lists; the servers have more, and do what any name says."""
CLIENT_ID: Final = CLIENT
_PORTS: Final = (80, 8000)
_ENDLESS: Final = 4 << 30
_LARGE: Final = 3 << 20


class Accounts(DeviceForge):
    """Lets in whoever asks for a code, at once."""

    def _start(self, fields: Mapping[str, str]) -> web.Response:
        answer: web.Response = super()._start(fields)
        self.state = "granted"
        return answer


class Hub(ForgeServer):
    """A forge whose API knows linked accounts too, and writes down whose token each call bears."""

    def __init__(self, folder: Path, accounts: Accounts) -> None:
        super().__init__(folder)
        self.accounts = accounts
        self.writes: list[dict[str, Any]] = []

    def knows(self, header: str) -> bool:
        return super().knows(header) or header.removeprefix("Bearer ") in self.accounts.access

    def answer(self, request: Any, sent: Any) -> Any:
        if request.method != "GET":
            person = request.headers.get("Authorization", "").removeprefix("Bearer ") in self.accounts.made
            self.writes.append({"path": request.path, "person": person, "title": str(sent.get("title", ""))[:80],
                                "body": str(sent.get("body", ""))[:200], "state": sent.get("state", "")})  # fmt: skip
        return super().answer(request, sent)


class Beside:
    """All of it.

    Args:
        folder: Of the forge's repositories.
        port: At which connections lead here; 0 for any.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._port = port
        self.accounts = Accounts("github", pause=1)
        self.hub = Hub(folder, self.accounts)
        self._numbers = itertools.count(1)
        self.asked: list[dict[str, Any]] = []
        self.rpc: list[dict[str, Any]] = []

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer anybody."""
        path = request.raw_path
        if path == RECORD:
            return web.json_response(self._tell())
        if path.startswith(TOOLS):
            return await self._take_rpc(request)
        if request.path.startswith(("/login/", f"{API}/user")):
            if request.path.startswith(API):
                request = request.clone(rel_url=request.raw_path.replace(API, "/api", 1))
            return await self.accounts.handle(request)
        if request.path.startswith((f"{API}/", "/played", "/acme/")):
            return await self.hub.take(request)
        return await self._show(request)

    def _tell(self) -> dict[str, Any]:
        pulls = [{"number": one.number, "title": one.title, "body": one.body, "state": one.state,
                  "comments": [said[2] for said in one.comments]} for one in self.hub.pulls]  # fmt: skip
        return {"asked": self.asked, "rpc": self.rpc, "pulls": pulls, "writes": self.hub.writes,
                "calls": len(self.hub.calls), "tokens": self.accounts.secrets}  # fmt: skip

    async def _show(self, request: web.Request) -> web.StreamResponse:
        """Be the service: show what came, lead elsewhere, or never end."""
        size = 0
        async for part in request.content.iter_any():
            size += len(part)
        self.asked.append({"method": request.method, "path": request.raw_path, "size": size,
                            "main": self._is_main(request),
                            "headers": list(request.headers)[:64], "shows": str(dict(request.headers))[:4000]})  # fmt: skip
        key = KEYS["shown"]
        if request.headers.get("Authorization") != f"Bearer {key}":
            return web.Response(status=401, text="who asks?")
        match request.path.removeprefix(SHOW):
            case "/v1/echo":
                return web.json_response({"headers": dict(request.headers), "key": key, "url": f"http://x:{key}@y/"},
                                         headers={"ETag": key, "X-Total": key, "Set-Cookie": key, "WWW-Authenticate": key})  # fmt: skip
            case "/v1/gzip":
                packed = gzip.compress(f"the key is {key}".encode())
                return web.Response(body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"})
            case "/v1/to":
                return web.Response(status=307, headers={"Location": request.query.get("where", "/")}, text=key)
            case "/v1/pieces":
                return await _give(request, (key[:9].encode(), key[9:].encode(), b" ", key.encode()), 0.3)
            case "/v1/endless":
                return await _give(request, itertools.repeat(bytes(1 << 16), _ENDLESS >> 16), 0)
            case path if path.startswith("/v1/"):
                return web.Response(text="ok")
        return web.Response(text=HIDDEN_PAGE)

    def _is_main(self, request: web.Request) -> bool:
        name = request.transport.get_extra_info("sockname") if request.transport else None
        return not self._port or name is None or name[1] == self._port

    async def _take_rpc(self, request: web.Request) -> web.Response:
        """Be a tool server: do what any message says, of one message or a list of them."""
        name = "tracker"
        try:
            said = json.loads(await request.read() or b"{}")
        except ValueError:
            said = {}
        for one in said if isinstance(said, list) else [said]:
            params = one.get("params") or {}
            self.rpc.append({"verb": request.method, "rpc": one.get("method"), "tool": params.get("name"),
                              "session": request.headers.get("Mcp-Session-Id"), "shows": str(dict(request.headers))[:4000]})  # fmt: skip
        if request.headers.get("Authorization") != f"Bearer {KEYS[name]}":
            return web.Response(status=401)
        if isinstance(said, list) or "id" not in said:
            return web.Response(status=202)
        result, more = self._work(said, KEYS[name], dict(request.headers))
        text = json.dumps({"jsonrpc": "2.0", "id": said["id"], "result": result}).replace("KEY", _spell(KEYS[name]))
        return web.Response(text=text, content_type="application/json", headers=more)

    def _work(
        self, said: Mapping[str, Any], key: str, headers: Mapping[str, str]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        params = said.get("params") or {}
        if said.get("method") == "initialize":
            keyed = "keyed" in str(params.get("clientInfo"))
            session = key if keyed else f"session-{next(self._numbers)}"
            found = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "beside", "version": "1"},
            }
            return found, {"Mcp-Session-Id": session}
        if said.get("method") == "tools/list":
            shape = {"type": "object", "properties": {}}
            names = (*TOOL_NAMES, "delete_all")
            return {"tools": [{"name": name, "description": "does it", "inputSchema": shape} for name in names]}, {}
        text = {"show": f"{headers} {key} KEY", "large": "x" * _LARGE, "add": "3"}.get(
            str(params.get("name")), "all is gone"
        )
        return {"content": [{"type": "text", "text": text}], "structuredContent": {key: [key, "KEY"]}}, {"ETag": key}


def _spell(key: str) -> str:
    """Return a key as JSON may write it as well."""
    return "".join(f"\\u{ord(sign):04x}" for sign in key)


async def _give(request: web.Request, parts: Any, pause: float) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # whoever asked may have heard enough
        for part in parts:
            await response.write(part)
            await asyncio.sleep(pause)
        await response.write_eof()
    return response


async def _main(address: str, folder: str) -> None:
    """Serve for ever."""
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/{rest:.*}", Beside(Path(folder), _PORTS[0]).take)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    await runner.setup()
    for port in _PORTS:
        await web.TCPSite(runner, address, port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:3]))
