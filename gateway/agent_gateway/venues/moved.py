"""Conversations of a group that became a supergroup, or got topics: they are held elsewhere, under another AgentThread.

A channel is immutable and names its resource. The conversation goes on in a new AgentThread with what an administrator
had set on the old one; the old one is stopped, and deleted where the gateway's role allows that.
"""

from __future__ import annotations

import logging
from functools import partial

from agent_contract.names import build_thread_name
from agent_gateway.effects import ForgetRun, HideViews, WakeOutbox, WakeThread, WakeVenues
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.store import Store
from agent_gateway.store.rows import Address, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.store.venues import MovedThread
from agent_gateway.telegram.inbound.reading import GENERAL_TOPIC

_log = logging.getLogger(__name__)


async def move(tx: Transaction, old: Address, new: Address, bot_name: str) -> None:
    """Record that a chat has another id; once more is harmless."""
    for moved in await tx.venues.move_chat(old, new, partial(build_thread_name, bot_name)):
        _carry_on(tx, moved)
    tx.after(WakeOutbox(), WakeVenues())


async def settle(tx: Transaction, address: Address, bot_name: str) -> None:
    """Let a conversation go on in General where its group has topics since; no update tells of that.

    Where there is no such conversation, nothing is locked.
    """
    if address.topic_id != GENERAL_TOPIC or await tx.threads.by_address(address) is not None:
        return
    if await tx.threads.by_address(Address(address.bot_id, address.chat_id)) is None:
        return
    moved = await tx.venues.settle_in_general(address, partial(build_thread_name, bot_name))
    if moved is not None:
        _carry_on(tx, moved)
        tx.after(WakeOutbox(), WakeVenues())


async def find_general(tx: Transaction, address: Address) -> Address:
    """Return where a conversation is held that settings or a resource name: of a group without a topic in General, once it settled there."""
    if address.chat_id > 0 or address.topic_id is not None:
        return address
    known = await tx.threads.by_address(address)
    if known is not None and known.venue is not VenueState.ORPHANED:
        return address
    general = Address(address.bot_id, address.chat_id, GENERAL_TOPIC)
    return general if await tx.threads.by_address(general) is not None else address


def _carry_on(tx: Transaction, moved: MovedThread) -> None:
    _log.info("thread_moved", extra={"agent_thread": moved.thread.name, "was": moved.name})
    tx.after(HideViews(moved.work.shown))  # what they show stands in the old chat
    if moved.work.run is not None:
        tx.after(ForgetRun(moved.id, moved.work.run.number))
    tx.after(WakeThread(moved.id), WakeThread(moved.thread.id))


async def retire(store: Store, resources: AgentThreads, name: str, thread_id: int) -> None:
    """Bring about what a move asks of the cluster: make the new AgentThread, stop and delete the old one.

    Nothing is done twice.

    Raises:
        KubeError: the API server refuses it, or does not answer.
    """
    old = await resources.get(name)
    if old is None:
        await store.venues.retired_done(name, left=False)
        return
    thread = await store.threads.by_id(thread_id)
    if thread is not None and thread.name != name:
        await resources.make(thread, old)
    if old.spec.run is not None and (old.spec.stop or 0) < old.spec.run:
        await resources.stop_run(name, old.spec.run)
    gone = await resources.remove(old)
    if not gone:
        now = thread.name if thread is not None and thread.name != name else "another name"
        await resources.say(
            old, "Moved",
            "The group became a supergroup, which has another id, or has topics now: its conversation goes on under "
            f"{now}. This AgentThread is stopped and no longer used; it may be deleted.",
        )  # fmt: skip
    await store.venues.retired_done(name, left=not gone)
    _log.info("thread_retired", extra={"agent_thread": name, "deleted": gone})
