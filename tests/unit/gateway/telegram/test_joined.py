"""Groups that the bot was added to, as updates tell of them."""

from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address
from agent_gateway.telegram.inbound.foreign import clean_line
from agent_gateway.telegram.inbound.joined import Joined, read_joined
from tests.support.updates import BOT


def update(before, now, *, kind="supergroup", **more):
    bot = {"id": BOT.id, "is_bot": True, "first_name": "b"}
    chat = {"id": -100200, "type": kind, "title": "The  Team", **more}
    person = {"id": 5, "first_name": "Ada", "last_name": "L", "language_code": "de-AT"}
    return {"my_chat_member": {
        "chat": chat, "from": person, "date": 1,
        "old_chat_member": {"status": before, "user": bot}, "new_chat_member": {"status": now, "user": bot, "until_date": 0},
    }}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "promoted"),
    [
        ("left", "member", False), ("kicked", "administrator", False), ("member", "administrator", True),
        ("member", "member", None), ("administrator", "member", None), ("member", "left", None), ("left", "kicked", None),
        ("administrator", "administrator", None), ("left", "restricted", None),
    ],
)  # fmt: skip
def test_coming_and_being_made_an_administrator_are_told_apart(before, now, promoted):
    found = read_joined(update(before, now), BOT)
    assert (None if found is None else found.promoted) is promoted


def test_who_did_it_and_where():
    found = read_joined(update("left", "member"), BOT)
    assert found == Joined(Address(BOT.id, -100200), "The Team", 5, "Ada L", "de", promoted=False)
    forum = read_joined(update("left", "member", is_forum=True), BOT)
    assert forum.address == Address(BOT.id, -100200, 1)


@pytest.mark.parametrize(
    "raw",
    [
        None, {}, {"message": {}}, {"my_chat_member": None}, {"my_chat_member": {"chat": {"id": "x"}}},
        update("left", "member", kind="private"), update("left", "member", kind="channel"), update("left", "member", id=2**60),
        update("left", "member", title=5),
    ],
)  # fmt: skip
def test_anything_else_greets_nobody(raw):
    assert read_joined(raw, BOT) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bob \u202e(id 42)", "Bob (id 42)"),
        ("\u2067Bob\u2069\u2069", "Bob"),
        ("\u05d3\u05df\u200f", "\u05d3\u05df\u200f"),
    ],
)
def test_no_name_turns_what_stands_behind_it(name, shown):
    assert clean_line(name, 128) == shown
