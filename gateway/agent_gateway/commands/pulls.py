"""`/pr`, and the button that lets the agent answer what was said at a pull request."""

from __future__ import annotations

from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.request import Request
from agent_gateway.effects import OpenView, WakeOutbox, WakeThread
from agent_gateway.forges.answers import MOST_IN_PROMPT, build_prompt, choose_answered
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.metrics import LIMITS
from agent_gateway.store.pulls import PullRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.pulls import build_answer, build_link, list_text, parse_answer

MOST_SHOWN: Final = 8
"""Pull requests of one message."""


class PullCommand:
    """Shows pull requests, and has what was said there answered."""

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Say which pull requests this conversation opened, and look at them soon."""
        command = request.command
        thread = await tx.threads.by_address(command.address)
        rows = await tx.pulls.of_thread(thread.id, MOST_SHOWN) if thread is not None else []
        if thread is not None and rows:
            await tx.pulls.hurry(thread.id)
        return Outcome(list_text(command.language, rows), format="markdown")

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Ask the agent to answer what nobody has answered yet, once; None for a button of another kind."""
        pull_id = parse_answer(pressed.data)
        if pull_id is None:
            return None
        row = await tx.pulls.lock(pull_id)
        thread = await tx.threads.by_id(row.thread_id) if row is not None else None
        if row is None or thread is None or thread.address != pressed.address:
            return Outcome(keys.pulls_gone(pressed.language))  # what stands in another chat is nobody's business
        waiting = await tx.turns.count_queued(thread.id)
        if waiting >= MOST_QUEUED:
            LIMITS.labels("queued").inc()
            return Outcome(keys.queue_full(pressed.language, count=waiting))
        news = await tx.pulls.open_news(row.id, MOST_IN_PROMPT)
        if not news:
            await self._leave_buttons(tx, pressed, row, more=False)
            return Outcome(keys.pulls_answered(pressed.language))
        await tx.threads.get_or_create(thread.address, thread.name, thread.title, pressed.language)
        turn = await tx.turns.add(thread.id, None, None, pressed.person_id, build_prompt(row, news))
        await tx.pulls.answer_news(row.id, turn.id, [one.key for one in choose_answered(news)])
        await self._leave_buttons(tx, pressed, row, more=bool(await tx.pulls.open_news(row.id, 1)))
        tx.after(WakeThread(thread.id), OpenView(turn, thread.address))
        return Outcome(keys.pulls_answering(pressed.language))

    async def _leave_buttons(self, tx: Transaction, pressed: Pressed, row: PullRow, *, more: bool) -> None:
        """Leave the link, and the button where there is more to answer than a turn has room for."""
        buttons = [build_link(pressed.language, row.url)]
        if more:
            buttons.insert(0, build_answer(pressed.language, row.id))
        await tx.outbox.put_buttons(pressed.address, pressed.message_id, f"pressed:{pressed.callback_id}", buttons)
        tx.after(WakeOutbox())
