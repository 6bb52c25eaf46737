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
    assert set(METHODS) - {"setmysettings"} <= known, "but for those of 10.5, which aiogram 3.31 does not have"


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
        ({"chat_id": PERSON, "text": "\u200b\u2800 \u202e"}, "message text is empty"),
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
        (
            {"chat_id": PERSON, "text": "abcd", "entities": [
                {"type": "code", "offset": 0, "length": 4}, {"type": "bold", "offset": 1, "length": 2}]},
            "badly nested",
        ),
        (
            {"chat_id": PERSON, "text": "abcd", "entities": [
                {"type": "blockquote", "offset": 0, "length": 4}, {"type": "blockquote", "offset": 0, "length": 2}]},
            "badly nested",
        ),
    ],
)  # fmt: skip
async def test_what_telegram_refuses_is_refused(client, params, words):
    await say(client, "hello")
    assert words in (await call(client, "sendMessage", **params))["description"].replace(
        "Message thread", "message thread"
    )


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


def keyboard(*buttons):
    return {"inline_keyboard": [[{"text": text, "callback_data": data}] for text, data in buttons]}


async def press(client, **body):
    return await (await client.post("/sim/press", json={"chat": PERSON, **body})).json()


async def seen(client, chat=PERSON):
    return (await (await client.get(f"/sim/chats/{chat}")).json())["messages"]


async def test_buttons_stand_under_a_message_until_an_edit_takes_them_away(client):
    await say(client, "hello")
    sent = await call(client, "sendMessage", chat_id=PERSON, text="a", reply_markup=keyboard(("Yes", "y"), ("No", "n")))
    message = aiogram.types.Message.model_validate(sent)
    assert [[b.callback_data for b in row] for row in message.reply_markup.inline_keyboard] == [["y"], ["n"]]
    same = {"chat_id": PERSON, "message_id": message.message_id}
    assert (await seen(client))[1]["buttons"] == [{"text": "Yes", "data": "y"}, {"text": "No", "data": "n"}]
    edited = await call(client, "editMessageText", **same, text="a", reply_markup=keyboard(("Yes", "y")))
    assert aiogram.types.Message.model_validate(edited).reply_markup.inline_keyboard[0][0].text == "Yes"
    for name, more in (
        ("editMessageText", {"text": "a", "reply_markup": keyboard(("Yes", "y"))}),
        ("editMessageReplyMarkup", {"reply_markup": keyboard(("Yes", "y"))}),
    ):
        assert "not modified" in (await call(client, name, **same, **more))["description"]
    await call(client, "editMessageReplyMarkup", **same, reply_markup=keyboard(("No", "n")))
    assert (await seen(client))[1]["buttons"] == [{"text": "No", "data": "n"}]
    bare = await call(client, "editMessageText", **same, text="a")
    assert "reply_markup" not in bare
    empty = {"inline_keyboard": []}
    assert "not modified" in (await call(client, "editMessageReplyMarkup", **same, reply_markup=empty))["description"]


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (keyboard(("x", "")), "BUTTON_DATA_INVALID"),
        (keyboard(("x", "é" * 33)), "BUTTON_DATA_INVALID"),
        (keyboard((" ", "x")), "BUTTON_TEXT_INVALID"),
        (keyboard(*[("x", "x")] * 101), "REPLY_MARKUP_TOO_LONG"),
        ({"inline_keyboard": [[{"text": "x"}]]}, "Text buttons are unallowed"),
        ({"inline_keyboard": [[{"callback_data": "x"}]]}, "can't parse inline keyboard button"),
        ({"inline_keyboard": [{"text": "x", "callback_data": "x"}]}, "must be an Array of Arrays"),
        ({"inline_keyboard": [["x"]]}, "must be an Object"),
        ([], "object expected"),
    ],
)
async def test_keyboards_that_telegram_refuses_are_refused(client, markup, words):
    await say(client, "hello")
    assert words in (await call(client, "sendMessage", chat_id=PERSON, text="x", reply_markup=markup))["description"]
    sent = await call(client, "sendMessage", chat_id=PERSON, text="x", reply_markup=keyboard(("x", "é" * 32)))
    for name in ("editMessageText", "editMessageReplyMarkup"):
        params = {"chat_id": PERSON, "message_id": sent["message_id"], "text": "y", "reply_markup": markup}
        assert words in (await call(client, name, **params))["description"]


async def test_a_press_is_an_update_that_is_answered_once(client):
    await say(client, "hello", chat=-100, topic=5, user=PERSON)
    markup = keyboard(("Yes", "y"), ("No", "n"))
    sent = await call(client, "sendMessage", chat_id=-100, message_thread_id=5, text="Sure?", reply_markup=markup)
    body = {"chat": -100, "message_id": sent["message_id"], "user": PERSON, "topic": 5}
    first, second = await press(client, **body, text="No"), await press(client, **body, data="y")
    assert first["callback_id"] != second["callback_id"]
    updates = await call(client, "getUpdates", allowed_updates=["callback_query"])
    queries = [aiogram.types.Update.model_validate(u).callback_query for u in updates]
    assert [(q.id, q.data) for q in queries] == [(first["callback_id"], "n"), (second["callback_id"], "y")]
    assert (queries[0].from_user.id, queries[0].message.message_thread_id) == (PERSON, 5)
    answer = {"callback_query_id": first["callback_id"], "text": "Understood."}
    assert await call(client, "answerCallbackQuery", **answer) is True
    for params in (answer, {"callback_query_id": "77"}, {}):
        assert "query is too old" in (await call(client, "answerCallbackQuery", **params))["description"]
    told = await (await client.get("/sim/callbacks", params={"chat": -100})).json()
    assert [(c["data"], c["answered"], c["text"]) for c in told] == [("n", True, "Understood."), ("y", False, "")]
    events = (await (await client.get("/sim/events", params={"chat": -100})).json())["events"]
    assert (events[-1]["kind"], events[-1]["topic"], events[-1]["text"]) == ("callback", 5, "Understood.")


async def test_a_press_is_too_old_after_a_while(client):
    await say(client, "hello")
    sent = await call(client, "sendMessage", chat_id=PERSON, text="x", reply_markup=keyboard(("x", "x")))
    pressed = await press(client, message_id=sent["message_id"])
    client.app[CLOUD].callbacks[pressed["callback_id"]].pressed_at -= 3600
    refused = await call(client, "answerCallbackQuery", callback_query_id=pressed["callback_id"])
    assert "query is too old" in refused["description"]


async def test_only_a_button_that_stands_can_be_pressed(client):
    await say(client, "hello")
    sent = await call(client, "sendMessage", chat_id=PERSON, text="x", reply_markup=keyboard(("x", "x")))
    for body in ({"data": "y"}, {"text": "y"}, {"topic": 3}):
        assert "error" in await press(client, message_id=sent["message_id"], **body)
    assert "error" in await press(client, message_id=999)


async def test_the_message_of_an_old_button_may_be_inaccessible(client):
    await say(client, "hello")
    sent = await call(client, "sendMessage", chat_id=PERSON, text="x", reply_markup=keyboard(("x", "x")))
    await press(client, message_id=sent["message_id"], inaccessible=True)
    (update,) = await call(client, "getUpdates", allowed_updates=["callback_query"])
    query = aiogram.types.Update.model_validate(update).callback_query
    assert isinstance(query.message, aiogram.types.InaccessibleMessage)


async def test_the_chat_reads_back_as_a_person_sees_it(client):
    await say(client, "hello")
    sent = await call(client, "sendMessage", chat_id=PERSON, text="a")
    await call(client, "editMessageText", chat_id=PERSON, message_id=sent["message_id"], text="ab")
    seen = await (await client.get(f"/sim/chats/{PERSON}")).json()
    assert [(m["bot"], m["text"], m["edits"]) for m in seen["messages"]] == [(False, "hello", 0), (True, "ab", 1)]
    events = await (await client.get("/sim/events", params={"since": 0, "chat": PERSON})).json()
    assert [e["kind"] for e in events["events"]] == ["message", "message", "edit"]
