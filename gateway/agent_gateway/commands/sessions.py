"""`/sessions`: the sessions of a conversation, a name for the present one, and the way back to an earlier one."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.commands.turns import end_session_run, is_busy
from agent_gateway.inbox.zones import find_zone
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import NOWHERE, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import sessions as texts
from agent_gateway.wording.sessions import LONGEST_NAME, PAGE
from agent_gateway.wording.texts import shorten


class SessionCommands:
    """Lists sessions, names the present one, and goes back to an earlier one.

    Args:
        zone: Of people who chose none.
    """

    def __init__(self, zone: str) -> None:
        self._zone = zone

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """List them; with words, give these to the present one as its name."""
        command, language = request.command, request.command.language
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(keys.sessions_none(language))
        name = shorten(command.args, LONGEST_NAME)
        if name:
            await tx.past.name(thread.id, name)
            await tx.audit.add(command.person_id, "name-session", thread.name)
            return Outcome(keys.sessions_named(language, name=name))
        return Outcome(*await self._page(tx, thread, command.person_id, language, 0))

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Go back to a session, or turn a page; None for a button of another kind."""
        found = texts.parse_session_press(pressed.data)
        if found is None:
            return None
        language = pressed.language
        thread = await tx.threads.by_address(pressed.address) if pressed.address.chat_id != NOWHERE else None
        if thread is None:
            return Outcome(keys.sessions_gone(language))
        if isinstance(found, int):
            await show_instead(tx, pressed, *await self._page(tx, thread, pressed.person_id, language, found))
            return Outcome("")
        await tx.history.hold_thread(thread.id)  # a message that comes now waits till it is done
        if await is_busy(tx, thread.id):
            return Outcome(keys.busy(language))
        chosen = next((one for one in await tx.past.of(thread.id) if one.id == found and one.ended_at), None)
        if chosen is None:
            return Outcome(keys.sessions_gone(language))
        run = await tx.runs.open(thread.id)
        await tx.past.resume(thread.id, chosen.id)
        await end_session_run(tx, thread, run, "another session is gone on with")
        await tx.audit.add(pressed.person_id, "resume", thread.name)
        await show_instead(tx, pressed, keys.sessions_resumed(language, name=texts.show_name(language, chosen)))
        return Outcome("")

    async def _page(
        self, tx: Transaction, thread: Thread, person_id: int, language: str, page: int
    ) -> tuple[str, tuple[Button, ...]]:
        sessions = await tx.past.of(thread.id)
        page = max(0, min(page, (len(sessions) - 1) // PAGE))
        zone = find_zone(await tx.people.zone(person_id) or self._zone)
        text = texts.list_text(language, sessions, page, datetime.now(UTC), zone)
        return text, texts.build_buttons(language, sessions, page)
