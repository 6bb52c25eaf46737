"""The cluster's two controllers in one process: NetworkPolicies into nftables, and local volumes. Both watch."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client.exceptions import ApiException

from dev.cluster import layout, machine, netpol, storage
from dev.cluster.components import policy_socket

_TOLD_SECONDS = 10.0
_LOOK_SECONDS = 0.01
_DONE = b"ok\n"
_NFT = ("nft", "-f", "-")
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


@dataclass(slots=True)
class Network:
    """Policies as one table, applied each time that it comes out different."""

    policies: Store
    pods: Store
    namespaces: Store
    changed: asyncio.Event
    early: dict[tuple[str, str], str] = field(default_factory=dict)
    """Addresses that the CNI plugin told and the API server does not know yet."""
    find_nodes: Callable[[], Mapping[str, tuple[str, ...]]] = lambda: {"": _NFT}
    """Each node's program that takes the table, by a name that changes when its tables are gone with a start."""
    applied: dict[str, str] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Follow what changes, for ever."""
        for store in (self.policies, self.pods, self.namespaces):
            await store.synced.wait()
        while True:
            self.changed.clear()
            if not await self.apply():
                await asyncio.sleep(1)
                continue
            await self.changed.wait()

    async def apply(self) -> bool:
        """Make the table what it should be now, at each node; False where one refuses it."""
        async with self.lock:
            known = {(*_key(p), p.get("status", {}).get("podIP")) for p in self.pods.objects.values()}
            self.early = {key: ip for key, ip in self.early.items() if (*key, ip) not in known}
            read = [p for o in self.pods.objects.values() if (p := netpol.read_pod(o, self.early))]
            labels = {n["metadata"]["name"]: n["metadata"].get("labels", {}) for n in self.namespaces.objects.values()}
            text = netpol.render(self.policies.objects.values(), read, labels)
            nodes = self.find_nodes()
            self.applied = {name: applied for name, applied in self.applied.items() if name in nodes}
            stale = [name for name in nodes if self.applied.get(name) != text]
            return all(await asyncio.gather(*(self._apply_to(name, nodes[name], text) for name in stale)))

    async def _apply_to(self, name: str, command: tuple[str, ...], text: str) -> bool:
        done = await asyncio.to_thread(subprocess.run, command, input=text.encode(), capture_output=True, check=False)
        if done.returncode:
            print("nft refuses the table:", name, done.stderr.decode()[-1000:], flush=True)
            return False
        self.applied[name] = text
        return True

    async def told(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a new pod's address from the CNI plugin, and say so once its rules are in place; if not, say nothing."""
        try:
            notice = json.loads(await reader.readline())
            key = (str(notice["namespace"]), str(notice["name"]))
            self.early[key] = notice["ip"]
            async with asyncio.timeout(_TOLD_SECONDS):
                for store in (self.policies, self.pods, self.namespaces):
                    await store.synced.wait()
                # its labels choose its rules: the watch may be behind the kubelet
                while all(_key(pod) != key for pod in self.pods.objects.values()):
                    await asyncio.sleep(_LOOK_SECONDS)
                if await self.apply():
                    writer.write(_DONE)
                    await writer.drain()
        except (OSError, ValueError, KeyError, TimeoutError) as error:
            print("notice:", type(error).__name__, flush=True)
        finally:
            writer.close()


def _key(pod: dict[str, Any]) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


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


def find_nodes(folder: Path) -> dict[str, tuple[str, ...]]:
    """Find the nodes that run and how each one's network takes a table: the machine's own, or that of a namespace."""
    if not (folder / layout.NODES).exists():
        return {"": _NFT}
    found: dict[str, tuple[str, ...]] = {}
    for node in (folder / layout.NODES).iterdir():
        pid = machine.first_process(node)
        if pid is not None:
            found[f"{node.name}/{pid}"] = ("nsenter", "-t", str(pid), "-n", *_NFT)
    return found


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
        net = Network(policies, pods, namespaces, traffic, find_nodes=lambda: find_nodes(folder))
        socket = Path(policy_socket(folder))
        socket.unlink(missing_ok=True)  # noqa: ASYNC240  # before anything runs
        await asyncio.start_unix_server(net.told, socket)
        async with asyncio.TaskGroup() as group:
            for store in (policies, pods, namespaces, claims, volumes):
                group.create_task(store.run())
            group.create_task(net.run())
            group.create_task(keep_volumes(core, claims, volumes, folder / "volumes"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
