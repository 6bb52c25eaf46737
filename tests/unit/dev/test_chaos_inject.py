"""What becomes of a fault that finds nothing to strike, and of what faults take away."""

from __future__ import annotations

import json
import threading
import time

from dev.bench.clouds import Clouds
from dev.chaos.faultplan import Act, Fault, Target
from dev.chaos.inject import Injector, build_without_watch
from dev.chaos.parts import find_pod
from dev.release import CommandFailedError

RULES = [{"resources": ["agentthreads"], "verbs": ["get", "list", "watch"]}, {"resources": ["pods"], "verbs": ["get"]}]


class PlayedRelease:
    """A release whose pods are those given, of which one says that it leads."""

    namespace, name = "ns", "oc"

    def __init__(self, pods=(), leader="", frozen=()):
        self.pods, self.leader, self.frozen = pods, leader, frozen
        self.calls = []
        self.agents = self

    def kubectl(self, *args, **_more):
        self.calls.append(args)
        if "kubernetes" in args:
            return "10.96.0.1 443"
        if "--raw" in args and any(pod in args[-1] for pod in self.frozen):
            raise CommandFailedError("kubectl get --raw", "no answer")
        return f"openclaw_leading {float(self.leader != '' and self.leader in args[-1])}\n"

    def get(self, kind, *_args):
        if kind == "role":
            return {"rules": RULES}
        status = {"containerStatuses": [{"state": {"running": {}}, "containerID": "containerd://x"}]}
        return {"items": [{"metadata": {"name": name}, "status": status} for name in self.pods]}


def test_a_kill_that_finds_nothing_is_told_as_not_done():
    injector = Injector(PlayedRelease(), Clouds(0, 0), patience=0)
    seen = injector.run([Fault(0, Act.KILL, Target.PI, 0.5)], time.monotonic(), threading.Event())
    assert [(s.name, s.kill, s.done, s.words) for s in seen] == [("kill pi", True, False, "there was no such pod")]


def test_nothing_more_is_broken_when_it_is_over():
    over = threading.Event()
    over.set()
    release = PlayedRelease(["a"])
    assert Injector(release, Clouds(0, 0)).run([Fault(9, Act.DELETE, Target.AGENT, 0)], time.monotonic(), over) == ()
    assert not any("delete" in call for call in release.calls)


def test_a_deletion_is_forced_and_waits_for_nothing():
    release = PlayedRelease(["a", "b"])
    injector = Injector(release, Clouds(0, 0))
    (seen,) = injector.run([Fault(0, Act.DELETE, Target.AGENT, 0.9)], time.monotonic(), threading.Event())
    assert (seen.done, seen.words) == (True, "b")
    assert ("delete", "pod", "b", "--force", "--grace-period=0", "--wait=false") in release.calls


def test_the_leader_is_who_says_so_and_the_standby_is_another():
    release = PlayedRelease(["a", "b"], leader="b")
    assert find_pod(release, Target.LEADER, 0.0).name == "b"
    assert find_pod(release, Target.STANDBY, 0.9).name == "a"
    assert find_pod(PlayedRelease(["a", "b"], leader="b", frozen=["b"]), Target.LEADER, 0.0) is None


def test_a_single_gateway_is_struck_in_the_standbys_place():
    assert find_pod(PlayedRelease(["a"]), Target.STANDBY, 0.5).name == "a"
    assert find_pod(PlayedRelease(), Target.LEADER, 0.5) is None


def test_a_role_keeps_all_but_the_watch():
    assert json.dumps(build_without_watch(RULES)).count("watch") == 0
    assert build_without_watch(RULES)[0]["verbs"] == ["get", "list"]
    assert RULES[0]["verbs"] == ["get", "list", "watch"]
