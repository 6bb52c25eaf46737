"""An API server that accepts and never answers: every look ends, and the next one goes on where it answers again."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agent_contract import names
from agent_kube.client import KubeClient, Limits
from agent_kube.errors import Away
from agent_operator.context import Context
from agent_operator.leading import Alone
from agent_operator.startup import check_schema
from tests.support.eventually import eventually
from tests.support.kubeclient import build_raw_thread
from tests.support.operator import NAME, job_name, make_config

SHORT = Limits(connect=1.0, call=0.3, silence=0.3)


class Hanging:
    """Answers while it is told to."""

    def __init__(self):
        self.answers = asyncio.Event()
        self.asked = []

    async def handle(self, request):
        self.asked.append(request.method)
        body = await request.json() if request.can_read_body else {}
        await self.answers.wait()
        meta = {"uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-01-02T03:04:05Z"}
        name = body.get("metadata", {}).get("name") or NAME
        return web.json_response({**body, "metadata": {**body.get("metadata", {}), "name": name, **meta}})


@pytest.fixture
async def hanging():
    return Hanging()


@pytest.fixture
async def context(hanging):
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", hanging.handle)
    server = TestServer(app, shutdown_timeout=0.1)
    await server.start_server()
    context = Context(make_config(), KubeClient(str(server.make_url("")), limits=SHORT), Alone())
    yield context
    hanging.answers.set()
    await context.close()
    await server.close()


async def test_a_look_ends_by_itself_and_is_done_when_there_are_answers_again(context, hanging):
    meta = {"name": "default", "uid": "c", "generation": 1, "resourceVersion": "1"}
    context.take_class({"type": None, "object": {"metadata": meta, "spec": {}}})
    raw = build_raw_thread()
    raw["metadata"]["resourceVersion"] = "2"
    context.take_thread({"type": None, "object": raw})
    working = asyncio.create_task(context.threads.queue.run())
    await eventually(lambda: len(hanging.asked) >= 3)  # each try ended, and another was made
    assert context.threads.queue.failing == 1
    assert not context.stuck
    hanging.answers.set()
    await eventually(lambda: context.view.find_job(job_name()) is not None)
    await eventually(lambda: not context.threads.queue.failing)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def test_a_start_tells_what_it_waits_for(context):
    with pytest.raises(Away, match="does not answer"):
        await check_schema(context.kube, context.intakes)


async def test_what_is_asked_about_a_resource_ends_too(context):
    for ask in (
        context.kube.read_class("x"), context.kube.read_job("x"), context.kube.list_pods_of_job("x"),
        context.kube.delete_job("x", "u"), context.kube.set_deadline("x", 1),
        context.kube.patch_status(names.AGENT_THREADS, NAME, "1", {}), context.view.jobs.get("x"),
    ):  # fmt: skip
        with pytest.raises(Away):
            await ask
