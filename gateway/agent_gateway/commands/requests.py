"""Requests to be let in: an unknown person or a group asks, and an administrator decides once, by a button."""

from __future__ import annotations

import logging
import time
from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead, take_buttons
from agent_gateway.effects import WakeOutbox
from agent_gateway.inbox.access import Access
from agent_gateway.store.requests import AccessRequest
from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import access as texts
from agent_gateway.wording import keys
from agent_gateway.wording.access import Decision
from agent_gateway.wording.say import SOURCE

_log = logging.getLogger(__name__)
_DAY_SECONDS: Final = 86_400


class AccessRequests:
    """Brings requests to the administrators, and carries out what they decide.

    Their number is bounded: so many wait at once, one a day is made by a person, and one a day for a person or group.

    Args:
        access: Who may talk to the bot.
        bot_username: As people write to it.
    """

    def __init__(self, access: Access, bot_username: str) -> None:
        self._access = access
        self._bot_username = bot_username

    async def can_ask(self, tx: Transaction) -> bool:
        """Say whether an administrator can be asked: one has written to the bot in private."""
        return bool(await tx.requests.private_chats(self._access.admins))

    async def ask(self, tx: Transaction, pressed: Pressed) -> None:
        """Ask for the person who pressed the button, in place of what it stands below."""
        language, person_id = pressed.language, pressed.person_id
        if await tx.requests.standing(person_id) == "asked":
            text, what = keys.access_asked_already(language), "already"
        elif request := await self._add(tx, person_id, person_id, pressed.address, pressed.person_name, language):
            text, what = keys.access_asked(language), str(request.id)
        else:
            text, what = keys.access_cannot_ask(language, id=str(person_id)), "cannot"
        key = f"asked-in:{person_id}:{what}:{int(time.time() // _DAY_SECONDS)}"
        ids = [pressed.message_id] if pressed.message_id else []
        await tx.outbox.put_to_stranger(pressed.address, text, key, message_ids=ids, format="plain")
        tx.after(WakeOutbox())

    async def ask_for_group(
        self, tx: Transaction, group: Address, title: str, person_id: int, person_name: str, language: str
    ) -> AccessRequest | None:
        """Ask for a group that the bot was added to; None where that is not asked now. Its adder may be an administrator."""
        request = await tx.requests.add(group.chat_id, person_id, group, title, language)
        if request is None or self._access.is_admin(person_id):
            return request
        for admin, spoken in await tx.requests.private_chats(self._access.admins):
            text = keys.access_request_group(
                spoken or SOURCE, name=person_name, id=str(person_id), title=title, chat=str(group.chat_id)
            )
            await self._tell(tx, request, admin, spoken or SOURCE, text)
        return request

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Decide a request; None for a button of another kind."""
        if pressed.data == texts.ASK:
            return Outcome(keys.access_let_in(pressed.language))  # who may press it is in already
        found = texts.parse_decision(pressed.data)
        if found is None:
            return None
        if not self._access.is_admin(pressed.person_id):
            return Outcome(keys.access_only_admins(pressed.language))
        decision, request_id = found
        request = await tx.requests.lock(request_id)
        if request is None or request.state != "asked":
            await take_buttons(tx, pressed)  # elsewhere, or by other means: this message was not told
            return Outcome(keys.access_decided(pressed.language))
        await tx.requests.end(request.id, decision.value, pressed.person_id)
        await tx.audit.add(pressed.person_id, f"access_{decision}", str(request.subject_id))
        if decision is Decision.ALLOWED:
            await self._let_in(tx, request, pressed.person_id)
        elif decision is Decision.NEVER and request.subject_id < 0:
            await tx.guests.watch(request.subject_id, 0)
        _log.info(
            "access_decided", extra={"subject": request.subject_id, "by": pressed.person_id, "decision": decision}
        )
        await self._show_decision(tx, request, decision, pressed)
        tx.after(WakeOutbox())
        return Outcome("")

    async def _add(
        self, tx: Transaction, subject_id: int, person_id: int, address: Address, name: str, language: str
    ) -> AccessRequest | None:
        admins = await tx.requests.private_chats(self._access.admins)
        request = await tx.requests.add(subject_id, person_id, address, name, language) if admins else None
        if request is None:
            return None
        for admin, spoken in admins:
            text = keys.access_request(spoken or SOURCE, name=name, id=str(subject_id))
            await self._tell(tx, request, admin, spoken or SOURCE, text)
        _log.info("access_asked", extra={"subject": subject_id, "person_id": person_id, "admins": len(admins)})
        return request

    async def _tell(self, tx: Transaction, request: AccessRequest, admin: int, language: str, text: str) -> None:
        private = Address(request.address.bot_id, admin)
        buttons = texts.build_decision_buttons(language, request.id)
        await tx.outbox.put(private, text, _build_key(request, admin), kind="notice", buttons=buttons)
        tx.after(WakeOutbox())

    async def _let_in(self, tx: Transaction, request: AccessRequest, admin: int) -> None:
        await tx.access.allow(request.subject_id, admin)
        group = request.subject_id < 0
        language = request.language or SOURCE
        text = (
            keys.access_group_let_in(language, bot=self._bot_username) if group else keys.access_let_in(language)
        )  # fmt: skip
        await tx.outbox.put(request.address, text, f"let-in:{request.id}", kind="notice")

    async def _show_decision(
        self, tx: Transaction, request: AccessRequest, decision: Decision, pressed: Pressed
    ) -> None:  # fmt: skip
        """Let every message that asks say how it was decided; the one whose button was pressed at any rate."""
        in_private = pressed.address.chat_id == pressed.person_id
        for admin, spoken in await tx.requests.private_chats(self._access.admins):
            if in_private and admin == pressed.person_id:
                continue
            key = _build_key(request, admin)
            await tx.requests.retell(key, f"{key}:{decision}", _decided_text(spoken or SOURCE, decision, request))
        if in_private:
            await show_instead(tx, pressed, _decided_text(pressed.language, decision, request))
        else:
            await tx.outbox.put_buttons(pressed.address, pressed.message_id, f"pressed:{pressed.callback_id}")


def _build_key(request: AccessRequest, admin: int) -> str:
    return f"access:{request.id}:{admin}"


def _decided_text(language: str, decision: Decision, request: AccessRequest) -> str:
    subject = str(request.subject_id)
    match decision:
        case Decision.ALLOWED:
            return keys.access_allowed(language, name=request.name, id=subject)
        case Decision.LATER:
            return keys.access_later(language, name=request.name, id=subject)
        case Decision.NEVER:
            return keys.access_never(language, name=request.name, id=subject)
