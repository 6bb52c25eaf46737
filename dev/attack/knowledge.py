"""What an attacker may know: keys to look for, and where everything is."""

from __future__ import annotations

import base64
import contextlib
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Final
from urllib.parse import urlsplit

from agent_contract.names import PORT_CONSOLE
from dev.attack.archive import hide
from dev.attack.inside.base import Facts
from dev.attack.system import LIMITS, Chat, System, has_beside
from dev.release import wait_until
from tests.support.netns import host_at

HOSTS: Final = {"metadata": "169.254.169.254", "private": "10.77.0.9", "public": "192.88.99.78"}
"""Put up on this machine alone."""
_LAST_TURN: Final = "SELECT max(t.id) FROM turns t JOIN threads h ON h.id = t.thread_id WHERE h.name = '{thread}'"
_RUN_OVER: Final = (
    "SELECT to_json(bool_and(u.state = 'over')) FROM runs u JOIN threads h ON h.id = u.thread_id "
    "WHERE h.name = '{thread}' AND u.number = {number}"
)
_PACK: Final = (
    "SELECT to_json((SELECT encode(p.sha, 'hex') FROM kept_packs p JOIN threads h ON h.id = p.thread_id "
    "WHERE h.name = '{thread}' AND p.bytes IS NOT NULL ORDER BY p.id LIMIT 1))"
)
LISTENER: Final = 9999
_LEAST_KEY: Final = 8
"""Characters of what is worth to be looked for."""


def read_keys(system: System) -> tuple[str, ...]:
    """Return every key of the installation: the values of its Secrets, and the tokens of accounts that people linked."""
    found = set(system.linked)
    for item in system.release.get("secrets")["items"]:
        if item["type"].startswith("helm.sh"):
            continue
        for value in (item.get("data") or {}).values():
            text = base64.b64decode(value).decode("utf-8", "replace").strip()
            found.add(urlsplit(text).password or "" if "://" in text else text)
    return tuple(sorted(key for key in found if len(key) >= _LEAST_KEY))


def learn(system: System, neighbour: Chat, private: Mapping[str, str]) -> Facts:
    """Return what the attacker is told: more than it could find out by itself."""
    pod = str(system.find_pod(neighbour))
    number = int(system.status(neighbour)["run"]["number"])
    turn = system.query(_LAST_TURN.format(thread=neighbour.thread))
    stolen = system.read_token(pod)
    return Facts(
        needles=hide(read_keys(system)), addresses={**find_addresses(system, pod), **private}, stolen=stolen, mark=make_mark(),
        neighbour={"thread": neighbour.thread, "run": number, "turn": turn, "pod": pod}, limits=LIMITS,
    )  # fmt: skip


def learn_pack(system: System, chat: Chat) -> str:
    """Have a chat's agent write a file, and return the name of a pack in which it is kept; empty where none is in time."""
    system.say(chat, "bash: head -c 300000 /dev/urandom > kept.bin")
    found: list[object] = []
    with contextlib.suppress(TimeoutError):
        wait_until("a pack of the neighbour's", lambda: _find_pack(system, chat, found), 40)
    return str(found[0]) if found else ""


def _find_pack(system: System, chat: Chat, found: list[object]) -> bool:
    name = system.query(_PACK.format(thread=chat.thread))
    found += [name] if name else []
    return bool(found)


def make_mark() -> str:
    """Return a word that stands nowhere else."""
    return f"mark{secrets.token_hex(6)}"


def find_addresses(system: System, neighbour: str) -> dict[str, str]:
    """Return `host:port` of all that is inside; what the host itself cannot reach is left out: nothing would be known of it."""
    release, name = system.release, system.release.name
    node = release.get("nodes")["items"][0]
    host = next(a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP")
    slices = release.get("endpointslices", "-n", "default", "-l", "kubernetes.io/service-name=kubernetes")["items"][0]
    found = {
        "api": f"{_service(system, 'kubernetes', 'default')}:443",
        "api-endpoint": f"{slices['endpoints'][0]['addresses'][0]}:{slices['ports'][0]['port']}",
        "kubelet": f"{host}:10250", "kubelet-read-only": f"{host}:10255", "etcd": f"{host}:2379",
        "scheduler": f"{host}:10259", "controllers": f"{host}:10257",
        "postgres": f"{_service(system, f'{name}-postgres')}:5432", "postgres-pod": f"{find_pod_address(system, 'postgres')}:5432",
        "metrics": f"{_service(system, f'{name}-gateway')}:9090", "metrics-pod": f"{find_pod_address(system, 'gateway')}:9090",
        "console": f"{_service(system, f'{name}-gateway-console')}:80",
        "console-pod": f"{find_pod_address(system, 'gateway')}:{PORT_CONSOLE}",
        "operator-health": f"{find_pod_address(system, 'operator')}:8080", "operator-metrics": f"{find_pod_address(system, 'operator')}:9090",
        "telegram": f"{_service(system, f'{name}-demo-telegram')}:8081", "model": f"{_service(system, f'{name}-demo-model')}:8082",
        "node": f"{slices['endpoints'][0]['addresses'][0]}:{slices['ports'][0]['port']}",
    }  # fmt: skip
    address = system.kubectl("get", "pod", neighbour, "-o", "jsonpath={.status.podIP}").strip()
    # a tool's own server, that ends by itself
    listen = f"setsid timeout 900 python3 -m http.server {LISTENER} >/dev/null 2>&1 &"
    system.exec(neighbour, "sh", "-c", listen)
    with contextlib.suppress(TimeoutError):
        wait_until("the neighbour's server", lambda: _answers_itself(system, neighbour), 15)
        found["neighbour"] = f"{address}:{LISTENER}"
    return {place: at for place, at in found.items() if place == "neighbour" or _reached_from_here(at)}


def _answers_itself(system: System, pod: str) -> bool:
    told = system.exec(
        pod, "curl", "-s", "-o", "/dev/null", "-m", "2", "-w", "%{http_code}", f"http://127.0.0.1:{LISTENER}/"
    )
    return told.strip() == "200"


def _reached_from_here(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 2).close()
    except OSError:
        return False
    return True


def _service(system: System, name: str, namespace: str | None = None) -> str:
    where = ("-n", namespace) if namespace else ()
    return system.release.kubectl("get", "service", name, *where, "-o", "jsonpath={.spec.clusterIP}").strip()


def find_pod_address(system: System, component: str) -> str:
    """Return the address of a part's pod."""
    label = f"app.kubernetes.io/component={component}"
    return system.release.kubectl("get", "pods", "-l", label, "-o", "jsonpath={.items[0].status.podIP}").strip()


@contextlib.contextmanager
def hosts_beside(system: System) -> Iterator[dict[str, str]]:
    """Put hosts up beside the node, where it is this machine: a private one, a public one and one that gives keys away."""
    if not has_beside(system.release):
        yield {}
        return
    with ExitStack() as stack:
        found: dict[str, str] = {}
        for number, (name, address) in enumerate(HOSTS.items()):
            url = stack.enter_context(host_at(address, f"ocat{number}"))
            found[name] = url.removeprefix("http://").rstrip("/")
        # answers there as well, but is no port of the list
        found["public-other"] = f"{HOSTS['public']}:8000"
        yield found


def end_run(system: System, chat: Chat) -> str:
    """End a chat's run as a person does, and return its token.

    Raises:
        TimeoutError: the run did not end in four minutes.
    """
    pod = str(system.find_pod(chat))
    token = system.read_token(pod)
    number = int(system.status(chat)["run"]["number"])
    system.say(chat, f"/kill {chat.thread}")
    wait_until(f"the end of run {number} of {chat.thread}", lambda: _is_over(system, chat, number), 240)
    return token


def _is_over(system: System, chat: Chat, number: int) -> bool:
    return system.query(_RUN_OVER.format(thread=chat.thread, number=number)) is True
