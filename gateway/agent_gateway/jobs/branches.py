"""Tells in the chat which branches a conversation's repositories have, and which its agents pushed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from agent_gateway.connections.settings import Connection
from agent_gateway.diffs.branches import Repository, read_branches
from agent_gateway.diffs.report import NoDiff
from agent_gateway.effects import WakeOutbox
from agent_gateway.metrics import LIMITS
from agent_gateway.runners.looks import Looks
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Button
from agent_gateway.store.jobs import Job
from agent_gateway.wording import keys
from agent_gateway.wording.branches import MOST_PUSHED, build_branches

AGAIN: Final = "br:again"


class Branching:
    """Carries jobs of this kind out. One that is broken off begins anew.

    Args:
        store: What was pushed.
        looks: Asks pods.
        connections: By name, for links to their forges.
    """

    def __init__(self, store: Store, looks: Looks, connections: Mapping[str, Connection]) -> None:
        self._store = store
        self._looks = looks
        self._connections = connections

    async def work(self, job: Job) -> bool:
        """Look, and tell; True, as nothing is left then."""
        language = str(job.progress["language"])
        repositories, notes = await self._look(job.thread_id, language)
        pushed = await self._store.pushed.newest(job.thread_id, MOST_PUSHED + 1)
        text = build_branches(language, repositories, pushed, self._connections, notes)
        edited = job.progress.get("edited")
        async with self._store.transaction() as tx:
            if await tx.jobs.hold(job.id) is None:
                return True
            await tx.outbox.put(
                job.address, text, f"branches:{job.id}", format="markdown", reply_to=job.message_id,
                message_ids=[int(edited)] if edited is not None else [],
                buttons=[Button(keys.diff_button_all(language), "df:all"), Button(keys.branches_button(language), AGAIN)],
            )  # fmt: skip
            await tx.jobs.end(job.id)
            tx.after(WakeOutbox())
        return True

    async def _look(self, thread_id: int, language: str) -> tuple[tuple[Repository, ...], list[str]]:
        if not self._looks.can_ask(thread_id):
            return (), [keys.branches_away(language)]
        told = await self._looks.ask(thread_id, "branches")
        if told is None:
            return (), [keys.branches_silent(language)]
        try:
            return await asyncio.to_thread(read_branches, told), []
        except NoDiff:
            LIMITS.labels("diff-unread").inc()
            return (), [keys.branches_silent(language)]
