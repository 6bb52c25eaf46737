"""AgentThreads as the gateway reads them: made by hand, edited into nonsense, before or after their conversation."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_contract import names
from agent_gateway.inbox.access import Standing
from agent_gateway.kube import KubeClient, KubeError
from agent_gateway.resources.adopt import Adopter
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.wake import Wake
from tests.conftest import BOT_ID
from tests.support.desk import BOT, address
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
BASE = f"/apis/{names.API_VERSION}/namespaces/agents/{names.AGENT_THREADS}"


def build(name="tg-42", version=1, *, chat=42, bot=BOT_ID, **spec):
    channel = {"type": "telegram", "bot": "tg", "botId": bot, "chatId": chat}
    metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": {"channel": channel, **spec}}


class Api:
    """Lists what it holds, and tells what is pushed to the one who watches."""

    def __init__(self, *items):
        self.items = {item["metadata"]["name"]: item for item in items}
        self.events = []
        self.pushed = asyncio.Queue()

    def app(self):
        app = web.Application()
        app.router.add_get(BASE, self.many)
        app.router.add_get(BASE + "/{name}", self.one)
        app.router.add_post("/api/v1/namespaces/agents/events", self.event)
        return app

    async def many(self, request):
        if "watch" not in request.query:
            return web.json_response({"metadata": {"resourceVersion": "1"}, "items": list(self.items.values())})
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(json.dumps(await self.pushed.get()).encode() + b"\n")

    async def one(self, request):
        return web.json_response(self.items[request.match_info["name"]])

    async def event(self, request):
        self.events.append(await request.json())
        return web.json_response({}, status=201)

    def push(self, item, kind="MODIFIED"):
        self.items[item["metadata"]["name"]] = item
        self.pushed.put_nowait({"type": kind, "object": item})


@contextlib.asynccontextmanager
async def following(api, store):
    """Watch and adopt; yields the client and the threads that were woken."""
    async with TestServer(api.app()) as server:
        kube = KubeClient(str(server.make_url("")))
        wake, woken = Wake(), []
        wake.thread = woken.append
        adopter = Adopter(store, BOT, "tg", wake)
        resources = AgentThreads(kube, "agents", "tg", adopter.changed)
        adopter.resources = resources

        async def standing(_person, chat):
            return Standing(allowed=chat == 42, chat_id=chat, moved=False)

        adopter.standing = standing
        tasks = [asyncio.create_task(resources.watch()), asyncio.create_task(adopter.run())]
        try:
            await asyncio.wait_for(resources.synced.wait(), 10)
            yield resources, woken
            for task in tasks:
                assert not task.done(), task.exception()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await kube.close()


async def test_one_that_cannot_be_read_leaves_the_others_alone(store):
    broken = build("tg-43", chat="no number")
    api = Api(broken, build())
    async with following(api, store) as (resources, _):
        assert resources.cached("tg-42").spec.channel.chat_id == 42
        assert resources.cached("tg-43") is None
        with pytest.raises(KubeError, match=r"spec\.channel\.chatId") as caught:
            await resources.get("tg-43")
        assert "no number" not in str(caught.value)
        api.push(build("tg-42", 2, run="nonsense"))
        api.push(build("tg-43", 3, chat=43))
        await eventually(lambda: resources.cached("tg-43"))
        assert resources.cached("tg-42").spec.run is None
        assert resources.problem is None


async def test_one_made_by_hand_gets_its_conversation(store):
    api = Api(build(title="by hand"))
    async with following(api, store) as (_, woken):
        thread = await eventually(lambda: store.threads.by_name("tg-42"))
        assert (thread.address, thread.title) == (address(), "by hand")
        api.push(build("tg-42", 2, suspend=True))
        await eventually(lambda: thread.id in woken)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (build(bot=BOT_ID + 1), "names bot"),
        (build("tg-666", chat=666), "not on the list"),
        (build("tg-somebody"), "must be named tg-42"),
    ],
)
async def test_one_that_is_not_ours_is_refused_once_with_an_event(store, item, words):
    api = Api(item)
    async with following(api, store):
        await eventually(lambda: api.events)
        api.push({**item, "metadata": {**item["metadata"], "resourceVersion": "2"}})
        api.push(build("tg-after", 3))  # looked at after the repeat: its own refusal says that the repeat was seen
        await eventually(lambda: api.events[-1]["involvedObject"]["name"] == "tg-after")
        assert [e["involvedObject"]["name"] for e in api.events] == [item["metadata"]["name"], "tg-after"]
        assert words in api.events[0]["message"]


async def test_a_conversation_that_begins_after_its_resource_was_refused_follows_it(store):
    api = Api(build("tg-666", chat=666))
    async with following(api, store) as (_, woken):
        await eventually(lambda: api.events)
        async with store.transaction() as tx:
            thread = await tx.threads.get_or_create(address(666), "tg-666", "")
        api.push(build("tg-666", 2, chat=666, run=1))
        await eventually(lambda: thread.id in woken)


async def test_a_watch_that_breaks_is_begun_anew(store):
    api = Api(build())
    async with following(api, store) as (resources, _):
        api.pushed.put_nowait({"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}})
        api.items["tg-42"] = build("tg-42", 5, run=3)
        await eventually(lambda: resources.cached("tg-42").spec.run == 3)
        del api.items["tg-42"]
        api.pushed.put_nowait({"type": "ERROR", "object": {"code": 500, "reason": "Error", "message": "broken"}})
        await eventually(lambda: resources.cached("tg-42") is None)
        await eventually(lambda: resources.problem is None)
