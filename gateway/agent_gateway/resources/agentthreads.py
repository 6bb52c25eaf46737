"""AgentThreads: the gateway writes their spec, and watches what the operator says of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, RunStatus
from agent_gateway.kube import KubeClient, KubeError
from agent_gateway.store.rows import Thread

_log = logging.getLogger(__name__)
_NOT_FOUND, _CONFLICT, _GONE = 404, 409, 410
_CLASS_SECONDS = 20.0
MERGE_PATCH = "application/merge-patch+json"


class RunConflict(Exception):
    """Somebody else wrote the resource in between: the next run is to be computed again."""


class AgentThreads:
    """Client and cache of one namespace's AgentThreads.

    Args:
        kube: The API server.
        namespace: Of agents.
        bot_name: The gateway's short name.
        on_change: Called with the name of an AgentThread that changed or went.
    """

    def __init__(self, kube: KubeClient, namespace: str, bot_name: str, on_change: Callable[[str], None]) -> None:
        self._kube = kube
        self._namespace = namespace
        self._bot_name = bot_name
        self._on_change = on_change
        self._base = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{names.AGENT_THREADS}"
        self._cache: dict[str, AgentThread] = {}
        self._classes: dict[str, tuple[float, AgentClass]] = {}
        self.synced = asyncio.Event()
        self.problem: str | None = None
        """Why the resources cannot be read, in words; None while they can."""

    def cached(self, name: str) -> AgentThread | None:
        """Return the resource as last watched."""
        return self._cache.get(name)

    def all_cached(self) -> list[AgentThread]:
        """Return every resource as last watched."""
        return list(self._cache.values())

    async def get(self, name: str) -> AgentThread | None:
        """Read a resource from the API server; None if there is none."""
        try:
            return self._remember(await self._kube.request("GET", f"{self._base}/{name}"))
        except KubeError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    async def agent_class(self, name: str) -> AgentClass:
        """Return a class, at most twenty seconds old; one that cannot be read has the defaults."""
        now = asyncio.get_running_loop().time()
        known = self._classes.get(name)
        if known is not None and now - known[0] < _CLASS_SECONDS:
            return known[1]
        path = f"/apis/{names.API_VERSION}/namespaces/{self._namespace}/{names.AGENT_CLASSES}/{name}"
        try:
            found = AgentClass.model_validate(await self._kube.request("GET", path))
        except (KubeError, ValidationError):
            found = AgentClass()  # the operator tells on the thread what is wrong with it
        self._classes[name] = (now, found)
        return found

    async def want_run(self, thread: Thread, number: int, found: AgentThread | None) -> AgentThread:
        """Write that run `number` is wanted; `found` is the resource that the number was computed from.

        Raises:
            RunConflict: the resource changed in between.
            KubeError: the API server refuses it.
        """
        try:
            if found is None:
                answer = await self._kube.request("POST", self._base, body=self._build(thread, number))
            else:
                version = found.metadata["resourceVersion"]
                patch = {"metadata": {"resourceVersion": version}, "spec": {"run": number, "title": thread.title}}
                answer = await self._kube.request(
                    "PATCH", f"{self._base}/{thread.name}", body=patch, content_type=MERGE_PATCH, params=_manager()
                )
        except KubeError as error:
            if error.status == _CONFLICT or (found is not None and error.status == _NOT_FOUND):
                raise RunConflict(error.reason) from error
            raise
        return self._remember(answer)

    async def stop_run(self, name: str, number: int) -> None:
        """Write that run `number` must not be running; nothing to do where the resource is gone."""
        patch = {"spec": {"stop": number}}
        try:
            await self._kube.request(
                "PATCH", f"{self._base}/{name}", body=patch, content_type=MERGE_PATCH, params=_manager()
            )
        except KubeError as error:
            if error.status != _NOT_FOUND:
                raise

    async def say(self, thread: AgentThread, reason: str, message: str) -> None:
        """Put a warning Event on a resource, where `kubectl describe` shows it."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        meta = thread.metadata
        reference = {
            "apiVersion": names.API_VERSION, "kind": "AgentThread", "name": meta["name"], "namespace": self._namespace,
            "uid": meta["uid"],
        }  # fmt: skip
        event = {
            "metadata": {"name": f"{meta['name']}.{reason.lower()}.{meta['uid'][:8]}"},
            "involvedObject": reference, "reason": reason, "message": message, "type": "Warning", "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "source": {"component": names.FIELD_MANAGER_GATEWAY},
        }  # fmt: skip
        try:
            await self._kube.request("POST", f"/api/v1/namespaces/{self._namespace}/events", body=event)
        except KubeError as error:
            if error.status != _CONFLICT:  # said already
                raise

    async def watch(self) -> None:
        """Keep the cache, for ever; what breaks is begun anew with a list."""
        pause = 0.2
        while True:
            try:
                version = await self._list()
                self.problem = None
                pause = 0.2
                await self._follow(version)
            except KubeError as error:
                if error.status != _GONE:
                    self.problem = explain(error)
                    _log.warning("watch_broke", extra={"reason": error.reason, "status": error.status})
                    pause = min(pause * 2, 10.0)
            except (OSError, ValueError, KeyError) as error:  # no token to read; an answer that is none
                self.problem = f"AgentThreads cannot be read: {type(error).__name__}"
                _log.warning("watch_broke", extra={"reason": type(error).__name__, "status": None})
                pause = min(pause * 2, 10.0)
            await asyncio.sleep(pause)

    async def _list(self) -> str:
        listed = await self._kube.request("GET", self._base)
        before = set(self._cache)
        found = {item["metadata"]["name"] for item in listed["items"]}
        for item in listed["items"]:
            self._take(item)
        for name in before - found:
            self._cache.pop(name, None)
            self._on_change(name)
        self.synced.set()
        return str(listed["metadata"]["resourceVersion"])

    async def _follow(self, version: str) -> None:
        params = {"resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": "290"}
        async for event in self._kube.watch(self._base, params=params, idle=90.0):
            if event["type"] == "BOOKMARK":
                continue
            name = event["object"]["metadata"]["name"]
            if event["type"] == "DELETED":
                self._cache.pop(name, None)
                self._on_change(name)
            else:
                self._take(event["object"])

    def _take(self, raw: dict[str, Any]) -> None:
        """Take what the API server tells; one that cannot be read leaves what is known of it, and all others, alone."""
        try:
            self._remember(raw)
        except KubeError as error:
            _log.warning("agent_thread_unreadable", extra={"agent_thread": raw["metadata"]["name"], "why": str(error)})
        self._on_change(raw["metadata"]["name"])

    def _remember(self, raw: dict[str, Any]) -> AgentThread:
        """Keep the newest of a resource.

        Raises:
            KubeError: it has not the shape of an AgentThread; the text names the fields.
        """
        try:
            thread = AgentThread.model_validate(raw)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            fields = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)
            raise KubeError(None, "Unreadable", f"its AgentThread is not valid ({fields[:500]})") from error
        known = self._cache.get(thread.name)
        if known is None or known.uid != thread.uid or _version(thread) >= _version(known):
            self._cache[thread.name] = thread
        return thread

    def _build(self, thread: Thread, number: int) -> dict[str, Any]:
        address = thread.address
        channel: dict[str, Any] = {
            "type": "telegram", "bot": self._bot_name, "botId": address.bot_id, "chatId": address.chat_id,
        }  # fmt: skip
        if address.topic_id is not None:
            channel["topicId"] = address.topic_id
        return {
            "apiVersion": names.API_VERSION,
            "kind": "AgentThread",
            "metadata": {"name": thread.name, "labels": {names.LABEL_THREAD: thread.name}},
            "spec": {"channel": channel, "title": thread.title, "run": number},
        }


def find_run(thread: AgentThread, number: int) -> RunStatus | None:
    """Return what the status says of a run, be it the latest or the one before."""
    for run in (thread.status.run, thread.status.previous_run):
        if run is not None and run.number == number:
            return run
    return None


def _version(thread: AgentThread) -> int:
    try:
        return int(thread.metadata["resourceVersion"])
    except (KeyError, ValueError):
        return 0


def _manager() -> dict[str, str]:
    return {"fieldManager": names.FIELD_MANAGER_GATEWAY}


def explain(error: KubeError) -> str:
    """Say in words, and with what to do, why AgentThreads cannot be read or written."""
    if error.status == _NOT_FOUND:
        return "The AgentThread resource is not known to the cluster: apply the chart's crds/ folder."
    if error.status == 403:
        return "The gateway may not read or write AgentThreads: its Role or RoleBinding is missing."
    return f"AgentThreads cannot be read or written: {error}"
