"""The runners' port over real HTTP: a scripted runner, a Kubernetes API of two answers, views that only record."""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
from dataclasses import dataclass, field

import aiohttp

from agent_contract import names, wire
from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.models.providers import Keys, Providers, build_provider
from agent_gateway.models.proxy import LlmProxy
from agent_gateway.resources.fakes import FakeResources, FakeSubAgents
from agent_gateway.runners.identity import Authenticator
from agent_gateway.runners.registry import Registry
from agent_gateway.runners.server import RunnerDeps, create_app, serve
from agent_gateway.store.rows import Address
from agent_gateway.subagents.parts import build_subagents
from agent_kube.errors import Away, NotFound
from tests.conftest import BOT_ID
from tests.support.eventually import eventually

NAMESPACE = "agents"
THREAD_UID = "thread-uid"
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{names.AGENT_SERVICE_ACCOUNT}"


class FakeKube:
    """TokenReview and pods, from two tables."""

    def __init__(self):
        self.tokens: dict[str, dict] = {}
        self.pods: dict[str, dict] = {}
        self.calls = 0
        self.away = False

    async def request(self, method, path, *, body=None):
        self.calls += 1
        if self.away:
            raise Away("The Kubernetes API does not answer: refused", None, "Unreachable")
        if path.endswith("/tokenreviews"):
            return {"status": self.tokens.get(body["spec"]["token"], {"authenticated": False})}
        name = path.rsplit("/", 1)[1]
        if name not in self.pods:
            raise NotFound(f'pods "{name}" not found', 404, "NotFound")
        return self.pods[name]

    def add_pod(self, thread, run, name, *, token, uid=None, job=None):
        uid = uid or f"uid-{name}"
        self.tokens[token] = build_review(name, uid)
        self.pods[name] = build_pod(thread, run, name, uid, job or names.build_job_name(thread, THREAD_UID, run))


def build_review(pod, uid, *, user=ACCOUNT, audience=names.TOKEN_AUDIENCE):
    extra = {"authentication.kubernetes.io/pod-name": [pod], "authentication.kubernetes.io/pod-uid": [uid]}
    return {"authenticated": True, "audiences": [audience], "user": {"username": user, "extra": extra}}


def build_pod(thread, run, name, uid, job):
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": "job-uid", "controller": True}
    labels = {names.LABEL_THREAD: thread, names.LABEL_RUN: str(run)}
    return {
        "metadata": {"name": name, "uid": uid, "labels": labels, "ownerReferences": [owner]},
        "status": {"phase": "Running"},
    }


class RecordingViews:
    """Remembers what should be seen."""

    def __init__(self):
        self.opened: dict[int, object] = {}
        self.shown: list[tuple[int, str, str | None]] = []
        self.tools: list[tuple[str, ...]] = []
        self.finished: list[int] = []
        self.message_ids = (501,)

    def open(self, turn, address, reply_to, restored=None):
        self.opened[turn.id] = restored

    def children(self, turn_id, lines):
        self.lines = list(lines)

    def update(self, turn_id, text, activity=None, tools=()):
        self.shown.append((turn_id, text, activity))
        self.tools.append(tuple(tools))

    def typing(self, turn_id):
        pass

    async def finish(self, turn_id):
        self.finished.append(turn_id)
        return self.message_ids


@dataclass
class PlayedFiles:
    """Telegram's files, by id: parts, and what is raised behind them."""

    files: dict[str, list] = field(default_factory=dict)

    async def open_file(self, file_id):
        for part in self.files[file_id]:
            if isinstance(part, Exception):
                raise part
            yield part


@dataclass
class RecordingWake:
    threads: list[int] = field(default_factory=list)
    outboxes: int = 0

    def thread(self, thread_id):
        self.threads.append(thread_id)

    def outbox(self):
        self.outboxes += 1


class Runner:
    """A runner that says what the test tells it."""

    def __init__(self, socket):
        self.socket = socket
        self.frames: list = []
        self.closed: str | None = None
        self._reader = asyncio.create_task(self._read())

    async def _read(self):
        async for message in self.socket:
            self.frames.append(wire.decode_gateway(message.data))
        self.closed = f"{self.socket.close_code}"

    async def send(self, frame):
        await self.socket.send_str(wire.encode(frame))

    async def event(self, seq, turn, event):
        await self.send(wire.EventFrame(seq=seq, turn=turn, event=event))

    async def hello(self, run=1, **more):
        await self.send(wire.Hello(run=run, **more))

    async def get(self, kind, *, count=1):
        found = await eventually(lambda: [f for f in self.frames if isinstance(f, kind)][count - 1 :])
        return found[0]

    async def acked(self, seq):
        await eventually(lambda: any(isinstance(f, wire.Ack) and f.seq >= seq for f in self.frames))

    def acks(self):
        return [f.seq for f in self.frames if isinstance(f, wire.Ack)]

    async def close(self):
        await self.socket.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


class Port:
    """The whole port on a free loopback port."""

    def __init__(self, deps, url, kube, session):
        self.deps = deps
        self.url = url
        self.kube = kube
        self.session = session
        self.runners: list[Runner] = []

    @property
    def store(self):
        return self.deps.store

    async def connect(self, token="token-1"):
        socket = await self.session.ws_connect(self.url + names.PATH_CONNECT, headers=bearer(token))
        runner = Runner(socket)
        self.runners.append(runner)
        return runner

    async def join(self, token="token-1", run=1, **more):
        """Connect, say hello and ready."""
        runner = await self.connect(token)
        await runner.hello(run, **more)
        await runner.get(wire.Welcome)
        if not more.get("ready"):
            await runner.send(wire.Ready())
        return runner

    async def make_thread(self, chat=42, name="tg-42"):
        async with self.store.transaction() as tx:
            return await tx.threads.get_or_create(Address(BOT_ID, chat), name, "title")

    async def make_run(self, thread, number=1, pod=None, token=None):
        await self.store.runs.want(thread.id, number, THREAD_UID)
        self.kube.add_pod(thread.name, number, pod or f"pod-{number}", token=token or f"token-{number}")

    async def make_turn(self, thread, update=1, text="hello", files=()):
        async with self.store.transaction() as tx:
            return await tx.turns.add(thread.id, update, 7, 42, text, files)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def free_port():
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.asynccontextmanager
async def running_port(
    store, *, number=None, kube=None, llm_url="http://127.0.0.1:9/v1", key="real-key", provider="zai"
):
    """Serve the port and yield it."""
    kube = kube or FakeKube()
    proxy = LlmProxy(Providers(build_provider(provider, llm_url, Keys(key))), store.usage)
    wake = RecordingWake()
    registry = Registry(wake.thread)
    views = RecordingViews()
    resources = FakeResources()
    children = build_subagents(store, resources, FakeSubAgents(), registry, views)
    deps = RunnerDeps(
        store=store,
        views=views,
        wake=wake,
        registry=registry,
        authenticator=Authenticator(kube, store, namespace=NAMESPACE),
        proxy=proxy,
        children=children.service,
        classes=children.classes,
        files=PlayedFiles(),
        notes=PromptNotes(store, resources, wake),
    )
    number = number or free_port()
    server = await serve(create_app(deps), "127.0.0.1", number)
    async with aiohttp.ClientSession() as session:
        port = Port(deps, f"http://127.0.0.1:{number}", kube, session)
        try:
            yield port
        finally:
            await server.cleanup()
            await proxy.close()
            for runner in port.runners:
                await runner.close()
