"""The dispatcher on a real Postgres, with resources, runners and chat that are played."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from dataclasses import dataclass, field

from agent_gateway.commands.again import AgainButtons
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.settings import Models, SettingCommands
from agent_gateway.commands.status import StatusCommands
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.stopbutton import StopButton
from agent_gateway.commands.subagents import SubAgentCommands
from agent_gateway.commands.table import Commands
from agent_gateway.commands.turns import TurnCommands
from agent_gateway.conversations.build import build_conversations
from agent_gateway.events import Events
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.dispatcher import Dispatcher
from agent_gateway.resources.adoptsubagents import SubAgentAdopter
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.fakes import FakeResources, FakeSubAgents, FakeViews
from agent_gateway.runners.registry import Registry
from agent_gateway.store.rows import Address
from agent_gateway.subagents.parts import build_subagents
from agent_gateway.telegram.inbound.updates import lane
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.venues.moving import Moving
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


class Desk:
    """Everything between inbox and runner, and the ways to play the rest."""

    def __init__(
        self, store, max_runs, first_update, *, pairing=False, unaddressed=False, llm_models=(), resources=None
    ):
        self.numbers = itertools.count(first_update)
        self.events = store.events = Events()  # a second desk's parts hear nothing of the first one's
        self.store, self.wake, self.views = store, Wake(self.events), FakeViews()
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
        self.access = access = Access({PERSON, GROUP}, {ADMIN}, store)
        moving = Moving(store, self.resources, self.registry, self.views, self.wake, access, "tg")
        self.venues = Venues(store, self.resources, self.registry, self.views, self.wake, moving, lambda: None)
        models = Models(self.resources, llm_models, "glm")
        self.commands = Commands(
            store, self.registry, self.views, self.wake, is_admin=access.is_admin,
            subagents=SubAgentCommands(store, children.requests, "tg", is_admin=access.is_admin),
            turns=TurnCommands(store, self.registry, self.views, self.wake, "tg"),
            stop_button=StopButton(store, self.registry, self.wake, self.views), steering=Steering(store, self.registry, self.wake),
            again=AgainButtons(store, self.views, self.wake),
            state=StatusCommands(store, self.resources, models, is_admin=access.is_admin, max_runs=max_runs),
            settings=SettingCommands(store, models, self.wake, "tg"), fill_menu=self.fill_menu,
        )  # fmt: skip
        self.dispatcher = Dispatcher(
            store, self.commands, access, BOT, "tg", self.wake, self.views, lambda: None, self.callbacks,
            Steering(store, self.registry, self.wake),
            venues=self.venues, letting_in=Pairing(store, access, self.wake, self.views, enabled=pairing), unaddressed=unaddressed,
        )  # fmt: skip
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
            rows.append((raw["update_id"], lane(raw), json.dumps(raw)))
        await self.store.inbox.add_updates(rows, rows[-1][0] + 1)
        self.wake.inbox()

    async def say(self, text, *, chat=PERSON, user=PERSON, message_id=5):
        """Write in a chat, and wait until the inbox is empty."""
        await self.take(message(text, chat=chat, user=user, number=message_id))
        await self.settled()

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
    loops = [desk.dispatcher.run(), desk.adopter.run()]
    if reconcile:
        loops += [desk.conversations.queue.run(), desk.conversations.slots.run(), desk.conversations.left_views.run()]
    loops.append(desk.venues.run())
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield desk
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def address(chat=PERSON):
    return Address(BOT_ID, chat)
