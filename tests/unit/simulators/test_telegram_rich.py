"""What the simulated Telegram knows of Bot API 10.1 to 10.5: rich messages, drafts with Stop, settings, and what rings."""

from __future__ import annotations

import asyncio

import aiogram.types
import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_simulators.telegram import create_app
from agent_simulators.telegram.richblocks import MAX_BLOCKS, MAX_CHARACTERS

TOKEN = "1000000001:demo-token-of-the-simulator"
ADA = 42


@pytest.fixture
async def client():
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        await play(client, "messages", chat=ADA, text="hello")
        yield client


async def play(client, what, **body):
    response = await client.post(f"/sim/{what}", json=body)
    return {"status": response.status, **await response.json()}


async def look(client, what, **query):
    return await (await client.get(f"/sim/{what}", params=query)).json()


async def call(client, method, /, **params):
    body = await (await client.post(f"/bot{TOKEN}/{method}", json={"chat_id": ADA, **params})).json()
    return body["result"] if body["ok"] else body


def bold(text):
    return {"type": "bold", "text": text}


BLOCKS = [
    {"type": "heading", "size": 2, "text": "Result"},
    {"type": "paragraph", "text": ["All ", bold("214"), " tests pass. ", {"type": "url", "text": "log", "url": "https://a.b"}]},
    {"type": "list", "items": [{"blocks": [{"type": "paragraph", "text": "write tests"}], "has_checkbox": True}]},
    {"type": "table", "is_bordered": True, "cells": [[{"text": "name", "is_header": True}, {"text": bold("value")}]]},
    {"type": "pre", "text": "make all", "language": "sh"},
    {"type": "details", "summary": "12 steps", "blocks": [{"type": "paragraph", "text": "Let me look."}]},
    {"type": "mathematical_expression", "expression": "\\frac{1}{n}"}, {"type": "divider"},
    {"type": "buttons", "buttons": [{"text": "Go", "callback_data": "go", "style": "link"}]},
]  # fmt: skip
WORDS = "Result\nAll 214 tests pass. log\n☐ write tests\nname | value\nmake all\n12 steps\nLet me look.\n\\frac{1}{n}"


async def test_a_rich_message_has_blocks_and_no_text(client):
    sent = await call(client, "sendRichMessage", rich_message={"blocks": BLOCKS})
    message = aiogram.types.Message.model_validate(sent)
    assert (message.text, message.entities, len(message.rich_message.blocks)) == (None, None, len(BLOCKS))
    shown = (await look(client, f"chats/{ADA}"))["messages"][-1]
    assert (shown["text"], shown["notified"]) == (WORDS, True)
    await play(client, "messages", chat=ADA, text="why?", reply_to=sent["message_id"], quote="214 tests pass.")
    update = aiogram.types.Update.model_validate((await call(client, "getUpdates"))[-1])
    assert update.message.reply_to_message.rich_message
    assert update.message.quote.position == WORDS.index("214")


async def test_an_edit_makes_a_message_rich_and_classic_again(client):
    sent = await call(client, "sendMessage", text="part")
    same = {"message_id": sent["message_id"]}
    rich = await call(client, "editMessageText", **same, rich_message={"markdown": "# Result\n\n```sh\nmake\n```"})
    assert "text" not in rich
    assert [b["type"] for b in rich["rich_message"]["blocks"]] == ["paragraph", "pre"]
    again = await call(client, "editMessageText", **same, rich_message={"markdown": "# Result\n\n```sh\nmake\n```"})
    assert "not modified" in again["description"]
    assert "rich_message" not in await call(client, "editMessageText", **same, text="part")


def nest(depth):
    block = {"type": "paragraph", "text": "x"}
    for _ in range(depth):
        block = {"type": "blockquote", "blocks": [block]}
    return [block]


QUOTED = [{"type": "paragraph", "text": "x"}]


@pytest.mark.parametrize(
    ("blocks", "fits"),
    [
        ([{"type": "expandable_blockquote", "blocks": QUOTED}], True),
        ([{"type": "expandable_blockquote", "text": "x"}], False),
        ([{"type": "paragraph", "text": "x" * MAX_CHARACTERS}], True),
        ([{"type": "paragraph", "text": "x" * (MAX_CHARACTERS + 1)}], False),
        ([{"type": "mathematical_expression", "expression": "x" * (MAX_CHARACTERS + 1)}], False),
        (QUOTED * MAX_BLOCKS, True),
        (QUOTED * (MAX_BLOCKS + 1), False),
        ([{"type": "list", "items": [{"blocks": QUOTED}] * 250}], False),
        (nest(15), True),
        (nest(16), False),
        ([{"type": "table", "cells": [[{"text": "x"}] * 20]}], True),
        ([{"type": "table", "cells": [[{"text": "x"}] * 21]}], False),
        ([{"type": "table", "cells": [[{"blocks": QUOTED}]]}], False),
        ([{"type": "heading", "size": 7, "text": "x"}], False),
        ([{"type": "paragraph"}], False),
        ([{"type": "paragraph", "text": "x", "size": 1}], False),
        ([{"type": "paragraph", "text": {"type": "text_link", "text": "x", "url": "y"}}], False),
        ([{"type": "paragraph", "text": {"type": "url", "text": "x"}}], False),
        ([{"type": "quote", "blocks": QUOTED}], False),
        ([{"type": "thinking", "text": "x"}], False),
        ([{"type": "buttons", "buttons": [{"text": "x", "callback_data": "x"}] * 9}], False),
        ([{"type": "buttons", "buttons": [{"text": "x", "url": "https://a.b", "style": "link"}]}], False),
        ("x", False),
        ([], False),
    ],
)  # fmt: skip
async def test_blocks_are_held_to_the_schema_and_the_limits(client, blocks, fits):
    sent = await call(client, "sendRichMessage", rich_message={"blocks": blocks})
    assert ("message_id" in sent) is fits, sent


async def test_one_form_of_a_rich_message_is_given(client):
    for rich in ({}, {"markdown": "x", "html": "x"}, None, "x"):
        assert "error_code" in await call(client, "sendRichMessage", rich_message=rich)
    assert "message_id" in await call(client, "sendRichMessage", rich_message={"html": "<b>x</b>"})


async def test_older_servers_lack_methods_and_know_the_older_quote(client):
    await play(client, "settings", api="10.4")
    old = [{"type": "expandable_blockquote", "text": "x"}]
    message = aiogram.types.Message.model_validate(await call(client, "sendRichMessage", rich_message={"blocks": old}))
    assert message.rich_message.blocks[0].text == "x"
    assert (await call(client, "setMySettings", has_topics_enabled=True))["error_code"] == 404
    await play(client, "settings", api="10.0")
    for name in ("sendRichMessage", "sendRichMessageDraft", "setMySettings"):
        assert (await call(client, name, draft_id=1, rich_message={"markdown": "x"}))["error_code"] == 404
    edit = {"message_id": message.message_id, "rich_message": {"markdown": "x"}}
    assert "text is empty" in (await call(client, "editMessageText", **edit))["description"]
    assert await call(client, "sendMessageDraft", draft_id=1, text="x", can_stop=True) is True
    assert (await play(client, "stop_draft", chat=ADA))["status"] == 400
    assert "can_connect_to_business" not in await call(client, "getMe")
    await play(client, "settings", api="9.2")
    assert (await call(client, "sendMessageDraft", draft_id=1, text="x"))["error_code"] == 404
    assert (await play(client, "settings", api="11.0"))["status"] == 400


async def test_a_draft_can_be_stopped_and_is_over_after_its_time(client):
    await call(client, "sendMessageDraft", draft_id=7, text="part", can_stop=True)
    told = await play(client, "stop_draft", chat=ADA)
    (update,) = await call(client, "getUpdates", offset=told["update_id"])
    stopped = aiogram.types.Update.model_validate(update).stopped_message_generation
    assert (stopped.chat.id, stopped.draft_id, stopped.message_thread_id) == (ADA, 7, None)
    assert (await look(client, f"chats/{ADA}"))["drafts"] == []
    await call(client, "sendMessageDraft", draft_id=8, text="part", can_stop=True, keep_on_stop=True)
    await play(client, "stop_draft", chat=ADA)
    kept = (await look(client, f"chats/{ADA}"))["drafts"]
    assert [(d["id"], d["text"], d["can_stop"]) for d in kept] == [(8, "part", True)]
    await play(client, "settings", draft_seconds=0.05)
    await call(client, "sendMessageDraft", draft_id=9, can_stop=True)
    assert (await look(client, "events"))["events"][-1]["text"] == "Thinking…"
    await asyncio.sleep(0.1)  # the life of a draft is a time, and nothing tells of its end
    assert (await look(client, f"chats/{ADA}"))["drafts"] == []
    assert (await play(client, "stop_draft", chat=ADA))["status"] == 400


async def test_drafts_are_rich_too_and_think(client):
    thinking = {"blocks": [{"type": "thinking", "text": "Let me look"}, *BLOCKS]}
    assert await call(client, "sendRichMessageDraft", draft_id=3, rich_message=thinking, can_stop=True) is True
    (draft,) = (await look(client, f"chats/{ADA}"))["drafts"]
    assert draft["text"] == f"Let me look\n{WORDS}"
    for _ in range(19):
        await call(client, "sendRichMessageDraft", draft_id=3, rich_message=thinking)
    assert (await call(client, "sendMessageDraft", draft_id=4, text="x"))["error_code"] == 429


async def test_only_new_messages_with_sound_ring(client):
    await call(client, "sendMessageDraft", draft_id=7, text="part")
    silent = await call(client, "sendMessage", text="Working…", disable_notification=True)
    await call(client, "editMessageText", message_id=silent["message_id"], text="Still working…")
    await call(client, "setMessageReaction", message_id=1, reaction=[{"type": "emoji", "emoji": "👀"}])
    await call(client, "sendRichMessage", rich_message={"markdown": "The answer"}, disable_notification=True)
    final = await call(client, "sendMessage", text="The answer", reply_markup=keyboard({"callback_data": "x"}))
    await call(client, "editMessageText", message_id=final["message_id"], text="The answer!")
    assert [(p["message_id"], p["text"]) for p in await look(client, "pushes")] == [(final["message_id"], "The answer")]
    events = (await look(client, "events"))["events"]
    told = [(e["kind"], e["notified"]) for e in events if "notified" in e]
    assert told == [
        ("message", False), ("draft", False), ("message", False), ("edit", False), ("message", False),
        ("message", True), ("edit", False),
    ]  # fmt: skip
    assert [e["buttons"] for e in events if e["kind"] == "message"][-1] == [["x"]]
    assert [m["notified"] for m in (await look(client, f"chats/{ADA}"))["messages"]] == [False, False, False, True]


def keyboard(*buttons):
    return {"inline_keyboard": [[{"text": "x", **button}] for button in buttons]}


async def test_buttons_of_today(client):
    markup = keyboard(
        {"callback_data": "x", "style": "danger"}, {"copy_text": {"text": "tg-7"}}, {"disabled": {}},
        {"web_app": {"url": "https://a.b"}},
    )  # fmt: skip
    sent = await call(client, "sendMessage", text="x", reply_markup={**markup, "force_reply": True})
    message = aiogram.types.Message.model_validate(sent)
    assert message.reply_markup.force_reply is True
    assert message.reply_markup.inline_keyboard[0][0].style == "danger"
    assert message.reply_markup.inline_keyboard[1][0].copy_text.text == "tg-7"
    for wrong in ({"callback_data": "x", "style": "loud"}, {"copy_text": {"text": "x" * 257}}):
        assert "error_code" in await call(client, "sendMessage", text="x", reply_markup=keyboard(wrong))
    assert (await play(client, "press", chat=ADA, message_id=sent["message_id"], text="y"))["status"] == 400


async def test_presses_without_a_message_where_the_mode_says_so(client):
    sent = await call(client, "sendMessage", text="x", reply_markup=keyboard({"callback_data": "token"}))
    await call(client, "setMySettings", callback_query_mode="inline")
    pressed = await play(client, "press", chat=ADA, message_id=sent["message_id"])
    (update,) = await call(client, "getUpdates", offset=pressed["update_id"])
    query = aiogram.types.Update.model_validate(update).callback_query
    assert (query.message, bool(query.inline_message_id), query.data) == (None, True, "token")
    answer = {"callback_query_id": query.id, "text": "Sure?", "show_alert": True}
    assert await call(client, "answerCallbackQuery", **answer) is True
    assert [c["alert"] for c in await look(client, "callbacks")] == [True]
    assert "error_code" in await call(client, "setMySettings", callback_query_mode="loud")
    await call(client, "setMySettings", callback_query_mode="default")
    await play(client, "press", chat=ADA, message_id=sent["message_id"])
    assert "message" in (await call(client, "getUpdates"))[-1]["callback_query"]


@pytest.mark.parametrize(
    ("entity", "fits"),
    [
        ({"type": "date_time", "unix_time": 1_790_000_000, "date_time_format": "r"}, True),
        ({"type": "date_time", "unix_time": 1_790_000_000, "date_time_format": "wDT"}, True),
        ({"type": "date_time", "unix_time": 1_790_000_000, "date_time_format": "x"}, False),
        ({"type": "date_time", "date_time_format": "r"}, False),
        ({"type": "text_link"}, False),
        ({"type": "shiny"}, False),
    ],
)
async def test_entities_are_of_known_kinds_and_whole(client, entity, fits):
    sent = await call(client, "sendMessage", text="at noon", entities=[{**entity, "offset": 3, "length": 4}])
    assert ("message_id" in sent) is fits
    if fits:
        assert aiogram.types.Message.model_validate(sent).entities[0].type == "date_time"


@pytest.mark.parametrize("at", ["before", "after"])
async def test_silence_covers_sends(client, at):
    fault = {"kind": "silence", "method": "sendMessage", "at": at, "seconds": 0.05, "count": 1}
    assert (await client.post("/sim/faults", json=fault)).status == 200
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.post(f"/bot{TOKEN}/sendMessage", json={"chat_id": ADA, "text": "x"})
    shown = [m["lost"] for m in (await look(client, f"chats/{ADA}"))["messages"] if m["bot"]]
    assert shown == ([] if at == "before" else ["silence"])
