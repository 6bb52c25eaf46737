"""Runners of pods that nobody runs: each speaks for its pod with a token of it, from its address, over the real port."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from agent_contract import names
from agent_kube.client import MERGE_PATCH, KubeClient
from agent_kube.errors import NotFound
from agent_kube.informer import Informer
from agent_kube.source import Source
from dev.bench.scale.kwok import EXIT
from tests.support.crash_points import Points
from tests.support.crash_runner import Home, PlayedRunner

TOKEN_SECONDS: Final = 3600
_LOOK_SECONDS = 0.02
_PARALLEL = 32


@dataclass(frozen=True, slots=True)
class PodValue:
    """What is kept of a pod."""

    uid: str
    job: str
    running: bool
    address: str
    account: str
    labels: dict[str, str]


@dataclass
class PlayedPods:
    """Follows the pods of a namespace.

    Attributes:
        client: The API server, as an administrator.
        namespace: Of the pods.
        url: Of the gateway's port.
        silent: Pods end as soon as they run: their runs have no gateway.
        running: When the pod of each Job was seen running, in seconds since the epoch.
        exits: Exit code by Job.
    """

    client: KubeClient
    namespace: str
    url: str = ""
    silent: bool = False
    running: dict[str, float] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _patches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_PARALLEL))

    async def run(self) -> None:
        """Follow them, for ever."""
        source = Source(f"/api/v1/namespaces/{self.namespace}/pods", "Pod", reader="benchmark")
        await Informer(self.client, source, _read_pod, self._on_change).run()

    async def close(self) -> None:
        """End what runs."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def faults(self) -> list[str]:
        """Say which pods could not be played."""
        ended = {name: task for name, task in self._tasks.items() if task.done() and not task.cancelled()}
        return [f"{name}: {error!r}" for name, task in ended.items() if (error := task.exception()) is not None]

    def _on_change(self, name: str, _old: PodValue | None, new: PodValue | None) -> None:
        if new is None:
            task = self._tasks.pop(name, None)
            if task is not None:
                task.cancel()
        elif new.running and name not in self._tasks:
            self.running[new.job] = time.time()
            self._tasks[name] = asyncio.create_task(self._play(name, new))

    async def _play(self, name: str, pod: PodValue) -> None:
        thread = pod.labels.get(names.LABEL_SUBAGENT) or pod.labels.get(names.LABEL_THREAD)
        code = 0
        if not self.silent and thread:
            code = await self._speak(name, thread, pod)
        self.exits[pod.job] = code
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}"
        patch = {"metadata": {"annotations": {EXIT: str(code)}}}
        async with self._patches:
            with contextlib.suppress(NotFound):
                await self.client.request("PATCH", path, body=patch, content_type=MERGE_PATCH)

    async def _speak(self, name: str, thread: str, pod: PodValue) -> int:
        token = await self._issue(name, pod)
        one_turn = names.LABEL_SUBAGENT in pod.labels
        connector = aiohttp.TCPConnector(local_addr=(pod.address, 0))
        async with aiohttp.ClientSession(connector=connector) as session:
            unstruck = Points(lambda: None, enabled=False)
            home = Home(self.url, session, lambda: unstruck)
            runner = PlayedRunner(home, thread, int(pod.labels[names.LABEL_RUN]), token, one_turn=one_turn)
            living = asyncio.create_task(runner.live())
            try:
                while not one_turn and runner.result is None and not living.done():
                    await asyncio.sleep(_LOOK_SECONDS)
                if not one_turn:
                    runner.leave()
                return int(await living)
            finally:
                living.cancel()
                await asyncio.gather(living, return_exceptions=True)

    async def _issue(self, name: str, pod: PodValue) -> str:
        reference = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": pod.uid}
        spec = {"expirationSeconds": TOKEN_SECONDS, "audiences": [names.TOKEN_AUDIENCE], "boundObjectRef": reference}
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{pod.account}/token"
        async with self._patches:
            answer = await self.client.request("POST", path, body={"spec": spec})
        return str(answer["status"]["token"])


def _read_pod(raw: Any) -> PodValue:
    metadata, status = raw["metadata"], raw.get("status") or {}
    owners = metadata.get("ownerReferences") or [{"name": metadata["name"]}]
    return PodValue(
        uid=metadata["uid"], job=owners[0]["name"],
        running=status.get("phase") == "Running" and "deletionTimestamp" not in metadata,
        address=status.get("podIP", ""), account=raw["spec"].get("serviceAccountName", ""),
        labels=metadata.get("labels") or {},
    )  # fmt: skip
