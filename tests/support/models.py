"""A runner that calls models through the real port, and providers that a test plays."""

from __future__ import annotations

import contextlib
import json

from aiohttp import web

from agent_contract import names
from tests.support.eventually import eventually
from tests.support.runners import bearer, running_port

KEY = "sk-the-real-key-1234567890"


@contextlib.asynccontextmanager
async def serving(app):
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def holding(store, llm_url, **more):
    """A port, and the one runner that may call models."""
    async with running_port(store, llm_url=llm_url, **more) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        await port.join()
        turn = await port.make_turn(thread)
        await eventually(lambda: port.store.turns.deliver_next(thread.id, 1))
        port.turn_id = turn.id
        yield port


def upstream(handler):
    async def answer(request):
        return web.Response() if request.method == "HEAD" else await handler(request)

    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", answer)
    return serving(app)


def chat(prompt, **more):
    body = {"model": "scripted", "messages": [{"role": "user", "content": prompt}]}
    return {**body, "stream": True, "stream_options": {"include_usage": True}, **more}


def call(port, body, *, provider="zai", rest="chat/completions", headers=None, method="POST"):
    url = f"{port.url}{names.PATH_LLM}/{provider}/{rest}"
    return port.session.request(method, url, json=body, headers=bearer("token-1") | (headers or {}))


async def error_of(answer, shape=frozenset({"message", "type", "code"})):
    error = json.loads(await answer.text())["error"]
    assert set(error) >= shape
    return error["message"]


async def usage(port):
    return await port.store.pool.fetch("SELECT * FROM usage ORDER BY id")
