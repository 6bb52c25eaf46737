"""What pods are asked of their workspaces, at the runners' port: the very run that was asked may answer, once, within bounds."""

from __future__ import annotations

import asyncio
import io

import pytest

from agent_contract import names, wire
from agent_gateway.diffs.report import MOST_BYTES
from tests.support.eventually import eventually
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres


async def put(port, look_id, data, token="token-1"):
    url, headers = f"{port.url}{names.PATH_LOOKS}/{look_id}", bearer(token)
    async with port.session.put(url, data=io.BytesIO(data), headers=headers, expect100=True) as response:
        return response.status


async def begin(port):
    thread = await port.make_thread()
    await port.make_run(thread)
    runner = await port.join()
    await eventually(lambda: port.deps.looks.can_ask(thread.id))
    return thread, runner


async def test_a_runner_is_asked_and_answers(port):
    thread, runner = await begin(port)
    looks = port.deps.looks
    asking = asyncio.create_task(looks.ask(thread.id, "changes"))
    frame = await runner.get(wire.Look)
    assert frame.what == "changes"
    assert await put(port, f"look-{'0' * 36}", b"another's") == 404
    assert await put(port, frame.id, b"what is seen") == 204
    assert await asking == b"what is seen"
    assert await put(port, frame.id, b"again") == 404


async def test_what_is_too_large_is_refused_and_nobody_waits_for_ever(port):
    thread, runner = await begin(port)
    port.deps.looks._seconds = 5
    asking = asyncio.create_task(port.deps.looks.ask(thread.id, "branches"))
    frame = await runner.get(wire.Look)
    assert await put(port, frame.id, bytes(MOST_BYTES + 1)) == 413
    assert await asking is None


async def test_nobody_is_asked_where_no_pod_is(port):
    thread = await port.make_thread()
    assert not port.deps.looks.can_ask(thread.id)
    assert await port.deps.looks.ask(thread.id, "changes") is None
