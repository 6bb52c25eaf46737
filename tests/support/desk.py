"""The dispatcher on a real Postgres, with resources, runners and chat that are played."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json

from agent_gateway.accounts.deviceflow import DeviceFlow
from agent_gateway.accounts.keeper import AccountKeeper
from agent_gateway.commands.build import build_commands
from agent_gateway.commands.facts import FactReader
from agent_gateway.commands.link import LinkCommands
from agent_gateway.commands.pairing import Pairing
from agent_gateway.commands.requests import AccessRequests
from agent_gateway.commands.steering import Steering
from agent_gateway.conversations.build import build_conversations
from agent_gateway.decisions.keeper import DecisionKeeper
from agent_gateway.decisions.service import DecisionService
from agent_gateway.effects import PrepareRun
from agent_gateway.inbox.access import Access
from agent_gateway.inbox.dispatcher import Dispatcher
from agent_gateway.inbox.rights import GroupRights
from agent_gateway.jobs.build import build_jobs
from agent_gateway.jobs.export import MOST_BYTES
from agent_gateway.jobs.fork import Forking
from agent_gateway.models.providers import Keys, Providers, build_provider
from agent_gateway.performers import Performers
from agent_gateway.quotas import Level
from agent_gateway.repositories.build import build_repositories
from agent_gateway.repositories.narrowing import RightsWriter
from agent_gateway.resources.adoptsubagents import SubAgentAdopter
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.fakes import FakeResources, FakeSubAgents, FakeViews
from agent_gateway.runners.looks import Looks
from agent_gateway.runners.pool import WarmPool
from agent_gateway.runners.registry import Registry
from agent_gateway.schedules.settings import DEFAULTS
from agent_gateway.speech.hearing import Hearing, Limits
from agent_gateway.speech.listening import Listening
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address
from agent_gateway.subagents.parts import build_subagents
from agent_gateway.supervise import Loop, Policy, Supervisor
from agent_gateway.telegram.inbound.updates import build_queue_key
from agent_gateway.telegram.ports import BotIdentity
from agent_gateway.venues.joined import Joining
from agent_gateway.venues.newtask import NewTask
from agent_gateway.venues.titles import Titles
from agent_gateway.venues.venues import Venues
from agent_gateway.wake import Wake
from tests.conftest import BOT_ID
from tests.support.eventually import LONG, eventually
from tests.support.modelled import USUAL_MODELS
from tests.support.played import LossyEvents, PlayedCallbacks, PlayedFiles, PlayedMembers, PlayedRunner, PlayedTopics
from tests.support.updates import complete, complete_update

ADMIN, PERSON, STRANGER, GROUP = 7, 42, 666, -100200300
BOT = BotIdentity(BOT_ID, "demo_bot")


def build_models(names, others=None):
    further = [
        build_provider(name, f"http://{name}/v1", Keys("key"), models=own) for name, own in (others or {}).items()
    ]
    return Providers(build_provider("zai", "", Keys("key"), models=("glm", *names)), *further)


class Desk:
    """Everything between inbox and runner, and the ways to play the rest."""

    def __init__(
        self, store, max_runs, first_update, *, pairing=False, unaddressed=False, group_context=0, llm_models=(), others=None, lost=(), export_bytes=None,
        resources=None, hearing=None, forges=None, unable=(), connections=None, schedules=DEFAULTS,
    ):  # fmt: skip
        self.numbers = itertools.count(first_update)
        self.events = store.events = LossyEvents(lost)
        self.store, self.wake, self.views = store, Wake(self.events.whole), FakeViews()
        self.registry = Registry(self.wake.thread)
        self.ids, self.menus, self.level = {}, [], Level.ROOM
        self.resources = resources or FakeResources()
        self.resources._on_change = lambda name: name in self.ids and self.wake.thread(self.ids[name])
        changes = Changes()
        self.subagents = FakeSubAgents(changes)
        self.adopter = SubAgentAdopter(store, self.subagents, changes, self.wake)
        children = build_subagents(store, self.resources, self.subagents, self.registry, self.views)
        self.service, self.children = children.service, children.reconciler
        self.callbacks, self.topics, self.members = PlayedCallbacks(), PlayedTopics(), PlayedMembers()
        self.new_task = NewTask(store, self.topics)
        self.titles = Titles(store, self.topics, lambda: None, poll=0.1)
        self.access = access = Access({PERSON, GROUP}, {ADMIN})
        Performers(
            store,
            self.registry,
            self.views,
            self.wake,
            self.callbacks,
            self.resources,
            self.fill_menu,
            self.new_task.open,
        ).subscribe(self.events)
        self.venues = Venues(store, self.resources, self.events, lambda: None, "tg", poll=1.0)
        self.git = build_repositories(connections, store, children.classes, self.registry)
        self.events.on(PrepareRun, self.git.preparations.send)
        self.rights = RightsWriter(store, self.resources, self.events, lambda: None, poll=1.0)
        steering, requests = Steering(), AccessRequests(access, BOT.username)
        letting_in = Pairing(access, requests, BOT.username, enabled=pairing)
        links = LinkCommands(forges or {}, unable, BOT.username)
        self.accounts = AccountKeeper(store, forges or {}, None, DeviceFlow(), self.events, lambda: None)
        self.commands = build_commands(
            self.resources, children.requests, steering, letting_in, requests, links, bot_name="tg", bot_username=BOT.username, is_admin=access.is_admin, max_runs=max_runs,
            providers=build_models(llm_models, others), default_model="glm", unaddressed=unaddressed, connections=self.git.broker.connections,
            schedule_settings=schedules,
        )  # fmt: skip
        self.listening = Listening(hearing or Hearing(None, PlayedFiles(), Limits()), self.callbacks, access.is_admin)
        self.dispatcher = Dispatcher(
            store, self.commands, access, BOT, "tg", facts=FactReader(self.resources, children.requests, self.git.listing), steering=steering,
            venues=self.venues, letting_in=letting_in, joining=Joining(access, requests, BOT), wake=self.wake, check=lambda: None,
            listening=self.listening, level=lambda: self.level, rights=GroupRights(store, access, self.members), unaddressed=unaddressed,
            group_context=group_context,
        )  # fmt: skip
        self.looks = Looks(self.registry, seconds=120)
        forking = Forking(store, self.topics, self.resources, "tg")
        self.jobs = build_jobs(
            store, self.looks, {}, forking, lambda: None, export_bytes=export_bytes or MOST_BYTES, poll=1.0
        )
        self.people, self.classes = DecisionService(store, children.classes, access.is_admin), children.classes
        self.decisions = DecisionKeeper(store, self.registry, self.events, lambda: None, poll=1.0)
        self.conversations = build_conversations(
            store, self.resources, self.registry, self.views, self.wake, self.events, lambda: None,
            children=self.children, pool=WarmPool(), models=USUAL_MODELS, note_claimed=lambda _: None, max_runs=max_runs, is_admin=access.is_admin,
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
            raw = complete_update(raw)
            rows.append((raw["update_id"], build_queue_key(raw), json.dumps(raw)))
        await self.store.inbox.add_updates(rows, rows[-1][0] + 1)
        self.wake.inbox()

    async def take_quietly(self, *updates):
        """Put raw updates into the inbox, though the answer of that commit may be lost."""
        with contextlib.suppress(Away):
            await self.take(*updates)
        self.wake.inbox()

    async def say(self, text, *, chat=PERSON, user=PERSON, message_id=5, alone=False):
        """Write in a chat, `alone` a question of its own, and wait until the inbox is empty."""
        await self.take((apart if alone else message)(text, chat=chat, user=user, number=message_id))
        await self.settled()

    async def worked(self):
        """Wait until no job is left."""

        async def done():
            return not await self.store.jobs.due_threads(1)

        await eventually(done, timeout=LONG)

    async def settled(self):
        async def empty():
            return not await self.store.inbox.next()

        await eventually(empty, timeout=LONG)  # more than a hundred updates of one chat are taken one after the other
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
    return {"message": complete({"message_id": number, "chat": kind, "from": {"id": user}, "text": text})}


def apart(text, **fields):
    """Return a raw message that is a question of its own, whatever its person asks beside it: it replies to something else."""
    raw = message(text, **fields)
    raw["message"]["reply_to_message"] = complete({"message_id": 1, "chat": raw["message"]["chat"], "from": {"id": 99}})
    return raw


@contextlib.asynccontextmanager
async def running_desk(store, *, max_runs=50, reconcile=True, **more):
    """Run dispatcher and, unless told otherwise, the threads' loop; a second desk takes the first one's work up."""
    desk = Desk(store, max_runs, (await store.inbox.read_cursor())[0] or 1, **more)
    parts = {
        "dispatcher": desk.dispatcher.run, "adopter": desk.adopter.run, "venues": desk.venues.run, "titles": desk.titles.run, "jobs": desk.jobs.run,
        "rights": desk.rights.run,
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
