"""Opens a topic and lets its conversation begin with another one's history and files; killed in between, the next process goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from agent_contract.names import build_thread_name
from agent_gateway.effects import WakeOutbox
from agent_gateway.errors import ConversationsFull
from agent_gateway.metrics import LIMITS
from agent_gateway.resources.values import ThreadValue
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Button
from agent_gateway.store.forks import FilesOf, ForkPoint, load_point
from agent_gateway.store.jobs import Job
from agent_gateway.store.rows import Address, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import Refused
from agent_gateway.wording import keys
from agent_gateway.wording.threads import build_link
from agent_gateway.wording.titles import show_title

_LOOK_SECONDS: Final = 0.5


class Topics(Protocol):
    """Opens topics."""

    async def open_topic(self, address: Address, name: str) -> Address:
        """Open a topic in a chat, and return where it is."""


class Resources(Protocol):
    """AgentThreads."""

    async def get(self, name: str) -> ThreadValue | None:
        """Return one as it is now."""

    async def make(self, thread: Thread, like: ThreadValue) -> None:
        """Make one with what an administrator set on another."""


class Forking:
    """Carries jobs of this kind out.

    Where a process ends while Telegram opens the topic, the next one opens another: nobody knows of the first.

    Args:
        store: Conversations.
        topics: Opens topics.
        resources: AgentThreads.
        bot_name: The gateway's short name.
    """

    def __init__(self, store: Store, topics: Topics, resources: Resources, bot_name: str) -> None:
        self._store = store
        self._topics = topics
        self._resources = resources
        self._bot_name = bot_name

    async def work(self, job: Job) -> bool:
        """Open the topic, or, once it is there, copy; True where nothing is left."""
        progress = job.progress
        if progress.get("topic") is None:
            return await self._open(job, progress)
        where = Address(job.address.bot_id, job.address.chat_id, int(progress["topic"]))
        point = load_point(progress["point"])
        stored = await self._wait_for_files(point)
        source = await self._store.threads.by_id(job.thread_id)
        class_name = None
        if source is not None:
            class_name = await self._carry_rights_over(source, where, str(progress["title"]))
        async with self._store.transaction() as tx:
            if await tx.jobs.hold(job.id) is None:
                return True
            text = await self._copy(tx, job, where, point, class_name, stored=stored)
            link = build_link(where, None)
            open_button = (Button(keys.fork_open(progress["language"]), url=link),) if link else ()
            await tx.outbox.put(
                job.address, text, f"fork:{job.id}", reply_to=job.message_id, buttons=open_button
            )  # fmt: skip
            await tx.jobs.end(job.id)
            tx.after(WakeOutbox())
        return True

    async def _open(self, job: Job, progress: Mapping[str, Any]) -> bool:
        """Open the topic; where Telegram refuses, say so and be done."""
        try:
            topic = await self._topics.open_topic(job.address, str(progress["title"]))
        except Refused:
            async with self._store.transaction() as tx:
                if await tx.jobs.hold(job.id) is not None:
                    words = keys.fork_refused(progress["language"])
                    await tx.outbox.put(job.address, words, f"fork:{job.id}", reply_to=job.message_id)
                    await tx.jobs.end(job.id)
                    tx.after(WakeOutbox())
            return True
        await self._store.jobs.save(job.id, {**progress, "topic": topic.topic_id})
        return False

    async def _wait_for_files(self, point: ForkPoint) -> bool:
        """Wait until the last answer's files are stored, which is done beside; False where they are not for too long."""
        while True:
            found = await self._store.forks.find_files(point.turn)
            if found is not FilesOf.COMING:
                return found is FilesOf.STORED
            await asyncio.sleep(_LOOK_SECONDS)

    async def _carry_rights_over(self, source: Thread, where: Address, title: str) -> str | None:
        """Make the AgentThread before the conversation is there, so that it never has another class or other rights; return its class."""
        # Rules that an administrator wants hold before they are written. They are read first: those that are written
        # meanwhile stand in the resource.
        repositories = await self._store.repositories.unwritten(source.id)
        services = await self._store.narrowed.unwritten(source.id)
        like = await self._resources.get(source.name)
        if like is not None:
            name = build_thread_name(self._bot_name, where.chat_id, where.topic_id)
            spec = replace(
                like.spec,
                repositories=like.spec.repositories if repositories is None else repositories,
                apis=like.spec.apis if services.apis is None else services.apis,
                mcp_servers=like.spec.mcp_servers if services.mcp_servers is None else services.mcp_servers,
            )
            like = replace(like, spec=spec)
            made = Thread(0, where, name, title, source.session_id, 0, model=source.model, thinking=source.thinking)
            await self._resources.make(made, like)
        return like.spec.class_ref.name if like is not None else None

    async def _copy(
        self, tx: Transaction, job: Job, where: Address, point: ForkPoint, class_name: str | None, *, stored: bool
    ) -> str:  # fmt: skip
        """Copy; return what is said where it was asked for."""
        language, title = job.progress["language"], str(job.progress["title"])
        await tx.history.hold_thread(job.thread_id)
        source = await tx.threads.by_id(job.thread_id)
        name = build_thread_name(self._bot_name, where.chat_id, where.topic_id)
        try:
            target = await tx.threads.get_or_create(where, name, title, language)
        except ConversationsFull as full:
            LIMITS.labels("conversations").inc()
            return keys.conversations_full(language, count=full.most)
        if job.progress.get("made"):
            await tx.venues.note_made_title(where, title)
        if await tx.forks.has_runs(target.id):
            return keys.fork_late(language)
        if source is None or not await tx.forks.copy(source, target, point, class_name):
            return keys.fork_gone(language)
        hello = keys.fork_hello(language, title=show_title(language, source.title))
        await tx.outbox.put(where, hello, f"forked:{job.id}")
        done = keys.fork_done(language, title=title)
        return done if stored else f"{done} {keys.fork_older(language)}"
