"""What an agent is told besides the person's words: what it is to remember, its files, what its sub-agents said meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from agent_gateway.memory.telling import compute_digest, must_tell, tell_notes
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread, ThreadKind, Turn
from agent_gateway.subagents.facts import build_facts
from agent_gateway.wake import Wake
from agent_gateway.wording import keys
from agent_gateway.wording.results import join_results
from agent_gateway.wording.say import SOURCE

_OVER: Final = (
    "[Your answer before this was ended by a limit of what may be stored. Its last steps are missing from this session: "
    "look at the workspace for what was done, and work in smaller steps.]"
)


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
        facts = await self._store.prompts.facts(thread.id, run, turn.id)
        children = await self._store.subagents.undelivered(thread.id) if facts.children else []
        edits = await self._store.steers.unread_edits(turn) if facts.edits else []
        note = None if run == 1 or facts.had_others else await self._about_files(thread, run)
        remembered = await self._remembered(thread, turn) if facts.notes else ""
        ended = [child for child in children if child.turn_id is None or child.parent_run != run]
        if ended:
            told = join_results([(build_facts(child), child.result) for child in ended])
            text = f"{told}\n\n{text}"
            await self._store.subagents.hand_results([child.thread_id for child in ended], turn.id)
        if facts.over:
            text = f"{_OVER}\n\n{text}"
        if edits:
            text = "\n\n".join([*edits, text])
        if note is not None:
            key = f"no-files:{thread.id}:{run}"
            reply_to = turn.message_id if turn.threaded else None  # only a reply stays in its thread
            await self._store.outbox.put(thread.address, note(turn.language), key, kind="notice", reply_to=reply_to)
            self._wake.outbox()
            text = f"{text}\n\n[{note(SOURCE)}]"
        if remembered:
            text = f"{remembered}\n\n{text}"
        return replace(turn, text=text)

    async def _remembered(self, thread: Thread, turn: Turn) -> str:
        """Return what goes with a turn of what is to be remembered; empty where the agent knows it."""
        notes, told = await asyncio.gather(self._store.notes.of(thread.id), self._store.notes.told(thread.id))
        digest = compute_digest(notes)
        if not must_tell(told, thread.session_id, turn.id, digest):
            return ""
        await self._store.notes.set_told(thread.id, thread.session_id, turn.id, digest)
        return tell_notes(notes, thread.id)

    async def _about_files(self, thread: Thread, run: int) -> Callable[[str], str] | None:
        """Say at a run's first turn, in a language, what of the earlier files is not there; None where nothing is missing."""
        last = await self._store.runs.last_connected(thread.id)
        if await self._store.restores.lost_runs(thread.id, run, last.number if last is not None else 0):
            return keys.restored_note
        if last is None or await self._store.undos.is_undone(thread.id, last.number):
            return None
        if last.files == "kept":
            return await self._about_state(thread, last.number)
        if last.files == "over":
            limit = await self._find_limit(thread)
            return partial(keys.files_too_large, limit=limit) if limit is not None else keys.files_none
        older = await self._store.kept.of(thread, None) or await self._store.workspaces.of(thread, None)
        return keys.files_older if older is not None else keys.files_none

    async def _about_state(self, thread: Thread, run: int) -> Callable[[str], str] | None:
        """Say what the last run's newest state lacks: what changed after it, or files that there is no room for now."""
        if await self._store.kept.is_behind(thread.id, run):
            return keys.files_older
        newest, *earlier = await self._store.kept.list_states(thread.id) or (None,)
        before = next((state for state in earlier if state is not None and state.run < run), None)
        if newest is None:
            return keys.files_let_go if await self._store.retention.is_let_go(thread.id, run) else None
        if newest.run != run or not newest.over or (before is not None and before.over):
            return None
        limit = await self._find_limit(thread)
        return partial(keys.files_partly, limit=limit) if limit is not None else None

    async def _find_limit(self, thread: Thread) -> str | None:
        name = self._resources.find_class_name(thread.name)
        found = await self._resources.find_class(name) if name is not None else None
        return found.spec.workspace.snapshot_limit if found is not None else None
