"""A sender on a chat and an outbox in memory."""

from __future__ import annotations

import asyncio

from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.sender import Sender
from tests.support.eventually import eventually

CHAT = Address(1000, 5)
TOPIC = Address(1000, -100200, 42)


async def deliver(chat, store, check=lambda: None, **parts):
    """Run a sender until the outbox is empty."""
    sender = Sender(chat, store, store, budgets=Budgets(minute=0.1), check=check, poll=0.01, **parts)
    running = asyncio.create_task(sender.run())
    try:
        await eventually(lambda: running.done() or not store.pending)
    finally:
        sender.stop()
        await running
    return sender


def shown(chat):
    return list(chat.messages.values())


BUTTON = Button("Cancel k1", "sa:cancel:1")
