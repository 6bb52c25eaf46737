"""Claims of agent-sandbox's warm pool, in the same run and on the same cluster as ours: one after the other, then at once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
from kubernetes_asyncio import client, watch

from dev.bench.agentsandbox import running_controller
from dev.bench.baselines import JOB_SCRIPT, build_pod
from dev.bench.leftovers import others_of
from dev.bench.paths import PATIENCE
from dev.bench.scenes import FEW, Bench, Standstill
from dev.progress import UserError, step

ONE, AT_ONCE = "agent-sandbox: claim → ready", "agent-sandbox, at once: claim → ready"
_GROUP, _VERSION, _POOL = "extensions.agents.x-k8s.io", "v1beta1", "bench"
_STAYS: Final = JOB_SCRIPT + "pi.wait()\n"
_POLL: Final = 0.2
_CPU: Final = "50m"
"""What an agent of ours asks for where its class says nothing. With twice that, a pool of twenty finds no room on two cores."""


class Claims:
    """Claims of one namespace, and when each was first told to be ready."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._namespace = namespace
        self._ready: dict[str, asyncio.Future[float]] = {}

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Watch them while the context lasts."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def make(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        """Make an object of theirs."""
        body = {"apiVersion": f"{_GROUP}/{_VERSION}", "kind": kind, "metadata": {"name": name}, "spec": spec}
        await self._objects.create_namespaced_custom_object(
            _GROUP, _VERSION, self._namespace, f"{kind.lower()}s", body
        )  # fmt: skip

    async def claim(self, name: str) -> float:
        """Claim a pod; return the milliseconds from just before the API server is asked until it is told to be ready.

        Raises:
            UserError: it does not become ready.
        """
        told = self._ready[name] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        await self.make("SandboxClaim", name, {"warmPoolRef": {"name": _POOL}})
        try:
            at: float = await asyncio.wait_for(told, PATIENCE)
        except TimeoutError as error:
            raise UserError(f"agent-sandbox's claim was not ready within {PATIENCE:.0f} s.") from error
        return 1000 * (at - begun)

    async def drop(self, name: str) -> None:
        """Delete a claim."""
        await self._objects.delete_namespaced_custom_object(
            _GROUP, _VERSION, self._namespace, "sandboxclaims", name
        )  # fmt: skip

    async def wait_full(self, size: int) -> None:
        """Wait until the pool has so many pods that are ready.

        Raises:
            UserError: it does not fill.
        """
        still = Standstill()
        while True:
            pool: Any = await self._objects.get_namespaced_custom_object(
                _GROUP, _VERSION, self._namespace, "sandboxwarmpools", _POOL
            )  # fmt: skip
            status: dict[str, Any] = pool.get("status", {})
            if status.get("readyReplicas", 0) >= size:
                break
            if still.look(status):
                raise UserError(
                    f"agent-sandbox's pool stays at {status.get('readyReplicas', 0)} instead of {size} pods that are ready."
                )
            await asyncio.sleep(_POLL)
        await asyncio.sleep(1)  # as for ours

    async def _watch(self) -> None:
        listing = self._objects.list_namespaced_custom_object
        while True:
            # a watch that ends without a word would let every claim wait to its end; the next one begins with what there is
            with contextlib.suppress(client.ApiException, aiohttp.ClientError):
                async with watch.Watch() as watching:
                    async for event in watching.stream(listing, _GROUP, _VERSION, self._namespace, "sandboxclaims"):
                        self._look(event["raw_object"])
            await asyncio.sleep(_POLL)

    def _look(self, found: dict[str, Any]) -> None:
        told = self._ready.get(found["metadata"]["name"])
        if told is not None and not told.done() and _is_ready(found):
            told.set_result(time.perf_counter())


async def measure_claims(bench: Bench, api: client.ApiClient, burst: int) -> None:
    """Claim as often as we do, with a pool of the same size and pods in which pi runs. What it makes, `leftovers` removes.

    Raises:
        UserError: it cannot be built here, or does not serve.
    """
    namespace = others_of(bench.release)
    size = max(FEW, burst)
    with running_controller(bench.release.cluster):
        namespace.kubectl("create", "namespace", namespace.namespace)
        claims = Claims(api, namespace.namespace)
        pod = {"spec": build_pod(bench.image, _STAYS, bench.given, _CPU)}
        await claims.make("SandboxTemplate", _POOL, {"podTemplate": pod, "networkPolicyManagement": "Unmanaged"})
        await claims.make("SandboxWarmPool", _POOL, {"replicas": size, "sandboxTemplateRef": {"name": _POOL}})
        async with claims.watched():
            with step(f"measuring {bench.count} claims of agent-sandbox", 5 * bench.count):
                for number in range(bench.count):
                    await claims.wait_full(size)
                    bench.others.setdefault(ONE, []).append(await claims.claim(f"one-{number}"))
                    await claims.drop(f"one-{number}")
            await claims.wait_full(size)

            async def claim(number: int) -> None:
                bench.others.setdefault(AT_ONCE, []).append(await claims.claim(f"of-many-{number}"))

            with step(f"measuring {burst} claims of agent-sandbox at once", 30):
                await asyncio.gather(*(claim(number) for number in range(burst)))


def _is_ready(claim: dict[str, Any]) -> bool:
    conditions = claim.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
