"""Files, albums and edits."""

from __future__ import annotations

import pytest

from agent_gateway.store.rows import Attachment
from agent_gateway.telegram.inbound.incoming import Edited
from agent_gateway.telegram.inbound.updates import build_queue_key, parse
from agent_gateway.wording import keys
from tests.support.updates import BOT, GROUP, asked, ignored, mention, update


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
    assert said("en").startswith("big.zip is 34 MB, and Telegram lets bots download only 20 MB.")


def test_a_part_of_an_album_that_telegram_does_not_give_leaves_the_rest_and_its_words():
    large = {"file_id": "f", "file_name": "film.mp4", "file_size": 34_000_000}
    part = asked(update(None, video=large, media_group_id="7", caption="what is in these?"))
    assert (part.text, part.album, part.files[0].size) == ("what is in these?", "7", 34_000_000)


def test_what_is_neither_text_nor_file_is_answered_in_a_private_chat_alone():
    for kind in (
        {"paid_media": {"star_count": 1, "paid_media": []}},
        {"gift": {"gift": {}}},
        {"live_location": {"x": 1}},
    ):
        assert ignored(update(None, **kind)).reply is keys.unreadable
        assert ignored(update(None, GROUP, **kind)).reply is None


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


def test_an_edited_word_to_nobody_asks_nothing():
    assert ignored({"update_id": 2, "edited_message": update("so", GROUP)["message"]}).reply is None


def test_an_edited_command_is_carried_by_what_the_message_asked_before():
    edited = parse({"update_id": 2, "edited_message": update("/kill tg-1")["message"]}, BOT)
    assert isinstance(edited, Edited)
    assert (edited.text, edited.now.name, edited.now.args) == ("", "kill", "tg-1")


def test_an_edited_command_does_not_overtake():
    assert build_queue_key({"update_id": 2, "edited_message": update("/status")["message"]}) == build_queue_key(
        update("so")
    )
