from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import Ambiguous, MalformedUpdate, Moved, RefusalKind, Refused, Throttled
from agent_gateway.telegram.inbound.updates import build_queue_key
from agent_gateway.telegram.inbound.venues import (
    VenueEvent,
    VenueEventKind,
    read_change,
    read_problem,
)
from agent_gateway.telegram.ports import BotIdentity

BOT = BotIdentity(1000, "dispatch_bot")
GROUP = {"id": -100200, "type": "supergroup", "title": "Builders"}
FORUM = {**GROUP, "is_forum": True}
CHAT, TOPIC, GENERAL = Address(1000, -100200), Address(1000, -100200, 42), Address(1000, -100200, 1)
IN_TOPIC = {"message_thread_id": 42, "is_topic_message": True}


def service(chat=FORUM, **fields):
    return {"update_id": 9, "message": {"message_id": 7, "date": 0, "chat": chat, **fields}}


def member(status, chat=GROUP, **fields):
    return {"update_id": 9, "my_chat_member": {"chat": chat, "new_chat_member": {"status": status, **fields}}}


@pytest.mark.parametrize(
    ("raw", "change"),
    [
        (service(**IN_TOPIC, forum_topic_closed={}), VenueEvent(TOPIC, VenueEventKind.CLOSED)),
        (service(**IN_TOPIC, forum_topic_reopened={}), VenueEvent(TOPIC, VenueEventKind.REOPENED)),
        (service(forum_topic_closed={}), VenueEvent(GENERAL, VenueEventKind.CLOSED)),
        (service(general_forum_topic_hidden={}), VenueEvent(GENERAL, VenueEventKind.CLOSED)),
        (
            service(**IN_TOPIC, forum_topic_edited={"name": " new \n name\x00"}),
            VenueEvent(TOPIC, VenueEventKind.RENAMED, "new name\ufffd"),
        ),
        (service(**IN_TOPIC, forum_topic_edited={"icon_custom_emoji_id": "5"}), None),
        (service(GROUP, new_chat_title="Makers"), VenueEvent(CHAT, VenueEventKind.CHAT_RENAMED, "Makers")),
        (
            service({"id": -5, "type": "group"}, migrate_to_chat_id=-100200),
            VenueEvent(Address(1000, -5), VenueEventKind.MOVED, moved_to=CHAT),
        ),
        (service(GROUP, migrate_from_chat_id=-5), VenueEvent(Address(1000, -5), VenueEventKind.MOVED, moved_to=CHAT)),
        (
            service(FORUM, migrate_from_chat_id=-5),
            VenueEvent(Address(1000, -5), VenueEventKind.MOVED, moved_to=GENERAL),
        ),
        (service(GROUP, text="hello"), None),
        ({"update_id": 9}, None),
        ({"update_id": 9, "message": "nonsense"}, None),
        ("nonsense", None),
    ],
)
def test_service_messages_tell_of_places(raw, change):
    assert read_change(raw, BOT) == change


@pytest.mark.parametrize(
    ("status", "fields", "there"),
    [
        ("member", {}, True),
        ("administrator", {}, True),
        ("creator", {}, True),
        ("restricted", {"is_member": True, "can_send_messages": True}, True),
        ("restricted", {"is_member": True, "can_send_messages": False}, False),
        ("restricted", {"is_member": False}, False),
        ("left", {}, False),
        ("kicked", {}, False),
        ("something new", {}, False),
    ],
)
def test_what_the_bot_may_do_tells_whether_the_chat_is_there(status, fields, there):
    expected = VenueEventKind.CHAT_BACK if there else VenueEventKind.CHAT_GONE
    assert read_change(member(status, **fields), BOT) == VenueEvent(CHAT, expected)


def test_what_is_not_of_telegrams_shape_names_fields_and_no_contents():
    with pytest.raises(MalformedUpdate, match=r"message\.migrate_to_chat_id") as caught:
        read_change(service(GROUP, migrate_to_chat_id="secret"), BOT)
    assert "secret" not in str(caught.value)
    with pytest.raises(MalformedUpdate, match="my_chat_member"):
        read_change({"my_chat_member": {"chat": GROUP}}, BOT)


def test_the_bots_membership_is_taken_in_the_chats_order():
    assert build_queue_key(member("kicked")) == "-100200"
    assert build_queue_key(service(**IN_TOPIC, forum_topic_closed={})) == "-100200/42"


@pytest.mark.parametrize(
    ("address", "problem", "change"),
    [
        (TOPIC, Refused(RefusalKind.THREAD_NOT_FOUND, "x"), VenueEvent(TOPIC, VenueEventKind.TOPIC_GONE)),
        (TOPIC, Refused(RefusalKind.TOPIC_CLOSED, "x"), VenueEvent(TOPIC, VenueEventKind.CLOSED)),
        (TOPIC, Refused(RefusalKind.CHAT_GONE, "x"), VenueEvent(CHAT, VenueEventKind.CHAT_GONE)),
        (TOPIC, Moved(-1), VenueEvent(CHAT, VenueEventKind.MOVED, moved_to=Address(1000, -1))),
        (GENERAL, Refused(RefusalKind.THREAD_NOT_FOUND, "x"), None),
        (CHAT, Refused(RefusalKind.THREAD_NOT_FOUND, "x"), None),
        (TOPIC, Refused(RefusalKind.NOT_FOUND, "x"), None),
        (TOPIC, Throttled(1), None),
        (TOPIC, Ambiguous("x"), None),
    ],
)
def test_refused_calls_tell_of_places(address, problem, change):
    assert read_problem(address, problem) == change
