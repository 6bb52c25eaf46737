"""What is looked up for each message and each prompt, in one statement each: a person waits for every round trip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent_gateway.store.quotas import OVER_LIMIT
from agent_gateway.store.rows import InboxRow
from agent_gateway.store.session import Room


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """What there may be to tell an agent with a turn; what it is, is read where there is something.

    Attributes:
        children: Sub-agents have ended of which it knows nothing.
        edits: Messages of earlier turns were edited.
        had_others: Its run had another turn.
        over: The turn before was ended by a limit, so that its last lines are not stored.
        notes: Something is to be remembered, or was.
    """

    children: bool
    edits: bool
    had_others: bool
    over: bool
    notes: bool


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What counts where a message becomes a turn.

    Attributes:
        waiting: Turns that wait in its conversation.
        more: More waits in its queue of the inbox, behind it.
        zone: The time zone that its writer chose.
        dated: When the agent was told the time last, in the session that goes on.
    """

    waiting: int
    more: bool
    zone: str | None
    dated: datetime | None


class PromptQueries(Room):
    """Messages that become prompts."""

    async def facts(self, thread_id: int, run: int, turn_id: int) -> PromptFacts:
        """Return what there may be to tell with a turn."""
        row = await self._session.row("prompt_facts", thread_id, run, turn_id, OVER_LIMIT)
        return PromptFacts(row["children"], row["edits"], row["had_others"], row["over"], row["notes"])

    async def of_message(self, thread_id: int, row: InboxRow, person_id: int | None) -> MessageFacts:
        """Return what counts of an update that asks something in a conversation."""
        found = await self._session.row(
            "message_facts", self._bot_id, thread_id, row.queue_key, row.update_id, person_id
        )  # fmt: skip
        return MessageFacts(found["waiting"], found["more"], found["zone"], found["dated"])
