"""`/start`, `/help` and `/whoami`, and the buttons below the first of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.link import LinkCommands
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.request import Request
from agent_gateway.commands.table import BY_NAME, find_rows
from agent_gateway.commands.turns import TurnCommands
from agent_gateway.effects import FillMenu, OpenTopic, WakeOutbox
from agent_gateway.metrics import LIMITS
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import commands as texts
from agent_gateway.wording import greeting as words
from agent_gateway.wording import keys
from agent_gateway.wording.accounts import START as LINK_START
from agent_gateway.wording.pairing import CODE_LENGTH, read_code

MOST_TASKS: Final = 10
"""Topics that one person opens by the button within an hour."""
TASK_SECONDS: Final = 3600.0
TASK_ACTION: Final = "new_task"


class Greeting:
    """Says what the bot does, and who somebody is to it.

    Args:
        turns: Begins a fresh conversation.
        letting_in: Takes codes that come by a link.
        bot_username: As people write to the bot.
        is_admin: Who is an administrator.
        has_topics: Private chats with the bot have topics.
        links: Answers who comes by the link from a group.
    """

    def __init__(
        self,
        turns: TurnCommands,
        letting_in: Pairing,
        bot_username: str,
        *,
        is_admin: Callable[[int], bool],
        has_topics: bool,
        links: LinkCommands,
    ) -> None:
        self._links = links
        self._has_topics = has_topics
        self._turns = turns
        self._letting_in = letting_in
        self._bot_username = bot_username
        self._is_admin = is_admin

    async def start(self, tx: Transaction, request: Request) -> Outcome:
        """Greet, or ask about the person whose link an administrator opened; their first chat has no menu yet."""
        command = request.command
        if request.admin and request.private:
            tx.after(FillMenu(command.person_id))
            if len(read_code(command.args)) == CODE_LENGTH:
                return await self._letting_in.ask_first(tx, command)
        if request.private and command.args.strip() == LINK_START:
            return await self._links.link(tx, replace(request, command=replace(command, args="")))
        topics = self._has_topics if request.private else command.address.topic_id is not None
        return Outcome(*words.hello(
            command.language, command.person_name, self._bot_username, private=request.private, topics=topics
        ))  # fmt: skip

    async def help(self, tx: Transaction, request: Request) -> Outcome:  # noqa: ARG002  # as each command
        """Name the commands that a person has, or say what one does."""
        command = request.command
        row = BY_NAME.get(command.args.strip().lstrip("/").lower())
        if row is not None and (request.admin or not row.admin):
            return Outcome(words.command_text(command.language, row, admin=request.admin))
        return Outcome(self._help(command.language, admin=request.admin, private=request.private))

    async def whoami(self, tx: Transaction, request: Request) -> Outcome:  # noqa: ARG002  # as each command
        """Tell a person who they are to this bot."""
        address, person_id = request.command.address, request.command.person_id
        chat_id = None if request.private else address.chat_id
        return Outcome(
            texts.whoami_text(request.command.language, person_id, chat_id, address.topic_id, admin=request.admin),
            format="markdown",
        )

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Begin anew, open a topic, or help; None for a button of another kind."""
        letting_in = await self._letting_in.press_link(tx, pressed, admin=self._is_admin(pressed.person_id))
        if letting_in is not None:
            return letting_in
        if pressed.data == words.NEW:
            outcome = await self._turns.new(tx, pressed)
        elif pressed.data == words.TASK:
            return await self._open_task(tx, pressed)
        elif pressed.data == words.HELP:
            private = pressed.address.chat_id == pressed.person_id
            admin = self._is_admin(pressed.person_id)
            outcome = Outcome(self._help(pressed.language, admin=admin, private=private))
        else:
            return None
        await tx.outbox.put(pressed.address, outcome.text, f"pressed:{pressed.callback_id}")
        tx.after(WakeOutbox())
        return Outcome("")

    async def _open_task(self, tx: Transaction, pressed: Pressed) -> Outcome:
        begun = await tx.audit.count(pressed.person_id, TASK_ACTION, TASK_SECONDS)
        if begun >= MOST_TASKS:
            LIMITS.labels("tasks").inc()
            return Outcome(keys.tasks_full(pressed.language, count=begun))
        await tx.audit.add(pressed.person_id, TASK_ACTION, str(pressed.address.chat_id))
        tx.after(OpenTopic(pressed.address, pressed.language, pressed.callback_id))
        return Outcome("")

    def _help(self, language: str, *, admin: bool, private: bool) -> str:
        return words.help_text(language, find_rows(admin=admin and private), self._bot_username, private=private)
