"""Commands and buttons, and which of them overtake."""

from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.telegram.inbound.updates import build_queue_key, parse
from tests.support.updates import BOT, FORUM, GROUP, PERSON, PRIVATE, asked, complete, ignored, mention, update


def test_commands():
    assert parse(update("/Kill tg-5 now"), BOT) == Command(
        Address(1000, 5), "private chat", 5, "Ada L", 7, "kill", "tg-5 now", addressed=True
    )
    in_group = parse(update("/status", GROUP), BOT)
    assert isinstance(in_group, Command)
    assert not in_group.addressed
    to_us = parse(update("/status@Dispatch_Bot", GROUP), BOT)
    assert isinstance(to_us, Command)
    assert to_us.addressed
    assert ignored(update("/status@other_bot", GROUP)).reason == "another bot's command"
    assert asked(update("/usr/bin/python is what?")).text.startswith("/usr")


@pytest.mark.parametrize(
    ("text", "args"),
    [("@dispatch_bot /status", ""), ("@dispatch_bot, /status now", "now"), ("/status now @dispatch_bot", "now")],
)
def test_a_command_beside_the_bots_name_is_one(text, args):
    found = parse(update(text, GROUP, entities=mention(text)), BOT)
    assert isinstance(found, Command)
    assert (found.name, found.args, found.addressed) == ("status", args, True)


def test_a_command_inside_a_text_is_none():
    text = "@dispatch_bot what does /status do?"
    assert asked(update(text, GROUP, entities=mention(text))).text == "what does /status do?"


def test_a_command_in_a_reply_to_the_bot_is_addressed_to_it():
    replied = {"message_id": 77, "from": {"id": 1000, "is_bot": True}}
    assert parse(update("/nonsense", GROUP, reply_to_message=replied), BOT).addressed


@pytest.mark.parametrize("name", ["status", "help", "threads", "start", "subagents", "cancel k3", "whoami"])
def test_some_commands_overtake(name):
    assert build_queue_key(update(f"/{name}", update_id=31)) == "!31"


@pytest.mark.parametrize("name", ["cleanup", "stop", "kill tg-5", "steer so", "model x", "verbose 0", "new"])
def test_what_is_about_the_messages_before_it_waits_in_order(name):
    assert build_queue_key(update(f"/{name}")) == "5"


def test_other_commands_and_texts_wait_in_order():
    assert build_queue_key(update("/spawn count the tests")) == "5"
    assert build_queue_key(update("status")) == "5"


def press(chat=PRIVATE, update_id=9, message=None, **fields):
    under = complete({"message_id": 7, "date": 1700000000, "chat": chat, "from": {"id": 1000}, **(message or {})})
    query = {"id": "4382bf", "from": PERSON, "message": under, "chat_instance": "x", "data": "sa:cancel:12", **fields}
    return {"update_id": update_id, "callback_query": query}


@pytest.mark.parametrize(
    ("chat", "message", "topic"),
    [
        (PRIVATE, {}, None),
        (PRIVATE, {"message_thread_id": 77, "is_topic_message": True}, 77),
        (FORUM, {"message_thread_id": 42, "is_topic_message": True}, 42),
        (FORUM, {}, 1),
        (GROUP, {"message_thread_id": 99}, None),
        (FORUM, {"date": 0}, None),  # too old: Telegram leaves the topic out, and it must not become General
    ],
)
def test_a_pressed_button_tells_where_it_stands(chat, message, topic):
    address = Address(1000, chat["id"], topic)
    assert parse(press(chat, message=message), BOT) == Pressed(address, 5, "Ada L", 7, "4382bf", "sa:cancel:12")


def test_presses_overtake():
    assert build_queue_key(press(update_id=31)) == "!31"
    assert build_queue_key({"callback_query": {}}) == "-"


@pytest.mark.parametrize("fields", [{"data": None}, {"data": None, "game_short_name": "chess"}])
def test_a_button_that_is_none_of_ours_is_ignored(fields):
    raw = press()
    raw["callback_query"].update(fields)
    assert ignored(raw).reply is None


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"update_id": 1, "callback_query": "secret words"}, "callback_query"),
        (press(id=5), "callback_query.id: string_type"),
        (press(**{"from": None}), "callback_query: unreadable"),
        (press(data=["secret words"]), "callback_query.data: string_type"),
        (press(data="secret words" * 50), "callback_query.data: string_too_long"),
        (press(message={"chat": {"id": "secret words", "type": "private"}}), "callback_query.chat_id: int_type"),
        (press(message={"date": "secret words"}), "callback_query: unreadable"),
    ],
)
def test_a_malformed_press_is_named_by_its_fields(raw, field):
    with pytest.raises(MalformedUpdate) as caught:
        parse(raw, BOT)
    assert field in str(caught.value)
    assert "secret words" not in str(caught.value)
    assert build_queue_key(raw).startswith("!")
