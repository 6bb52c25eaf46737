"""What one message asks: a turn of its own, or a part of what its person asks in several messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from agent_contract.text import clean
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.bursts import find_wait, may_join
from agent_gateway.inbox.prefaces import MOST_OF_ONE, Said, build_date, build_preface, build_said, needs_date
from agent_gateway.inbox.zones import find_zone
from agent_gateway.store.parts import Part, join_texts
from agent_gateway.store.prompts import MessageFacts
from agent_gateway.store.rows import InboxRow, Thread, Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.incoming import Ignored, Prompt
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.ports import BotIdentity

MOST_QUEUED: Final = 50
"""Questions of one conversation that wait for an answer."""
MOST_PARTS: Final = 100
"""Messages that are one question together."""


@dataclass(frozen=True, slots=True)
class Full:
    """A message was not taken, as so many wait."""

    waiting: int


class Parts:
    """Makes turns of messages.

    A message joins the last turn that waits in its conversation, where the same person asked that and no run has it yet:
    what is written in a row is one question, however long a pod or the answer before it takes.

    Args:
        bot: Who the bot is.
        access: Who may use it: of other groups nothing is kept.
        group_context: Messages said before in a group that come along with a question.
        zone: Time zone of people who chose none.
    """

    def __init__(self, bot: BotIdentity, access: Access, *, group_context: int = 0, zone: str = "UTC") -> None:
        self._bot = bot
        self._access = access
        self._group_context = group_context
        self._zone = zone

    async def take(
        self, tx: Transaction, row: InboxRow, thread: Thread, prompt: Prompt, *, alone: bool = False, busy: bool = False
    ) -> Turn | Full | None:
        """Queue what a message asks; None where it belongs to what was asked already, or asks nothing.

        Args:
            tx: The transaction that takes the update.
            row: The update.
            thread: The conversation.
            prompt: The message.
            alone: It is no part of anything: a command.
            busy: An answer is being written.
        """
        part = Part(prompt.message_id, prompt.text, prompt.files)
        held = None if alone else await self._find(tx, thread, prompt)
        if held is not None:
            await tx.parts.join(held.id, row.update_id, part, find_wait(prompt, goes_on=True), prompt.album)
            return None
        known = prompt.album is not None and await tx.parts.has_album(thread.id, prompt.album)
        if not prompt.addressed and not (known and prompt.files):
            return None
        facts = await tx.prompts.of_message(thread.id, row, prompt.person_id)
        if facts.waiting >= MOST_QUEUED:
            return Full(facts.waiting)
        parts = [part]
        if prompt.album is not None and not known:
            # in a group the words, and with them the bot's name, may stand below a later picture
            parts = [*await self._find_earlier(tx, row.update_id, prompt), part]
        preface = await self._build_preface(tx, thread, prompt, facts)
        wait = None if alone else find_wait(prompt, goes_on=busy or facts.waiting > 0 or facts.more)
        turn = await tx.turns.add(
            thread.id, row.update_id, prompt.message_id, prompt.person_id,
            join_texts(preface, [part.text for part in parts]), [file for part in parts for file in part.files],
            prompt.album, preface=preface, wait=wait, threaded=prompt.threaded,
        )  # fmt: skip
        await tx.parts.put(turn.id, parts)
        return turn

    async def hear(self, tx: Transaction, row: InboxRow, ignored: Ignored) -> None:
        """Keep what was said to others in a group that may use the bot, for the next question there; of other groups nothing."""
        address, heard = ignored.address, ignored.heard
        if address is None or address.chat_id > 0:
            return
        standing = await self._access.read(tx, None, address.chat_id)
        if not standing.allowed:
            if not (await self._access.read(tx, ignored.person_id, address.chat_id)).allowed:
                await tx.inbox.drop(row.update_id)
        elif self._group_context and heard is not None:
            text = clean(heard.text, MOST_OF_ONE)
            await tx.overheard.add(standing.follow(address), ignored.message_id or 0, heard.name, text)

    async def _build_preface(self, tx: Transaction, thread: Thread, prompt: Prompt, facts: MessageFacts) -> str:
        date, said = "", ""
        if prompt.sent_at is not None:
            name = facts.zone or self._zone
            zone = find_zone(name)
            if needs_date(prompt.sent_at, facts.dated, zone):
                date = build_date(prompt.sent_at, zone, name)
                await tx.threads.set_dated(thread.id, prompt.sent_at)
        if self._group_context and thread.address.chat_id < 0:
            heard = await tx.overheard.take(thread.address, self._group_context)
            said = build_said([Said(name, text) for name, text in heard])
        return build_preface(date, said, prompt.speaker)

    async def _find(self, tx: Transaction, thread: Thread, prompt: Prompt) -> Turn | None:
        """Return the waiting turn that a message is a part of, held."""
        if prompt.album is not None:
            held = await tx.parts.hold_album(thread.id, prompt.album)
            if held is not None:
                return held
        held = await tx.parts.hold_joinable(thread.id, prompt.person_id)
        if held is None or not (prompt.addressed or prompt.forwarded):
            return None
        own = {part.message_id for part in await tx.parts.read(held.id)}
        if prompt.reply_to is not None and await tx.turns.has_echo(held.id, prompt.reply_to):
            own.add(prompt.reply_to)  # it puts right what was understood, before anybody answers
        return held if len(own) < MOST_PARTS and may_join(prompt, frozenset(own)) else None

    async def _find_earlier(self, tx: Transaction, update_id: int, prompt: Prompt) -> list[Part]:
        found: list[Part] = []
        for payload in await tx.inbox.earlier_parts(prompt.album or "", update_id):
            try:
                earlier = parse(json.loads(payload), self._bot)
            except (ValueError, MalformedUpdate):
                continue
            same = isinstance(earlier, Prompt) and (earlier.address, earlier.album) == (prompt.address, prompt.album)
            if same and isinstance(earlier, Prompt) and earlier.person_id == prompt.person_id:
                found.append(Part(earlier.message_id, earlier.text, earlier.files))
        return found
