"""Senders without the secret hold the places in which events are read, and whoever has it is let in all the same."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_gateway.hooks import places, server
from agent_gateway.hooks.settings import read_hooks
from tests.support.desk import GROUP
from tests.support.eventually import eventually
from tests.support.hooking import SECRET, Doors, sign

pytestmark = pytest.mark.postgres
HUB = {"name": "hub", "form": "github", "to": {"chatId": GROUP}, "events": ["issues"], "template": "{{ issue.title }}"}


@pytest.fixture
async def doors(store, tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    file = tmp_path / "hooks.json"
    file.write_text(json.dumps([{"secretFile": str(tmp_path / "secret"), **HUB}]))
    hooks = server.HookServer(read_hooks(file, "tg", None), store)
    async with TestClient(TestServer(hooks.build())) as client:
        yield SimpleNamespace(hooks=hooks, client=client, brings=Doors(client, None, tmp_path, store))


@pytest.mark.parametrize("yields", [True, False])
async def test_whoever_is_read_longest_yields_to_the_next_sender(doors, monkeypatch, yields):
    monkeypatch.setattr(server, "BODY_SECONDS", 120.0)
    monkeypatch.setattr(places, "YIELDS_AFTER", 0.0 if yields else 1000.0)
    over = asyncio.Event()

    async def slow():
        yield b"{"
        await over.wait()

    async def hold():
        shown = {"X-Hub-Signature-256": sign(b"{", "wrong-secret-of-it")}  # which only the whole body refutes
        async with doors.client.post("/hooks/hub", data=slow(), headers=shown) as answer:
            return answer.status

    held = [asyncio.create_task(hold()) for _ in range(places.MOST_AT_ONCE)]
    await eventually(lambda: len(doors.hooks._places._taken) == places.MOST_AT_ONCE)
    status, _ = await doors.brings.push("issues", {"action": "opened", "issue": {"title": "It breaks"}}, "1")
    assert status == (202 if yields else 429)
    await eventually(lambda: sum(one.done() for one in held) == yields)
    over.set()
    assert sorted(await asyncio.gather(*held)) == [401] * (places.MOST_AT_ONCE - yields) + [408] * yields
    assert not doors.hooks._places._taken
