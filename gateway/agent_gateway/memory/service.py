"""What agents ask of what is remembered, and what they note. What may be seen is read anew for each call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from agent_contract.memory import MemoryAnswer, MemoryCall
from agent_gateway.effects import WakeOutbox
from agent_gateway.forges.callers import find_root
from agent_gateway.memory.answers import PAGE, describe_found
from agent_gateway.memory.asking import read_day
from agent_gateway.memory.searching import search
from agent_gateway.metrics import LIMITS
from agent_gateway.resources.values import ClassValue
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.tokens import Denied
from agent_gateway.store import Store
from agent_gateway.store.notes import MOST_NOTES, Note, Scope
from agent_gateway.store.rows import SubAgentRow, Thread, ThreadKind
from agent_gateway.store.search import Narrowing
from agent_gateway.wording.notes import build_noted_buttons, noted_text

_NOTED: Final = (
    "Noted. You are told it at the beginning of each session; the chat was shown it, and people may delete it."
)
_ROLES: Final = {"anybody": None, "people": "user", "agent": "assistant"}


class Classes(Protocol):
    """AgentClasses, by who has them."""

    async def find_own(self, thread_name: str, own: SubAgentRow | None) -> ClassValue | None:
        """Return the class of a conversation or sub-agent; None where it is not known."""


class MemoryService:
    """Serves agents: each sees the conversation that it works for, and what may be seen from there.

    Args:
        store: Conversations.
        classes: Say how far agents may search.
    """

    def __init__(self, store: Store, classes: Classes) -> None:
        self._store = store
        self._classes = classes

    async def call(self, who: Identity, call: MemoryCall) -> MemoryAnswer:
        """Do what an agent asks.

        Raises:
            Denied: it cannot be done; the text is for the agent.
        """
        thread = await self._store.threads.by_id(who.thread_id)
        root = await find_root(self._store, thread) if thread is not None else None
        if root is None or root.kind is not ThreadKind.CONVERSATION:
            raise Denied(403, "No conversation belongs to this agent.")
        if call.action == "remember":
            return MemoryAnswer(text=await self._remember(who, root, call))
        return MemoryAnswer(text=await self._search(who, root, call))

    async def _remember(self, who: Identity, root: Thread, call: MemoryCall) -> str:
        """Note something, which the chat is told with a button that takes it back.

        Only in a turn: what a run knows still after `/new` or `/forget`, it notes nowhere.
        """
        text, scope = " ".join(call.note.split()), Scope(call.scope)
        if not text:
            raise Denied(400, "There is nothing to note.")
        async with self._store.transaction() as tx:
            await tx.row("lock_thread", root.id)
            own = await tx.turns.running(who.thread_id)
            if own is None or own.run != who.run:
                raise Denied(409, "This turn is over: nothing was noted.")
            turn = await tx.turns.running(root.id)
            private = root.address.chat_id > 0
            person_id = turn.person_id if turn is not None else None
            if scope is Scope.PERSON and not (private and person_id == root.address.chat_id):
                raise Denied(
                    403, "A note for a person is made in their own chat alone: note it for this conversation or chat."
                )
            if await tx.notes.of_call(root.id, call.call) is not None:
                return _NOTED
            note_id = await tx.notes.add(root.id, scope, person_id, text, call.call)
            if note_id is None:
                LIMITS.labels("notes").inc()
                raise Denied(409, f"There are {MOST_NOTES} notes: the person deletes some with /memory (limit: notes).")
            name = (await tx.people.languages(person_id)).name if person_id is not None else None
            note = Note(note_id, scope, root.id, person_id, name, True, text, datetime.now(UTC))  # by an agent
            language = turn.language if turn is not None else root.language
            buttons = build_noted_buttons(language, note, private=private, topics=not private)
            said = noted_text(language, note, group=not private)
            await tx.outbox.put(root.address, said, f"note:{note_id}", kind="notice", buttons=buttons)
            tx.after(WakeOutbox())
        return _NOTED

    async def _search(self, who: Identity, root: Thread, call: MemoryCall) -> str:
        words = " ".join(call.query.split())
        if not words:
            raise Denied(400, "There are no words to look for.")
        since, until = read_day(call.since, UTC), read_day(call.until, UTC)
        if (call.since and since is None) or (call.until and until is None):
            raise Denied(400, "A day is none: write it as 2026-11-01.")
        narrowing = Narrowing(_ROLES[call.speaker], since, until and until + timedelta(days=1))
        if call.place == "chat":
            await self._check_reach(who, root)
        visible = await self._store.search.visible(root.id, chat=call.place == "chat")
        found, total = await search(self._store, visible, words, narrowing, (call.page - 1) * PAGE, PAGE)
        return describe_found(found, total, call.page, root.id)

    async def _check_reach(self, who: Identity, root: Thread) -> None:
        """Let only agents search a whole chat whose class says so, and, of a sub-agent, that of the conversation above it.

        Raises:
            Denied: one of them does not, or is not known.
        """
        asked = {root.name: None, who.thread_name: await self._store.subagents.get(who.thread_id)}
        for name, own in asked.items():
            found = await self._classes.find_own(name, own)
            if found is None:
                raise Denied(503, "How far may be searched here is not known now: ask again in a moment.")
            if found.spec.search != "Chat":
                raise Denied(403, 'Only this conversation may be searched here: ask with place "conversation".')
