"""AgentThreads over an API server that fails."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.changes import Changes
from agent_kube.errors import Away, KubeError
from agent_kube.known import Absent, Present, Unknown
from dev.bench.outside import build_thread
from tests.support.eventually import PATIENCE, eventually
from tests.unit.gateway.resources.played import NAMESPACE, PlayedCluster, watching
from tests.unit.kube.played import SHORT, Refusal, client_of


@pytest.fixture
def cluster():
    cluster = PlayedCluster()
    for chat in (41, 42):
        cluster.put_thread(chat)
    return cluster


async def take_all(changes):
    found = []
    while changes.waiting:
        found += await changes.take(100)
    return found


@pytest.mark.parametrize("status", [403, 429, 500])
async def test_a_refused_watch_brings_no_lists_and_wakes_nobody(cluster, status):
    """It was a full list every 0.45 s for ever, which woke every thread each time."""
    cluster.threads.refuse_watch = Refusal(status, "Played")
    async with watching(cluster) as (threads, changes):
        await eventually(lambda: len(cluster.threads.watch_times) >= 3)
        assert threads.problem
        assert cluster.threads.lists() == 1
        assert [change.first for change in await take_all(changes)] == [True, True]
        begun = cluster.threads.watch_times
        least = 1.0 if status == 429 else 0.1  # it asks for a pause, which is kept; else pauses grow
        assert begun[1] - begun[0] >= least
        assert begun[2] - begun[1] >= least
        cluster.threads.refuse_watch = None
        cluster.put_thread(43)
        await eventually(lambda: threads.cached("tg-43"))
        await eventually(lambda: threads.problem is None)
        assert cluster.threads.lists() == 1


async def test_a_watch_that_ends_goes_on_and_what_did_not_change_is_not_told_again(cluster):
    """Each 290 s everything was listed, parsed and woken."""
    async with watching(cluster) as (threads, changes):
        await threads.wait_synced()
        await take_all(changes)
        await eventually(lambda: cluster.threads.watching)
        cluster.threads.end_watches()
        await eventually(lambda: len(cluster.threads.watches()) > 1)
        cluster.put_thread(41, suspend=True)
        await eventually(lambda: threads.cached("tg-41").spec.suspend)
        assert [change.name for change in await take_all(changes)] == ["tg-41"]
        assert cluster.threads.lists() == 1


async def test_an_api_server_that_hangs_is_told_and_recovered_from(cluster):
    cluster.threads.hang = True
    async with watching(cluster, SHORT) as (threads, _):
        await eventually(lambda: threads.problem)
        assert isinstance(threads.known("tg-42"), Unknown)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(Away):
                await threads.stop_run("tg-42", 1)
        cluster.threads.hang = False
        await eventually(lambda: threads.cached("tg-42"))
        await eventually(lambda: threads.problem is None)


async def test_an_api_server_that_refuses_is_told_and_recovered_from(cluster):
    async with watching(cluster) as (threads, _):
        await threads.wait_synced()
        cluster.threads.refuse_list = cluster.threads.refuse_watch = Refusal(
            403, "Forbidden", "agentthreads is forbidden"
        )
        cluster.threads.end_watches()
        await eventually(lambda: threads.problem)
        assert "Role or RoleBinding is missing" in threads.problem
        assert isinstance(threads.known("tg-42"), Present)
        assert isinstance(threads.known("tg-99"), Unknown)
        cluster.threads.refuse_list = cluster.threads.refuse_watch = None
        await eventually(lambda: threads.problem is None)
        assert threads.known("tg-99") == Absent()


async def test_what_was_deleted_does_not_come_back_by_an_older_answer(cluster):
    """A GET that was answered before, and read after, the watch's DELETED put the resource back until the next list."""
    app, gate, asked = cluster.app(), asyncio.Event(), asyncio.Event()
    old = cluster.threads.items["tg-42"]

    @web.middleware
    async def late(request, handler):
        if not request.path.endswith("/tg-42") or gate.is_set():
            return await handler(request)
        asked.set()
        await gate.wait()
        return web.json_response(old)

    app.middlewares.append(late)
    async with client_of(app) as client:
        threads = AgentThreads(client, NAMESPACE, "tg", AgentClasses(client, NAMESPACE), Changes(), lambda: None)
        task = asyncio.create_task(threads.watch())
        await eventually(lambda: isinstance(threads.known("tg-42"), Present))
        reading = asyncio.create_task(threads.get("tg-42"))
        await asked.wait()
        cluster.threads.delete("tg-42")
        await eventually(lambda: threads.known("tg-42") == Absent())
        gate.set()
        await reading
        assert threads.known("tg-42") == Absent()
        assert await threads.get("tg-42") is None
        assert threads.cached("tg-42") is None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_404_removes_what_the_watch_has_not_told_yet(cluster):
    async with watching(cluster) as (threads, _):
        await threads.wait_synced()
        del cluster.threads.items["tg-42"]
        assert await threads.get("tg-42") is None
        assert threads.cached("tg-42") is None


async def test_a_phase_and_a_reason_of_a_later_operator_do_not_make_it_unreadable(cluster):
    raw = build_thread(43)
    raw["status"] |= {"phase": "Hibernating"}
    raw["status"]["run"] |= {"reason": "Hibernated"}
    raw["metadata"]["resourceVersion"] = str(cluster.threads.version)
    cluster.threads.items["tg-43"] = raw
    async with watching(cluster) as (threads, _):
        await threads.wait_synced()
        found = threads.cached("tg-43")
        assert (found.status.phase, found.status.run.reason) == (None, "Hibernated")


async def test_one_that_cannot_be_read_leaves_the_others_alone_and_is_not_absent(cluster):
    cluster.put_thread(43, channel={"chatId": "no number"})
    async with watching(cluster) as (threads, _):
        await threads.wait_synced()
        assert threads.cached("tg-42").spec.channel.chat_id == 42
        assert isinstance(threads.known("tg-43"), Unknown)
        with pytest.raises(KubeError, match=r"spec\.channel") as caught:
            await threads.get("tg-43")
        assert "no number" not in str(caught.value)
        cluster.put_thread(42, run="nonsense")
        cluster.put_thread(43)
        await eventually(lambda: threads.cached("tg-43"))
        assert threads.cached("tg-42").spec.run is None
        assert threads.problem is None


async def test_one_that_cannot_be_read_can_be_stopped_all_the_same(cluster):
    cluster.put_thread(43, channel={"chatId": "no number"})
    async with watching(cluster) as (threads, _):
        await threads.wait_synced()
        await threads.stop_run("tg-43", 4)
        assert cluster.threads.items["tg-43"]["spec"]["stop"] == 4
        assert "spec.channel" in threads.unreadable("tg-43")
        await threads.stop_run("tg-42", 4)
        assert threads.cached("tg-42").spec.stop == 4
