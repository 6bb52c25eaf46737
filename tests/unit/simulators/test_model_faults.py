"""Faults of the scripted model over real connections."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientError, ClientPayloadError, ClientTimeout, ServerDisconnectedError

from agent_simulators.model import create_app
from tests.support.eventually import eventually


@pytest.fixture
async def client(serve):
    return await serve(create_app())


async def ask(client, text="hello there you", *, stream=True, seconds=30):
    """Return the status, the words that came, and how the connection broke, if it did."""
    body = {"model": "scripted", "stream": stream, "messages": [{"role": "user", "content": text}]}
    limit = ClientTimeout(total=seconds)
    async with client.post("/v1/chat/completions", json=body, timeout=limit) as response:
        raw, error = b"", None
        try:
            async for part in response.content.iter_any():
                raw += part
        except (ClientError, TimeoutError) as broken:
            error = type(broken)
    lines = [json.loads(line[6:]) for line in raw.decode().split("\n\n") if line.startswith("data: {")]
    words = "".join(c["delta"].get("content") or "" for line in lines for c in line["choices"])
    return response.status, words if stream else raw.decode(), error


async def fault(client, **body):
    return await (await client.post("/sim/faults", json=body)).json()


async def faults(client):
    return await (await client.get("/sim/faults")).json()


async def test_errors_are_the_kind_that_needs_no_name(client):
    await fault(client, status=429, message="slow down", count=2)
    assert [(await ask(client))[0] for _ in range(3)] == [429, 429, 200]
    assert [(f["kind"], f["active"], f["strikes"]) for f in await faults(client)] == [("error", False, 2)]


async def test_a_cut_comes_before_the_answer_or_in_its_middle(client):
    await fault(client, kind="cut")
    with pytest.raises(ServerDisconnectedError):
        await ask(client)
    await fault(client, kind="cut", at="middle", count=2)
    assert await ask(client) == (200, "Echo: hello ", ClientPayloadError)
    _, half, error = await ask(client, stream=False)
    assert half.startswith('{"id"')
    assert error is ClientPayloadError
    assert await ask(client) == (200, "Echo: hello there you ", None)


async def test_silence_comes_before_the_answer_or_in_its_middle(client):
    await fault(client, kind="silence", seconds=3000)
    with pytest.raises(TimeoutError):
        await ask(client, seconds=0.2)
    await fault(client, kind="silence", at="middle", seconds=3000)
    assert await ask(client, seconds=0.5) == (200, "Echo: hello ", TimeoutError)
    await fault(client, kind="silence", at="middle", seconds=0.1)
    assert await ask(client) == (200, "Echo: hello ", ClientPayloadError)
    assert (await ask(client))[2] is None


async def test_a_slow_answer_is_whole(client):
    loop = asyncio.get_running_loop()
    started = loop.time()
    await fault(client, kind="slow", seconds=0.2, pause=0.05)
    assert await ask(client) == (200, "Echo: hello there you ", None)
    assert loop.time() - started >= 0.2 + 4 * 0.05


async def test_a_share_of_the_requests_is_struck_while_the_fault_lasts(client):
    await fault(client, probability=0.5, seed=3, seconds_active=600)
    statuses = [(await ask(client))[0] for _ in range(20)]
    assert set(statuses) == {200, 503}
    (found,) = await faults(client)
    assert (found["matched"], found["strikes"], found["active"]) == (20, statuses.count(503), True)
    assert await (await client.delete("/sim/faults")).json() == {"ended": 1}
    assert {(await ask(client))[0] for _ in range(10)} == {200}


async def test_a_reset_ends_what_is_held(client):
    await fault(client, kind="silence", seconds=3000, seconds_active=600)
    asking = asyncio.create_task(ask(client))
    await eventually(lambda: struck(client))
    await client.post("/sim/reset")
    with pytest.raises(ServerDisconnectedError):
        await asking
    assert await faults(client) == []
    assert (await ask(client))[0] == 200


async def struck(client):
    return (await faults(client))[0]["strikes"]


@pytest.mark.parametrize("body", [{"kind": "throttle"}, {"kind": "error", "at": "middle"}, {"cuont": 3}])
async def test_a_fault_that_makes_no_sense_is_refused(client, body):
    assert (await client.post("/sim/faults", json=body)).status == 400
    assert await faults(client) == []
