"""The node's two controllers in one process: NetworkPolicies into nftables, and local volumes. Both watch."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client.exceptions import ApiException

from dev.cluster import netpol, storage

Lister = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Store:
    """The latest state of one kind, kept by list and watch."""

    lister: Lister
    changed: asyncio.Event
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    synced: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """List, then watch, for ever; whatever ends the watch begins it anew."""
        while True:
            try:
                await self._list_and_watch()
            except (ApiException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                print("watch:", type(error).__name__, flush=True)
            await asyncio.sleep(0.2)

    async def _list_and_watch(self) -> None:
        response = await self.lister(_preload_content=False)
        listed = json.loads(await response.read())
        self.objects = {o["metadata"]["uid"]: o for o in listed["items"]}
        self.synced.set()
        self.changed.set()
        async with watch.Watch() as stream:
            version = listed["metadata"]["resourceVersion"]
            async for event in stream.stream(self.lister, resource_version=version, timeout_seconds=300):
                raw = event["raw_object"]
                if event["type"] == "DELETED":
                    self.objects.pop(raw["metadata"]["uid"], None)
                else:
                    self.objects[raw["metadata"]["uid"]] = raw
                self.changed.set()


async def keep_network(policies: Store, pods: Store, namespaces: Store, changed: asyncio.Event) -> None:
    """Apply the table each time that it comes out different."""
    applied = None
    for store in (policies, pods, namespaces):
        await store.synced.wait()
    while True:
        changed.clear()
        read = [p for p in map(netpol.read_pod, pods.objects.values()) if p]
        labels = {n["metadata"]["name"]: n["metadata"].get("labels", {}) for n in namespaces.objects.values()}
        text = netpol.render(policies.objects.values(), read, labels)
        if text != applied:
            done = await asyncio.to_thread(
                subprocess.run, ["nft", "-f", "-"], input=text.encode(), capture_output=True, check=False
            )
            if done.returncode:
                print("nft refuses the table:", done.stderr.decode()[-1000:], flush=True)
                await asyncio.sleep(1)
                continue
            applied = text
        await changed.wait()


async def keep_volumes(core: client.CoreV1Api, claims: Store, volumes: Store, folder: Path) -> None:
    """Make a volume for each claim that waits, and remove those whose claim is gone."""
    while True:
        claims.changed.clear()
        for claim in list(claims.objects.values()):
            if storage.wants_volume(claim):
                path = folder / storage.volume_name(claim)
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(0o777)
                await _ignore(409, _create_volume(core, storage.build_volume(claim, str(path))))
        for volume in list(volumes.objects.values()):
            if storage.is_released(volume):
                name = volume["metadata"]["name"]
                await asyncio.to_thread(shutil.rmtree, folder / name, ignore_errors=True)
                await _ignore(404, core.delete_persistent_volume(name))
        await claims.changed.wait()


async def _create_volume(core: client.CoreV1Api, volume: Any) -> None:
    await core.create_persistent_volume(volume)


async def _ignore(status: int, call: Awaitable[Any]) -> None:
    try:
        await call
    except ApiException as error:
        if error.status != status:
            print("volume:", error.status, error.reason, flush=True)


async def main(folder: Path) -> None:
    """Run both until the process is ended."""
    await config.load_kube_config(str(folder / "admin.kubeconfig"))
    async with client.ApiClient() as api:
        core, network = client.CoreV1Api(api), client.NetworkingV1Api(api)
        traffic, claimed = asyncio.Event(), asyncio.Event()
        policies = Store(network.list_network_policy_for_all_namespaces, traffic)
        pods = Store(core.list_pod_for_all_namespaces, traffic)
        namespaces = Store(core.list_namespace, traffic)
        claims = Store(core.list_persistent_volume_claim_for_all_namespaces, claimed)
        volumes = Store(core.list_persistent_volume, claimed)
        async with asyncio.TaskGroup() as group:
            for store in (policies, pods, namespaces, claims, volumes):
                group.create_task(store.run())
            group.create_task(keep_network(policies, pods, namespaces, traffic))
            group.create_task(keep_volumes(core, claims, volumes, folder / "volumes"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
