"""What a played forge holds: repositories, pull requests, and what was said at them; and what is to go wrong with it."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from agent_gateway.connections.credentials import FileToken
from agent_gateway.connections.settings import Connection
from agent_gateway.forges.gitea import Gitea
from agent_gateway.forges.github import GitHub
from agent_gateway.forges.gitlab import GitLab
from tests.support.git_server import serving

TOKEN = "a-token-of-the-forge"


def now():
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class PlayedPull:
    number: int
    head: str
    base: str
    title: str
    body: str
    draft: bool = False
    state: str = "open"
    merged: bool = False
    sha: str = "a" * 40
    author: str = "agent-bot"
    created_at: str = field(default_factory=now)
    reviews: list = field(default_factory=list)
    """(id, author, state, body, at)"""
    lines: list = field(default_factory=list)
    """(id, author, body, path, line, at, review id)"""
    comments: list = field(default_factory=list)
    """(id, author, body, at)"""


class PlayedForge:
    """One forge: its kinds differ in how they are asked and how they answer."""

    def __init__(self):
        self.branches = {"acme/api": {"main", "agent/fix", "agent/other"}}
        self.pulls: list[PlayedPull] = []
        self.checks: dict[str, list[tuple[str, str]]] = {}
        """By commit: names, and passed, failed or pending."""
        self.ids = itertools.count(100)
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[dict] = []
        self.tokens: list[str] = []
        self.unchanged = 0
        self.lose = 0
        """So many writing calls are done and never answered."""
        self.refuse: tuple[int, dict, dict] | None = None
        """Status, body and headers that each call is answered with."""
        self.large = False
        self.holding: asyncio.Event | None = None
        """Each call is done, and answered when this is set."""

    def of(self, number):
        return next((one for one in self.pulls if one.number == number), None)

    def open_pull(self, head, base, title, body="", *, draft=False):
        self.pulls.append(PlayedPull(len(self.pulls) + 7, head, base, title, body, draft))
        return self.pulls[-1]

    def review(self, number, author, state, body="", *, at=None):
        self.of(number).reviews.append((next(self.ids), author, state, body, at or now()))

    def say(self, number, author, body, *, at=None):
        self.of(number).comments.append((next(self.ids), author, body, at or now()))
        return self.of(number).comments[-1]

    def say_at(self, number, author, body, path="src/api.py", line=12):
        one = self.of(number)
        review = one.reviews[-1][0] if one.reviews else 0
        one.lines.append((next(self.ids), author, body, path, line, now(), review))

    def is_open(self, head, base):
        return any((one.head, one.base, one.state) == (head, base, "open") for one in self.pulls)

    def apply(self, pull, sent):
        for name in ("title", "body"):
            if name in sent:
                setattr(pull, name, sent[name])
        if "state" in sent:
            pull.state = sent["state"]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call of the API."""
        self.calls.append((request.method, request.raw_path))
        self.tokens.append(request.headers.get("Authorization", ""))
        sent = await request.json() if request.can_read_body else {}
        if request.method != "GET":
            self.bodies.append(sent)
        if self.refuse is not None:
            status, body, headers = self.refuse
            return web.json_response(body, status=status, headers=headers)
        if self.large:
            return web.json_response({"number": 1, "noise": "x" * (3 << 20)})
        if not self.knows(request.headers.get("Authorization", "")):
            return web.json_response({"message": "Bad credentials"}, status=401)
        status, body = self.answer(request, sent)
        if self.holding is not None:
            await self.holding.wait()
        if request.method != "GET" and self.lose and status < 300:
            self.lose -= 1
            request.transport.abort()
        return self._build(request, status, body)

    def _build(self, request, status, body):
        headers = {}
        if self.sized and isinstance(body, list) and (size := int(request.query.get(self.sized, 0))):
            page, last = int(request.query.get("page", 1)), -(-len(body) // size)
            if self.counts:
                headers["X-Total-Count"] = str(len(body))
            elif last > 1:
                headers["Link"] = ", ".join(
                    f'<https://elsewhere.example/?{self.sized}={size}&page={number}>; rel="{name}"'
                    for name, number in (("next", page + 1), ("last", last))
                )
            body = body[(page - 1) * size : page * size]
        text = json.dumps(body)
        etag = f'W/"{hashlib.sha256(text.encode()).hexdigest()}"'
        if request.method == "GET" and self.tags and request.headers.get("If-None-Match") == etag:
            self.unchanged += 1
            return web.Response(status=304, headers={"ETag": etag})
        headers |= {"ETag": etag} if self.tags else {}
        return web.Response(status=status, text=text, content_type="application/json", headers=headers)

    tags = True
    sized = ""
    """What the size of a page is asked by, where lists have pages."""
    counts = False
    """Whether the length of a list is told instead of where its end is."""
    kind = ""
    scheme = "Bearer"
    api = ""

    def knows(self, header):
        return header == f"{self.scheme} {TOKEN}"

    def answer(self, request, sent):
        """Return status and body."""
        raise NotImplementedError

    def connect(self, http):
        return {"github": GitHub, "gitlab": GitLab, "gitea": Gitea}[self.kind](http)


@asynccontextmanager
async def running_forge(played, folder):
    """Serve a played forge; yield its connection, and what a connections file says of it."""
    (folder / "forge-token").write_text(TOKEN)
    async with serving(played.handle) as url:
        api = url + played.api
        connection = Connection("hub", played.kind, url, FileToken(folder / "forge-token", "x"), api=api)
        said = {
            "name": "hub",
            "forge": played.kind,
            "url": url,
            "apiUrl": api,
            "tokenFile": str(folder / "forge-token"),
        }
        yield connection, said
