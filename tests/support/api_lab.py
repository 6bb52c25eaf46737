"""A pod, its gateway and an HTTP service of another host, with a key between them."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
from aiohttp import web
from yarl import URL

from agent_contract.apis import ApiRule
from agent_gateway.apis.broker import ApiBroker
from agent_gateway.apis.keys import Key
from agent_gateway.apis.settings import Api
from agent_gateway.apis.upstream import ApiUpstream
from agent_gateway.connections.credentials import FileToken
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.tokens import Denied, compute_bearer
from tests.support.git_server import serving

KEY = "the-real-key-of-the-service"
TOKEN = "the-token-of-the-pod"


@dataclass
class Levels:
    """Of one pod."""

    levels: list[list[ApiRule]] = field(default_factory=list)
    reads: int = 0

    async def read_apis(self, identity):
        self.reads += 1
        return self.levels


@dataclass
class Seen:
    """A request as a service saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Service:
    """Writes requests down, and answers those that show its key as it was told to.

    Args:
        authorization: The header that it wants; none for everybody.
    """

    def __init__(self, authorization: str | None = f"Bearer {KEY}") -> None:
        self.seen: list[Seen] = []
        self.authorization = authorization
        self.answer = web.Response
        self.url = ""

    async def handle(self, request):
        body = await request.read()
        self.seen.append(Seen(request.method, request.raw_path, dict(request.headers), body))
        if self.authorization is not None and request.headers.get("Authorization") != self.authorization:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        return self.answer() if self.answer is web.Response else await self.answer(request)


@dataclass
class Lab:
    """What a pod may ask, and whom."""

    gateway: str
    service: Service
    elsewhere: Service
    rights: Levels
    session: aiohttp.ClientSession
    apis: dict[str, Api]
    tokens: list[str]
    """What requests showed to the gateway."""

    def allow(self, *rules):
        self.rights.levels = [[ApiRule(**{"connection": "api", **rule}) for rule in rules]]

    async def ask(self, path, method="GET", data=None, **headers):
        """Ask through the gateway; return status, headers and body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = URL(self.gateway + path, encoded=True)
        async with self.session.request(method, url, data=data, headers=named, allow_redirects=False) as answer:
            return answer.status, answer.headers, await answer.read()


def let_in(broker, tokens):
    """Serve one pod, as the runners' port does."""

    async def handle(request):
        try:
            tokens.append(compute_bearer(request.headers))
        except Denied:
            return web.Response(status=401)
        return await broker.handle(request, Identity("tg-1", 1, 1, "pod", "uid", "job"))

    return handle


@asynccontextmanager
async def serving_gateway(apis, rights, **more):
    """Serve what a gateway reaches; yield the address, and what was shown there."""
    broker, tokens = ApiBroker(apis, rights, ApiUpstream(), **more), []
    async with serving(let_in(broker, tokens), path="/http/{rest:.*}") as gateway:
        try:
            yield gateway, tokens
        finally:
            await broker.close()


@asynccontextmanager
async def running_lab(folder: Path, *, form="plain", base="/base", clock=None, also=None, **more):
    """Run a gateway with one connection, `api`, to a service, and another host that it may lead to.

    `also` names further connections to the same service, with their formats.
    """
    (folder / "key").write_text(KEY + "\n")
    service, elsewhere, rights = Service(), Service(None), Levels()
    async with AsyncExitStack() as stack:
        service.url = await stack.enter_async_context(serving(service.handle))
        elsewhere.url = await stack.enter_async_context(serving(elsewhere.handle))
        hosts = frozenset({elsewhere.url.partition("//")[2]})
        key = Key(FileToken(folder / "key", ""), more.pop("user", None), more.pop("header", None))
        port = more.pop("port", 20001)
        apis = {"api": Api("api", form, service.url + base, port, key, more.pop("hosts", hosts), **more)}
        apis |= {name: replace(apis["api"], name=name, format=other) for name, other in (also or {}).items()}
        timed = {"clock": clock} if clock else {}
        gateway, tokens = await stack.enter_async_context(serving_gateway(apis, rights, **timed))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {TOKEN}"}, timeout=aiohttp.ClientTimeout(total=120)
            )
        )
        lab = Lab(gateway, service, elsewhere, rights, session, apis, tokens)
        lab.allow({})
        yield lab
