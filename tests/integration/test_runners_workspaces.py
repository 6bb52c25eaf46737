"""Packed workspaces and sessions at the runners' port: kept whole or not at all, and no slow reader holds up the rest."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json

import pytest
from aiohttp import ClientError

from agent_contract import names
from agent_contract.agentclass import AgentClass
from tests.support.eventually import PATIENCE
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres
READERS = 12
"""More than the pool has connections."""


async def begin(port):
    thread = await port.make_thread()
    await port.make_run(thread)
    await port.join()
    return thread


async def put(port, data, **query):
    url = port.url + names.PATH_WORKSPACE
    async with port.session.put(url, params=query, data=io.BytesIO(data), headers=bearer("token-1")) as response:
        return response.status, (await response.json())["error"]["message"] if response.status != 204 else ""


async def get(port):
    async with port.session.get(port.url + names.PATH_WORKSPACE, headers=bearer("token-1")) as response:
        return response.status, await response.read()


async def test_what_is_stored_comes_back(port):
    await begin(port)
    assert (await get(port))[0] == 404
    data = bytes(range(256)) * 10_000
    assert await put(port, data) == (204, "")
    assert await get(port) == (200, data)


async def test_nothing_is_too_large_while_the_limit_cannot_be_read(port):
    await begin(port)
    known, port.deps.classes._resources.found_class = port.deps.classes._resources.found_class, None
    status, words = await put(port, b"whole")
    assert (status, "try again" in words) == (503, True)  # its runner does
    port.deps.classes._resources.found_class = known
    assert await put(port, b"whole") == (204, "")


async def test_what_ends_at_the_senders_own_limit_is_not_taken_for_the_whole(port):
    """The class may have got a higher one since the run began."""
    thread = await begin(port)
    assert await put(port, b"whole") == (204, "")
    status, words = await put(port, b"x" * ((1 << 20) + 1), limit=str(1 << 20))
    assert status == 413
    assert "over 1 MiB (workspace.snapshotLimit" in words
    assert await get(port) == (200, b"whole")
    run = await port.store.pool.fetchval("SELECT files FROM runs WHERE thread_id = $1", thread.id)
    assert run == "over"


async def test_what_is_replaced_while_it_is_read_is_cut_off(port):
    await begin(port)
    await put(port, b"x" * (24 << 20))
    async with port.session.get(port.url + names.PATH_WORKSPACE, headers=bearer("token-1")) as response:
        await port.store.pool.execute("DELETE FROM workspaces")
        with pytest.raises(ClientError):
            await response.read()


async def test_a_copy_takes_the_place_of_its_sub_agent_before_it_comes(port):
    thread = await begin(port)
    assert await put(port, b"copy", call="c0") == (409, "The turn that asks is over.")
    await port.make_turn(thread)
    await port.store.turns.deliver_next(thread.id, 1)
    port.deps.classes._resources.found_class = AgentClass.model_validate({"spec": {"subAgents": {"maxChildren": 2}}})
    for number in range(2):
        assert (await put(port, b"copy", call=f"c{number}"))[0] == 204
    status, words = await put(port, b"copy", call="c2")
    assert (status, "2 sub-agents were started" in words) == (409, True)
    assert (await put(port, b"again", call="c1"))[0] == 204  # only the answer to it was lost
    assert (await put(port, b"its own"))[0] == 204


@pytest.mark.parametrize("path", [names.PATH_WORKSPACE, names.PATH_SESSION])
async def test_who_asks_and_does_not_read_holds_up_nobody(port, path):
    thread = await begin(port)
    await put(port, b"x" * (24 << 20))
    lines = [json.dumps({"id": str(n), "parentId": str(n - 1), "text": "x" * (2 << 20)}) for n in range(12)]
    await port.store.sessions.add_entries(thread, 1, 1, lines)
    async with contextlib.AsyncExitStack() as stack:
        url, token = port.url + path, bearer("token-1")
        asked = [await stack.enter_async_context(port.session.get(url, headers=token)) for _ in range(READERS)]
        assert [answer.status for answer in asked] == [200] + [503] * (READERS - 1)
        async with asyncio.timeout(PATIENCE):
            assert (await port.store.threads.by_id(thread.id)).id == thread.id
