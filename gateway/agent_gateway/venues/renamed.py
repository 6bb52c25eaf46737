"""A topic or group has another title: its AgentThread is given it too."""

from __future__ import annotations

from agent_contract.text import strip_controls
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.store import Store
from agent_gateway.store.rows import Address, Thread
from agent_gateway.store.transaction import Transaction


async def rename(tx: Transaction, address: Address, title: str, *, chat: bool) -> None:
    """Record another title of a topic or, with `chat`, of a group."""
    if chat:
        await tx.venues.rename_chat(address, title)
    else:
        await tx.venues.rename_topic(address, title)
        await tx.topics.settle(address, "named")


async def write_title(store: Store, resources: AgentThreads, thread: Thread) -> None:
    """Give the AgentThread of a renamed thread its title. One that is made later is made with it.

    Raises:
        KubeError: the API server refuses it, or does not answer.
    """
    found = resources.cached(thread.name)
    if found is None and not resources.synced:
        return  # nothing is known yet: it is due still
    if found is not None and found.deleting:
        return
    if found is not None and found.spec.title != strip_controls(thread.title):
        await resources.retitle(thread.name, thread.title)
    await store.venues.title_written(thread)
