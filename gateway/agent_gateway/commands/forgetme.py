"""`/forget me`: delete what is kept of one person, in all chats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent_contract.names import build_thread_name
from agent_gateway.commands.confirm import ask
from agent_gateway.commands.forget import cut_off, is_busy
from agent_gateway.commands.outcome import Outcome
from agent_gateway.effects import WakeJobs
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.persons import MOST_PRIVATE
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.titles import PRIVATE

ACTION: Final = "forgetme"


class ForgetMe:
    """Asks, and does it where nothing that the person asked is at work.

    Args:
        bot_name: The gateway's short name.
    """

    def __init__(self, bot_name: str) -> None:
        self._bot_name = bot_name

    async def ask(self, tx: Transaction, command: Command) -> Outcome:
        """Say what is theirs, and what stays."""
        language, person_id = command.language, command.person_id
        if command.address.chat_id != person_id:
            return Outcome(keys.forget_me_private(language))
        private = await tx.persons.private(person_id)
        if await _is_busy(tx, person_id, private):
            return Outcome(keys.forget_me_busy(language))
        schedules, accounts = await tx.persons.schedules(person_id), await tx.accounts.of(person_id)
        text = keys.forget_me_question(
            language, private=str(len(private)), schedules=str(len(schedules)), accounts=str(len(accounts))
        )
        return await ask(tx, command, ACTION, [(person_id, 0)], text, keys.forget_me_question_do(language))

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """Delete what is short at once, cut private conversations off, and have the rest deleted beside."""
        person_id, language = confirm.subject[0][0], pressed.language
        private = sorted(await tx.persons.private(person_id), key=lambda thread: thread.id)
        for thread in private:
            await tx.history.hold_thread(thread.id)
        if await _is_busy(tx, person_id, private):
            return Outcome(keys.forget_me_busy(language))
        for thread in private:
            await cut_off(tx, thread, f"forget:{confirm.id}:{thread.id}", thread.address, None)
        for connection in await tx.accounts.remove_all(person_id):
            await tx.audit.add(person_id, "unlink", connection)
        await tx.persons.forget(person_id)
        address = confirm.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        told = await tx.threads.get_or_create(address, name, PRIVATE, language)
        progress = {"person": person_id, "after": 0, "up_to": await tx.persons.end(), "gone": 0}
        key = f"forget-me:{confirm.id}"
        await tx.jobs.add(JobKind.FORGET_ME, key, told.id, address, pressed.message_id, progress)
        await tx.audit.add(pressed.person_id, "forget-me", str(person_id))
        tx.after(WakeJobs())
        more = f"\n\n{keys.forget_me_more(language, count=str(len(private)))}" if len(private) == MOST_PRIVATE else ""
        return Outcome(f"{keys.forgetting_me(language)}{more}")


async def _is_busy(tx: Transaction, person_id: int, private: Sequence[Thread]) -> bool:
    """Say whether anything of a person is at work or waits, a copy of what is kept of them among it."""
    at_work = [await is_busy(tx, thread.id) for thread in private]
    return any(at_work) or await tx.persons.is_busy(person_id) or await tx.jobs.is_exporting_person(person_id)
