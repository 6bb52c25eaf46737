"""The dispatcher on a real Postgres, with resources, runners and chat that are played."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from dataclasses import dataclass, field

from agent_gateway.commands.build import build_commands
from agent_gateway.commands.facts import FactReader
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.steering import Steering
from agent_gateway.conversations.build import build_conversations
from agent_gateway.events import Events
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.dispatcher import Dispatcher
from agent_gateway.jobs.export import Exporting
from agent_gateway.jobs.forget import Forgetting
from agent_gateway.jobs.worker import JobWorker
from agent_gateway.performers import Performers
from agent_gateway.resources.adoptsubagents import SubAgentAdopter
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.fakes import FakeResources, FakeSubAgents, FakeViews
from agent_gateway.runners.registry import Registry
from agent_gateway.store.errors import Away
from agent_gateway.store.jobs import JobKind
from agent_gateway.store.rows import Address
from agent_gateway.subagents.parts import build_subagents
from agent_gateway.supervise import Loop, Policy, Supervisor
from agent_gateway.telegram.inbound.updates import build_queue_key
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.venues.venues import Venues
from agent_gateway.wake import Wake
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

ADMIN, PERSON, STRANGER, GROUP = 7, 42, 666, -100200300
BOT = BotIdentity(BOT_ID, "demo_bot")


@dataclass
class PlayedRunner:
    """A runner's connection that only keeps what it was sent."""

    sent: list = field(default_factory=list)
    turns: list = field(default_factory=list)
    gone: bool = False

    async def send(self, frame):
        if self.gone:
            raise ConnectionError
        self.sent.append(frame)

    async def send_turn(self, turn):
        if self.gone:
            raise ConnectionError
        self.turns.append(turn)

    async def cut(self):
        self.gone = True

    async def close(self, reason):
        self.gone = True


@dataclass
class PlayedCallbacks:
    """Keeps what pressed buttons were answered."""

    answers: list = field(default_factory=list)

    async def answer_callback(self, callback_id, text):
        self.answers.append((callback_id, text))


class LossyEvents(Events):
    """What transactions publish, of which some kinds are lost; what is published to `whole` is never."""

    def __init__(self, lost):
        super().__init__()
        self.lost, self.dropped, self.whole = lost, [], Events()

    def on(self, kind, handler):
        self.whole.on(kind, handler)

    def publish(self, effects):
        self.dropped += [effect for effect in effects if isinstance(effect, self.lost)]
        self.whole.publish([effect for effect in effects if not isinstance(effect, self.lost)])

    async def close(self):
        await self.whole.close()


@contextlib.contextmanager
def lost_answers(store):
    """Let every transaction be committed without anybody learning of it: no effect, and `Away`; yields how many were."""
    whole, lost = store.transaction, []

    @contextlib.asynccontextmanager
    async def transaction():
        events, store.events = store.events, Events()
        try:
            async with whole() as tx:
                yield tx
        finally:
            store.events = events
        lost.append(tx)
        raise Away("the answer of a commit was lost")

    store.transaction = transaction
    try:
        yield lost
    finally:
        store.transaction = whole


class Desk:
    """Everything between inbox and runner, and the ways to play the rest."""

    def __init__(
        self, store, max_runs, first_update, *, pairing=False, unaddressed=False, llm_models=(), lost=(), export_bytes=None,
        resources=None,
    ):  # fmt: skip
        self.numbers = itertools.count(first_update)
        self.events = store.events = LossyEvents(lost)
        self.store, self.wake, self.views = store, Wake(self.events.whole), FakeViews()
        self.registry = Registry(self.wake.thread)
        self.ids, self.menus = {}, []
        self.resources = resources or FakeResources()
        self.resources._on_change = lambda name: name in self.ids and self.wake.thread(self.ids[name])
        changes = Changes()
        self.subagents = FakeSubAgents(changes)
        self.adopter = SubAgentAdopter(store, self.subagents, changes, self.wake)
        children = build_subagents(store, self.resources, self.subagents, self.registry, self.views)
        self.service, self.children = children.service, children.reconciler
        self.callbacks = PlayedCallbacks()
        self.access = access = Access({PERSON, GROUP}, {ADMIN})
        Performers(
            store, self.registry, self.views, self.wake, self.callbacks, self.resources, self.fill_menu
        ).subscribe(self.events)
        self.venues = Venues(store, self.resources, self.events, lambda: None, "tg", poll=1.0)
        steering = Steering()
        self.commands = build_commands(
            self.resources, children.requests, steering, bot_name="tg", is_admin=access.is_admin, max_runs=max_runs,
            allowed_models=llm_models, default_model="glm",
        )  # fmt: skip
        self.dispatcher = Dispatcher(
            store, self.commands, access, BOT, "tg", facts=FactReader(self.resources, children.requests), steering=steering,
            venues=self.venues, letting_in=Pairing(access, enabled=pairing), wake=self.wake, check=lambda: None, unaddressed=unaddressed,
        )  # fmt: skip
        exporting = Exporting(store) if export_bytes is None else Exporting(store, export_bytes)
        kinds = {JobKind.EXPORT: exporting, JobKind.FORGET: Forgetting(store)}
        self.jobs = JobWorker(store, kinds, self.events, lambda: None, poll=1.0)
        self.conversations = build_conversations(
            store, self.resources, self.registry, self.views, self.wake, self.events, lambda: None,
            children=self.children, max_runs=max_runs,
        )  # fmt: skip

    async def look(self, thread):
        """Look at a thread now, where the loops do not run."""
        await self.conversations.reconciler.reconcile(thread)

    async def fill_menu(self, person_id):
        self.menus.append(person_id)
        return True

    async def take(self, *updates):
        """Put raw updates into the inbox, as they come from Telegram."""
        rows = []
        for update in updates:
            raw = {"update_id": next(self.numbers), **update}
            rows.append((raw["update_id"], build_queue_key(raw), json.dumps(raw)))
        await self.store.inbox.add_updates(rows, rows[-1][0] + 1)
        self.wake.inbox()

    async def take_quietly(self, *updates):
        """Put raw updates into the inbox, though the answer of that commit may be lost."""
        with contextlib.suppress(Away):
            await self.take(*updates)
        self.wake.inbox()

    async def say(self, text, *, chat=PERSON, user=PERSON, message_id=5):
        """Write in a chat, and wait until the inbox is empty."""
        await self.take(message(text, chat=chat, user=user, number=message_id))
        await self.settled()

    async def worked(self):
        """Wait until no job is left."""

        async def done():
            return not await self.store.jobs.due_threads(1)

        await eventually(done, timeout=20)

    async def settled(self):
        async def empty():
            return not await self.store.inbox.next()

        await eventually(empty)
        for row in await self.store.threads.newest():
            self.ids[row.name] = row.id

    async def run_wanted(self, name, number):
        """Wait until a run is written, and return its thread."""

        async def written():
            thread = await self.store.threads.by_name(name)
            found = self.resources.cached(name)
            run = thread and await self.store.runs.open(thread.id)
            return found and run and run.number == found.spec.run == number and run.thread_uid and thread

        return await eventually(written)

    async def connect(self, thread, number, pod="pod-1", *, ready=True):
        """Say hello, and be ready."""
        await self.store.runs.accept_hello(thread.id, number, pod, f"uid-{pod}", "job")
        runner = PlayedRunner()
        self.registry.attach(thread.id, number, f"uid-{pod}", runner, ready=ready)
        if ready:
            await self.store.runs.mark_ready(thread.id, number)
        return runner

    async def said(self, kind=None):
        """Return what the outbox holds, in order."""
        rows = await self.store.pool.fetch("SELECT kind, text FROM outbox ORDER BY id")
        return [row["text"] for row in rows if kind in (None, row["kind"])]


def message(text, *, chat=PERSON, user=PERSON, number=5):
    """Return a raw message, in a private chat or a group."""
    kind = {"id": chat, "type": "private"} if chat > 0 else {"id": chat, "type": "supergroup", "title": "g"}
    return {"message": {"message_id": number, "chat": kind, "from": {"id": user, "first_name": "P"}, "text": text}}


@contextlib.asynccontextmanager
async def running_desk(store, *, max_runs=50, reconcile=True, **more):
    """Run dispatcher and, unless told otherwise, the threads' loop; a second desk takes the first one's work up."""
    desk = Desk(store, max_runs, (await store.inbox.read_cursor())[0] or 1, **more)
    parts = {
        "dispatcher": desk.dispatcher.run, "adopter": desk.adopter.run, "venues": desk.venues.run, "jobs": desk.jobs.run,
    }  # fmt: skip
    if reconcile:
        conversations = desk.conversations
        parts |= {
            "threads": conversations.queue.run, "slots": conversations.slots.run, "views": conversations.left_views.run
        }  # fmt: skip
    supervisor = Supervisor([Loop(name, run) for name, run in parts.items()], policy=Policy(first_pause=0.1))
    running = asyncio.create_task(supervisor.run())
    try:
        yield desk
        assert not running.done(), running.exception()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await desk.events.close()


def address(chat=PERSON):
    return Address(BOT_ID, chat)
