"""A client of the Kubernetes API that keeps what is written, counts what is asked, and refuses as told."""

from __future__ import annotations

import copy
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_contract import names
from agent_kube.errors import Away, Conflict, NotFound
from agent_operator.config import OperatorConfig
from agent_operator.context import Context
from agent_operator.leading import Alone
from tests.support.operator import NAME, UID, make_config

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AGENTS = "/namespaces/agents"


class PlayedClient:
    """Plays the API server at the client's own border."""

    def __init__(self) -> None:
        self.time = START
        self.calls: list[str] = []
        """As in `POST jobs` and `PATCH agentthreads/status`."""
        self.bodies: list[Any] = []
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        """By plural and name."""
        self.refusals: dict[str, list[Exception]] = {}
        """For calls as they are noted, one after the other."""
        self.closed = False
        self._versions = itertools.count(100)

    def now(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    async def close(self) -> None:
        self.closed = True

    async def page(self, path: str, params: object = None) -> str:
        raise Away("Lists are not played: a test tells what stands.")

    def put(self, plural: str, raw: dict[str, Any]) -> dict[str, Any]:
        """Make or change an object as somebody else does."""
        meta = raw.setdefault("metadata", {})
        meta.setdefault("uid", f"uid-{meta['name']}")
        meta.setdefault("creationTimestamp", self.time.isoformat())
        meta["resourceVersion"] = str(next(self._versions))
        self.objects[plural, meta["name"]] = raw
        return copy.deepcopy(raw)

    def get(self, plural: str, name: str) -> dict[str, Any]:
        """Return an object as it stands."""
        return copy.deepcopy(self.objects[plural, name])

    async def request(self, method: str, path: str, *, body=None, params=None, content_type="") -> dict[str, Any]:
        plural, name, part = _split(path)
        call = f"{method} {plural}/{part}" if part else f"{method} {plural}"
        self.calls.append(call)
        self.bodies.append(copy.deepcopy(body))
        if self.refusals.get(call):
            raise self.refusals[call].pop(0)
        match method:
            case "POST":
                return self._make(plural, copy.deepcopy(body))
            case "GET" if not name:
                return {"metadata": {}, "items": [raw for (kind, _), raw in self.objects.items() if kind == plural]}
        if (plural, name) not in self.objects:
            raise NotFound(f"{plural} {name} not found", 404, "NotFound")
        match method:
            case "GET":
                return self.get(plural, name)
            case "DELETE":
                self._expect(self.objects[plural, name], body.get("preconditions", {}).get("uid"), "uid")
                return self.objects.pop((plural, name))
            case "PUT":
                self._expect(self.objects[plural, name], body["metadata"].get("resourceVersion"), "resourceVersion")
                return self.put(plural, copy.deepcopy(body))
        return self._change(plural, name, copy.deepcopy(body))

    def _make(self, plural: str, body: dict[str, Any]) -> dict[str, Any]:
        if (plural, body["metadata"]["name"]) in self.objects:
            raise Conflict("already exists", 409, "AlreadyExists")
        return self.put(plural, body)

    def _change(self, plural: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        raw = self.objects[plural, name]
        self._expect(raw, body.pop("metadata", {}).get("resourceVersion"), "resourceVersion")
        return self.put(plural, _merge(raw, body))

    def _expect(self, raw: dict[str, Any], wanted: str | None, field: str) -> None:
        if wanted is not None and raw["metadata"][field] != wanted:
            raise Conflict("the object has been modified", 409, "Conflict")


def _split(path: str) -> tuple[str, str, str]:
    rest = path.split(f"{AGENTS}/", 1)[1] if f"{AGENTS}/" in path else path.rsplit("/v1/", 1)[-1]
    plural, name, part = [*rest.split("/"), "", ""][:3]
    return plural, name, part


def _merge(old: Any, changes: Any) -> Any:
    if not isinstance(changes, dict):
        return changes
    kept = dict(old) if isinstance(old, dict) else {}
    for key, value in changes.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = _merge(kept.get(key), value)
    return kept


def build_raw_thread(
    name: str = NAME, uid: str = UID, run: int | None = 1, chat: int = 42, **more: Any
) -> dict[str, Any]:
    """Return an AgentThread as JSON."""
    spec = {"channel": {"botId": 1, "chatId": chat}, **more}
    if run is not None:
        spec["run"] = run
    return {"metadata": {"name": name, "uid": uid, "generation": 1}, "spec": spec}


class World:
    """A context over a played API server, with what kopf and the watches would tell."""

    def __init__(self, leading=None, config: OperatorConfig | None = None) -> None:
        self.client = PlayedClient()
        self.context = Context(config or make_config(), self.client, leading or Alone())
        self.client.put("namespaces", {"metadata": {"name": "agents"}})

    def tell(self, plural: str, name: str, kind: str | None = "MODIFIED") -> None:
        """Tell what stands, as kopf does."""
        take = {
            names.AGENT_THREADS: self.context.take_thread, names.SUB_AGENTS: self.context.take_subagent,
            names.AGENT_CLASSES: self.context.take_class,
        }[plural]  # fmt: skip
        take({"type": kind, "object": self.client.get(plural, name)})

    def add(self, plural: str, raw: dict[str, Any], kind: str | None = "ADDED") -> dict[str, Any]:
        """Make or change a resource, and tell of it."""
        made = self.client.put(plural, raw)
        self.tell(plural, made["metadata"]["name"], kind)
        return made

    def add_class(self, name: str = "default", **spec: Any) -> None:
        """Make a class, and tell of it."""
        self.add(names.AGENT_CLASSES, {"metadata": {"name": name, "generation": 1}, "spec": spec})

    def delete(self, plural: str, name: str) -> None:
        """Delete a resource, and tell of it."""
        self.tell(plural, name, "DELETED")
        del self.client.objects[plural, name]

    def remember_jobs(self) -> None:
        """Tell all Jobs as they stand, as the watch does."""
        for (plural, name), _ in list(self.client.objects.items()):
            if plural == "jobs":
                self.context.view.jobs.remember(self.client.get("jobs", name))

    def put_pod(self, job: str, phase: str = "Pending", name: str | None = None, **status: Any) -> dict[str, Any]:
        """Make or change the pod of a Job, and tell of it."""
        raw_job = self.client.objects["jobs", job]
        meta = {
            "name": name or f"{job}-abcde", "labels": raw_job["metadata"].get("labels", {}),
            "ownerReferences": [{"kind": "Job", "name": job, "uid": raw_job["metadata"]["uid"], "controller": True}],
        }  # fmt: skip
        spec = {"containers": [{"name": names.CONTAINER, "image": "runner:1"}]}
        raw = self.client.put("pods", {"metadata": meta, "spec": spec, "status": {"phase": phase, **status}})
        self.context.view.pods.remember(copy.deepcopy(raw))
        return raw

    @property
    def calls(self) -> list[str]:
        """Return what was asked since this was last read."""
        found, self.client.calls = self.client.calls, []
        return found

    @property
    def run(self) -> dict[str, Any]:
        """Return what the thread's status says of its run."""
        return self.client.objects[names.AGENT_THREADS, NAME]["status"]["run"]


SCHEDULED = {"conditions": [{"type": "PodScheduled", "status": "True"}]}
RUNNING = {
    **SCHEDULED,
    "containerStatuses": [{"name": names.CONTAINER, "state": {"running": {"startedAt": "2026-01-02T03:04:07Z"}}}],
}


def ended(code: int) -> dict[str, Any]:
    """Return the status of a pod whose container has ended."""
    state = {"exitCode": code, "startedAt": "2026-01-02T03:04:07Z", "finishedAt": "2026-01-02T03:05:00Z"}
    return {**SCHEDULED, "containerStatuses": [{"name": names.CONTAINER, "state": {"terminated": state}}]}
