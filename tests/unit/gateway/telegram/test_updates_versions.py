"""Updates of other versions of the Bot API are read whole; none with a fact of the wrong type gets through."""

from __future__ import annotations

import random
import time

import pytest

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.incoming import NOWHERE, Ignored, Pressed
from agent_gateway.telegram.inbound.reading import read_message, read_press
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.inbound.venues import read_change
from tests.support import versions
from tests.support.updates import BOT


def read(raw):
    """Return chat, topic, message, person and text of an update, as far as it is one that tells them."""
    assert read_change(raw, BOT) is None
    parse(raw, BOT)
    if not isinstance(raw, dict):
        return None
    if "callback_query" in raw:
        press = read_press(raw)
        return press.chat_id, press.topic_id, press.message_id, press.sender_id, press.data
    kind = next((kind for kind in ("message", "edited_message") if kind in raw), None)
    if kind is None:
        return None
    facts = read_message(raw, kind).facts
    return facts.chat_id, None if facts.topic_id == 1 else facts.topic_id, facts.message_id, facts.sender_id, facts.text


def sound(found):
    """Tell whether the facts have the types that a database and a call take."""
    if found is None:
        return True
    ids = all(i is None or (type(i) is int and abs(i) <= 2**53) for i in found[:4])
    return ids and (found[2] is None or found[2] >= 0) and (found[4] is None or isinstance(found[4], str))


def test_none_of_150_harmless_updates_is_refused_or_misread():
    chance = random.Random(300)
    for what, raw, expected in [versions.harmless(chance) for _ in range(150)]:
        assert read(raw) == expected, what


def test_of_150_updates_with_a_wrong_fact_none_brings_a_wrong_type():
    chance = random.Random(301)
    for what, raw in [versions.fatal(chance) for _ in range(150)]:
        try:
            found = read(raw)
        except MalformedUpdate:
            continue
        assert sound(found), what


@pytest.mark.parametrize("kind", [k for k in versions.UNKNOWN_KINDS if k != "stopped_message_generation"])
def test_a_kind_that_the_library_does_not_know_is_named(kind):
    found = parse({"update_id": 1, kind: versions.UNKNOWN_KINDS[kind]}, BOT)
    assert isinstance(found, Ignored)
    assert found.reason == f"kind {kind}"


def test_a_press_without_its_message_is_placed_by_what_its_button_names():
    found = parse(versions.BASES["inline press"], BOT)
    assert isinstance(found, Pressed)
    assert (found.address, found.message_id, found.data) == (Address(BOT.id, NOWHERE), 0, "d")


def test_the_clients_own_stop_is_the_stop_button_of_the_turn_that_its_draft_names():
    found = parse({"update_id": 1, "stopped_message_generation": {"chat": versions.PRIVATE, "draft_id": 3}}, BOT)
    assert found == Pressed(Address(BOT.id, 7), 7, "", 0, "", "st:3")
    group = {"chat": versions.GROUP, "draft_id": 3}
    assert isinstance(parse({"update_id": 1, "stopped_message_generation": group}, BOT), Ignored)
    for odd in (None, {}, {"chat": versions.PRIVATE}, {"chat": versions.PRIVATE, "draft_id": "3"}):
        with pytest.raises(MalformedUpdate):
            parse({"update_id": 1, "stopped_message_generation": odd}, BOT)


def test_a_refusal_holds_nothing_of_the_update():
    with pytest.raises(MalformedUpdate) as caught:
        parse(versions.message(text={"secret": "hunter2"}), BOT)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_poll_of_a_hundred_updates_is_read_in_a_moment():
    started = time.thread_time()
    for _ in range(10):
        for base in versions.BASES.values():
            parse(base, BOT)
    assert time.thread_time() - started < 1.0
