"""Files, topics and menus of the simulated Bot API, through a real client and another library's types."""

from __future__ import annotations

import base64
import io

import aiogram.types
import pytest
from aiohttp.test_utils import TestClient, TestServer
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import BadRequest, NetworkError, RetryAfter

from agent_simulators.telegram import create_app

TOKEN = "1000000001:demo-token-of-the-simulator"
PERSON, GROUP = 42, -100200300
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def client():
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        yield client


@pytest.fixture
async def bot(client):
    root = str(client.make_url("")).rstrip("/")
    async with Bot(TOKEN, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot") as bot:
        yield bot


async def post(client, path, **body):
    response = await client.post(f"/sim/{path}", json=body)
    return await response.json()


async def updates(bot):
    found = await bot.get_updates(timeout=0)
    if found:
        await bot.get_updates(offset=found[-1].update_id + 1, timeout=0)
    for update in found:
        aiogram.types.Update.model_validate_json(update.to_json())
    return found


async def seen(client, chat=PERSON):
    return (await (await client.get(f"/sim/chats/{chat}")).json())["messages"]


@pytest.mark.parametrize("kind", ["photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker"])
async def test_what_a_person_sends_can_be_fetched(client, bot, kind):
    content = base64.b64encode(b"hello").decode()
    await post(client, "messages", chat=PERSON, caption="@demo_bot look", **{kind: {"name": "a.b", "content": content}})
    [update] = await updates(bot)
    found = update.message.effective_attachment
    found = found[-1] if kind == "photo" else found
    assert (update.message.caption, found.file_size) == ("@demo_bot look", 5)
    assert [e.type for e in update.message.caption_entities] == ["mention"]
    assert bytes(await (await bot.get_file(found.file_id)).download_as_bytearray()) == b"hello"


async def test_large_and_unknown_files_are_refused(client, bot):
    await post(client, "messages", chat=PERSON, document={"name": "big", "size": 20_000_001})
    [update] = await updates(bot)
    for file_id, words in ((update.message.document.file_id, "too big"), ("f99", "wrong file_id")):
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await bot.get_file(file_id)


async def test_an_album_is_messages_with_one_id(client, bot):
    for _ in range(2):
        await post(client, "messages", chat=PERSON, photo={"size": 3}, media_group_id="77")
    assert [u.message.media_group_id for u in await updates(bot)] == ["77", "77"]


async def test_a_bot_sends_files_with_a_caption(client, bot):
    await post(client, "messages", chat=PERSON, text="hi")
    sent = await bot.send_document(PERSON, io.BytesIO(b"one"), filename="a.txt", caption="so", reply_to_message_id=1)
    aiogram.types.Message.model_validate_json(sent.to_json())
    await bot.send_photo(PERSON, io.BytesIO(PNG))
    _, document, photo = await seen(client)
    assert (document["text"], document["reply_to"]) == ("so", 1)
    [file] = document["files"]
    assert (file["kind"], file["name"], file["size"]) == ("document", "a.txt", 3)
    assert await (await client.get(f"/sim/files/{file['file_id']}")).read() == b"one"
    assert photo["files"][0]["kind"] == "photo"


async def test_files_that_telegram_does_not_take(client, bot):
    await post(client, "messages", chat=PERSON, text="hi")
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_document(PERSON, io.BytesIO(b"x"), caption="a" * 1025)
    with pytest.raises(BadRequest, match="non-empty"):
        await bot.send_document(PERSON, io.BytesIO(b""))
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        await bot.send_photo(PERSON, io.BytesIO(b"no picture"))
    with pytest.raises(NetworkError, match="Too Large"):
        await bot.send_photo(PERSON, io.BytesIO(PNG + bytes(10_000_000)))


async def test_people_open_rename_close_and_reopen_topics(client, bot):
    topic = (await post(client, "topics", chat=GROUP, name="deploy"))["topic"]
    await post(client, "topics", chat=GROUP, topic=topic, name="release")
    await post(client, "topics", chat=GROUP, topic=topic, closed=True)
    with pytest.raises(BadRequest, match=r"(?i)topic_closed"):
        await bot.send_message(GROUP, "hi", message_thread_id=topic)
    await post(client, "topics", chat=GROUP, topic=topic, closed=False)
    await post(client, "messages", chat=GROUP, topic=topic, text="hi")
    opened, renamed, closed, reopened, said = [u.message for u in await updates(bot)]
    assert opened.forum_topic_created.name == "deploy"
    assert renamed.forum_topic_edited.name == "release"
    assert closed.forum_topic_closed
    assert reopened.forum_topic_reopened
    assert said.reply_to_message.forum_topic_created.name == "deploy"
    await post(client, "topics", chat=GROUP, topic=topic, deleted=True)
    assert not await updates(bot)
    with pytest.raises(BadRequest, match=r"(?i)thread not found"):
        await bot.send_message(GROUP, "hi", message_thread_id=topic)


async def test_a_group_becomes_a_supergroup(client, bot):
    await post(client, "messages", chat=-5, chat_type="group", text="hi")
    await post(client, "chats", chat=-5, migrated_to=GROUP)
    _, old, new = [u.message for u in await updates(bot)]
    assert (old.chat.id, old.migrate_to_chat_id) == (-5, GROUP)
    assert (new.chat.id, new.migrate_from_chat_id) == (GROUP, -5)


async def test_who_blocks_the_bot_is_told_to_it(client, bot):
    await post(client, "messages", chat=PERSON, text="hi")
    await post(client, "chats", chat=PERSON, blocked=True)
    await post(client, "chats", chat=PERSON, blocked=False)
    changes = [u.my_chat_member for u in await updates(bot)][1:]
    assert [c.new_chat_member.status for c in changes] == ["kicked", "member"]


async def test_menus_by_scope_and_language(client, bot):
    await post(client, "messages", chat=PERSON, text="hi")
    await bot.set_my_commands([BotCommand("help", "the commands")], language_code="de")
    await bot.set_my_commands([BotCommand("kill", "end")], scope=BotCommandScopeChat(PERSON))
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.set_my_commands([BotCommand("kill", "end")], scope=BotCommandScopeChat(99))
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Kill-it", "end")])
    menus = await (await client.get("/sim/commands")).json()
    assert set(menus) == {"default de", f"chat {PERSON}"}


async def test_drafts_are_for_private_chats_and_not_too_many(client, bot):
    await post(client, "messages", chat=PERSON, text="hi")
    await post(client, "messages", chat=GROUP, text="hi")
    for number in range(20):
        await bot.send_message_draft(PERSON, 7, f"words {number}")
    with pytest.raises(RetryAfter):
        await bot.send_message_draft(PERSON, 7, "one more")
    found = await (await client.get(f"/sim/chats/{PERSON}")).json()
    assert [(d["topic"], d["text"]) for d in found["drafts"]] == [(None, "words 19")]
    await bot.send_message(PERSON, "words")
    assert (await (await client.get(f"/sim/chats/{PERSON}")).json())["drafts"] == []
    with pytest.raises(BadRequest, match="private"):
        await bot.send_message_draft(GROUP, 7, "words")
