"""A run is written from what the watch knows, under the version that its number was computed from."""

from __future__ import annotations

import pytest

from agent_gateway.conversations.claiming import Claimer
from agent_gateway.conversations.snapshot import SnapshotReader
from agent_gateway.conversations.writing import RunWriter
from agent_gateway.runners.pool import WarmPool
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.modelled import USUAL_MODELS

pytestmark = pytest.mark.postgres
NAME = "tg-42"


async def _end_first_run(desk, store):
    await desk.say("hello")
    thread = await desk.run_wanted(NAME, 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    desk.registry.detach(thread.id, runner)
    desk.resources.report(NAME, number=1, reason="Evicted", finishedAt="2026-01-01T00:00:00Z")


async def request_run(desk, thread):
    """Request a run as the reconciler does, once."""
    slots = desk.conversations.slots
    reader = SnapshotReader(desk.store, desk.resources, desk.registry, slots)
    claimer = Claimer(
        desk.store, slots, WarmPool(), desk.registry, desk.views, USUAL_MODELS, lambda _: None, lambda _: None
    )
    await RunWriter(desk.store, desk.resources, slots, claimer).request(await reader.read(thread.id))


async def test_the_api_server_is_not_asked_for_what_the_watch_knows(store):
    async with running_desk(store) as desk:
        await _end_first_run(desk, store)
        await desk.run_wanted(NAME, 2)
        assert desk.resources.reads == 0


async def test_a_watch_that_is_behind_costs_one_question(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name(NAME)
        desk.resources.behind = await desk.resources.ensure(thread)
        desk.resources.change(NAME, title="changed meanwhile")
        await request_run(desk, thread)
        assert desk.resources.reads == 1
        assert desk.resources.known(NAME).value.spec.run is None  # what the watch knows
        desk.resources.behind = None
        assert desk.resources.known(NAME).value.spec.run == 1


async def test_a_resource_that_the_watch_has_not_seen_yet_is_no_second_one(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name(NAME)
        await desk.resources.ensure(thread)
        desk.resources.hidden = True
        await request_run(desk, thread)
        desk.resources.hidden = False
        assert desk.resources.known(NAME).value.spec.run == 1


async def test_a_watch_that_is_broken_is_not_believed(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name(NAME)
        desk.resources.problem = "The watch broke."
        await request_run(desk, thread)
        assert desk.resources.reads == 1
