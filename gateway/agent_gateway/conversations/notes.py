"""What an agent is told besides the person's words: which files it has, and what its sub-agents said meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread, ThreadKind, Turn
from agent_gateway.subagents.facts import build_facts
from agent_gateway.wake import Wake
from agent_gateway.wording import texts
from agent_gateway.wording.subagents import earlier_result_text


class PromptNotes:
    """Adds notes to a turn that is about to be given to a run."""

    def __init__(self, store: Store, resources: AgentThreads, wake: Wake) -> None:
        self._store = store
        self._resources = resources
        self._wake = wake

    async def add(self, thread: Thread, run: int, turn: Turn) -> Turn:
        """Return the turn as the agent is to read it; what it has lost is told in the chat too.

        Until the turn has begun the same is told again: what was sent may not have come.
        """
        if thread.kind is ThreadKind.SUBAGENT:
            return turn
        text = turn.text
        # at once, on a connection each: a person waits for every round trip here
        children, edits, note = await asyncio.gather(
            self._store.subagents.undelivered(thread.id),
            self._store.steers.unread_edits(turn),
            self._about_files(thread, run, turn),
        )
        ended = [child for child in children if child.turn_id is None or child.parent_run != run]
        if ended:
            told = "\n\n".join(earlier_result_text(build_facts(child), child.result) for child in ended)
            text = f"{told}\n\n{text}"
            await self._store.subagents.hand_results([child.thread_id for child in ended], turn.id)
        if edits:
            text = "\n\n".join([*edits, text])
        if note is not None:
            key = f"no-files:{thread.id}:{run}"
            await self._store.outbox.put(thread.address, note, key, kind="notice")
            self._wake.outbox()
            text = f"{text}\n\n[{note}]"
        return replace(turn, text=text)

    async def _about_files(self, thread: Thread, run: int, turn: Turn) -> str | None:
        """Say at a run's first turn what of the earlier files is not there; None where nothing is missing."""
        last = await self._store.runs.last_connected(thread.id)
        if last is None or await self._store.turns.run_had_others(thread.id, run, turn.id):
            return None
        if last.files == "kept":
            return None
        if last.files == "over":
            name = self._resources.find_class_name(thread.name)
            found = await self._resources.find_class(name) if name is not None else None
            return texts.files_over_text(found.spec.workspace.snapshot_limit) if found else texts.NO_FILES_NOTE
        older = await self._store.workspaces.of(thread, None)
        return texts.OLDER_FILES_NOTE if older is not None else texts.NO_FILES_NOTE
