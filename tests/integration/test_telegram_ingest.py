"""Updates from the simulated Bot API into the inbox, through the real client."""

from __future__ import annotations

import asyncio
import json

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.inbox.ingest import Ingest
from agent_gateway.telegram.fakes import FakeStore
from agent_gateway.telegram.inbound.incoming import Prompt
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_simulators.telegram.server import CLOUD
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.simulated import BOT, FORUM, TOKEN, TOPIC, play


async def until_polled(source, task):
    """Wait until a poll was answered, or the loop ended."""
    await eventually(lambda: task.done() or source.last_poll is not None or source.problem)


@pytest.mark.postgres
async def test_updates_reach_the_inbox_once_and_junk_stops_nothing(sim, api, store):
    wakes = []
    source = Ingest(api, store.inbox, check=lambda: None, wake=lambda: wakes.append(1), timeout=1, pause=0.01)
    await play(sim, "messages", chat=5, text="first")
    await play(sim, "updates", update={"message": "junk"})
    await play(sim, "updates", update={"message": {"chat": {"id": "x"}, "entities": 5}})
    await play(sim, "messages", chat=FORUM, topic=42, text="@demo_bot second")
    await play(sim, "messages", chat=5, text="nul \u0000 and \ud83d half")
    task = asyncio.create_task(source.run())
    await eventually(lambda: sim.app[CLOUD].bots[TOKEN].updates == [])
    rows = {row.queue_key: row for row in await store.inbox.next()}
    assert sorted(rows) == ["-", "-100200/42", "5"]
    incoming = parse(json.loads(rows["-100200/42"].payload), BOT)
    assert isinstance(incoming, Prompt)
    assert (incoming.address, incoming.text) == (TOPIC, "second")
    following = sim.app[CLOUD].bots[TOKEN].next_update
    assert (await store.inbox.read_cursor())[0] == following
    assert wakes
    task.cancel()
    # What Telegram sends a second time is passed over.
    again = await store.pool.fetchval("SELECT count(*) FROM inbox")
    await store.inbox.add_updates([(following - 1, "5", "{}")], following)
    assert await store.pool.fetchval("SELECT count(*) FROM inbox") == again == 5


@pytest.mark.postgres
async def test_what_was_not_committed_is_delivered_again(sim, api, store):
    fence, store.fence = store.fence, None
    await play(sim, "messages", chat=5, text="first")
    with pytest.raises(LeadershipLost):
        await Ingest(api, store.inbox, check=lambda: None, wake=lambda: None, timeout=1).run()
    store.fence = fence
    task = asyncio.create_task(Ingest(api, store.inbox, check=lambda: None, wake=lambda: None, timeout=1).run())
    await eventually(store.inbox.next)
    task.cancel()


async def test_ingest_goes_on_after_every_fault(sim, api):
    for fault in ({"kind": "error", "code": 502}, {"kind": "cut"}, {"kind": "throttle", "retry_after": 1}):
        await play(sim, "faults", method="getUpdates", **fault)
    store = FakeStore()
    source = Ingest(api, store, check=lambda: None, wake=lambda: None, timeout=1, pause=0.01)
    task = asyncio.create_task(source.run())
    await play(sim, "messages", chat=5, text="first")
    await eventually(lambda: store.inbox)
    await eventually(lambda: source.problem is None)
    task.cancel()


async def test_a_refused_token_is_ingests_problem(sim):
    api = TelegramApi(f"{BOT_ID}:another", str(sim.make_url("")))
    source = Ingest(api, FakeStore(), check=lambda: None, wake=lambda: None, timeout=1, pause=0.01)
    task = asyncio.create_task(source.run())
    await until_polled(source, task)
    assert source.problem.startswith("Telegram refuses the bot token")
    task.cancel()
    await api.close()
