"""The simulated Bot API, checked against another library's types and through a real client."""

from __future__ import annotations

import asyncio

import aiogram.methods
import aiogram.types
import pytest
from aiohttp.test_utils import TestClient, TestServer
from telegram import Bot
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter

from agent_simulators.telegram import create_app
from agent_simulators.telegram.methods import METHODS
from agent_simulators.telegram.server import CLOUD
from tests.support.eventually import eventually

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


async def test_updates_and_results_have_the_shapes_of_the_api(client):
    await say(client, "/start@demo_bot hello @demo_bot")
    updates = await call(client, "getUpdates")
    update = aiogram.types.Update.model_validate(updates[0])
    assert [e.type for e in update.message.entities] == ["bot_command", "mention"]
    sent = await call(
        client, "sendMessage", chat_id=PERSON, text="hi", reply_parameters={"message_id": update.message.message_id}
    )
    message = aiogram.types.Message.model_validate(sent)
    assert message.reply_to_message.message_id == update.message.message_id
    edited = await call(client, "editMessageText", chat_id=PERSON, message_id=message.message_id, text="ho")
    assert aiogram.types.Message.model_validate(edited).text == "ho"
    aiogram.types.User.model_validate(await call(client, "getMe"))
    aiogram.types.ChatFullInfo.model_validate(await call(client, "getChat", chat_id=PERSON))


def test_every_method_is_one_of_the_api():
    known = {
        m.__api_method__.lower()
        for m in vars(aiogram.methods).values()
        if isinstance(getattr(m, "__api_method__", None), str)
    }
    assert set(METHODS) <= known


async def test_an_update_comes_again_until_it_is_confirmed(client):
    await say(client, "one")
    await say(client, "two")
    first = await call(client, "getUpdates")
    assert [u["message"]["text"] for u in first] == ["one", "two"]
    again = await call(client, "getUpdates", offset=first[0]["update_id"])
    assert again == first
    left = await call(client, "getUpdates", offset=first[1]["update_id"])
    assert [u["message"]["text"] for u in left] == ["two"]
    assert await call(client, "getUpdates", offset=first[1]["update_id"] + 1) == []


async def test_the_newest_poll_wins(client):
    older = asyncio.create_task(call(client, "getUpdates", timeout=30))
    await eventually(lambda: client.app[CLOUD].bots[TOKEN].poll)
    newer = asyncio.create_task(call(client, "getUpdates", timeout=30))
    assert (await older)["error_code"] == 409
    await say(client, "hello")
    assert (await newer)[0]["message"]["text"] == "hello"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"chat_id": 7, "text": "x"}, "chat not found"),
        ({"chat_id": PERSON, "text": " "}, "message text is empty"),
        ({"chat_id": PERSON, "text": "😀" * 2049}, "message is too long"),
        ({"chat_id": PERSON, "text": "x", "message_thread_id": 1}, "message thread not found"),
        ({"chat_id": PERSON, "text": "x", "message_thread_id": 99}, "message thread not found"),
        ({"chat_id": PERSON, "text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"chat_id": PERSON, "text": "a.b", "parse_mode": "MarkdownV2"}, "can't parse entities"),
        ({"chat_id": PERSON, "text": "ab", "entities": [{"type": "bold", "offset": 1, "length": 5}]}, "ENTITY_BOUNDS"),
        ({"chat_id": PERSON, "text": "😀", "entities": [{"type": "bold", "offset": 1, "length": 1}]}, "ENTITY_BOUNDS"),
        (
            {"chat_id": PERSON, "text": "abcd", "entities": [
                {"type": "bold", "offset": 0, "length": 2}, {"type": "italic", "offset": 1, "length": 3}]},
            "badly nested",
        ),
    ],
)  # fmt: skip
async def test_what_telegram_refuses_is_refused(client, params, words):
    await say(client, "hello")
    assert words in (await call(client, "sendMessage", **params))["description"]


async def test_a_topic_is_kept_and_a_closed_or_deleted_one_refused(client):
    await say(client, "hi", chat=-100, topic=5, user=PERSON)
    sent = await call(client, "sendMessage", chat_id=-100, message_thread_id=5, text="x")
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (5, True)
    await client.post("/sim/topics", json={"chat": -100, "topic": 5, "closed": True})
    assert (
        "TOPIC_CLOSED"
        in (await call(client, "sendMessage", chat_id=-100, message_thread_id=5, text="x"))["description"]
    )
    await client.post("/sim/topics", json={"chat": -100, "topic": 5, "deleted": True})
    answer = await call(client, "sendMessage", chat_id=-100, message_thread_id=5, text="x")
    assert "thread not found" in answer["description"]


async def test_groups_can_be_held_to_a_limit(client):
    await say(client, "hi", chat=-100, user=PERSON)
    await client.post("/sim/settings", json={"group_limit": 2})
    for _ in range(2):
        await call(client, "sendMessage", chat_id=-100, text="x")
    refused = await call(client, "sendMessage", chat_id=-100, text="x")
    assert refused["error_code"] == 429
    assert refused["parameters"]["retry_after"] > 50


async def test_a_real_client_talks_to_it(client):
    base = str(client.make_url("/bot"))
    async with Bot(TOKEN, base_url=base) as bot:
        await say(client, "hello")
        (update,) = await bot.get_updates(timeout=1)
        sent = await bot.send_message(update.message.chat_id, "hi")
        await sent.edit_text("ho")
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_text("ho", update.message.chat_id, sent.message_id)
        await client.post("/sim/faults", json={"method": "sendMessage", "kind": "throttle", "retry_after": 3})
        with pytest.raises(RetryAfter):
            await bot.send_message(PERSON, "x")
        await client.post("/sim/faults", json={"method": "getUpdates", "kind": "error", "code": 409})
        with pytest.raises(Conflict):
            await bot.get_updates(timeout=0)
    with pytest.raises(InvalidToken):
        async with Bot("1:wrong", base_url=base):
            pass


async def test_the_chat_reads_back_as_a_person_sees_it(client):
    await say(client, "hello")
    sent = await call(client, "sendMessage", chat_id=PERSON, text="a")
    await call(client, "editMessageText", chat_id=PERSON, message_id=sent["message_id"], text="ab")
    seen = await (await client.get(f"/sim/chats/{PERSON}")).json()
    assert [(m["bot"], m["text"], m["edits"]) for m in seen["messages"]] == [(False, "hello", 0), (True, "ab", 1)]
    events = await (await client.get("/sim/events", params={"since": 0, "chat": PERSON})).json()
    assert [e["kind"] for e in events["events"]] == ["message", "message", "edit"]
