"""Reactions in the simulated Bot API."""

from __future__ import annotations

import aiogram.types
import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_simulators.telegram import create_app

TOKEN = "1000000001:demo-token-of-the-simulator"
PERSON = 42


@pytest.fixture
async def client():
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        yield client


async def call(client, name, **params):
    response = await client.post(f"/bot{TOKEN}/{name}", json=params)
    body = await response.json()
    assert body["ok"] is (response.status == 200)
    return body["result"] if body["ok"] else body


async def say(client, text, **more):
    response = await client.post("/sim/messages", json={"chat": PERSON, "text": text, **more})
    return await response.json()


async def reactions(client):
    seen = await (await client.get(f"/sim/chats/{PERSON}")).json()
    return [message["reactions"] for message in seen["messages"]]


async def react(client, *emoji, message=1, kind="emoji"):
    reaction = [{"type": kind, "emoji": one} for one in emoji]
    return await call(client, "setMessageReaction", chat_id=PERSON, message_id=message, reaction=reaction)


async def test_a_bot_has_one_reaction_on_a_message(client):
    await say(client, "hello")
    assert await react(client, "👀") is True
    assert await react(client, "👀") is True
    assert await reactions(client) == [["👀"]]
    assert await react(client, "👨‍💻") is True
    assert await reactions(client) == [["👨‍💻"]]
    assert await react(client) is True
    assert await reactions(client) == [[]]
    events = (await (await client.get("/sim/events")).json())["events"]
    assert [e["emoji"] for e in events if e["kind"] == "reaction"] == [["👀"], ["👨‍💻"], []]


async def test_reactions_are_refused_as_by_telegram(client):
    await say(client, "hello")
    for emoji in ("✅", "❌", "⏳", "", "ok"):
        assert (await react(client, emoji))["description"] == "Bad Request: REACTION_INVALID"
    assert (await react(client, "👀", "👌"))["description"] == "Bad Request: REACTIONS_TOO_MANY"
    assert (await react(client, "👀", kind="paid"))["description"] == "Bad Request: REACTION_INVALID"
    assert (await react(client, "👀", message=99))["description"] == "Bad Request: message to react not found"
    await client.post("/sim/chats", json={"chat": PERSON, "reactions": ["👍"]})
    assert (await react(client, "👀"))["description"] == "Bad Request: REACTION_INVALID"
    assert await react(client, "👍") is True
    full = aiogram.types.ChatFullInfo.model_validate(await call(client, "getChat", chat_id=PERSON))
    assert [one.emoji for one in full.available_reactions] == ["👍"]
    assert await reactions(client) == [["👍"]]
