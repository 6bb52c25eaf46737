"""When the operator is alive, and when it can work."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from agent_kube.client import Limits
from agent_kube.errors import Away
from agent_operator.health import serve_health
from agent_operator.loops import CHECK_SECONDS, Loops
from tests.support.eventually import eventually
from tests.support.kubeclient import World


@pytest.fixture
async def world():
    return World()


@pytest.fixture
async def loops(world):
    return Loops(world.context)


@pytest.fixture
async def ask(world, loops):
    port = unused_port()
    serving = asyncio.create_task(serve_health(world.context, loops, port))

    async def get(path):
        async with session.get(f"http://127.0.0.1:{port}/{path}") as answer:
            return answer.status, await answer.text()

    async def up():
        with contextlib.suppress(aiohttp.ClientError):
            return await get("healthz")

    async with aiohttp.ClientSession() as session:
        await eventually(up)
        yield get
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def sync(world):
    world.context.waits_for = None
    for informer in world.context.view.informers:
        informer._synced.set()
    for intake in world.context.intakes:
        intake.expect(0)


async def test_before_all_is_read_it_is_alive_and_not_ready(ask, world):
    assert await ask("healthz") == (200, "ok")
    assert await ask("readyz") == (503, "The operator is starting.")
    world.context.waits_for = "The cluster's definitions are older."
    assert await ask("healthz") == (200, "ok")  # to be started again mends nothing
    assert await ask("readyz") == (503, "The cluster's definitions are older.")
    world.context.waits_for = None
    assert await ask("readyz") == (503, "What stands in the namespace is being read.")
    sync(world)
    assert await ask("readyz") == (200, "ready")


async def test_an_api_server_away_is_no_reason_to_be_restarted(ask, world):
    sync(world)
    world.context.view.jobs._note_problem(Away("no answer"))
    assert await ask("healthz") == (200, "ok")
    status, words = await ask("readyz")
    assert (status, "no answer" in words) == (503, True)


async def test_events_that_cannot_be_read_are_no_reason_to_be_taken_for_unready(ask, world):
    sync(world)
    world.context.view.events._note_problem(Away("no answer"))
    assert await ask("readyz") == (200, "ready")
    # their watch has no bookmarks, and must end before its silence counts as an end
    assert world.context.view.events._source.watch_seconds < Limits().silence


async def test_a_check_that_hangs_and_a_loop_that_ended_are(ask, world, loops):
    world.context.checked_at -= 3 * CHECK_SECONDS + 1
    assert (await ask("healthz"))[0] == 503
    world.context.note_check()
    assert (await ask("healthz"))[0] == 200
    ended = asyncio.create_task(asyncio.sleep(0))
    await ended
    loops._tasks.append(ended)
    assert await ask("healthz") == (503, "a loop has ended")


async def test_a_loop_that_ends_by_a_mistake_is_told_with_its_trace(ask, world, loops, caplog):
    async def broken():
        raise RuntimeError("a mistake")

    world.context.leading.run = broken
    loops.start()
    await eventually(lambda: loops.ended)
    assert [r.exc_info[1].args for r in caplog.records if r.message == "loop_ended"] == [("a mistake",)]
    assert await ask("healthz") == (503, "a loop has ended")
    await loops.stop()


async def test_looks_that_hang_are(ask, world):
    """Each call has a deadline and each look another; should they hang all the same, what waits tells of it."""
    world.context.threads.queue.add("tg-42")
    assert (await ask("healthz"))[0] == 200
    clock = world.context.threads.queue._clock
    world.context.threads.queue._clock = lambda: clock() + 301
    assert await ask("healthz") == (503, "what is queued is not taken")
