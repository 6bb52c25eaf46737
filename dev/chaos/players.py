"""Let the played people speak at their times."""

from __future__ import annotations

import base64
import time
from typing import Any

from dev.bench.clouds import call
from dev.chaos.messages import Kind
from dev.chaos.plan import Conversation, Message, Plan
from dev.chaos.snapshot import Said


def play(port: int, plan: Plan, started: float) -> tuple[Said, ...]:
    """Say everything, each at its time after `started` (of `time.monotonic`); return it with where it stands.

    Args:
        port: Of the simulated Telegram on this machine.
        plan: What is said when.
        started: When the plan began.
    """
    said: list[Said] = []
    ids: dict[str, int] = {}
    for message in plan.messages:
        time.sleep(max(0.0, started + message.at - time.monotonic()))
        conversation = plan.conversations[message.conversation]
        if message.kind is Kind.EDIT:
            number = ids[message.subject]
            call(port, "/sim/edits", {"chat": conversation.chat, "message_id": number, "text": message.text})
        else:
            number = int(call(port, "/sim/messages", build_body(message, conversation))["message_id"])
        ids[message.word] = number
        said.append(build_said(message, conversation, number))
    return tuple(said)


def build_body(message: Message, conversation: Conversation) -> dict[str, Any]:
    """Build what the simulator is told for a message."""
    body: dict[str, Any] = {"chat": conversation.chat, "user": message.person}
    if conversation.topic is not None:
        body |= {"topic": conversation.topic, "forum": True}
    if not message.document:
        return {**body, "text": message.text}
    content = base64.b64encode(message.document.encode()).decode()
    document = {"name": message.file, "mime": "text/plain", "content": content}
    return {**body, "document": document, "caption": message.text}


def build_said(message: Message, conversation: Conversation, number: int) -> Said:
    """Note a message with where it stands."""
    return Said(
        key=message.key, kind=message.kind, word=message.word, chat=conversation.chat, topic=conversation.topic,
        message_id=number, person=message.person, answer=message.answer, file=message.file,
    )  # fmt: skip
