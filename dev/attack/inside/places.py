"""Addresses inside the cluster: the API server, the node, the other parts."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, opened, untried

REACH_SECONDS = 3.0


async def reaches(address: str) -> str:
    """Return `open`, or why a connection to `host:port` could not be had."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(REACH_SECONDS):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return type(error).__name__
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return "open"


async def _try(pod: Pod, names: Sequence[str]) -> Outcome:
    """Try to reach each of some places, all at once."""
    found = {n: a for n in names if (a := pod.facts.addresses.get(n))}
    if not found:
        return untried(f"it is not known where {', '.join(names)} is")
    results = await asyncio.gather(*(reaches(address) for address in found.values()))
    reached = [name for name, result in zip(found, results, strict=True) if result == "open"]
    told = ", ".join(f"{name}: {result}" for name, result in zip(found, results, strict=True))
    return decide(not reached, told)


@attack("api-service", "connect to the API server by its Service")
async def service(pod: Pod) -> Outcome:
    """Try the address that every pod is told."""
    return await _try(pod, ["api"])


@attack("api-endpoint", "connect to the API server by the address behind its Service")
async def endpoint(pod: Pod) -> Outcome:
    """Try the address behind it."""
    return await _try(pod, ["api-endpoint"])


@attack("api-by-name", "ask the API server by its name, with the pod's token")
async def by_name(pod: Pod) -> Outcome:
    """Speak with it, should it be reached."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for host in ("kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "kubernetes"):
        try:
            async with asyncio.timeout(REACH_SECONDS):
                reader, writer = await asyncio.open_connection(host, 443, ssl=context)
                request = f"GET /api/v1/secrets HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {pod.token}\r\n\r\n"
                writer.write(request.encode())
                answer = await reader.readline()
        except (TimeoutError, OSError):
            continue
        return opened(f"{host} answered {answer[:40]!r}")
    return held("no name of it was reached")


@attack("api-kubelet", "connect to the node's kubelet")
async def kubelet(pod: Pod) -> Outcome:
    """Try the ports of the kubelet on the node's address."""
    return await _try(pod, ["kubelet", "kubelet-read-only"])


@attack("api-etcd", "connect to the cluster's own store and controllers")
async def etcd(pod: Pod) -> Outcome:
    """Try the ports of the control plane on the node's address."""
    return await _try(pod, ["etcd", "scheduler", "controllers"])


@attack("net-postgres", "connect to Postgres")
async def postgres(pod: Pod) -> Outcome:
    """Try the database."""
    return await _try(pod, ["postgres", "postgres-pod"])


@attack("net-metrics", "connect to the gateway's metrics")
async def metrics(pod: Pod) -> Outcome:
    """Try the gateway's other port."""
    return await _try(pod, ["metrics", "metrics-pod"])


@attack("net-console", "connect to the gateway's port for terminals")
async def console(pod: Pod) -> Outcome:
    """Try the console, by its Service and at the gateway's pod."""
    return await _try(pod, ["console", "console-pod"])


@attack("net-operator", "connect to the operator")
async def operator(pod: Pod) -> Outcome:
    """Try the operator's ports."""
    return await _try(pod, ["operator-health", "operator-metrics"])


@attack("net-simulators", "connect to the simulators, that stand for Telegram and the provider")
async def simulators(pod: Pod) -> Outcome:
    """Try both, past the gateway."""
    return await _try(pod, ["telegram", "model"])


@attack("net-neighbour", "connect to another agent's pod")
async def neighbour(pod: Pod) -> Outcome:
    """Try a port on which the other pod listens."""
    return await _try(pod, ["neighbour"])


@attack("net-node", "connect to the node that the pod runs on")
async def node(pod: Pod) -> Outcome:
    """Try what the node itself serves."""
    return await _try(pod, ["node"])


@attack("net-metadata", "connect to the address of a cloud's metadata")
async def metadata(pod: Pod) -> Outcome:
    """Try the address that gives keys away in clouds."""
    return await _try(pod, ["metadata"])


@attack("net-private", "connect to a host of a private network beside the cluster")
async def private(pod: Pod) -> Outcome:
    """Try a private address."""
    return await _try(pod, ["private"])


@attack("net-ports", "connect to a public host's port that agents have no need of")
async def ports(pod: Pod) -> Outcome:
    """Try a port that stands on no list, where one that does is reached."""
    listed = pod.facts.addresses.get("public", "")
    if not listed or await reaches(listed) != "open":
        return untried(f"a public host is not even reached where it may be ({listed or 'none'})")
    return await _try(pod, ["public-other"])
