"""The dispatcher: each update becomes a turn, an answer to a command, or nothing, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable

from agent_contract.names import build_thread_name
from agent_gateway.commands.commands import Commands
from agent_gateway.commands.facts import FactReader, Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.table import ASKS_CLUSTER, BY_NAME, LISTS_REPOSITORIES
from agent_gateway.decisions.replies import Replies
from agent_gateway.effects import AnswerPress, OpenView, ShowCommands, WakeOutbox, WakeThread
from agent_gateway.errors import ConversationsFull
from agent_gateway.inbox import language
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.addresses import find_address
from agent_gateway.inbox.bursts import follows
from agent_gateway.inbox.corrections import find_correction
from agent_gateway.inbox.parts import Full, Parts
from agent_gateway.inbox.plans import Plan, load_update
from agent_gateway.inbox.presses import find_thread
from agent_gateway.inbox.queues import InboxQueues
from agent_gateway.inbox.rights import GroupRights
from agent_gateway.inbox.room import lacks_conversation, refuse_conversation, refuse_task
from agent_gateway.inbox.setaside import tell_set_aside
from agent_gateway.metrics import LIMITS, UPDATES
from agent_gateway.quotas import Level
from agent_gateway.speech.listening import Listening
from agent_gateway.store import Store
from agent_gateway.store.rows import Address, InboxRow, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Edited, Ignored, Incoming, Pressed, Prompt, Spoken, settle
from agent_gateway.telegram.inbound.joined import read_joined
from agent_gateway.telegram.inbound.topics import read_unnamed
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.inbound.venues import VenueEvent, read_change
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.venues.joined import Joining
from agent_gateway.venues.venues import Venues
from agent_gateway.wake import Wake
from agent_gateway.wording import keys
from agent_kube.tracing.steps import tell_step

_log = logging.getLogger(__name__)


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
        letting_in: What unknown people are told.
        joining: Greets groups.
        wake: Tells that the inbox holds something new.
        check: Raises when this process may no longer act.
        listening: Puts words in the place of speech.
        rights: Who is an administrator of a group.
        level: How full the database is.
        newest: Takes notice of what is said, whoever it is for.
        unaddressed: What is said in a group is for the bot also where it is not named.
        group_context: Messages said before in a group that come along with a question.
        zone: Time zone of people who chose none.
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
        letting_in: Pairing,
        joining: Joining,
        wake: Wake,
        check: Callable[[], None],
        listening: Listening,
        rights: GroupRights,
        level: Callable[[], Level] = lambda: Level.ROOM,
        newest: Newest | None = None,
        unaddressed: bool = False,
        group_context: int = 0,
        zone: str = "UTC",
    ) -> None:
        self._store = store
        self._commands = commands
        self._access = access
        self._bot = bot
        self._bot_name = bot_name
        self._facts = facts
        self._steering = steering
        self._parts = Parts(bot, access, group_context=group_context, zone=zone)
        self._replies = Replies(access.is_admin)
        self._venues = venues
        self._letting_in = letting_in
        self._joining = joining
        self._wake = wake
        self._check = check
        self._listening = listening
        self._rights = rights
        self._level = level
        self._newest = newest or Newest()
        self._unaddressed = unaddressed

    async def run(self) -> None:
        """Dispatch for ever.

        Raises:
            LeadershipLost: another gateway may lead now.
            Away: the database does not tell what is new.
        """
        await InboxQueues(self._store, self._wake, self._check, self).run()

    async def plan(self, row: InboxRow) -> Plan:
        """Read an update, what is spoken in it, and what cluster and group say of who asks where that matters.

        Raises:
            MalformedUpdate: it has not Telegram's shape.
        """
        return await self._rights.add(await self._read(row))

    async def _read(self, row: InboxRow) -> Plan:
        raw = load_update(row.payload)
        self._newest.read(raw)
        change = read_change(raw, self._bot)
        if change is not None:
            return Plan(change, joined=read_joined(raw, self._bot))
        incoming = parse(raw, self._bot, unaddressed=self._unaddressed)
        match incoming:
            case Command(name=name, address=address) | Edited(now=Command(name=name, address=address)) if (
                name in ASKS_CLUSTER or name not in BY_NAME
            ):
                standing = await self._access.read(self._store, incoming.person_id, address.chat_id)
                if name not in BY_NAME and not standing.allowed:
                    return Plan(incoming)
                own = self._build_name(standing.follow(address))
                lists = name == LISTS_REPOSITORIES and standing.allowed
                return Plan(incoming, await (self._facts.read_with_repositories if lists else self._facts.read)(own))
            case Prompt(spoken=Spoken(), addressed=True):
                standing = await self._access.read(self._store, incoming.person_id, incoming.address.chat_id)
                address = standing.follow(incoming.address)
                return Plan(await self._listening.listen(incoming, address) if standing.allowed else incoming)
            case Pressed(data=data) if (thread := await find_thread(self._store, data)) is not None:
                return Plan(incoming, await self._facts.read(thread.name))
            case Ignored():
                return Plan(incoming, unnamed=read_unnamed(raw, self._bot))
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
                if await self._rights.concerns(tx, plan.incoming):
                    await self._venues.apply(tx, plan.incoming, row.update_id)
                if plan.joined is not None:
                    await self._joining.greet(tx, plan.joined, row.update_id)
            elif plan.unnamed is not None:
                await self._joining.note_unnamed(tx, plan.unnamed)
            else:
                await self._handle(tx, row, plan.incoming, plan.facts)
            await tx.inbox.finish(row.update_id)

    async def set_aside(self, row: InboxRow, kind: str, problem: str) -> None:
        """Set a row aside that no trying again helps, and tell who wrote it."""
        async with self._store.transaction() as tx:
            await tx.inbox.finish(row.update_id, "dead", problem)
            await tell_set_aside(tx, row, self._bot, self._access)
        UPDATES.labels(kind).inc()
        _log.warning("update_dead", extra={"update_id": row.update_id, "problem": problem})

    async def _handle(self, tx: Transaction, row: InboxRow, incoming: Incoming, facts: Facts) -> None:
        """Do what one update asks for. What was asked in a group that has moved is asked where it is now."""
        UPDATES.labels(type(incoming).__name__.lower()).inc()
        if isinstance(incoming, Ignored):
            await self._parts.hear(tx, row, incoming)
        if incoming.address is None or (isinstance(incoming, Ignored) and incoming.reply is None):
            return
        found = await find_address(tx, incoming)
        if found is None:
            if isinstance(incoming, Pressed):
                spoken = await language.read(tx, incoming.person_id, incoming.language)
                tx.after(AnswerPress(incoming.callback_id, keys.button_gone(spoken)))
            return
        standing = await self._access.read(tx, incoming.person_id, found.chat_id)
        address = standing.follow(found)
        if not standing.allowed:
            spoken = await language.read(tx, incoming.person_id, incoming.language)
            incoming = settle(incoming, address, spoken)
            said_to_it = parse(load_update(row.payload), self._bot) if self._unaddressed else incoming
            if not isinstance(said_to_it, Ignored):
                await self._letting_in.meet(tx, incoming)
            await tx.inbox.drop(row.update_id)
            return
        name = incoming.person_name if isinstance(incoming, Prompt | Command | Pressed) else ""
        spoken = await language.note(tx, incoming.person_id, incoming.language, name)
        incoming = settle(incoming, address, spoken)
        if incoming.person_id == address.chat_id and self._access.is_admin(address.chat_id):
            await tx.requests.note_private(address.chat_id, spoken)
        try:
            outcome = await self._answer(tx, row, incoming, facts)
        except ConversationsFull as full:
            LIMITS.labels("conversations").inc()
            outcome = Outcome(keys.conversations_full(spoken, count=full.most))
        if outcome is None:
            return
        if isinstance(incoming, Pressed):
            if incoming.callback_id:
                tx.after(AnswerPress(incoming.callback_id, outcome.text))
            return
        if outcome.text:
            key = f"update:{row.update_id}"
            await tx.outbox.put(
                address, outcome.text, key, reply_to=incoming.message_id, buttons=outcome.buttons, format=outcome.format
            )
        tx.after(WakeOutbox())

    async def _answer(self, tx: Transaction, row: InboxRow, incoming: Incoming, facts: Facts) -> Outcome | None:
        match incoming:
            case Prompt():
                return await self._ask(tx, row, incoming)
            case Edited():
                outcome = await self._steering.edit(tx, row.update_id, incoming)
                now = await find_correction(tx, row, incoming, self._bot) if outcome is None else None
                return outcome if now is None else await self._answer(tx, row, now, facts)
            case Command(address=address):
                await self._venues.settle(tx, address)
                await self._venues.greet(tx, address)
                said = await self._commands.answer(tx, row.update_id, incoming, facts)
                return await self._ask(tx, row, said, alone=True) if isinstance(said, Prompt) else said
            case Pressed():
                return await self._commands.press(tx, incoming, facts)
            case Ignored(reply=reply):
                return Outcome(reply(incoming.language) if reply is not None else "")

    async def _ask(self, tx: Transaction, row: InboxRow, prompt: Prompt, *, alone: bool = False) -> Outcome | None:
        address = prompt.address
        if await lacks_conversation(tx, prompt, self._level()):
            return refuse_conversation(prompt)
        await self._venues.settle(tx, address)
        name = self._build_name(address)
        thread = await tx.threads.get_or_create(address, name, prompt.title, prompt.language)
        if thread.venue is VenueState.ORPHANED:
            await self._venues.greet(tx, address)
        if thread.venue is not VenueState.CLOSED:
            await self._listening.show(tx, row.update_id, prompt)
        answered = await self._replies.take(tx, prompt)
        if answered is not None:
            return Outcome(answered)
        running = await tx.turns.running(thread.id)
        steered = await self._steering.reply(tx, row.update_id, thread, prompt, running)
        if steered is None and running is not None and follows(prompt, running, row.received_at):
            steered = await self._steering.follow(tx, row.update_id, thread, prompt, running)
        if steered is not None:
            return steered
        refused = refuse_task(prompt, self._level())
        if refused is not None:
            return refused
        turn = await self._parts.take(tx, row, thread, prompt, alone=alone, busy=running is not None)
        if isinstance(turn, Full):
            LIMITS.labels("queued").inc()
            return Outcome(keys.queue_full(prompt.language, count=turn.waiting))
        if turn is None:
            return None
        aside = {"created": turn.created_at, "received": row.received_at}
        tell_step(_log, "turn_queued", aside, agent_thread=name, turn=turn.id, update_id=row.update_id)
        if thread.venue is VenueState.CLOSED:  # its state cannot be shown there
            return Outcome(keys.venue_closed(prompt.language))
        tx.after(WakeThread(thread.id), OpenView(turn, address), ShowCommands(address.chat_id, prompt.language))
        return None

    def _build_name(self, address: Address) -> str:
        return build_thread_name(self._bot_name, address.chat_id, address.topic_id)
