"""The runners' port with the conversations behind it, and pods of a warm pool that are played: a class with a pool."""

from __future__ import annotations

import asyncio
import contextlib
import itertools

from agent_contract import wire
from agent_gateway.conversations.build import build_conversations
from agent_gateway.resources.fakes import FakeResources, FakeSubAgents
from agent_gateway.subagents.parts import build_subagents
from agent_gateway.supervise import Loop, Policy, Supervisor
from agent_gateway.wake import Wake
from tests.support.eventually import eventually
from tests.support.modelled import USUAL_MODELS
from tests.support.runners import POOL_HASH, RecordingViews, running_port


class LabViews(RecordingViews):
    """Remembers besides what turns waited for."""

    def __init__(self):
        super().__init__()
        self.waited: dict[int, list[str]] = {}

    def waiting(self, turn_id, text):
        self.waited.setdefault(turn_id, []).append(text)

    def working(self, turn_id):
        pass


class ClaimLab:
    """One gateway's conversations and port, and pods of the pool.

    Args:
        port: The port.
        max_runs: Slots.
    """

    def __init__(self, port, max_runs):
        self.port, self.store, self.resources, self.deps = port, port.store, port.resources, port.deps
        self.pool = port.deps.pool
        self.wake = Wake(port.store.events)
        port.deps.registry.on_change = self.wake.thread
        self.ids = {}
        self.resources._on_change = lambda name: name in self.ids and self.wake.thread(self.ids[name])
        children = build_subagents(
            port.store, self.resources, FakeSubAgents(), port.deps.registry, port.deps.views
        ).reconciler
        self.conversations = build_conversations(
            port.store, self.resources, port.deps.registry, port.deps.views, self.wake, port.store.events, lambda: None,
            children=children, pool=self.pool, models=USUAL_MODELS, note_claimed=port.deps.authenticator.note_claimed, max_runs=max_runs,
            is_admin=lambda _: False,
        )  # fmt: skip
        self._updates = itertools.count(1)
        self._pods = itertools.count(1)

    async def ask(self, chat, text="hello"):
        """Let a person write; return thread and turn."""
        thread = await self.port.make_thread(chat, f"tg-{chat}")
        self.ids[thread.name] = thread.id
        turn = await self.port.make_turn(thread, next(self._updates), text)
        self.wake.thread(thread.id)
        return thread, turn

    async def warm(self, **more):
        """Let a pod of the pool come, and be held; return its runner, its UID and its token."""
        number = next(self._pods)
        token = f"warm-{number}"
        pod = self.port.kube.add_warm_pod(number, token=token, **more)
        runner = await self.port.connect(token)
        await runner.hello(0, warm=True, states=True)
        await runner.get(wire.Held)
        uid = pod["metadata"]["uid"]
        await eventually(lambda: uid in self.pool._held)
        return runner, uid, token

    async def resource_uid(self, thread):
        """Return the UID that is recorded of the resource of a thread's newest run."""
        return (await self.run_of(thread)).thread_uid

    async def run_of(self, thread):
        """Return the newest run of a thread."""
        return await self.store.runs.open(thread.id) or await self.store.runs.last(thread.id)


@contextlib.asynccontextmanager
async def running_lab(store, *, max_runs=50, pool=POOL_HASH, **more):
    """Run the port and the conversations' loops."""
    resources = FakeResources()
    resources.pool_hash = pool
    async with running_port(store, resources=resources, views=LabViews(), **more) as port:
        lab = ClaimLab(port, max_runs)
        parts = {"threads": lab.conversations.queue.run, "slots": lab.conversations.slots.run}
        running = asyncio.create_task(
            Supervisor([Loop(name, run) for name, run in parts.items()], policy=Policy(first_pause=0.1)).run()
        )
        try:
            yield lab
            assert not running.done(), running.exception()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
