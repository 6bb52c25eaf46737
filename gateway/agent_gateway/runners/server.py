"""The port that agents reach: their WebSocket, their session, their model calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from aiohttp import web

from agent_contract import names, wire
from agent_gateway.metrics import LIMITS
from agent_gateway.models.call import Caller
from agent_gateway.quotas import Limit, OverQuota
from agent_gateway.rates import Buckets
from agent_gateway.runners.connection import Connection
from agent_gateway.runners.denials import Sparing
from agent_gateway.runners.deps import DEPS, RunnerDeps
from agent_gateway.runners.files import give_file, take_file
from agent_gateway.runners.front import FrontSite, find_wrapped
from agent_gateway.runners.handshake import HELLO_BYTES
from agent_gateway.runners.holding import hold
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.keeps import take_pack, take_state
from agent_gateway.runners.middlewares import KNOWN, Handler, answer_errors, guard_front
from agent_gateway.runners.pullcalls import take_call
from agent_gateway.runners.refusals import Refusals
from agent_gateway.runners.sessions import stream_session
from agent_gateway.runners.streams import Stream, TooLarge, expect_later
from agent_gateway.runners.tokens import Denied, compute_bearer
from agent_gateway.runners.workspaces import send_workspace, take_workspace
from agent_gateway.store.claims import WarmPod

_HTTP = logging.getLogger(f"{__name__}.http")
_HTTP.addFilter(Sparing())
HEARTBEAT_SECONDS = 10.0
"""A ping after this long without a byte; half of it later a silent runner is known as lost."""
CLOSE_SECONDS = 2.0
_FILE: Final = r"/{turn:\d{1,18}}/{number:\d{1,4}}"


def create_app(deps: RunnerDeps) -> web.Application:
    """Build the application for `names.PORT_RUNNERS`."""
    app = web.Application(middlewares=[guard_front(deps.front), answer_errors(deps.denials)])
    app[DEPS] = deps
    deps.registry.on_forget = partial(_forget, deps)
    app.router.add_get(names.PATH_CONNECT, _connect, allow_head=False)
    app.router.add_get(names.PATH_SESSION, _of_holder(_session), allow_head=False)
    app.router.add_get(names.PATH_WORKSPACE, _of_holder(_send_workspace), allow_head=False)
    app.router.add_put(names.PATH_WORKSPACE, _of_holder(_take_workspace), expect_handler=expect_later)
    app.router.add_put(names.PATH_PACKS + "/{name:[0-9a-f]{64}}", _of_holder(_take_pack), expect_handler=expect_later)
    app.router.add_put(names.PATH_STATES, _of_holder(_take_state), expect_handler=expect_later)
    app.router.add_get(names.PATH_FILES + _FILE, _of_holder(_give_file), allow_head=False)
    app.router.add_put(names.PATH_FILES, _of_holder(_take_file), expect_handler=expect_later)
    app.router.add_post(names.PATH_PULLS, _of_holder(_pull))
    app.router.add_post(names.PATH_MEMORY, _of_holder(deps.memory.handle))
    app.router.add_put(names.PATH_LOOKS + "/{id}", _of_holder(_take_look), expect_handler=expect_later)
    app.router.add_route("*", names.PATH_LLM + "/{provider}/{rest:.+}", _of_holder(_llm))
    app.router.add_route("*", names.PATH_GIT + "/{rest:.*}", _of_holder(deps.git.handle))
    app.router.add_route("*", names.PATH_HTTP + "/{rest:.*}", _of_holder(deps.apis.handle))
    app.router.add_route("*", names.PATH_MCP + "/{rest:.*}", _of_holder(deps.tool_servers.handle))
    app.on_shutdown.append(_close)
    app.on_cleanup.append(lambda _: deps.git.close())
    app.on_cleanup.append(lambda _: deps.apis.close())
    app.on_cleanup.append(lambda _: deps.tool_servers.close())
    return app


async def serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen; `cleanup()` of what is returned ends it.

    A handler whose caller hangs up is cancelled, and the call to the model's API with it. Nothing is unpacked that a pod sends.
    """
    runner = web.AppRunner(
        app, access_log=None, handler_cancellation=True, shutdown_timeout=5, keepalive_timeout=75,
        auto_decompress=False, lingering_time=0, logger=_HTTP,
    )  # fmt: skip
    await runner.setup()
    await FrontSite(runner, host, port, app[DEPS].front).start()
    return runner


def _forget(deps: RunnerDeps, thread_id: int, run: int) -> None:
    """Believe the tokens of a run that is over no more, and cut what it has under way."""
    deps.authenticator.forget(thread_id, run)
    deps.flights.cut(thread_id, run)


async def _close(app: web.Application) -> None:
    deps = app[DEPS]
    deps.pool.close()
    await deps.registry.close()
    if deps.connections:
        _, late = await asyncio.wait(deps.connections, timeout=CLOSE_SECONDS)
        for task in late:
            task.cancel()


async def _connect(request: web.Request) -> web.StreamResponse:
    deps, wrapped = request.app[DEPS], find_wrapped(request)
    who = await deps.authenticator.meet(compute_bearer(request.headers), wrapped.address)
    request[KNOWN] = True
    if deps.store.fence is None or deps.registry.closing:
        raise Denied(503, "This gateway does not lead now: connect again in a moment.")
    socket = web.WebSocketResponse(
        heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, compress=False, max_msg_size=wire.MAX_FRAME_BYTES,
        autoping=False,
    )  # fmt: skip

    def welcome() -> None:
        wrapped.widen()
        if isinstance(who, WarmPod):  # it may have waited for long
            deps.proxy.warm()
        deps.handshakes.end(who.pod_uid, abort)

    if not socket.can_prepare(request):
        raise Denied(400, "This path is for WebSockets.")
    abort = wrapped.abort
    deps.handshakes.begin(who.pod_uid, abort)
    wrapped.narrow(HELLO_BYTES)
    await socket.prepare(request)
    deps.proxy.warm()

    def build(identity: Identity) -> Connection:
        return Connection(
            identity, socket, abort, welcome, store=deps.store, views=deps.views, wake=deps.wake,
            registry=deps.registry, children=deps.children, people=deps.people, notes=deps.notes,
            is_admin=deps.is_admin, git=deps.git, apis=deps.apis, quotas=deps.quotas, signer=deps.signer,
        )  # fmt: skip

    serving = hold(who, socket, wrapped, deps.pool, build) if isinstance(who, WarmPod) else build(who).serve()
    # Its own task: a commit under way is not torn up because the runner hung up.
    task = asyncio.create_task(serving)
    deps.connections.add(task)
    task.add_done_callback(deps.connections.discard)
    task.add_done_callback(lambda _: deps.handshakes.end(who.pod_uid, abort))
    await asyncio.shield(task)
    return socket


def _of_holder(handler: Callable[[web.Request, Identity], Awaitable[web.StreamResponse]]) -> Handler:
    """Let a call through only of the pod that holds its run, and only as long as it does."""

    async def handle(request: web.Request) -> web.StreamResponse:
        deps, identity = request.app[DEPS], await _identify(request)
        with deps.flights.hold(identity, request.transport):
            link = deps.registry.link(identity.thread_id)
            if link is None or link.run != identity.run or link.pod_uid != identity.pod_uid:
                await deps.authenticator.authorize(identity)
            return await handler(request, identity)

    return handle


async def _session(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    async with deps.streams.hold(who, Stream.SESSION):
        return await stream_session(request, who, deps.store, deps.streams, deps.finding)


async def _send_workspace(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    async with deps.streams.hold(who, Stream.WORKSPACE):
        return await send_workspace(request, who, deps.store, deps.streams)


async def _take_workspace(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    terms = await deps.classes.file_terms(who.thread_name, who.thread_id)
    async with deps.streams.hold(who, Stream.UPLOAD):
        taking = take_workspace(request, who, deps.store, deps.streams, terms, deps.quotas)
        return await _limited(deps, who, taking, Limit.WORKSPACE)


async def _take_pack(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    _check_rate(deps.packs, who)
    terms = await deps.classes.file_terms(who.thread_name, who.thread_id)
    async with deps.streams.hold(who, Stream.KEEP):
        taking = take_pack(request, who, deps.store, deps.streams, terms, deps.quotas)
        return await _limited(deps, who, taking, Limit.KEPT_PART)


async def _take_state(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    _check_rate(deps.states, who)
    terms = await deps.classes.file_terms(who.thread_name, who.thread_id)
    async with deps.streams.hold(who, Stream.KEEP):
        return await _limited(deps, who, take_state(request, who, deps.store, deps.streams, terms), Limit.KEPT_PART)


def _check_rate(buckets: Buckets[tuple[int, int]], who: Identity) -> None:
    if not buckets.of((who.thread_id, who.run)).take():
        LIMITS.labels(Limit.KEPT_RATE).inc()
        raise Denied(503, f"Files are kept too often: ask again in a moment (limit: {Limit.KEPT_RATE}).")


async def _give_file(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    if not deps.fetches.of((who.thread_id, who.run)).take():
        LIMITS.labels("file_fetches").inc()
        raise Denied(503, "Too many files are fetched: ask again in a moment (limit: file_fetches).")
    async with deps.streams.hold(who, Stream.FILE):
        return await give_file(request, who, deps.store, deps.streams, deps.files)


async def _take_file(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    allowed = await deps.classes.may_send_files(who.thread_id)
    async with deps.streams.hold(who, Stream.UPLOAD):
        taking = take_file(request, who, deps.store, deps.streams, deps.quotas, allowed=allowed)
        answer = await _limited(deps, who, taking, Limit.FILE_SIZE)
    deps.wake.outbox()
    return answer


async def _take_look(request: web.Request, who: Identity) -> web.StreamResponse:
    return await request.app[DEPS].looks.take(request, who, request.app[DEPS].streams)


async def _limited(deps: RunnerDeps, who: Identity, work: Awaitable[web.Response], size: Limit) -> web.Response:
    """Do what stores something; where it is over a limit, tell whom that concerns. `size` is that of one body."""
    try:
        return await work
    except OverQuota as over:
        await Refusals(deps.store, deps.wake, deps.quotas).tell(who, over)
        raise
    except TooLarge:
        LIMITS.labels(size).inc()
        raise


async def _llm(request: web.Request, who: Identity) -> web.StreamResponse:
    return await request.app[DEPS].proxy.handle(request, Caller(who.thread_id, who.thread_name, who.run))


async def _pull(request: web.Request, who: Identity) -> web.StreamResponse:
    deps = request.app[DEPS]
    return await take_call(request, who, deps.pulls, deps.pull_calls.of((who.thread_id, who.run)))


async def _identify(request: web.Request) -> Identity:
    deps = request.app[DEPS]
    identity = await deps.authenticator.identify(compute_bearer(request.headers), find_wrapped(request).address)
    request[KNOWN] = True
    return identity
