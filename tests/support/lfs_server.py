"""A server for large files beside a git server: the Git LFS batch API and its basic transfers."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from aiohttp import web

from tests.support.git_server import KEY, GitServer

STORE_KEY = "the-key-of-the-store"
_MEDIA_TYPE = "application/vnd.git-lfs+json"
_BATCH = "/info/lfs/objects/batch"


class LfsServer:
    """Keeps objects by their hashes; what is no large file goes to the git server.

    Attributes:
        odd: What is answered to a list of objects instead; None for the truth.
        store: Where the addresses of objects lead; the server's own by default.
        verifies: Whether an upload is to be verified.
    """

    def __init__(self, git: GitServer) -> None:
        self.git = git
        self.objects: dict[str, bytes] = {}
        self.verified: list[str] = []
        self.odd: Any = None
        self.store = ""
        self.verifies = True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if request.path.endswith(_BATCH):
            return await self._list(request)
        if request.path.startswith("/store/"):
            return await self._keep(request, request.path.rpartition("/")[2])
        return await self.git.handle(request)

    async def _list(self, request: web.Request) -> web.Response:
        wanted = "Basic " + base64.b64encode(f"git:{KEY}".encode()).decode()
        if request.headers.get("Authorization") != wanted:
            return web.Response(status=401)
        if self.odd is not None:
            return web.json_response(self.odd, content_type=_MEDIA_TYPE)
        asked = json.loads(await request.read())
        base = self.store or f"http://{request.host}"
        found = [self._describe(item, asked["operation"], base) for item in asked["objects"]]
        return web.json_response({"transfer": "basic", "objects": found}, content_type=_MEDIA_TYPE)

    def _describe(self, item: dict[str, Any], operation: str, base: str) -> dict[str, Any]:
        oid, there = item["oid"], item["oid"] in self.objects
        action = {"href": f"{base}/store/{oid}", "header": {"X-Store-Key": STORE_KEY}}
        if operation == "download":
            if there:
                return {**item, "actions": {"download": action}}
            return {**item, "error": {"code": 404, "message": "There is no such object."}}
        if there:
            return item
        actions = {"upload": action}
        if self.verifies:
            actions["verify"] = {**action, "href": f"{base}/store/verify/{oid}"}
        return {**item, "actions": actions}

    async def _keep(self, request: web.Request, oid: str) -> web.Response:
        if request.headers.get("X-Store-Key") != STORE_KEY:
            return web.Response(status=403)
        if request.method == "PUT":
            body = await request.read()
            assert hashlib.sha256(body).hexdigest() == oid
            self.objects[oid] = body
            return web.Response()
        if request.method == "POST":
            self.verified.append((await request.json())["oid"])
            return web.Response(status=200 if oid in self.objects else 404)
        return web.Response(body=self.objects[oid]) if oid in self.objects else web.Response(status=404)
