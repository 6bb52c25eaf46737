"""Letting people in without a change of the settings: codes, `/approve` and `/revoke`."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.requests import AccessRequests
from agent_gateway.effects import AbortTurn, AnswerPress, CloseViews, ShutDownRun, WakeOutbox, WakeThread
from agent_gateway.inbox import language
from agent_gateway.inbox.access import Access
from agent_gateway.metrics import LIMITS, UPDATES
from agent_gateway.store.access import Pairing as OpenPairing
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Incoming, Pressed, Prompt
from agent_gateway.wording import keys
from agent_gateway.wording import pairing as texts
from agent_gateway.wording.access import ASK, Decision, build_ask_button, build_link

_log = logging.getLogger(__name__)
PRESSES_A_MINUTE = 60
"""Presses of unknown people that are answered."""
_MINUTE_SECONDS = 60.0
MOST_CODES = 3
"""How many codes of one person are open at once."""
PERIOD = timedelta(days=1)
"""In which an unknown person, or a group that may not use the bot, is told so once."""
CODE_PERIOD = timedelta(hours=1)
"""The same where a code comes with it."""
FRESH = timedelta(minutes=10)
"""Who asks again so soon is told the same code."""
MOST_WRONG = 5
INVITATION_LENGTH = 16
"""Letters of a link's code: nobody guesses it in the day that it is valid."""
_WRONG_SECONDS = 60.0
_WRONG = "approve_wrong"
_MAX_ID = 2**53
_LINK = "pc:"
"""Begins what the button gives back by which an administrator lets in whose link they opened."""


class Pairing:
    """Tells unknown people how they are let in, and lets those in whose code or id an administrator names.

    Args:
        access: Who may talk to the bot.
        requests: Asks the administrators.
        bot_username: As people write to the bot.
        enabled: Codes are given and taken; the rest works without.
    """

    def __init__(self, access: Access, requests: AccessRequests, bot_username: str, *, enabled: bool) -> None:
        self._access = access
        self._requests = requests
        self._bot_username = bot_username
        self._enabled = enabled
        self._presses: deque[float] = deque(maxlen=PRESSES_A_MINUTE)
        """When presses of unknown people were answered last."""

    async def meet(self, tx: Transaction, incoming: Incoming) -> None:
        """Tell an unknown person how they are let in, or let them in who bring an administrator's link."""
        if isinstance(incoming, Pressed):
            said = await self.press(tx, incoming)
            if incoming.callback_id and self._may_answer():
                tx.after(AnswerPress(incoming.callback_id, said))
            return
        if not isinstance(incoming, Prompt | Command) or not incoming.addressed:
            return
        if isinstance(incoming, Command) and await self.redeem(tx, incoming):
            return
        UPDATES.labels("refused").inc()
        await self.refuse(tx, incoming)
        tx.after(WakeOutbox())

    def _may_answer(self) -> bool:
        """Say whether one more press of an unknown person is answered; the others wait till their program gives up."""
        now = time.monotonic()
        if len(self._presses) == PRESSES_A_MINUTE and now - self._presses[0] < _MINUTE_SECONDS:
            LIMITS.labels("strangers-presses").inc()
            return False
        self._presses.append(now)
        return True

    async def refuse(self, tx: Transaction, incoming: Prompt | Command) -> None:
        """Tell an unknown person how they are let in: once a day, of a group once a day for all; never who is kept out.

        Where codes are given, it is once an hour, as a code is valid for so long.
        """
        person_id, address, spoken = incoming.person_id, incoming.address, incoming.language
        private = address.chat_id == person_id
        period = CODE_PERIOD if private and self._enabled else PERIOD
        key = f"refused:{address.chat_id}:{int(time.time() // period.total_seconds())}"
        if not await tx.outbox.may_tell_stranger(key):
            return
        _log.info("refused", extra={"person_id": person_id, "chat_id": address.chat_id})
        standing = await tx.requests.standing(person_id)
        if standing == Decision.NEVER:
            return
        if not private:
            await tx.guests.watch(address.chat_id)
        text = keys.access_unknown(spoken, id=f"`{person_id}`")  # code: a tap copies it
        buttons: tuple[Button, ...] = ()
        if not private:
            text = keys.access_unknown_here(spoken, chat=f"`{address.chat_id}`", id=f"`{person_id}`")
        elif standing == "asked":
            text = keys.access_asked_already(spoken)
        else:
            if standing is None and await self._requests.can_ask(tx):
                buttons = (build_ask_button(spoken),)
            text = "\n".join(filter(None, (text, await self._offer(tx, incoming))))
        await tx.outbox.put_to_stranger(address, text, key, reply_to=incoming.message_id, buttons=buttons)

    async def press(self, tx: Transaction, pressed: Pressed) -> str:
        """Take a button that an unknown person pressed; return what they are told at once."""
        if pressed.data != ASK or pressed.address.chat_id != pressed.person_id:
            return keys.access_unknown(pressed.language, id=str(pressed.person_id))
        if await tx.requests.standing(pressed.person_id) != Decision.NEVER:
            await self._requests.ask(tx, pressed)
        return ""

    async def redeem(self, tx: Transaction, command: Command) -> bool:
        """Let an unknown person in who opened an administrator's link; False where they bring no good code."""
        code = texts.read_code(command.args)
        if command.name != "start" or command.address.chat_id != command.person_id or len(code) != INVITATION_LENGTH:
            return False
        admin = await tx.requests.take_invitation(code)
        if admin is None or not self._access.is_admin(admin):
            return False
        await tx.access.allow(command.person_id, admin)
        await tx.requests.reopen(command.person_id)
        await tx.audit.add(admin, "invited", str(command.person_id))
        key = f"let-in:{command.person_id}:{command.message_id}"
        await tx.outbox.put(command.address, keys.access_let_in(command.language), key, reply_to=command.message_id)
        _log.info("person_let_in", extra={"person_id": command.person_id, "by": admin})
        return True

    async def invite(self, tx: Transaction, command: Command) -> Outcome:
        """Give an administrator a link that lets in whoever opens it first."""
        if command.address.chat_id != command.person_id:
            return Outcome(keys.invite_private(command.language))
        code = texts.make_code(INVITATION_LENGTH)
        if not await tx.requests.invite(code, command.person_id):
            return Outcome(keys.invite_too_many(command.language))
        await tx.audit.add(command.person_id, "invite", "")
        return Outcome(keys.invite_link(command.language, link=build_link(self._bot_username, code)))

    async def _offer(self, tx: Transaction, incoming: Prompt | Command) -> str:
        if not self._enabled:
            return ""
        person_id = incoming.person_id
        codes = await tx.access.open_pairings(person_id)
        if codes and (len(codes) >= MOST_CODES or datetime.now(UTC) - codes[0][1] < FRESH):
            code = codes[0][0]
        else:
            code = texts.make_code()
            await tx.access.add_pairing(code, person_id, incoming.address.topic_id)
        return keys.access_code(incoming.language, link=build_link(self._bot_username, code), code=code)

    async def approve(self, tx: Transaction, command: Command) -> Outcome:
        """Let the person in whose code it is, or the person or group with that id."""
        admin, code = command.person_id, texts.read_code(command.args)
        if not code:
            return Outcome(keys.approve_usage(command.language))
        subject_id = _read_id(command.args)
        if subject_id is not None and len(code) != texts.CODE_LENGTH:
            return await self._approve_id(tx, command, subject_id)
        found = await self._find(tx, admin, code, command.language)
        return Outcome(found if isinstance(found, str) else await self._let_in(tx, admin, code, found, command))

    async def ask_first(self, tx: Transaction, command: Command) -> Outcome:
        """Ask an administrator who opened somebody's link whether that person is let in: a link may be anybody's."""
        code = texts.read_code(command.args)
        found = await self._find(tx, command.person_id, code, command.language)
        if isinstance(found, str):
            return Outcome(found)
        button = Button(keys.access_request_in(command.language), f"{_LINK}{code}")
        return Outcome(keys.approve_ask(command.language, id=str(found.person_id)), (button,))

    async def press_link(self, tx: Transaction, pressed: Pressed, *, admin: bool) -> Outcome | None:
        """Let in the person whose link an administrator opened; None for a button of another kind."""
        if not pressed.data.startswith(_LINK):
            return None
        if not admin:
            return Outcome(keys.access_only_admins(pressed.language))
        code = texts.read_code(pressed.data.removeprefix(_LINK))
        found = await self._find(tx, pressed.person_id, code, pressed.language)
        said = found if isinstance(found, str) else await self._let_in(tx, pressed.person_id, code, found, pressed)
        await show_instead(tx, pressed, said)
        tx.after(WakeOutbox())
        return Outcome("")

    async def _find(self, tx: Transaction, admin: int, code: str, spoken: str) -> OpenPairing | str:
        """Return whose code it is, or why it is of no use."""
        if not self._enabled:
            return keys.pairing_off(spoken)
        if await tx.audit.count(admin, _WRONG, _WRONG_SECONDS) >= MOST_WRONG:
            return keys.code_too_many(spoken)
        found = await tx.access.pairing(code) if len(code) == texts.CODE_LENGTH else None
        if found is None:
            await tx.audit.add(admin, _WRONG, "")
            return keys.code_wrong(spoken)
        return found if found.open else keys.code_expired(spoken)

    async def _let_in(
        self, tx: Transaction, admin: int, code: str, found: OpenPairing, asked: Command | Pressed
    ) -> str:
        await tx.access.allow(found.person_id, admin)
        await tx.requests.reopen(found.person_id)
        await tx.audit.add(admin, "approve", str(found.person_id))
        private = Address(asked.address.bot_id, found.person_id, found.topic_id)
        let_in = keys.access_let_in(await language.read(tx, found.person_id))
        await tx.outbox.put(private, let_in, f"let-in:{code}:{found.person_id}", kind="notice")
        _log.info("person_let_in", extra={"person_id": found.person_id, "by": admin})
        return keys.approved(asked.language, id=str(found.person_id))

    async def revoke(self, tx: Transaction, command: Command) -> Outcome:
        """Take it back, and end what the person has asked."""
        person_id = _read_id(command.args)
        if person_id is None:
            return Outcome(keys.revoke_usage(command.language))
        taken_back = await tx.access.disallow(person_id)
        if self._access.is_configured(person_id):
            return Outcome(keys.in_settings(command.language, id=str(person_id)))
        if not taken_back:
            return Outcome(keys.not_approved(command.language, id=str(person_id)))
        await tx.audit.add(command.person_id, "revoke", str(person_id))
        await tx.access.take_back_grants(person_id)
        await self._end_chat(tx, person_id)
        if person_id < 0:
            await self._end_work(tx, await tx.access.open_turns_in(person_id))
            return Outcome(keys.revoked(command.language, id=str(person_id)))
        private = await tx.venues.private(person_id) or Address(command.address.bot_id, person_id)
        key = f"shut-out:{person_id}:{command.address.chat_id}:{command.message_id}"
        shut_out = keys.shut_out(await language.read(tx, person_id))
        await tx.outbox.put(private, shut_out, key, kind="notice")
        _log.info("person_shut_out", extra={"person_id": person_id, "by": command.person_id})
        await self._end_work(tx, await tx.access.open_turns_of(person_id))
        return Outcome(keys.revoked(command.language, id=str(person_id)))

    async def _approve_id(self, tx: Transaction, command: Command, subject_id: int) -> Outcome:
        await tx.access.allow(subject_id, command.person_id)
        await tx.requests.reopen(subject_id)
        await tx.audit.add(command.person_id, "approve", str(subject_id))
        return Outcome(keys.approved(command.language, id=str(subject_id)))

    async def _end_chat(self, tx: Transaction, chat_id: int) -> None:
        """End all agents of a chat that may not be used any more: its sub-agents, and pods that have nothing to do."""
        for thread_id, run in await tx.access.open_work_in(chat_id):
            await tx.subagents.cancel_children(thread_id, "parent")
            if run is not None:
                await tx.runs.ask_stop(thread_id, run, "killed")
                tx.after(ShutDownRun(thread_id, run, "killed"))
            tx.after(WakeThread(thread_id))

    async def _end_work(self, tx: Transaction, turns: Sequence[tuple[int, int]]) -> None:
        """Stop what was asked, but in a chat where everybody may ask."""
        for thread_id, turn_id in turns:
            thread = await tx.threads.by_id(thread_id)
            if thread is None or (await self._access.read(tx, None, thread.address.chat_id)).allowed:
                continue
            if await tx.turns.cancel(turn_id):
                tx.after(CloseViews((turn_id,)))
            elif await tx.turns.ask_stop(turn_id):
                tx.after(AbortTurn(thread_id, turn_id))
            tx.after(WakeThread(thread_id))


def _read_id(text: str) -> int | None:
    """Return the id of a person or, below zero, of a group that was written; None where it is none."""
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(_MAX_ID)):
        return None
    return -int(digits) if text.strip().startswith("-") else int(digits)
