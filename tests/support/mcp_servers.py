"""A tool server by others, for tests."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_contract.team import McpServer as McpRule
from agent_gateway.mcp.rules import Levels
from agent_gateway.runners.identity import Identity
from tests.support.eventually import LONG, eventually
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-team-123"


@dataclass
class Key:
    """A key as the gateway holds it."""

    value: str = KEY

    def build_header(self) -> dict[str, str]:
        """Return the header that bears it."""
        return {"Authorization": f"Bearer {self.value}"}

    def list_secrets(self) -> tuple[bytes, ...]:
        """Return what no answer may hold."""
        return (self.value.encode(),)


@dataclass
class Connection:
    """A connection to a server."""

    name: str
    url: str
    key: Key | None


class Listed:
    """Rights of a class that lists some servers, every tool of them."""

    def __init__(self, *connections: str) -> None:
        self.rules = [McpRule(connection=name) for name in connections]

    async def read_servers(self, identity: Identity) -> Levels:
        """Return them."""
        return [self.rules]


class McpServer:
    """The official SDK's server.

    Args:
        folder: Where its log is written.
        key: What a request must show, as a bearer.
        json_answers: It answers in JSON, not in streams.
    """

    def __init__(self, folder: Path, key: str = "", *, json_answers: bool = False) -> None:
        self._log = folder / f"mcp-{id(self)}.jsonl"
        self._environ = {"SERVER_KEY": key, "SERVER_JSON": "1" if json_answers else ""}
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._port}/mcp"

    def requests(self) -> list[dict[str, Any]]:
        """Return what it was asked."""
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    def called(self) -> list[str]:
        """Return the tools that were called."""
        return [one["body"]["params"]["name"] for one in self.requests() if one["rpc"] == "tools/call"]

    async def start(self) -> None:
        """Start it; it answers when this returns."""
        if not self._port:
            self._port = free_port()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.mcp_program",
            str(self._port),
            str(self._log),
            cwd=ROOT,
            env={**os.environ, **self._environ},
        )
        await eventually(self._answers, timeout=LONG)

    async def stop(self) -> None:
        """End it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
