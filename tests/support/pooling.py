"""A warm pool as a node and a watcher see it: pods run as soon as they are made, and what stands is counted at each change."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Self

from agent_contract import names
from agent_kube.errors import KubeError
from tests.support.eventually import LONG, eventually
from tests.support.operating import Agents


class PoolNode:
    """Runs the pods of one class's pool, and counts its Jobs.

    Args:
        agents: The namespace.
        agent_class: Name of the class, which stands.
    """

    def __init__(self, agents: Agents, agent_class: str) -> None:
        self.agents = agents
        self.agent_class = agent_class
        self.uid = ""
        self.threads: list[str] = []
        """AgentThreads that a test made, to be deleted at its end."""
        self.given: set[str] = set()
        """UIDs of pods that were chosen."""
        self.waiting: set[str] = set()
        self.most = 0
        """The most Jobs that waited at the same time."""
        self.fewest: int | None = None
        """The fewest since `count_anew`."""
        self.running = True
        """Whether new pods are brought to run."""
        self._over = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.uid = (await self.pool_class())["metadata"]["uid"]
        self._tasks = [asyncio.create_task(self._count()), asyncio.create_task(self._run_pods())]
        return self

    async def __aexit__(self, *_: object) -> None:
        counts, runs = self._tasks
        counts.cancel()
        self._over.set()
        with contextlib.suppress(TimeoutError):  # a call that is cut short may leave its socket to be collected
            await asyncio.wait_for(asyncio.shield(runs), LONG)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def pool_class(self):
        return await self.agents.client.request("GET", f"{self.agents.classes}/{self.agent_class}")

    async def change(self, **spec):
        return await self.agents.patch(f"{self.agents.classes}/{self.agent_class}", {"spec": spec})

    async def tell_line(self, in_line):
        """Tell how many are next in line, as the gateway does."""
        return await self.agents.patch(
            f"{self.agents.classes}/{self.agent_class}/status", {"status": {"inLine": in_line}}
        )

    async def status(self, **wanted):
        """Wait until `status.warmPool` holds what is wanted; return it."""
        found = {}

        async def look():
            found.clear()
            found.update((await self.pool_class()).get("status", {}).get("warmPool") or {})
            return all(found.get(key) == value for key, value in wanted.items())

        try:
            await eventually(look, timeout=LONG)
        except AssertionError as error:
            raise AssertionError(f"wanted {wanted}, found {found}") from error
        return dict(found)

    async def pods(self):
        """Return the pods of Jobs that wait."""
        found = await self._list(f"{self.agents.core}/pods")
        return [one for one in found if self._job_of(one) in self.waiting]

    async def jobs(self):
        """Return all Jobs of the pool, claimed ones too."""
        return await self._list(self.agents.jobs)

    def _job_of(self, pod):
        return next((o["name"] for o in pod["metadata"].get("ownerReferences", [])), "")

    async def _list(self, path):
        params = {"labelSelector": f"{names.LABEL_POOL}={self.agent_class}"}
        return (await self.agents.client.request("GET", path, params=params))["items"]

    async def count_anew(self, waiting):
        """Count from now on, when the watch has seen as many wait as do."""

        async def seen():
            return len(self.waiting) == waiting

        await eventually(seen, timeout=LONG)
        self.most = self.fewest = waiting

    async def _count(self):
        """Follow Jobs from the beginning: what a watch tells is every state, in order."""
        params = {"labelSelector": f"{names.LABEL_POOL}={self.agent_class}"}
        while True:
            with contextlib.suppress(KubeError):
                self.waiting.clear()  # all that stand are told of again
                async with self.agents.client.watch(self.agents.jobs, params) as events:
                    async for event in events:
                        self._note(event)

    def _note(self, event):
        meta = event["object"].get("metadata", {})
        owners = {o["uid"] for o in meta.get("ownerReferences", [])}
        name = meta.get("name", "")
        ended = any(c["status"] == "True" for c in event["object"].get("status", {}).get("conditions", []))
        if event["type"] != "DELETED" and self.uid in owners and "deletionTimestamp" not in meta and not ended:
            self.waiting.add(name)
        else:
            self.waiting.discard(name)
        self.most = max(self.most, len(self.waiting))
        self.fewest = len(self.waiting) if self.fewest is None else min(self.fewest, len(self.waiting))

    async def _run_pods(self):
        while not self._over.is_set():
            with contextlib.suppress(KubeError):
                for pod in await self._list(f"{self.agents.core}/pods"):
                    if self.running and pod.get("status", {}).get("phase") == "Pending":
                        await self._run_pod(pod)
                    elif "deletionTimestamp" in pod["metadata"]:
                        await self.agents.remove(pod)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), 0.1)

    async def _run_pod(self, pod):
        if not pod["spec"].get("nodeName"):
            await self.agents.bind(pod)
        await self.agents.report(
            pod, "Running", running={"startedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        )


async def choose(node: PoolNode):
    """Choose a pod that waits, as the gateway does; returns what a claim of it says."""

    async def look():
        for pod in await node.pods():
            if (
                pod["metadata"]["uid"] not in node.given
                and pod["status"].get("phase") == "Running"
                and "deletionTimestamp" not in pod["metadata"]
            ):
                return pod
        return None

    pod = await eventually(look, timeout=LONG)
    node.given.add(pod["metadata"]["uid"])
    return {"jobName": pod["metadata"]["ownerReferences"][0]["name"], "podUid": pod["metadata"]["uid"]}
