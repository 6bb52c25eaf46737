"""The port that agents reach: their WebSocket, their session, their model calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from agent_contract import names, wire
from agent_gateway.errors import ClassUnknown, LeadershipLost
from agent_gateway.models.errors import build_error
from agent_gateway.models.proxy import LlmProxy
from agent_gateway.models.relay import Caller
from agent_gateway.runners.connection import Connection
from agent_gateway.runners.files import Downloads, give_file, take_file
from agent_gateway.runners.identity import Authenticator, Denied, Identity, compute_bearer
from agent_gateway.runners.ports import Children, Classes, PromptNotes, Views, Wakes
from agent_gateway.runners.registry import Registry
from agent_gateway.runners.sessions import stream_session
from agent_gateway.runners.workspaces import TooLarge, send_workspace, take_workspace
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.telegram.ports import FileSource

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 10.0
"""A ping after this long without a byte; half of it later a silent runner is known as lost."""
CLOSE_SECONDS = 2.0
_TYPES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    409: "refused",
    413: "too_large",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class RunnerDeps:
    """What the runners' port works with."""

    store: Store
    views: Views
    wake: Wakes
    registry: Registry
    authenticator: Authenticator
    proxy: LlmProxy
    children: Children
    classes: Classes
    files: FileSource
    notes: PromptNotes
    downloads: Downloads = field(default_factory=Downloads)
    connections: set[asyncio.Task[None]] = field(default_factory=set)
    """One task for each open WebSocket."""


DEPS: web.AppKey[RunnerDeps] = web.AppKey("deps", RunnerDeps)


def create_app(deps: RunnerDeps) -> web.Application:
    """Build the application for `names.PORT_RUNNERS`."""
    app = web.Application(middlewares=[_errors])
    app[DEPS] = deps
    deps.registry.on_forget = deps.authenticator.forget
    app.router.add_get(names.PATH_CONNECT, _connect, allow_head=False)
    app.router.add_get(names.PATH_SESSION, _session, allow_head=False)
    app.router.add_get(names.PATH_WORKSPACE, _send_workspace, allow_head=False)
    app.router.add_put(names.PATH_WORKSPACE, _take_workspace)
    app.router.add_get(names.PATH_FILES + r"/{turn:\d{1,18}}/{number:\d{1,4}}", _give_file, allow_head=False)
    app.router.add_put(names.PATH_FILES, _take_file)
    app.router.add_route("*", names.PATH_LLM + "/{provider}/{rest:.+}", _llm)
    app.on_shutdown.append(_close)
    return app


async def serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen; `cleanup()` of what is returned ends it.

    A handler whose caller hangs up is cancelled, and with it the call to the model's API behind it.
    """
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=5, keepalive_timeout=75)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


async def _close(app: web.Application) -> None:
    deps = app[DEPS]
    await deps.registry.close()
    if deps.connections:
        _, late = await asyncio.wait(deps.connections, timeout=CLOSE_SECONDS)
        for task in late:
            task.cancel()


async def _connect(request: web.Request) -> web.StreamResponse:
    deps = request.app[DEPS]
    identity = await deps.authenticator.identify(compute_bearer(request.headers))
    if deps.store.fence is None or deps.registry.closing:
        raise Denied(503, "This gateway does not lead now: connect again in a moment.")
    socket = web.WebSocketResponse(
        heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, compress=False, max_msg_size=wire.MAX_FRAME_BYTES
    )
    await socket.prepare(request)
    deps.proxy.warm()
    transport = request.transport

    def abort() -> None:
        if transport is not None:
            transport.abort()

    connection = Connection(
        identity, socket, abort, store=deps.store, views=deps.views, wake=deps.wake, registry=deps.registry,
        children=deps.children, notes=deps.notes,
    )  # fmt: skip
    # Its own task: a commit under way is not torn up because the runner hung up.
    task = asyncio.create_task(connection.serve())
    deps.connections.add(task)
    task.add_done_callback(deps.connections.discard)
    await asyncio.shield(task)
    return socket


async def _session(request: web.Request) -> web.StreamResponse:
    return await stream_session(request, await _holder(request), request.app[DEPS].store)


async def _send_workspace(request: web.Request) -> web.StreamResponse:
    return await send_workspace(request, await _holder(request), request.app[DEPS].store)


async def _take_workspace(request: web.Request) -> web.StreamResponse:
    identity, deps = await _holder(request), request.app[DEPS]
    limit = await deps.classes.snapshot_limit(identity.thread_name, identity.thread_id)
    return await take_workspace(request, identity, deps.store, limit)


async def _give_file(request: web.Request) -> web.StreamResponse:
    deps, identity = request.app[DEPS], await _holder(request)
    with deps.downloads.hold(identity):
        return await give_file(request, identity, deps.store, deps.files)


async def _take_file(request: web.Request) -> web.StreamResponse:
    deps = request.app[DEPS]
    answer = await take_file(request, await _holder(request), deps.store)
    deps.wake.outbox()
    return answer


async def _llm(request: web.Request) -> web.StreamResponse:
    identity = await _holder(request)
    deps = request.app[DEPS]
    link = deps.registry.link(identity.thread_id)
    turn_id = link.turn_id if link is not None and link.run == identity.run else None
    caller = Caller(identity.thread_id, identity.thread_name, identity.run, turn_id)
    return await deps.proxy.handle(request, caller)


async def _holder(request: web.Request) -> Identity:
    """Return the caller, if it is the pod that holds its run now."""
    deps = request.app[DEPS]
    identity = await deps.authenticator.identify(compute_bearer(request.headers))
    link = deps.registry.link(identity.thread_id)
    if link is None or link.run != identity.run or link.pod_uid != identity.pod_uid:
        await deps.authenticator.authorize(identity)
    return identity


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except TooLarge as error:
        return _answer(413, str(error))
    except Denied as denied:
        log.warning("caller_denied", extra={"path": request.path, "status": denied.status, "reason": str(denied)})
        return _answer(denied.status, str(denied))
    except ClassUnknown as error:
        return _answer(503, str(error))
    except (Away, LeadershipLost) as error:
        if request.transport is None or request.transport.is_closing():
            raise
        log.warning("call_without_database", extra={"path": request.path, "error": type(error).__name__})
        return _answer(503, "The gateway's database does not answer: try again in a moment.")


def _answer(status: int, message: str) -> web.Response:
    body = build_error(message, _TYPES.get(status, "error"), status)
    return web.Response(status=status, body=body, content_type="application/json")
