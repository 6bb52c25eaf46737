from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.incoming import Prompt
from agent_gateway.telegram.inbound.updates import build_queue_key, parse
from agent_gateway.wording import keys
from tests.support.updates import BOT, FORUM, GROUP, PERSON, PRIVATE, asked, ignored, mention, update


def test_a_private_message_is_a_prompt():
    assert parse(update("do it"), BOT) == Prompt(
        Address(1000, 5), "private chat", 5, "Ada L", 7, "do it", words="do it"
    )


def test_a_private_topic_is_a_conversation():
    assert asked(update(message_thread_id=77, is_topic_message=True)).address == Address(1000, 5, 77)


def test_a_forum_topic_is_a_conversation_named_by_its_first_message():
    raw = update(
        "@dispatch_bot go",
        FORUM,
        entities=mention("@dispatch_bot go"),
        is_topic_message=True,
        message_thread_id=42,
        reply_to_message={"message_id": 42, "from": PERSON, "forum_topic_created": {"name": "deploy\npipeline"}},
    )
    incoming = asked(raw)
    assert (incoming.address, incoming.title, incoming.text) == (Address(1000, -100200, 42), "deploy pipeline", "go")
    assert build_queue_key(raw) == "-100200/42"


def test_a_reply_thread_of_an_ordinary_group_is_no_topic():
    raw = update("@dispatch_bot go", GROUP, entities=mention("@dispatch_bot go"), message_thread_id=99)
    assert asked(raw).address == Address(1000, -100200)
    assert build_queue_key(raw) == "-100200"


@pytest.mark.parametrize("thread", [{}, {"message_thread_id": 99}])
def test_general_is_topic_one_also_in_a_reply_thread(thread):
    raw = update("@dispatch_bot go", FORUM, entities=mention("@dispatch_bot go"), **thread)
    assert asked(raw).address == Address(1000, -100200, 1)
    assert build_queue_key(raw) == "-100200/1"


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("@dispatch_bot run it", "run it"),
        ("@Dispatch_Bot, run it", "run it"),
        ("run it @dispatch_bot", "run it"),
        ("🦀 run @dispatch_bot it", "🦀 run @dispatch_bot it"),
    ],
)
def test_a_mention_in_a_group_addresses_the_bot(text, prompt):
    name = "@Dispatch_Bot" if "@D" in text else "@dispatch_bot"
    assert asked(update(text, GROUP, entities=mention(text, name))).text == prompt


def test_a_mention_by_id_addresses_the_bot():
    entity = {"type": "text_mention", "offset": 0, "length": 4, "user": {"id": 1000, "is_bot": True, "first_name": "B"}}
    assert asked(update("Botty do it", GROUP, entities=[entity])).text == "y do it"
    other = {**entity, "user": {**entity["user"], "id": 1001}}
    assert ignored(update("Botty do it", GROUP, entities=[other])).reason == "not addressed to the bot"


def test_the_name_written_without_being_a_mention_is_not_enough():
    ignored(update("mail a@dispatch_bot.org", GROUP))


def test_a_reply_to_the_bot_addresses_it():
    replied = {"message_id": 3, "from": {"id": 1000, "is_bot": True, "first_name": "B"}}
    assert asked(update("and now?", GROUP, reply_to_message=replied)).text == "and now?"
    other = {"message_id": 3, "from": {"id": 1, "is_bot": False, "first_name": "C"}}
    ignored(update("and now?", GROUP, reply_to_message=other))


def test_a_message_of_a_topic_that_the_bot_opened_is_not_yet_a_reply_to_it():
    opened = {"message_id": 42, "from": {"id": 1000, "is_bot": True, "first_name": "B"}}
    ignored(update("hello all", FORUM, is_topic_message=True, message_thread_id=42, reply_to_message=opened))


def test_a_bare_mention_asks_for_a_question():
    raw = update("@dispatch_bot", GROUP, entities=mention("@dispatch_bot"))
    assert ignored(raw).reply is keys.nothing_asked


def test_other_bots_are_ignored():
    text, bot = "@dispatch_bot hi", {"id": 8, "is_bot": True, "first_name": "Other"}
    assert ignored(update(text, GROUP, entities=mention(text), **{"from": bot})).reply is None


@pytest.mark.parametrize("kind", ["edited_channel_post", "channel_post", "something_new"])
def test_other_kinds_are_ignored(kind):
    raw = {"update_id": 1, kind: update()["message"]}
    assert ignored(raw).reason == f"kind {kind}"
    assert build_queue_key(raw) == "-"


def test_a_reply_names_the_message_that_it_answers():
    asked = parse(update("so", reply_to_message={"message_id": 77, "from": {"id": 1000, "is_bot": True}}), BOT)
    assert asked.reply_to == 77


def test_a_service_message_is_not_answered():
    assert ignored(update(None, pinned_message={"message_id": 1})).reply is None


ANONYMOUS_ADMIN = {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": GROUP}


@pytest.mark.parametrize("text", ["@dispatch_bot go", "/stop@dispatch_bot"])
def test_who_means_the_bot_without_a_name_is_told_why_it_is_silent(text):
    raw = update(text, GROUP, entities=mention(text) if text.startswith("@") else [], **ANONYMOUS_ADMIN)
    found = ignored(raw)
    assert found.reply is keys.anonymous
    assert found.person_id is None
    raw["message"]["is_automatic_forward"] = True  # of the channel that the group belongs to
    assert ignored(raw).reply is None


@pytest.mark.parametrize("text", ["go", "/stop", "/stop@other_bot"])
def test_the_nameless_are_passed_over_among_themselves(text):
    assert ignored(update(text, GROUP, **ANONYMOUS_ADMIN)).reply is None


def test_what_a_database_cannot_hold_is_replaced():
    assert asked(update("a\x00b\ud800")).text == "a\ufffdb\ufffd"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], "not an object"),
        ("x", "not an object"),
        (None, "not an object"),
        ({"update_id": 1, "message": None}, "message"),
        ({"update_id": 1, "message": {"text": "secret words"}}, "message: unreadable"),
        (update(chat={"id": "secret words", "type": "private"}), "message.chat_id: int_type"),
        (update(chat={"id": 2**70, "type": "private"}), "message.chat_id"),
        (update(message_id="secret words"), "message.message_id: int_type"),
        (update(entities="secret words"), "message: unreadable"),
        (update({"secret words": 1}), "message.text: string_type"),
        (update(message_thread_id=[]), "message.thread_id"),
    ],
)
def test_a_malformed_update_is_named_by_its_fields(raw, field):
    with pytest.raises(MalformedUpdate) as caught:
        parse(raw, BOT)
    assert field in str(caught.value)
    assert "secret words" not in str(caught.value)
    assert isinstance(build_queue_key(raw), str)


@pytest.mark.parametrize(
    "raw",
    [{"update_id": 1, "message": {"chat": {"id": None}}}, {"message": {"chat": []}}, {"message": 5}, 5, None,
     {"update_id": "x", "message": {"text": "/status", "chat": {"id": 5, "type": "private"}}}],
)  # fmt: skip
def test_a_lane_is_found_for_anything(raw):
    assert build_queue_key(raw) in {"-", "5"}


def test_lane_and_address_agree():
    for chat in (PRIVATE, GROUP, FORUM):
        for fields in ({}, {"message_thread_id": 3}, {"message_thread_id": 3, "is_topic_message": True}):
            text = "@dispatch_bot go"
            raw = update(text, chat, entities=mention(text), **fields)
            address = asked(raw).address
            expected = f"{address.chat_id}" if address.topic_id is None else f"{address.chat_id}/{address.topic_id}"
            assert build_queue_key(raw) == expected


@pytest.mark.parametrize(
    ("code", "language"), [({"language_code": "de-AT"}, "de"), ({"language_code": "xx"}, "en"), ({}, "")]
)
def test_the_language_of_the_persons_program_is_read(code, language):
    assert asked(update(**{"from": {**PERSON, **code}})).language == language
    assert parse(update("/help", **{"from": {**PERSON, **code}}), BOT).language == language
    query = {"from": {**PERSON, **code}, "message": {**update()["message"], "date": 1}, "data": "st:1"}
    pressed = {"id": "1", "chat_instance": "x", **query}
    assert parse({"update_id": 1, "callback_query": pressed}, BOT).language == language
