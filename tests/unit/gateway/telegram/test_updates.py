from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address, Attachment
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.updates import Command, Edited, Ignored, Pressed, Prompt, build_queue_key, parse
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.wording.texts import ANONYMOUS, NOTHING_ASKED, UNREADABLE

BOT = BotIdentity(1000, "dispatch_bot")
PERSON = {"id": 5, "is_bot": False, "first_name": "Ada", "last_name": "L"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Builders"}
FORUM = {**GROUP, "is_forum": True}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ada"}


def update(text="hi", chat=PRIVATE, update_id=9, **fields):
    message = {"message_id": 7, "date": 0, "chat": chat, "from": PERSON, **fields}
    if text is not None:
        message["text"] = text
    return {"update_id": update_id, "message": message}


def mention(text, name="@dispatch_bot"):
    offset = len(text[: text.index(name)].encode("utf-16-le")) // 2
    return [{"type": "mention", "offset": offset, "length": len(name)}]


def asked(raw):
    incoming = parse(raw, BOT)
    assert isinstance(incoming, Prompt), incoming
    return incoming


def ignored(raw):
    incoming = parse(raw, BOT)
    assert isinstance(incoming, Ignored), incoming
    return incoming


def test_a_private_message_is_a_prompt():
    assert parse(update("do it"), BOT) == Prompt(Address(1000, 5), "private chat", 5, "Ada L", 7, "do it")


def test_a_private_topic_is_a_conversation():
    assert asked(update(message_thread_id=77)).address == Address(1000, 5, 77)


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
    assert ignored(raw).reply == NOTHING_ASKED


def test_other_bots_are_ignored():
    text, bot = "@dispatch_bot hi", {"id": 8, "is_bot": True, "first_name": "Other"}
    assert ignored(update(text, GROUP, entities=mention(text), **{"from": bot})).reply is None


@pytest.mark.parametrize("kind", ["edited_channel_post", "channel_post", "something_new"])
def test_other_kinds_are_ignored(kind):
    raw = {"update_id": 1, kind: update()["message"]}
    assert ignored(raw).reason == f"kind {kind}"
    assert build_queue_key(raw) == "-"


def photo(**fields):
    sizes = [{"file_id": f"p{width}", "width": width, "height": width, "file_size": width} for width in (90, 1280, 320)]
    return {"photo": sizes, **fields}


def test_a_photo_is_asked_with_its_caption_and_largest_size():
    asked = parse(update(None, **photo(caption="look")), BOT)
    assert (asked.text, asked.addressed, asked.album) == ("look", True, None)
    assert asked.files == (Attachment("p1280", f"photo-{asked.message_id}.jpg", "image/jpeg", 1280),)


@pytest.mark.parametrize(
    ("kind", "fields", "name", "about"),
    [
        ("document", {"file_name": "../../etc/pa\x00ss wd.txt", "mime_type": "text/plain"}, "pa_ss wd.txt", ""),
        ("document", {}, "document-10", ""),
        ("voice", {"duration": 12}, "voice-10.ogg", "voice message of 12 s"),
        ("video_note", {"duration": 3}, "video-note-10.mp4", "video message of 3 s"),
        ("sticker", {}, "sticker-10.webp", ""),
        ("document", {"file_name": "ü" * 200 + ".pdf"}, "ü" * 96 + ".pdf", ""),
        ("document", {"file_name": ".."}, "document-10", ""),
        ("document", {"file_name": "报" * 120 + ".pdf"}, "报" * 65 + ".pdf", ""),
        ("document", {"file_name": "u\u0308ber हिन्दी ❤\ufe0f.pdf"}, "über हिन्दी _.pdf", ""),
        ("document", {"file_name": "\U0001f600" * 3}, "_", ""),
    ],
)
def test_files_get_a_plain_name(kind, fields, name, about):
    asked = parse(update(None, message_id=10, **{kind: {"file_id": "f", **fields}}), BOT)
    assert (asked.files[0].name, asked.files[0].about, asked.text) == (name, about, "")


@pytest.mark.parametrize(
    ("said", "media_type"),
    [
        ("text/plain; charset=utf-8", "text/plain"),
        ("Image/PNG", "image/png"),
        ("x" * 200, ""),
        ("a/b\nc", ""),
        ("a\0/b", ""),
    ],
)
def test_only_a_media_type_is_one(said, media_type):
    [file] = parse(update(None, document={"file_id": "f", "mime_type": said}), BOT).files
    assert file.media_type == media_type


@pytest.mark.parametrize(
    ("fields", "suffix", "media_type"),
    [
        ({}, "webp", "image/webp"),
        ({"is_animated": True, "is_video": False}, "tgs", "application/x-tgsticker"),
        ({"is_video": True}, "webm", "video/webm"),
    ],
)
def test_a_sticker_that_moves_is_no_image(fields, suffix, media_type):
    [file] = parse(update(None, message_id=10, sticker={"file_id": "f", **fields}), BOT).files
    assert (file.name, file.media_type) == (f"sticker-10.{suffix}", media_type)


def test_a_file_that_telegram_does_not_give_is_told():
    said = ignored(update(None, document={"file_id": "f", "file_name": "big.zip", "file_size": 34_000_000})).reply
    assert said.startswith("big.zip has 34 MB: Telegram lets a bot fetch at most 20 MB.")


def test_a_part_of_an_album_that_telegram_does_not_give_leaves_the_rest_and_its_words():
    large = {"file_id": "f", "file_name": "film.mp4", "file_size": 34_000_000}
    part = asked(update(None, video=large, media_group_id="7", caption="what is in these?"))
    assert (part.text, part.album, part.files[0].size) == ("what is in these?", "7", 34_000_000)


def test_what_is_neither_text_nor_file_is_answered_in_a_private_chat_alone():
    assert ignored(update(None, location={"latitude": 1, "longitude": 2})).reply == UNREADABLE
    assert ignored(update(None, GROUP, location={"latitude": 1, "longitude": 2})).reply is None


def test_a_picture_in_a_group_is_asked_where_its_caption_names_the_bot():
    assert ignored(update(None, GROUP, **photo(caption="look"))).reply is None
    said = "@dispatch_bot look"
    asked = parse(update(None, GROUP, **photo(caption=said, caption_entities=mention(said))), BOT)
    assert (asked.text, len(asked.files)) == ("look", 1)


def test_a_silent_part_of_an_album_belongs_to_what_the_others_ask():
    part = parse(update(None, GROUP, **photo(media_group_id="77")), BOT)
    assert (part.album, part.addressed) == ("77", False)


def test_an_edit_is_what_the_message_asks_now():
    raw = {"update_id": 2, "edited_message": {**update("so")["message"], "edit_date": 5}}
    edited = parse(raw, BOT)
    assert isinstance(edited, Edited)
    assert edited.text == "so"
    assert build_queue_key(raw) == build_queue_key(update("so"))


def test_an_edited_command_or_a_word_to_nobody_asks_nothing():
    for text, chat in (("/kill tg-1", PRIVATE), ("so", GROUP)):
        assert ignored({"update_id": 2, "edited_message": update(text, chat)["message"]}).reply is None


def test_an_edited_command_does_not_overtake():
    assert build_queue_key({"update_id": 2, "edited_message": update("/status")["message"]}) == build_queue_key(
        update("so")
    )


def test_a_reply_names_the_message_that_it_answers():
    asked = parse(update("so", reply_to_message={"message_id": 77, "from": {"id": 1000, "is_bot": True}}), BOT)
    assert asked.reply_to == 77


def test_a_service_message_is_not_answered():
    assert ignored(update(None, pinned_message={"message_id": 1})).reply is None


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


ANONYMOUS_ADMIN = {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}, "sender_chat": GROUP}


@pytest.mark.parametrize("text", ["@dispatch_bot go", "/stop@dispatch_bot"])
def test_who_means_the_bot_without_a_name_is_told_why_it_is_silent(text):
    raw = update(text, GROUP, entities=mention(text) if text.startswith("@") else [], **ANONYMOUS_ADMIN)
    found = ignored(raw)
    assert found.reply == ANONYMOUS
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
        ({"update_id": 1, "message": {"text": "secret words"}}, "message.chat: missing"),
        (update(chat={"id": "secret words", "type": "private"}), "message.chat.id: int_type"),
        (update(chat={"id": 2**70, "type": "private"}), "message.chat.id"),
        (update(message_id="secret words"), "message.message_id: int_type"),
        (update(entities="secret words"), "message.entities: list_type"),
        (update({"secret words": 1}), "message.text: string_type"),
        (update(message_thread_id=[]), "message.message_thread_id"),
    ],
)
def test_a_malformed_update_is_named_by_its_fields(raw, field):
    with pytest.raises(MalformedUpdate) as caught:
        parse(raw, BOT)
    assert field in str(caught.value)
    assert "secret words" not in str(caught.value)
    assert isinstance(build_queue_key(raw), str)


@pytest.mark.parametrize("name", ["status", "help", "threads", "start", "subagents", "cancel k3", "whoami"])
def test_some_commands_overtake(name):
    assert build_queue_key(update(f"/{name}", update_id=31)) == "!31"


@pytest.mark.parametrize("name", ["cleanup", "stop", "kill tg-5", "steer so", "model x", "verbose 0", "new"])
def test_what_is_about_the_messages_before_it_waits_in_order(name):
    assert build_queue_key(update(f"/{name}")) == "5"


def test_other_commands_and_texts_wait_in_order():
    assert build_queue_key(update("/spawn count the tests")) == "5"
    assert build_queue_key(update("status")) == "5"


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


def press(chat=PRIVATE, update_id=9, message=None, **fields):
    under = {"message_id": 7, "date": 1700000000, "chat": chat, "from": {"id": 1000, "is_bot": True}, **(message or {})}
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


@pytest.mark.parametrize("fields", [{"message": None}, {"data": None}, {"data": None, "game_short_name": "chess"}])
def test_a_button_that_is_none_of_ours_is_ignored(fields):
    raw = press()
    raw["callback_query"].update(fields)
    assert ignored(raw).reply is None


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"update_id": 1, "callback_query": "secret words"}, "callback_query"),
        (press(id=5), "callback_query.id: string_type"),
        (press(**{"from": None}), "callback_query.from"),
        (press(data=["secret words"]), "callback_query.data: string_type"),
        (press(data="secret words" * 50), "callback_query.data: string_too_long"),
        (press(message={"chat": {"id": "secret words", "type": "private"}}), "callback_query.message.chat.id"),
        (press(message={"date": "secret words"}), "callback_query.message.date"),
    ],
)
def test_a_malformed_press_is_named_by_its_fields(raw, field):
    with pytest.raises(MalformedUpdate) as caught:
        parse(raw, BOT)
    assert field in str(caught.value)
    assert "secret words" not in str(caught.value)
    assert build_queue_key(raw).startswith("!")
