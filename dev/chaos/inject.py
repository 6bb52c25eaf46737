"""Do what the plan of faults says, to the release on this machine's node."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.error
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from dev.bench.clouds import Clouds, call
from dev.chaos import network
from dev.chaos.faultplan import KILLS, Act, Fault, Target
from dev.chaos.parts import AGENTS, Pod, find_pod
from dev.chaos.processes import NotHereError, Process, find_processes, freeze, kill
from dev.chaos.snapshot import FaultSeen
from dev.progress import UserError
from dev.release import CommandFailedError, Release

_AT_ONCE = 12
"""Faults that last at the same time, at most; a further one waits."""
_WAIT_FOR_POD = 120.0
"""Seconds in which a pod that may be struck must appear."""
_PAUSE = 0.5
"""Seconds between two tries."""
_ROLES = {Target.LEADER: "gateway", Target.OPERATOR: "operator"}


@dataclass(frozen=True, slots=True)
class Roles:
    """The rules of the parts' Roles as they were before anything was taken from them."""

    rules: Mapping[Target, Sequence[Mapping[str, Any]]]

    @classmethod
    def read(cls, release: Release) -> Roles:
        """Read them."""
        return cls({target: release.agents.get("role", _role(release, target))["rules"] for target in _ROLES})


class Injector:
    """Breaks things at their times, each in a thread of its own, and tells what became of it."""

    def __init__(self, release: Release, clouds: Clouds, patience: float = _WAIT_FOR_POD) -> None:
        self._release = release
        self._patience = patience
        self._clouds = clouds
        self._roles = Roles.read(release)
        address = release.kubectl(
            "-n", "default", "get", "service", "kubernetes",
            "-o", "jsonpath={.spec.clusterIP} {.spec.ports[0].port}",
        )  # fmt: skip
        self._server = network.read_server(address)
        # one after the other: two at once would take each other's rules away
        self._locks = {target: threading.Lock() for target in _ROLES}

    def run(self, faults: Sequence[Fault], started: float, over: threading.Event) -> tuple[FaultSeen, ...]:
        """Do all of them, at their times, and return what became of each.

        Args:
            faults: In the order of time.
            started: When their times begin (of `time.monotonic`).
            over: Set by whoever wants no more of them.
        """
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fault") as pool:
            futures: list[Future[FaultSeen]] = []
            for fault in faults:
                if over.wait(max(0.0, started + fault.at - time.monotonic())):
                    break
                futures.append(pool.submit(self._try, fault))
            return tuple(future.result() for future in futures)

    def mend(self) -> None:
        """Take back whatever a fault may have left: faults of the simulators, and the parts' rights."""
        for port in (self._clouds.telegram, self._clouds.model):
            call(port, "/sim/faults", method="DELETE")
        for target in _ROLES:
            self._write_rules(target, self._roles.rules[target])

    def _try(self, fault: Fault) -> FaultSeen:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return _note(fault, self._do(fault), done=True)
            except urllib.error.HTTPError:
                raise  # the simulator refuses the fault itself
            except (NotHereError, CommandFailedError, subprocess.SubprocessError, OSError) as error:
                if time.monotonic() > deadline:
                    return _note(fault, str(error), done=False)
            time.sleep(_PAUSE)

    def _do(self, fault: Fault) -> str:
        """Do it and return what it struck.

        Raises:
            NotHereError: there is nothing that it could strike just now.
        """
        if fault.act is Act.SPOIL:
            port = self._clouds.telegram if fault.target is Target.TELEGRAM else self._clouds.model
            call(port, "/sim/faults", dict(fault.spoil))
            return json.dumps(dict(fault.spoil))
        pod = find_pod(self._release, fault.target, fault.pick)
        if pod is None:
            raise NotHereError("there was no such pod")
        match fault.act:
            case Act.DELETE:
                where = self._release.agents if fault.target in AGENTS else self._release
                where.kubectl("delete", "pod", pod.name, "--force", "--grace-period=0", "--wait=false")
            case Act.KILL:
                kill(_choose(find_processes(pod.container), fault.target))
            case Act.FREEZE:
                freeze(find_processes(pod.container), fault.seconds)
            case Act.HANG | Act.REFUSE | Act.NO_WATCH:
                self._cut_off(fault, pod)
        return pod.name

    def _cut_off(self, fault: Fault, pod: Pod) -> None:
        main = find_processes(pod.container)[0]
        acts: dict[Act, Callable[[int], None]] = {
            Act.HANG: lambda namespace: network.hang(namespace, self._server, fault.seconds),
            Act.REFUSE: lambda namespace: network.refuse(namespace, self._server, fault.seconds),
            Act.NO_WATCH: lambda namespace: self._take_watch(fault, namespace),
        }
        with self._locks[fault.target], network.opened_namespace(main.pid) as namespace:
            acts[fault.act](namespace)

    def _take_watch(self, fault: Fault, namespace: int) -> None:
        rules = self._roles.rules[fault.target]
        self._write_rules(fault.target, build_without_watch(rules))
        try:
            # a watch that stands is not asked for its right again
            network.end_connections(namespace, self._server)
            time.sleep(fault.seconds)
        finally:
            self._write_rules(fault.target, rules)

    def _write_rules(self, target: Target, rules: Sequence[Mapping[str, Any]]) -> None:
        patch = json.dumps([{"op": "replace", "path": "/rules", "value": rules}])
        self._release.agents.kubectl("patch", "role", _role(self._release, target), "--type=json", "-p", patch)


def build_without_watch(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rules of a Role without the verb `watch`."""
    return [{**rule, "verbs": [verb for verb in rule["verbs"] if verb != "watch"]} for rule in rules]


def _note(fault: Fault, words: str, *, done: bool) -> FaultSeen:
    return FaultSeen(at=fault.at, name=fault.name, kill=fault.act in KILLS, done=done, words=words[:300])


def _role(release: Release, target: Target) -> str:
    return f"{release.name}-{_ROLES[target]}"


def _choose(processes: Sequence[Process], target: Target) -> Process:
    """Choose whom a kill strikes: the container's main process, or pi, which is its child.

    Raises:
        NotHereError: pi is not there just now.
    """
    main = processes[0]
    if target is not Target.PI:
        return main
    children = [p for p in processes if p.parent == main.pid]
    if not children:
        raise NotHereError("pi does not run just now")
    return children[0]


def need_node(release: Release) -> None:
    """Refuse to go on where the node's processes are not on this machine.

    Raises:
        UserError: they are not, or this is not root.
    """
    pod = find_pod(release, Target.OPERATOR, 0)
    try:
        if pod is not None:
            find_processes(pod.container)
            return
    except NotHereError:
        pass
    raise UserError("chaos kills processes of pods: run it as root on the machine that the cluster's node runs on.")
