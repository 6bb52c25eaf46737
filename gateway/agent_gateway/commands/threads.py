"""`/threads`: the conversations in pages, and what can be done with each by a button."""

from __future__ import annotations

from collections.abc import Callable

from agent_gateway.commands.confirm import ask
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.kill import ACTION as KILL
from agent_gateway.commands.kill import may_kill
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.commands.status import Describing
from agent_gateway.commands.turns import stop_thread
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address, Thread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import threads as texts
from agent_gateway.wording.threads import PAGE, ThreadPress
from agent_gateway.wording.titles import show_title


class ThreadCommands:
    """Lists conversations and acts on them: those of a chat; in private with the bot, an administrator those of all.

    Args:
        describing: Says how they are.
        is_admin: Who is an administrator.
    """

    def __init__(self, describing: Describing, *, is_admin: Callable[[int], bool]) -> None:
        self._describing = describing
        self._is_admin = is_admin

    async def threads(self, tx: Transaction, request: Request) -> Outcome:
        """List those in which somebody wrote last."""
        command = request.command
        text, buttons = await self._page(tx, command.address, command.person_id, command.language, 0)
        return Outcome(text, buttons)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Turn a page, show a conversation, or act on it, in place of what stands; None for a button of another kind."""
        found = texts.parse_thread_press(pressed.data)
        if found is None:
            return None
        what, thread_id, page = found
        if what is ThreadPress.PAGE:
            shown = await self._page(tx, pressed.address, pressed.person_id, pressed.language, page)
            await show_instead(tx, pressed, *shown)
            return Outcome("")
        thread = await tx.threads.by_id(thread_id)
        own = thread is not None and thread.address.chat_id == pressed.address.chat_id
        if thread is None or not (own or self._sees_all(pressed.address, pressed.person_id)):
            return Outcome(
                keys.button_gone(pressed.language)
            )  # whether another chat's thread exists is nobody's business
        if what is ThreadPress.KILL:
            admin = facts.group_admin or self._is_admin(pressed.person_id)
            if not await may_kill(tx, thread, pressed.person_id, admin=admin):
                return Outcome(keys.group_admins_only(pressed.language))
            title = show_title(pressed.language, thread.title)
            question = keys.kill_question(pressed.language, title=title)
            asked = await ask(
                tx, pressed, KILL, [(thread.id, 0)], question, keys.kill_question_do(pressed.language)
            )  # fmt: skip
            await show_instead(tx, pressed, asked.text, asked.buttons)
            return Outcome("")
        said = ""
        if what is ThreadPress.STOP:
            stopped = await stop_thread(tx, thread, pressed.person_id)
            said = keys.threads_stopping(pressed.language) if stopped else keys.threads_nothing_runs(pressed.language)
        await self._show_details(tx, pressed, thread, facts, page)
        return Outcome(said)

    def _sees_all(self, address: Address, person_id: int) -> bool:
        """Say whether a person is shown other chats' conversations: nobody in a group, where others read along."""
        return self._is_admin(person_id) and address.chat_id == person_id

    async def _page(
        self, tx: Transaction, address: Address, person_id: int, language: str, page: int
    ) -> tuple[str, tuple[Button, ...]]:
        chat_id = None if self._sees_all(address, person_id) else address.chat_id
        found = await tx.threads.recent(chat_id, (page + 1) * PAGE + 1)
        threads, more = found[page * PAGE : (page + 1) * PAGE], len(found) > (page + 1) * PAGE
        lines = await self._describing.lines(tx, threads)
        text = texts.list_text(language, lines, page, admin=chat_id is None)
        return text, texts.build_list_buttons(language, lines, page, more=more)

    async def _show_details(self, tx: Transaction, pressed: Pressed, thread: Thread, facts: Facts, page: int) -> None:
        described = await self._describing.describe(tx, thread, facts)
        last = await tx.turns.last_asked(thread.id)
        link = texts.build_link(thread.address, last.message_id if last is not None else None)
        slots = await self._describing.slots(tx, admin=self._sees_all(pressed.address, pressed.person_id))
        await show_instead(
            tx, pressed, texts.details_text(pressed.language, described, slots),
            texts.build_details_buttons(pressed.language, described, page, link),
        )  # fmt: skip
