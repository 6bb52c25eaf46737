"""Who may use the runners' port, and what it gives besides turns."""

from __future__ import annotations

import asyncio
import io
import json
import os

import aiohttp
import pytest

from agent_contract import names, wire
from agent_gateway.store.leadership import take_over
from tests.support.eventually import PATIENCE, eventually
from tests.support.runners import bearer
from tests.support.turns import entry

pytestmark = pytest.mark.postgres
WORKSPACE = names.PATH_WORKSPACE


async def test_a_session_is_streamed_to_its_own_runner_only(port, thread):
    lines = [entry(number) for number in range(1, 3001)]
    other = await port.make_thread(43, "tg-43")
    await port.store.sessions.add_entries(thread, 1, 0, lines)
    await port.make_run(other, 1, pod="pod-other", token="token-other")
    url = port.url + names.PATH_SESSION
    async with port.session.get(url, headers=bearer("token-1")) as answer:
        assert answer.status == 403  # before its hello was accepted
    runner = await port.join()
    assert (await runner.get(wire.Welcome)).session_lines == 1  # at least
    async with port.session.get(url, headers=bearer("token-1")) as answer:
        assert answer.status == 200
        assert (await answer.text()).splitlines() == lines
    await port.join("token-other")
    async with port.session.get(url, headers=bearer("token-other")) as answer:
        assert await answer.text() == ""


@pytest.mark.parametrize("path", [names.PATH_CONNECT, names.PATH_SESSION, names.PATH_LLM + "/zai/models"])
async def test_nobody_comes_in_without_a_good_token(port, thread, path):
    async with port.session.get(port.url + path) as answer:
        assert answer.status == 401
    async with port.session.get(port.url + path, headers=bearer("forged-token")) as answer:
        assert answer.status == 401
        body = await answer.text()
    assert "forged-token" not in body
    assert json.loads(body)["error"]["message"]


async def test_a_gateway_that_does_not_lead_asks_to_come_again(port, thread):
    port.store.fence = None
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await port.connect()
    assert error.value.status == 503


async def test_a_lost_leadership_sends_the_runner_away_unacknowledged(port, thread, store, dsn):
    runner = await port.join()
    await eventually(lambda: store.pool.fetchval("SELECT ready_at FROM runs"))
    old = store.fence
    await take_over(store, "tg")
    store.fence = old
    await runner.send(wire.Entries(seq=1, lines=[entry(1)]))
    await eventually(lambda: runner.closed)
    assert runner.acks() == []


async def test_an_identity_costs_the_api_server_two_calls_a_minute(port, thread):
    await port.join()
    before = port.kube.calls
    for _ in range(20):
        async with port.session.get(port.url + names.PATH_SESSION, headers=bearer("token-1")) as answer:
            assert answer.status == 200
    assert port.kube.calls == before == 2


async def test_a_run_that_is_over_is_told_so_and_its_token_buys_nothing(port, thread):
    runner = await port.join()
    await port.store.runs.end(thread.id, 1, "Stopped", None)
    port.deps.registry.forget(thread.id, 1)
    assert "over" in (await runner.get(wire.Refused)).reason
    async with port.session.get(port.url + names.PATH_SESSION, headers=bearer("token-1")) as answer:
        assert answer.status == 403
        assert "over" in (await answer.json())["error"]["message"]


async def stored_workspace(port, size):
    data = os.urandom(size)
    async with port.session.put(port.url + WORKSPACE, data=io.BytesIO(data), headers=bearer("token-1")) as response:
        assert response.status == 204
    return data


async def test_pods_that_read_slowly_keep_nobody_from_the_database(port, thread):
    await port.join()
    data = await stored_workspace(port, 32 << 20)
    slow = [await port.session.get(port.url + WORKSPACE, headers=bearer("token-1")) for _ in range(12)]
    await asyncio.wait_for(port.make_turn(thread), PATIENCE)
    for response in slow[1:]:
        response.close()
    assert await slow[0].read() == data


async def test_files_that_are_forgotten_while_they_are_sent_are_no_whole_ones(port, thread):
    await port.join()
    await stored_workspace(port, 32 << 20)
    response = await port.session.get(port.url + WORKSPACE, headers=bearer("token-1"))
    await port.store.pool.execute("DELETE FROM workspaces")
    with pytest.raises(aiohttp.ClientError):
        await response.read()


async def test_abort_and_shutdown_reach_the_runner(port, thread):
    runner = await port.join()
    link = port.deps.registry.link(thread.id)
    assert await link.abort(5)
    assert await link.shutdown("maintenance", 7)
    assert (await runner.get(wire.Abort)).turn == 5
    assert (await runner.get(wire.Shutdown)).grace_seconds == 7


async def test_files_that_could_not_be_brought_back_are_told_in_the_chat_once(port, thread):
    runner = await port.join()
    for _ in range(2):
        await runner.send(wire.Ready(files_problem="The earlier files could not be brought back: tar ended with 2."))

    async def said():
        rows = await port.store.pool.fetch("SELECT text FROM outbox WHERE kind = 'notice'")
        return [row["text"] for row in rows]

    assert "brought back" in (await eventually(said))[0]
    await runner.send(wire.Leave(seq=1, reason="idle"))
    await runner.get(wire.Goodbye)  # what came before it is handled
    assert len(await said()) == 1
