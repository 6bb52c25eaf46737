"""Calls of the Bot API by the real client against the simulated one over real HTTP."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import pytest

from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import Refused
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.outbound.menus import LANGUAGES, Menu, build_commands, fill_menus
from agent_gateway.telegram.ports import Entity, OutgoingFile
from agent_simulators.telegram.server import CLOUD
from tests.conftest import BOT_ID
from tests.support.simulated import BOT, CHAT, FORUM, TOKEN, TOPIC, play, seen, texts

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def test_who_the_bot_is(api):
    assert await api.get_me() == replace(
        BOT, reads_groups=True, callback_query_mode="default"
    )  # the simulated bot's privacy mode is off


async def test_a_message_with_entities_and_a_reply_is_edited_and_deleted(sim, api):
    asked = await play(sim, "messages", chat=5, text="hi")
    entity = Entity("pre", 0, 3, language="python")
    message_id = await api.send_message(CHAT, "abc", [entity], reply_to=asked["message_id"])
    (message,) = await seen(sim)
    assert message["message_id"] == message_id
    assert message["entities"] == [{"type": "pre", "offset": 0, "length": 3, "language": "python"}]
    assert message["reply_to"] == asked["message_id"]
    await api.edit_message_text(CHAT, message_id, "abd")
    await api.edit_message_text(CHAT, message_id, "abd")  # not modified is success
    assert await texts(sim) == ["abd"]
    await api.delete_message(CHAT, message_id)
    await api.delete_message(CHAT, message_id)
    assert await texts(sim) == []


async def test_a_reply_to_what_was_deleted_is_sent_all_the_same(sim, api):
    await api.send_message(CHAT, "a", reply_to=12345)
    assert await texts(sim) == ["a"]


def outgoing(name, media_type, data):
    return OutgoingFile(name, media_type, len(data), io.BytesIO(data))


async def test_a_file_is_sent_as_what_it_is(sim, api):
    await api.send_file(CHAT, outgoing("a.pdf", "application/pdf", b"one"), "look", None)
    await api.send_file(TOPIC, outgoing("a.png", "image/png", PNG), "", None)
    await api.send_file(CHAT, outgoing("odd.png", "image/png", b"no picture"), "", None)
    first, second = await seen(sim)
    assert (first["text"], first["files"][0]["kind"], first["files"][0]["name"]) == ("look", "document", "a.pdf")
    assert (second["files"][0]["kind"], second["files"][0]["name"]) == ("document", "odd.png")
    [picture] = await seen(sim, FORUM)
    assert (picture["files"][0]["kind"], picture["topic"]) == ("photo", 42)


async def test_what_a_person_sent_is_fetched_in_parts(sim, api):
    content = base64.b64encode(b"x" * 600_000).decode()
    await play(sim, "messages", chat=5, document={"name": "a", "content": content})
    parts = [part async for part in api.open_file("f1")]
    assert b"".join(parts) == b"x" * 600_000
    assert len(parts) > 1
    with pytest.raises(Refused, match="Wrong file_id"):
        await anext(api.open_file("f9"))


async def test_buttons_come_change_and_go(sim, api):
    yes, no = Button("Yes", "y"), Button("No", "é" * 32)
    message_id = await api.send_message(CHAT, "Sure?", buttons=[yes, no])
    assert (await seen(sim))[0]["buttons"] == [{"text": "Yes", "data": "y"}, {"text": "No", "data": "é" * 32}]
    await api.edit_message_text(CHAT, message_id, "Sure?", buttons=[no])
    await api.edit_message_text(CHAT, message_id, "Sure?", buttons=[no])  # not modified is success
    assert [b["text"] for b in (await seen(sim))[0]["buttons"]] == ["No"]
    await api.edit_message_text(CHAT, message_id, "Sure?")
    assert (await seen(sim))[0]["buttons"] == []
    with pytest.raises(Refused, match=r"(?i)button_data_invalid"):
        await api.send_message(CHAT, "a", buttons=[Button("x", "x" * 65)])


async def test_buttons_stand_beside_each_other_lead_elsewhere_and_change_without_their_text(sim, api):
    link = Button("Open", url="https://t.me/c/100/42")
    message_id = await api.send_message(
        CHAT, "tg-5", buttons=[link, Button("Kill", "k", beside=True), Button("Back", "b")]
    )
    (message,) = sim.app[CLOUD].chats[CHAT.chat_id].messages.values()
    assert [[b["text"] for b in row] for row in message["reply_markup"]["inline_keyboard"]] == [
        ["Open", "Kill"],
        ["Back"],
    ]
    await api.edit_buttons(CHAT, message_id, [link])
    await api.edit_buttons(CHAT, message_id, [link])  # not modified is success
    await api.edit_buttons(CHAT, message_id, [])
    (message,) = await seen(sim)
    assert (message["text"], message["buttons"]) == ("tg-5", [])


async def test_a_press_is_read_and_answered_with_words(sim, api):
    message_id = await api.send_message(TOPIC, "k3 working", buttons=[Button("Cancel k3", "sa:cancel:12")])
    pressed = await play(sim, "press", chat=FORUM, message_id=message_id, user=5, text="Cancel k3")
    (update,) = await api.get_updates(0, 0)
    incoming = parse(update, BOT)
    assert incoming == Pressed(TOPIC, 5, "Person 5", message_id, pressed["callback_id"], "sa:cancel:12", "en")
    await api.answer_callback(incoming.callback_id, "x" * 300)
    await api.answer_callback(incoming.callback_id, "twice")  # too old for Telegram: nobody waits for it
    await api.answer_callback("12345", "unknown")
    (told,) = await (await sim.get("/sim/callbacks")).json()
    assert (told["answered"], told["text"]) == (True, "x" * 200)


async def test_a_press_under_a_message_too_old_has_no_topic(sim, api):
    message_id = await api.send_message(TOPIC, "a", buttons=[Button("x", "x")])
    await play(sim, "press", chat=FORUM, message_id=message_id, user=5, inaccessible=True)
    (update,) = await api.get_updates(0, 0)
    incoming = parse(update, BOT)
    assert isinstance(incoming, Pressed)
    assert incoming.address == Address(BOT_ID, FORUM)


async def test_topics_and_general(sim, api):
    general = Address(BOT_ID, FORUM, 1)
    await api.send_message(TOPIC, "in the topic")
    await api.send_message(general, "in General")
    await api.send_chat_action(TOPIC)
    await api.send_chat_action(general)
    assert [(m["text"], m["topic"]) for m in await seen(sim, FORUM)] == [("in the topic", 42), ("in General", None)]
    assert set(sim.app[CLOUD].chats[FORUM].typing) == {1, 42}


class PlayedMenuStore:
    """Of a bot whose menus are empty."""

    async def digests(self):
        return {}

    async def keep(self, menu, digest):
        assert menu
        assert digest


async def test_the_menu_of_commands(sim, api):
    commands = build_commands(None, admin=False)
    await api.set_my_commands(Menu(commands, "default"))
    (menu,) = sim.app[CLOUD].bots[TOKEN].commands.values()
    assert [c["command"] for c in menu] == [name for name, _ in commands]


async def test_each_scope_has_its_menu_and_a_chat_that_is_not_there_is_passed_over(sim, api):
    await play(sim, "messages", chat=9, user=9, text="hello")
    await fill_menus(api, PlayedMenuStore(), [9, 99])
    menus = sim.app[CLOUD].bots[TOKEN].commands
    names = {scope: {c["command"] for c in menu} for scope, menu in menus.items()}
    scopes = {"default", "all_private_chats", "all_group_chats", "chat 9"}
    assert set(names) == {f"{scope} {language or ''}".strip() for scope in scopes for language in LANGUAGES}
    for language in LANGUAGES:
        assert {"status", "threads"} <= names[f"chat 9 {language or ''}".strip()]
