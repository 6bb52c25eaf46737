"""Hooks on a real Postgres: their port, what acts on what it took, and senders that sign."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.hooks.build import build_hooks
from agent_gateway.hooks.server import HookServer
from agent_gateway.hooks.settings import read_hooks

SECRET = "a-secret-of-the-test"
TOPIC = 4


def sign(body, secret=SECRET):
    """Return GitHub's signature of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Doors:
    """The port of some hooks, and their worker."""

    client: TestClient
    worker: Any
    folder: Any
    store: Any

    async def bring(self, name, body, **headers):
        """Bring an event as it is; return status and answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        shown = {"Content-Type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}}
        async with self.client.post(f"/hooks/{name}", data=io.BytesIO(data), headers=shown) as answer:
            return answer.status, await answer.json()

    async def call(self, body, key=None, name="calls", secret=SECRET):
        """Bring an event with the secret itself."""
        more = {"Idempotency_Key": key} if key else {}
        return await self.bring(name, body, Authorization=f"Bearer {secret}", **more)

    async def push(self, event, body, delivery, name="hub", secret=SECRET):
        """Bring an event as GitHub does."""
        data = json.dumps(body).encode()
        return await self.bring(
            name, data, X_Hub_Signature_256=sign(data, secret), X_GitHub_Event=event, X_GitHub_Delivery=delivery
        )

    async def prompts(self):
        """Return what was asked, in order."""
        return [row["text"] for row in await self.store.pool.fetch("SELECT text FROM turns ORDER BY id")]

    async def told(self):
        """Return what the chats were told, in order."""
        rows = await self.store.pool.fetch(
            "SELECT text FROM outbox WHERE dedupe_key LIKE 'hook:%' OR dedupe_key LIKE 'checks:%' ORDER BY id"
        )
        return [row["text"] for row in rows]

    async def rows(self):
        return await self.store.pool.fetch("SELECT * FROM hook_deliveries ORDER BY id")


@asynccontextmanager
async def opened(store, forges, access, folder, hooks, connections=None):
    """Open doors; hooks are given as the chart writes them, without their secrets' file."""
    (folder / "secret").write_text(SECRET)
    file = folder / "hooks.json"
    file.write_text(json.dumps([{"secretFile": str(folder / "secret"), **hook} for hook in hooks]))
    read = read_hooks(file, "tg", connections)
    worker = build_hooks(read, store, forges, access, "tg", lambda: None)
    async with TestClient(TestServer(HookServer(read, store).build())) as client:
        yield Doors(client, worker, folder, store)
