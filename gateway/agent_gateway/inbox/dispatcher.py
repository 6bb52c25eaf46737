"""The dispatcher: each update becomes a turn, an answer to a command, or nothing, in one transaction."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from agent_contract.names import build_thread_name
from agent_gateway.commands import pairing
from agent_gateway.commands.facts import FactReader, Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.table import ASKS_CLUSTER, Commands
from agent_gateway.effects import AnswerPress, OpenView, WakeOutbox, WakeThread
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.parts import Parts
from agent_gateway.inbox.queues import InboxQueues
from agent_gateway.metrics import UPDATES
from agent_gateway.store import Store
from agent_gateway.store.rows import Address, InboxRow, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.errors import MalformedUpdate
from agent_gateway.telegram.inbound.updates import Command, Edited, Ignored, Incoming, Pressed, Prompt, parse
from agent_gateway.telegram.inbound.venues import CLOSED_WAITS, VenueEvent, read_change
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.venues.venues import Venues
from agent_gateway.wake import Wake
from agent_gateway.wording.commands import not_allowed_text
from agent_gateway.wording.settings import read_thread
from agent_gateway.wording.texts import buried_text

_log = logging.getLogger(__name__)
_NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an update asks for, with what the cluster was known to say of its conversation before the transaction."""

    incoming: Incoming | VenueEvent
    facts: Facts = _NO_FACTS


class Dispatcher:
    """Takes the updates of the inbox.

    Args:
        store: Everything durable.
        commands: The commands and buttons.
        access: Who may use the bot.
        bot: Who the bot is.
        bot_name: The gateway's short name.
        facts: Reads what the cluster says.
        steering: Words for running answers.
        venues: What follows for conversations whose topic or chat changes.
        letting_in: `/approve`, `/revoke` and codes.
        wake: Tells that the inbox holds something new.
        check: Raises when this process may no longer act.
        unaddressed: What is said in a group is for the bot also where it is not named.
    """

    def __init__(
        self,
        store: Store,
        commands: Commands,
        access: Access,
        bot: BotIdentity,
        bot_name: str,
        *,
        facts: FactReader,
        steering: Steering,
        venues: Venues,
        letting_in: pairing.Pairing,
        wake: Wake,
        check: Callable[[], None],
        unaddressed: bool = False,
    ) -> None:
        self._store = store
        self._commands = commands
        self._access = access
        self._bot = bot
        self._bot_name = bot_name
        self._facts = facts
        self._steering = steering
        self._parts = Parts(bot)
        self._venues = venues
        self._letting_in = letting_in
        self._wake = wake
        self._check = check
        self._unaddressed = unaddressed

    async def run(self) -> None:
        """Dispatch for ever.

        Raises:
            LeadershipLost: another gateway may lead now.
            Away: the database does not tell what is new.
        """
        await InboxQueues(self._store, self._wake, self._check, self).run()

    async def plan(self, row: InboxRow) -> Plan:
        """Read an update, and what the cluster says of its conversation where the answer depends on it.

        Raises:
            MalformedUpdate: it has not Telegram's shape.
        """
        raw = _load(row.payload)
        change = read_change(raw, self._bot)
        if change is not None:
            return Plan(change)
        incoming = parse(raw, self._bot, unaddressed=self._unaddressed)
        match incoming:
            case Command(name=name, address=address) if name in ASKS_CLUSTER:
                standing = await self._access.read(self._store, incoming.person_id, address.chat_id)
                return Plan(incoming, await self._facts.read(self._build_name(standing.follow(address))))
            case Pressed(data=data) if (thread_id := read_thread(data)) is not None:
                thread = await self._store.threads.by_id(thread_id)
                return Plan(incoming, await self._facts.read(thread.name) if thread is not None else _NO_FACTS)
            case _:
                return Plan(incoming)

    def is_prompt(self, plan: Plan) -> bool:
        """Say whether an update is a message for an agent."""
        return isinstance(plan.incoming, Prompt)

    async def record(self, row: InboxRow, plan: Plan) -> None:
        """Do what an update asks for, once."""
        async with self._store.transaction() as tx:
            if not await tx.inbox.claim(row.update_id):
                return
            if isinstance(plan.incoming, VenueEvent):
                UPDATES.labels("venue").inc()
                await self._venues.apply(tx, plan.incoming, row.update_id)
            else:
                await self._handle(tx, row, plan.incoming, plan.facts)
            await tx.inbox.finish(row.update_id)

    async def set_aside(self, row: InboxRow, kind: str, problem: str) -> None:
        """Set a row aside that no trying again helps, and tell who wrote it."""
        async with self._store.transaction() as tx:
            await tx.inbox.finish(row.update_id, "dead", problem)
            await self._tell_set_aside(tx, row, problem)
        UPDATES.labels(kind).inc()
        _log.warning("update_dead", extra={"update_id": row.update_id, "problem": problem})

    async def _tell_set_aside(self, tx: Transaction, row: InboxRow, problem: str) -> None:
        """Tell whoever wrote it, where that can be read and they may use the bot."""
        try:
            incoming = parse(_load(row.payload), self._bot)
        except Exception:  # noqa: BLE001  # what made it fail may do so again; it is set aside all the same
            return
        if not isinstance(incoming, Prompt | Command):
            return
        address = incoming.address
        if (await self._access.read(tx, incoming.person_id, address.chat_id)).allowed:
            key = f"update:{row.update_id}"
            await tx.outbox.put(address, buried_text(problem, row.update_id), key, reply_to=incoming.message_id)
            tx.after(WakeOutbox())

    async def _handle(self, tx: Transaction, row: InboxRow, incoming: Incoming, facts: Facts) -> None:
        """Do what one update asks for. What was asked in a group that has moved is asked where it is now."""
        UPDATES.labels(type(incoming).__name__.lower()).inc()
        if incoming.address is None or (isinstance(incoming, Ignored) and incoming.reply is None):
            return
        standing = await self._access.read(tx, incoming.person_id, incoming.address.chat_id)
        address = standing.follow(incoming.address)
        incoming = replace(incoming, address=address)
        if not standing.allowed:
            said_to_it = parse(_load(row.payload), self._bot) if self._unaddressed else incoming
            if not isinstance(said_to_it, Ignored):
                await self._refuse(tx, incoming, address)
            return
        outcome = await self._answer(tx, row, incoming, facts)
        if outcome is None:
            return
        if isinstance(incoming, Pressed):
            tx.after(AnswerPress(incoming.callback_id, outcome.text))
            return
        if outcome.text:
            key = f"update:{row.update_id}"
            await tx.outbox.put(address, outcome.text, key, reply_to=incoming.message_id, buttons=outcome.buttons)
        tx.after(WakeOutbox())

    async def _answer(self, tx: Transaction, row: InboxRow, incoming: Incoming, facts: Facts) -> Outcome | None:
        match incoming:
            case Prompt():
                return await self._ask(tx, row, incoming)
            case Edited():
                return await self._steering.edit(tx, row.update_id, incoming)
            case Command(name=name) if name in pairing.COMMANDS:
                return await self._letting_in.answer(tx, incoming)
            case Command(address=address):
                await self._venues.settle(tx, address)
                await self._venues.greet(tx, address)
                said = await self._commands.answer(tx, row.update_id, incoming, facts)
                return await self._ask(tx, row, said) if isinstance(said, Prompt) else said
            case Pressed():
                return await self._commands.press(tx, incoming, facts)
            case Ignored(reply=reply):
                return Outcome(reply or "")

    async def _ask(self, tx: Transaction, row: InboxRow, prompt: Prompt) -> Outcome | None:
        address = prompt.address
        await self._venues.settle(tx, address)
        name = self._build_name(address)
        thread = await tx.threads.get_or_create(address, name, prompt.title)
        if thread.venue is VenueState.ORPHANED:
            await self._venues.greet(tx, address)
        running = await tx.turns.running(thread.id)
        steered = await self._steering.reply(tx, row.update_id, thread, prompt, running)
        if steered is not None:
            return steered
        turn = await self._parts.take(tx, row.update_id, thread, prompt)
        if turn is None:
            return None
        _log.info("step", extra={"step": "turn_queued", "agent_thread": name, "turn": turn.id, "t": _now_ms(),
                                 "update_id": row.update_id})  # fmt: skip
        if thread.venue is VenueState.CLOSED:  # its state cannot be shown there
            return Outcome(CLOSED_WAITS)
        tx.after(WakeThread(thread.id), OpenView(turn, address))
        return Outcome("")

    async def _refuse(self, tx: Transaction, incoming: Incoming, address: Address) -> None:
        """Tell an unknown person their id, at most once a minute in a chat."""
        if isinstance(incoming, Pressed):
            tx.after(AnswerPress(incoming.callback_id, not_allowed_text(incoming.person_id, address.chat_id)))
            return
        if not isinstance(incoming, Prompt | Command) or not incoming.addressed:
            return
        UPDATES.labels("refused").inc()
        await self._letting_in.refuse(tx, incoming.person_id, address, incoming.message_id)
        tx.after(WakeOutbox())

    def _build_name(self, address: Address) -> str:
        return build_thread_name(self._bot_name, address.chat_id, address.topic_id)


def _load(payload: str) -> object:
    try:
        return json.loads(payload)
    except ValueError as error:
        raise MalformedUpdate("the update is not JSON") from error


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
