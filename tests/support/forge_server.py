"""A forge for the cluster: git, GitHub's API below /api/v3 and its device flow, as a GitHub Enterprise Server has them; and what is played there.

Beside it, at another port, is a tool server by others.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvicorn
from aiohttp import web

from tests.support.device_forge import DeviceForge
from tests.support.git_server import KEY, GitServer
from tests.support.mcp_program import build_server
from tests.support.played_forges import PlayedGitHub

API, PLAYED = "/api/v3", "/played"
TOOLS_PORT, TOOLS_KEY, TOOLS_LOG = 8000, "the-real-key-of-the-tools", "tools.jsonl"
"""Of the tool server."""
REPOSITORIES = ("acme/api", "acme/docs")


class ForgeServer(PlayedGitHub):
    """Repositories of a folder, whose branches are those that git has, and one person who may let others in by a code.

    Args:
        folder: Of the git server.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._git = GitServer(folder)
        self._person = DeviceForge("github", pause=1)
        self._asking = ""
        self.branches = {name: _Branches(self._git, name) for name in REPOSITORIES}

    def knows(self, header):
        return header == f"Bearer {KEY}" or self._is_person(header)

    def answer(self, request, sent):
        self._asking = "ada" if self._is_person(request.headers.get("Authorization", "")) else "agent-bot"
        return super().answer(request, sent)

    def open_pull(self, head, base, title, body="", *, draft=False):
        pull = super().open_pull(head, base, title, body, draft=draft)
        pull.author = self._asking
        return pull

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer git, the API, whoever wants to be let in, or whoever plays."""
        if request.path.startswith("/login/"):
            return await self._person.handle(request)
        if request.path == f"{API}/user" and self._is_person(request.headers.get("Authorization", "")):
            return await self._person.handle(request.clone(rel_url="/api/user"))
        if request.path.startswith(f"{API}/"):
            return await self.handle(request.clone(rel_url=request.raw_path.removeprefix(API)))
        if request.path != PLAYED:
            return await self._git.handle(request)
        if request.method == "POST":
            self._play(await request.json())
        return web.json_response(
            [
                {
                    "number": one.number, "title": one.title, "body": one.body, "head": one.head, "author": one.author,
                    "comments": [said[2] for said in one.comments],
                }
                for one in self.pulls
            ]
        )  # fmt: skip

    def _play(self, said: dict) -> None:
        if said["state"] == "granted":
            self._person.state = "granted"
        elif said["state"] == "merged":
            self.of(said["number"]).state, self.of(said["number"]).merged = "closed", True
        else:
            self.review(said["number"], said["author"], said["state"], said["body"])

    def _is_person(self, header: str) -> bool:
        return header.removeprefix("Bearer ") in self._person.access


class _Branches:
    """The branches of a repository, as git has them now."""

    def __init__(self, git: GitServer, name: str) -> None:
        self._git, self._name = git, name

    def __contains__(self, branch: str) -> bool:
        return bool(self._git.read(self._name, f"refs/heads/{branch}"))


async def _main(address: str, folder: str) -> None:
    """Serve at port 80, and tools at theirs, until it is ended."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", ForgeServer(Path(folder)).take)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    await runner.setup()
    tools = build_server(f"{folder}/{TOOLS_LOG}", TOOLS_KEY, host=address)
    config = uvicorn.Config(tools, host=address, port=TOOLS_PORT, log_level="error", timeout_graceful_shutdown=1)
    serving = asyncio.create_task(uvicorn.Server(config).serve())
    await web.TCPSite(runner, address, 80).start()
    await serving


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:3]))
