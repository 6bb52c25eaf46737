"""The dispatcher: each update becomes a turn, an answer to a command, or nothing, in one transaction."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from agent_contract.names import build_thread_name
from agent_gateway.commands import pairing
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.table import Answer, Commands
from agent_gateway.commands.turns import Outcome
from agent_gateway.errors import LeadershipLost
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.parts import Parts
from agent_gateway.inbox.queues import InboxQueues
from agent_gateway.logs import describe_fault
from agent_gateway.metrics import UPDATES
from agent_gateway.store import Store
from agent_gateway.store.errors import Away, Raced, Refused, TooSlow
from agent_gateway.store.rows import Address, InboxRow, Turn, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import MalformedUpdate, TelegramProblem
from agent_gateway.telegram.inbound.updates import Command, Edited, Ignored, Incoming, Pressed, Prompt, parse
from agent_gateway.telegram.inbound.venues import CLOSED_WAITS, VenueEvent, read_change
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.venues.venues import Venues
from agent_gateway.wake import Wake
from agent_gateway.wording.commands import not_allowed_text
from agent_gateway.wording.texts import buried_text

_log = logging.getLogger(__name__)
_TRIES = 3


class Opener(Protocol):
    """Shows at once that a message was taken."""

    def open(self, turn: Turn, address: Address, reply_to: int | None) -> None:
        """Begin to show a turn."""


class Callbacks(Protocol):
    """Answers pressed buttons."""

    async def answer_callback(self, callback_id: str, text: str) -> None:
        """Show a short text to the person who pressed."""


class Dispatcher:
    """Takes inbox rows, one lane strictly in order, lanes in parallel."""

    def __init__(
        self,
        store: Store,
        commands: Commands,
        access: Access,
        bot: BotIdentity,
        bot_name: str,
        wake: Wake,
        views: Opener,
        check: Callable[[], None],
        callbacks: Callbacks,
        steering: Steering,
        *,
        venues: Venues,
        letting_in: pairing.Pairing,
        unaddressed: bool = False,
    ) -> None:
        self._store = store
        self._steering = steering
        self._parts = Parts(store, bot)
        self._venues = venues
        self._letting_in = letting_in
        self._unaddressed = unaddressed
        self._callbacks = callbacks
        self._commands = commands
        self._access = access
        self._bot = bot
        self._bot_name = bot_name
        self._wake = wake
        self._views = views
        self._check = check
        self._after: set[asyncio.Task[None]] = set()
        self._failures: dict[int, int] = {}

    async def run(self) -> None:
        """Dispatch for ever."""
        await InboxQueues(self._store, self._wake, self._check, self._take).run()

    async def _take(self, row: InboxRow) -> bool:
        """Take one row; False where it is to be tried again."""
        try:
            await self._dispatch(row)
        except LeadershipLost:
            raise
        except MalformedUpdate as error:
            return await self._bury(row, "malformed", str(error)[:1000])
        except (Raced, TooSlow) as error:
            return await self._fail(row, error)
        except Refused as error:
            return await self._bury(row, "failed", str(error))
        except Away as error:
            _log.warning("update_failed", extra={"update_id": row.update_id, "error": type(error).__name__})
            return False
        except Exception as error:  # noqa: BLE001  # a fault in one update must not hold up the others for ever
            return await self._fail(row, error)
        self._failures.pop(row.update_id, None)
        return True

    async def _fail(self, row: InboxRow, error: Exception) -> bool:
        """Try a row again whose fault may be its own, but not for ever: its lane waits."""
        _log.error("update_failed", extra={"update_id": row.update_id, "error": describe_fault(error)})
        self._failures[row.update_id] = self._failures.get(row.update_id, 0) + 1
        if self._failures[row.update_id] < _TRIES:
            return False
        return await self._bury(row, "failed", f"it cannot be handled: {type(error).__name__}")

    async def _dispatch(self, row: InboxRow) -> None:
        raw = _load(row.payload)
        change = read_change(raw, self._bot)
        incoming = change if change is not None else parse(raw, self._bot, unaddressed=self._unaddressed)
        await self._access.load()
        async with self._store.transaction() as tx:
            if not await tx.inbox.claim(row.update_id):
                return
            if isinstance(incoming, VenueEvent):
                UPDATES.labels("place").inc()
                after: list[Any] = await self._venues.apply(tx, incoming, row.update_id)
            else:
                after = await self._handle(tx, row, self._follow(incoming))
            await tx.inbox.finish(row.update_id)
        self._start(after)

    def _follow(self, incoming: Incoming) -> Incoming:
        """Return what was asked in a group that has moved as if it had been asked where the group is now."""
        if incoming.address is None or not self._access.has_moved(incoming.address.chat_id):
            return incoming
        return replace(incoming, address=self._access.follow(incoming.address))

    async def _bury(self, row: InboxRow, kind: str, problem: str) -> bool:
        """Set a row aside that no trying again helps, with words that hold nothing of its contents."""
        try:
            async with self._store.transaction() as tx:
                await tx.inbox.finish(row.update_id, "dead", problem)
                await self._tell_buried(tx, row, problem)
        except Away:
            return False
        self._failures.pop(row.update_id, None)
        self._wake.outbox()
        UPDATES.labels(kind).inc()
        _log.warning("update_dead", extra={"update_id": row.update_id, "problem": problem})
        return True

    async def _tell_buried(self, tx: Transaction, row: InboxRow, problem: str) -> None:
        """Tell whoever wrote it, where that can be read and they may use the bot."""
        try:
            incoming = parse(_load(row.payload), self._bot)
        except Exception:  # noqa: BLE001  # what made it fail may do so again; it is set aside all the same
            return
        if not isinstance(incoming, Prompt | Command):
            return
        if self._access.allows(incoming.person_id, incoming.address.chat_id):
            text = buried_text(problem, row.update_id)
            key = f"update:{row.update_id}"
            await tx.outbox.put(incoming.address, text, key, reply_to=incoming.message_id)

    async def _handle(self, tx: Transaction, row: InboxRow, incoming: Incoming) -> list[Any]:
        """Do what one update asks for; return what is to be done once it is committed."""
        UPDATES.labels(type(incoming).__name__.lower()).inc()
        if isinstance(incoming, Ignored) and (incoming.reply is None or incoming.address is None):
            return []
        address = incoming.address
        if address is None:
            return []
        if not self._access.allows(incoming.person_id, address.chat_id):
            said_to_it = parse(_load(row.payload), self._bot) if self._unaddressed else incoming
            return [] if isinstance(said_to_it, Ignored) else await self._refuse(tx, incoming, address)
        asks = isinstance(incoming, Prompt | Command)
        back: list[Any] = await self._venues.settle(tx, address) if asks else []
        match incoming:
            case Prompt():
                answer = await self._ask(tx, row, incoming)
            case Edited():
                answer = _answer(await self._steering.edit(tx, row.update_id, incoming))
            case Command(name=name) if name in pairing.COMMANDS:
                outcome = await self._letting_in.answer(tx, incoming)
                answer = None if outcome is None else _answer(outcome)
            case Command():
                back += await self._venues.greet(tx, address)
                said = await self._commands.answer(tx, row.update_id, incoming)
                answer = await self._ask(tx, row, said) if isinstance(said, Prompt) else said
            case Pressed():
                return await self._press(tx, incoming)
            case Ignored(reply=reply):
                answer = Answer(reply or "")
        if answer is None:
            return back
        if answer.text:
            key = f"update:{row.update_id}"
            await tx.outbox.put(address, answer.text, key, reply_to=incoming.message_id, buttons=answer.buttons)
        return [self._wake.outbox, *back, *answer.then]

    async def _press(self, tx: Transaction, pressed: Pressed) -> list[Any]:
        answer = await self._commands.press(tx, pressed)
        return [*answer.then, lambda: self._answer_button(pressed.callback_id, answer.text)]

    async def _answer_button(self, callback_id: str, words: str) -> None:
        """Tell the person who pressed; one who is no longer there is told nothing."""
        try:
            await self._callbacks.answer_callback(callback_id, words)
        except TelegramProblem as problem:
            _log.info("button_not_answered", extra={"error": type(problem).__name__})

    async def _ask(self, tx: Transaction, row: InboxRow, prompt: Prompt) -> Answer | None:
        address = prompt.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, prompt.title)
        back = await self._venues.greet(tx, address) if thread.venue is VenueState.ORPHANED else []
        running = await tx.turns.running(thread.id)
        steered = await self._steering.reply(tx, row.update_id, thread, prompt, running)
        if steered is not None:
            return _answer(steered)
        turn = await self._parts.take(tx, row.update_id, thread, prompt)
        if turn is None:
            return None
        _log.info("step", extra={"step": "turn_queued", "agent_thread": name, "turn": turn.id, "t": _now_ms(),
                                 "update_id": row.update_id})  # fmt: skip

        if thread.venue is VenueState.CLOSED:  # its state cannot be shown there
            return Answer(CLOSED_WAITS, back)

        def show() -> None:
            self._wake.thread(thread.id)
            self._views.open(turn, address, turn.message_id)

        return Answer("", [*back, show])

    async def _refuse(self, tx: Transaction, incoming: Incoming, address: Address) -> list[Any]:
        """Tell an unknown person their id, at most once a minute in a chat."""
        if isinstance(incoming, Pressed):
            words = not_allowed_text(incoming.person_id, address.chat_id)
            return [lambda: self._answer_button(incoming.callback_id, words)]
        if not isinstance(incoming, Prompt | Command) or incoming.person_id is None:
            return []
        if not incoming.addressed:
            return []
        UPDATES.labels("refused").inc()
        await self._letting_in.refuse(tx, incoming.person_id, address, incoming.message_id)
        return [self._wake.outbox]

    def _start(self, after: list[Any]) -> None:
        """Do what follows a commit; none of it may hold up the lane or undo what was committed."""
        for function in after:
            result = function()
            if asyncio.iscoroutine(result):
                task = asyncio.create_task(result)
                self._after.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._after.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("command_failed", extra={"error": type(error).__name__})


def _answer(outcome: Outcome) -> Answer:
    return Answer(outcome.text, outcome.then)


def _load(payload: str) -> object:
    try:
        return json.loads(payload)
    except ValueError as error:
        raise MalformedUpdate("the update is not JSON") from error


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
