"""The runners' port over real HTTP: a scripted runner, a Kubernetes API of two answers, views that only record."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from dataclasses import dataclass, field, replace

import aiohttp

from agent_contract import names, wire
from agent_gateway.accounts.settings import CommitSettings
from agent_gateway.accounts.signer import Signer
from agent_gateway.apis.build import build_apis
from agent_gateway.conversations.notes import PromptNotes
from agent_gateway.decisions.service import DecisionService
from agent_gateway.forges.build import build_forges
from agent_gateway.mcp.build import build_servers
from agent_gateway.memory.service import MemoryService
from agent_gateway.models.access import ModelAccess
from agent_gateway.models.ledger import Ledger
from agent_gateway.models.prices import PriceList
from agent_gateway.models.providers import Keys, Providers, build_provider
from agent_gateway.models.proxy import LlmProxy
from agent_gateway.rates import Rate
from agent_gateway.repositories.build import build_repositories
from agent_gateway.resources.fakes import FakeResources, FakeSubAgents
from agent_gateway.runners.deps import RunnerDeps
from agent_gateway.runners.front import DEFAULTS, Front
from agent_gateway.runners.identity import Authenticator
from agent_gateway.runners.looks import Looks
from agent_gateway.runners.memorycalls import MemoryDoor
from agent_gateway.runners.registry import Registry
from agent_gateway.runners.server import create_app, serve
from agent_gateway.store.rows import Address
from agent_gateway.subagents.parts import build_subagents
from agent_kube.errors import Away, NotFound
from tests.conftest import BOT_ID
from tests.support.eventually import PATIENCE, eventually

NAMESPACE = "agents"
THREAD_UID = "thread-uid"
CLASS_UID = "class-uid"
POOL_HASH = "0123456789abcdef"
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{names.AGENT_SERVICE_ACCOUNT}"


HERE = "127.0.0.1"
"""Where the tests call from."""
MANY = replace(DEFAULTS, connections=512, opened=Rate(1000, 1000), requests=Rate(1000, 1000))
"""The pods of one test have one address."""


_EXPIRES = int(time.time()) + 6 * 3600
"""The same for all of one process, however long its tests take."""


def make_token(name, **claims):
    """Build the projected token of a pod; its signature is the name."""
    pod = {"name": "pod", "uid": "uid"}
    said = {"aud": [names.TOKEN_AUDIENCE], "exp": _EXPIRES, "sub": ACCOUNT}
    payload = json.dumps(said | {"kubernetes.io": {"namespace": NAMESPACE, "pod": pod}} | claims).encode()
    return f"eyJhbGciOiJub25lIn0.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.{name}"


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

    def add_warm_pod(self, number, *, token, **more):
        pod = build_warm_pod(number, **more)
        name = pod["metadata"]["name"]
        self.tokens[make_token(token)] = build_review(name, pod["metadata"]["uid"])
        self.pods[name] = pod
        return pod

    def add_pod(self, thread, run, name, *, token, uid=None, job=None):
        uid = uid or f"uid-{name}"
        self.tokens[make_token(token)] = build_review(name, uid)
        self.pods[name] = build_pod(thread, run, name, uid, job or names.build_job_name(thread, THREAD_UID, run))


def build_warm_pod(number, uid=None, *, pool_hash=POOL_HASH):
    """Build a pod of the warm pool of the class `default`."""
    job = names.build_pool_job_name(names.DEFAULT_CLASS, CLASS_UID, number)
    pod = build_pod("", 0, f"{job}-x", uid or f"uid-{job}", job)
    pod["metadata"]["labels"] = {names.LABEL_POOL: names.DEFAULT_CLASS, names.LABEL_POOL_HASH: pool_hash}
    return pod


def build_review(pod, uid, *, user=ACCOUNT, audience=names.TOKEN_AUDIENCE):
    extra = {"authentication.kubernetes.io/pod-name": [pod], "authentication.kubernetes.io/pod-uid": [uid]}
    return {"authenticated": True, "audiences": [audience], "user": {"username": user, "extra": extra}}


def build_pod(thread, run, name, uid, job):
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": "job-uid", "controller": True}
    labels = {names.LABEL_THREAD: thread, names.LABEL_RUN: str(run)}
    return {
        "metadata": {"name": name, "uid": uid, "labels": labels, "ownerReferences": [owner]},
        "status": {"phase": "Running", "podIP": HERE, "podIPs": [{"ip": HERE}]},
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
        frames = self.frames
        found = await eventually(lambda: [f for f in frames if isinstance(f, kind)][count - 1 :])
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
        self.writers: list[asyncio.StreamWriter] = []

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
    return {"Authorization": f"Bearer {make_token(token)}"}


@contextlib.asynccontextmanager
async def running_port(
    store, *, number=None, kube=None, llm_url="http://127.0.0.1:9/v1", key="real-key", provider="zai", api=None,
    models=("scripted",), others=(), fallbacks=(), call_limits=None, meter=None, calls_at_once=32, limits=MANY,
    connections=None, resources=None, views=None, pulls=None, tool_servers=None,
    looks_seconds=PATIENCE, **more,
):  # fmt: skip
    """Serve the port and yield it."""
    kube = kube or FakeKube()
    resources = resources or FakeResources()
    first = build_provider(provider, llm_url, Keys(key), api=api, models=models, calls_at_once=calls_at_once)
    providers = Providers(first, *others, fallbacks=fallbacks)
    access = ModelAccess(store.model_calls, resources, providers)
    proxy = LlmProxy(providers, meter or Ledger(store, PriceList(), "UTC"), access, call_limits)
    wake = RecordingWake()
    registry = Registry(wake.thread)
    views = views or RecordingViews()
    children = build_subagents(store, resources, FakeSubAgents(), registry, views)
    git = build_repositories(connections, store, children.classes, registry)
    forges = build_forges(connections, store, children.classes, lambda: None, **(pulls or {}))
    deps = RunnerDeps(
        store=store,
        views=views,
        wake=wake,
        registry=registry,
        authenticator=Authenticator(
            kube, store, namespace=NAMESPACE, class_uid=lambda name: CLASS_UID if name == names.DEFAULT_CLASS else None
        ),
        proxy=proxy,
        children=children.service,
        people=DecisionService(store, children.classes, lambda _: False),
        classes=children.classes,
        files=PlayedFiles(),
        notes=PromptNotes(store, resources, wake),
        is_admin=lambda _: False,
        git=git,
        apis=build_apis(connections, store, children.classes),
        pulls=forges.service,
        looks=Looks(registry, seconds=looks_seconds),
        signer=Signer(store, CommitSettings(), "test_bot"),
        tool_servers=tool_servers or build_servers(connections, store, children.classes),
        memory=MemoryDoor(MemoryService(store, children.classes)),
        front=Front(limits),
        **more,
    )
    server = await serve(create_app(deps), "127.0.0.1", number or 0)
    number = server.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        port = Port(deps, f"http://127.0.0.1:{number}", kube, session)
        try:
            port.resources = resources
            port.forges = forges
            yield port
        finally:
            await server.cleanup()
            await proxy.close()
            await forges.close()
            for runner in port.runners:
                await runner.close()
            for writer in port.writers:
                writer.transport.abort()
            await asyncio.gather(*(writer.wait_closed() for writer in port.writers), return_exceptions=True)
