"""A webhook that is a real server, and what tests ask of a simulated Bot API with one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import aiogram.types
from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "1000000001:demo-token-of-the-simulator"
PERSON, OTHER, GROUP = 42, 43, -100


class Receiver:
    """A webhook that answers as it is told to, and remembers what came."""

    def __init__(self):
        self.posts = []
        self.secrets = []
        self.broken = 0
        self.cancelled = 0
        """Held posts whose sender hung up."""
        self.answers = []
        """Responses for the next posts; then 200."""
        self.held = {}
        """By chat, an event that its posts wait for."""
        self.url = ""

    @property
    def texts(self):
        return [p["message"]["text"] for p in self.posts]

    async def handle(self, request):
        self.broken += 1
        update = await request.json()
        self.broken -= 1  # it came whole
        self.posts.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        if event := self.held.get(update["message"]["chat"]["id"]):
            try:
                await event.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        return self.answers.pop(0) if self.answers else web.Response()


@asynccontextmanager
async def serving(receiver):
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


async def call(client, name, **params):
    body = await (await client.post(f"/bot{TOKEN}/{name}", json=params)).json()
    return body["result"] if body["ok"] else body


async def post(client, path, **body):
    return await (await client.post(f"/sim/{path}", json=body)).json()


async def say(client, text, chat=PERSON, **more):
    return await post(client, "messages", chat=chat, text=text, **more)


async def updates(client, **query):
    return await (await client.get("/sim/updates", params=query)).json()


async def info(client):
    found = await call(client, "getWebhookInfo")
    return aiogram.types.WebhookInfo.model_validate(found)


async def all_settled(client):
    return not await updates(client, pending=1)
