"""Letting people in without a change of the settings: codes, `/approve` and `/revoke`."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import AbortTurn, CloseViews, WakeThread
from agent_gateway.inbox.access import Access
from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command
from agent_gateway.wording import pairing as texts
from agent_gateway.wording.commands import not_allowed_text

_log = logging.getLogger(__name__)
COMMANDS = frozenset({"approve", "revoke"})
MOST_CODES = 3
"""How many codes of one person are open at once."""
FRESH = timedelta(minutes=10)
"""Who asks again so soon is told the same code."""
MOST_WRONG = 5
_WRONG_SECONDS = 60.0
_WRONG = "approve_wrong"
_MAX_ID = 2**53


class Pairing:
    """Gives codes to unknown people, and lets those in whose code an administrator names.

    Args:
        access: Who may talk to the bot.
        enabled: Codes are given and taken; `/revoke` works without.
    """

    def __init__(self, access: Access, *, enabled: bool) -> None:
        self._access = access
        self._enabled = enabled

    async def refuse(self, tx: Transaction, person_id: int, address: Address, message_id: int) -> None:
        """Tell an unknown person their id and, in their private chat, a code; at most once a minute in a chat."""
        _log.info("refused", extra={"person_id": person_id, "chat_id": address.chat_id})
        offered = await self._offer(tx, person_id, address)
        text = "\n".join(filter(None, (not_allowed_text(person_id, address.chat_id), offered)))
        key = f"refused:{address.chat_id}:{person_id}:{int(time.time() // 60)}"
        await tx.outbox.put(address, text, key, reply_to=message_id, kind="notice")

    async def _offer(self, tx: Transaction, person_id: int, address: Address) -> str:
        if not self._enabled or address.chat_id != person_id:
            return ""
        codes = await tx.access.open_pairings(person_id)
        if codes and (len(codes) >= MOST_CODES or datetime.now(UTC) - codes[0][1] < FRESH):
            return texts.offer_text(codes[0][0])
        code = texts.make_code()
        await tx.access.add_pairing(code, person_id, address.topic_id)
        return texts.offer_text(code)

    async def answer(self, tx: Transaction, command: Command) -> Outcome | None:
        """Carry out `/approve` or `/revoke`; None for one of a group that may be meant for another bot."""
        if not self._access.is_admin(command.person_id):
            return Outcome(texts.ONLY_ADMINS) if command.addressed else None
        if command.name == "approve":
            return await self._approve(tx, command)
        return await self._revoke(tx, command)

    async def _approve(self, tx: Transaction, command: Command) -> Outcome:
        admin, code = command.person_id, texts.read_code(command.args)
        if not self._enabled:
            return Outcome(texts.PAIRING_OFF)
        if not code:
            return Outcome(texts.APPROVE_USAGE)
        if await tx.audit.count(admin, _WRONG, _WRONG_SECONDS) >= MOST_WRONG:
            return Outcome(texts.TOO_MANY_TRIES)
        found = await tx.access.pairing(code) if len(code) == texts.CODE_LENGTH else None
        if found is None:
            await tx.audit.add(admin, _WRONG, "")
            return Outcome(texts.WRONG_CODE)
        if not found.open:
            return Outcome(texts.EXPIRED_CODE)
        await tx.access.allow(found.person_id, admin)
        await tx.audit.add(admin, "approve", str(found.person_id))
        private = Address(command.address.bot_id, found.person_id, found.topic_id)
        await tx.outbox.put(private, texts.LET_IN, f"let-in:{code}:{found.person_id}", kind="notice")
        _log.info("person_let_in", extra={"person_id": found.person_id, "by": admin})
        return Outcome(texts.approved_text(found.person_id))

    async def _revoke(self, tx: Transaction, command: Command) -> Outcome:
        person_id = _read_id(command.args)
        if person_id is None:
            return Outcome(texts.REVOKE_USAGE)
        taken_back = await tx.access.disallow(person_id)
        if self._access.is_configured(person_id):
            return Outcome(texts.configured_text(person_id))
        if not taken_back:
            return Outcome(texts.not_approved_text(person_id))
        await tx.audit.add(command.person_id, "revoke", str(person_id))
        private = await tx.venues.private(person_id) or Address(command.address.bot_id, person_id)
        key = f"shut-out:{person_id}:{command.address.chat_id}:{command.message_id}"
        await tx.outbox.put(private, texts.SHUT_OUT, key, kind="notice")
        _log.info("person_shut_out", extra={"person_id": person_id, "by": command.person_id})
        await self._end_work(tx, person_id)
        return Outcome(texts.revoked_text(person_id))

    async def _end_work(self, tx: Transaction, person_id: int) -> None:
        """Stop what a person has asked, but in a chat where everybody may ask."""
        for thread_id, turn_id in await tx.access.open_turns_of(person_id):
            thread = await tx.threads.by_id(thread_id)
            if thread is None or (await self._access.read(tx, None, thread.address.chat_id)).allowed:
                continue
            if await tx.turns.cancel(turn_id):
                tx.after(CloseViews((turn_id,)))
            elif await tx.turns.ask_stop(turn_id):
                tx.after(AbortTurn(thread_id, turn_id))
            tx.after(WakeThread(thread_id))


def _read_id(text: str) -> int | None:
    """Return the id that a person wrote; None where it is none."""
    text = text.strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_MAX_ID)):
        return None
    return int(text)
