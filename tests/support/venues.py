"""Topics and groups that are played before the dispatcher's desk."""

from __future__ import annotations

from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import RefusalKind, Refused
from tests.conftest import BOT_ID
from tests.support.desk import GROUP, PERSON
from tests.support.eventually import eventually

TOPIC = Address(BOT_ID, GROUP, 42)
NAME = "tg-n100200300-42"
OLD, NEW = -555, -100777
OLD_NAME, NEW_NAME = "tg-n555", "tg-n100777"
FORUM = {"id": GROUP, "type": "supergroup", "title": "Builders", "is_forum": True}
CLOSED = {"forum_topic_closed": {}}
REOPENED = {"forum_topic_reopened": {}}
NOT_FOUND = Refused(RefusalKind.THREAD_NOT_FOUND, "Bad Request: message thread not found")
TOPIC_CLOSED = Refused(RefusalKind.TOPIC_CLOSED, "Bad Request: TOPIC_CLOSED")
BLOCKED = Refused(RefusalKind.CHAT_GONE, "Forbidden: bot was kicked from the supergroup chat")


_ELSEWHERE = {"message_id": 1, "from": {"id": 99}}
"""What is replied to, so that each is a question of its own, whatever is asked beside it."""


def in_topic(text=None, *, user=PERSON, topic=42, **fields):
    """A message, or a service message, of a topic."""
    body = {
        "message_id": 7, "chat": FORUM, "from": {"id": user, "first_name": "P"}, "message_thread_id": topic,
        "is_topic_message": True, **fields,
    }  # fmt: skip
    return {"message": body if text is None else {"reply_to_message": _ELSEWHERE, **body, **_mention(text)}}


def _mention(text):
    name = "@demo_bot"
    return {"text": f"{name} {text}", "entities": [{"type": "mention", "offset": 0, "length": len(name)}]}


def in_group(text, *, chat=OLD, user=PERSON):
    """A message of an ordinary group that names the bot."""
    kind = {"id": chat, "type": "group" if chat == OLD else "supergroup", "title": "g"}
    body = {"message_id": 9, "chat": kind, "from": {"id": user, "first_name": "P"}, "reply_to_message": _ELSEWHERE}
    body |= _mention(text)
    return {"message": body}


def membership(status, *, chat=GROUP, **member):
    kind = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
    person = {"id": BOT_ID, "is_bot": True, "first_name": "b"}
    return {"my_chat_member": {"chat": kind, "from": {"id": PERSON, "first_name": "P"}, "date": 1,
                               "new_chat_member": {"status": status, "user": person, **member}}}  # fmt: skip


MIGRATE_TO = {"message": {"message_id": 10, "chat": {"id": OLD, "type": "group", "title": "g"},
                          "from": {"id": PERSON, "first_name": "P"}, "migrate_to_chat_id": NEW}}  # fmt: skip
MIGRATE_FROM = {"message": {"message_id": 1, "chat": {"id": NEW, "type": "supergroup", "title": "g"},
                            "sender_chat": {"id": NEW, "type": "supergroup"}, "migrate_from_chat_id": OLD}}  # fmt: skip


async def send(desk, *updates):
    await desk.take(*updates)
    await desk.settled()


async def begin(desk, update, name=NAME, *, started=True):
    """Bring a conversation to a running turn."""
    await send(desk, update)
    thread = await desk.run_wanted(name, 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    if started:
        await desk.store.turns.started(runner.turns[0].id, 1, 1)
    return thread, runner.turns[0], runner


async def place_of(store, name=NAME):
    return (await store.threads.by_name(name)).venue


async def outbox(store):
    rows = await store.pool.fetch("SELECT state, chat_id, topic_id, text FROM outbox ORDER BY id")
    return [tuple(row) for row in rows]


# --- topics ----------------------------------------------------------------------------------------
