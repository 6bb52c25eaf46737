"""What a run of the latency benchmark leaves on a cluster is removed within a bound, whatever stands of it."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from dev.bench import agentsandbox, leftovers
from dev.bench.agentsandbox import MARK, mark, running_controller
from dev.bench.latencyplan import mend
from dev.bench.leftovers import clear, describe_namespace, find_held, list_owned, list_unscheduled
from dev.progress import UserError
from dev.release import CommandFailedError, Release

OWNED = {"meta.helm.sh/release-namespace": "openclaw-bench", "meta.helm.sh/release-name": "bench"}
UNSCHEDULED = {
    "status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available:\n 1 Insufficient cpu."}]}
}  # fmt: skip


class PlayedCluster:
    """Answers kubectl and helm by what stands; a namespace goes some looks after it is deleted.

    Args:
        stays: Namespaces that do not go.
    """

    kubectl, helm, kubeconfig = Path("/kubectl"), Path("/helm"), Path("/kubeconfig")

    def __init__(self, *stays):
        self.calls = []
        self.stays = stays
        self.spaces = dict.fromkeys(["openclaw-bench", "openclaw-bench-agents", "openclaw-bench-others"], 2)
        self.deleted = set()
        self.definitions, self.foreign, self.held = [], [], []
        self.refuses = ()
        self.pods = []

    def run(self, command, **_more):
        words = command[3:]
        space, words = words[1], words[2:]
        self.calls.append((space, *words))
        if words[0] in self.refuses or words[1] in self.refuses:
            raise CommandFailedError("kubectl", "it does not serve")
        match words[:2]:
            case ["get", "namespace"]:
                return self.look(space)
            case ["delete", "namespace"]:
                self.deleted.add(space)
            case ["get", kind] if kind == "crd" or kind.startswith("crd/"):
                names = [*self.definitions, *(self.foreign if "-l" not in words else ())]
                return "".join(f"customresourcedefinition.apiextensions.k8s.io/{name}\n" for name in names)
            case ["get", "sandboxes.agents.x-k8s.io"]:
                return "".join(f"sandbox.agents.x-k8s.io/{name}\n" for name in self.held)
            case ["get", "pods"]:
                return json.dumps({"items": self.pods}) if "json" in words else ""
            case ["get", kinds] if "clusterroles" in kinds:
                metadata = {"name": "bench-gateway", "annotations": OWNED}
                return json.dumps({"items": [{"kind": "ClusterRole", "metadata": metadata}, {"kind": "ClusterRole", "metadata": {"name": "other"}}]})  # fmt: skip
        return ""

    def look(self, space):
        if space in self.deleted and space not in self.stays:
            self.spaces[space] -= 1
        conditions = [{"type": "NamespaceContentRemaining", "status": "True", "message": "sandboxes has 2 instances"}]
        found = {"metadata": {"name": space}, "status": {"conditions": conditions}}
        return json.dumps(found) if self.spaces.get(space, 0) > 0 else ""


@pytest.fixture
def play(monkeypatch):
    def start(*stays):
        cluster = PlayedCluster(*stays)
        monkeypatch.setattr("dev.release.run", cluster.run)
        monkeypatch.setattr(leftovers, "_POLL", 0)
        return cluster, Release(cluster, "openclaw-bench", "bench")

    return start


def test_all_that_a_run_left_is_removed_and_waited_for(play):
    cluster, release = play()
    clear(release, beside=True)
    assert cluster.deleted == {"openclaw-bench", "openclaw-bench-agents", "openclaw-bench-others"}
    assert all(left == 0 for left in cluster.spaces.values())
    told = [" ".join(call) for call in cluster.calls]
    assert any("uninstall bench" in line for line in told)
    assert any("delete clusterrole/bench-gateway" in line for line in told)
    assert not any("clusterrole/other" in line for line in told)


def test_what_is_measured_beside_another_release_is_left_alone(play):
    """Definitions are the whole cluster's: a picture of a trace is drawn while somebody measures claims."""
    cluster, release = play()
    cluster.definitions = ["sandboxes.agents.x-k8s.io"]
    clear(release)
    assert cluster.deleted == {"openclaw-bench", "openclaw-bench-agents"}
    assert not any("crd" in word for call in cluster.calls for word in call[1:])


def test_what_nobody_finishes_any_more_is_let_go(play):
    """An object that a dead controller holds keeps its definition and its namespace for ever."""
    cluster, release = play()
    cluster.definitions, cluster.held = ["sandboxes.agents.x-k8s.io"], ["one-1"]
    clear(release, beside=True)
    told = [call[1:3] for call in cluster.calls]
    patched = ("patch", "sandbox.agents.x-k8s.io/one-1")
    assert told.index(patched) < told.index(("delete", "customresourcedefinition.apiextensions.k8s.io/sandboxes.agents.x-k8s.io"))  # fmt: skip


def test_a_namespace_that_stays_is_told_within_the_bound(play):
    _, release = play("openclaw-bench-others")
    with pytest.raises(UserError, match=r"openclaw-bench-others \(sandboxes has 2 instances\)"):
        clear(release, seconds=0, beside=True)


def test_what_fails_on_the_way_ends_nothing(play):
    cluster, release = play()
    cluster.refuses = ("pods", "crd", "uninstall", ",".join(leftovers._EVERYWHERE))
    clear(release, beside=True)
    assert len(cluster.deleted) == 3


def test_nobody_elses_is_removed():
    owned = {"kind": "PriorityClass", "metadata": {"name": "a", "annotations": OWNED}}
    same_name = {"kind": "ClusterRole", "metadata": {"name": "b", "annotations": {**OWNED, "meta.helm.sh/release-namespace": "x"}}}  # fmt: skip
    assert list_owned([owned, same_name, {"kind": "ClusterRole", "metadata": {"name": "c"}}], "openclaw-bench", "bench") == ["priorityclass/a"]  # fmt: skip


def test_reasons_are_told_in_the_clusters_words(play):
    cluster, release = play()
    cluster.pods = [
        UNSCHEDULED,
        UNSCHEDULED,
        {"status": {"conditions": [{"type": "PodScheduled", "status": "True"}]}},
        {},
    ]
    assert list_unscheduled(cluster.pods) == ["0/1 nodes are available: 1 Insufficient cpu."] * 2
    assert find_held([release]) == "2 pods found no node: 0/1 nodes are available: 1 Insufficient cpu."
    assert describe_namespace({"metadata": {"name": "a"}}) == "a"


def test_what_a_cut_phase_left_at_work_is_taken_away_and_its_pods_are_told_of(play):
    cluster, release = play()
    cluster.pods = [UNSCHEDULED]
    assert mend(SimpleNamespace(release=release)).startswith("3 pods found no node: 0/1 nodes")
    told = [" ".join(call) for call in cluster.calls]
    for words in (
        "patch agentclass default",
        "delete agentthreads --all",
        "-l bench=bare",
        "-l bench=direct",
        "-others delete pods --all",
    ):
        assert any(words in line for line in told)


@pytest.fixture
def controller(tmp_path, monkeypatch):
    """A controller that is a script, with one definition."""
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "a.yaml").write_text("metadata: {name: sandboxes.agents.x-k8s.io, labels: {a: b}}")
    program = tmp_path / "agent-sandbox-controller"
    program.write_text("#!/bin/sh\nexec sleep 50\n")
    program.chmod(0o755)
    monkeypatch.setattr(agentsandbox, "build_controller", lambda: tmp_path)


def test_definitions_of_others_are_left_alone(play, controller):
    cluster, _ = play()
    cluster.foreign = ["sandboxes.agents.x-k8s.io"]
    with pytest.raises(UserError, match="already"), running_controller(cluster):
        pytest.fail("it serves")
    assert not any("apply" in call for call in cluster.calls)


def test_a_controller_ends_with_its_context_and_with_this_process(play, controller, monkeypatch):
    cluster, _ = play()
    cluster.definitions, begun = ["sandboxes.agents.x-k8s.io"], []
    begin = subprocess.Popen

    def note(*words, **more):
        begun.append((begin(*words, **more), more))
        return begun[0][0]

    monkeypatch.setattr(agentsandbox.subprocess, "Popen", note)
    with running_controller(cluster):
        process, more = begun[0]
        assert process.poll() is None
    assert process.returncode == -signal.SIGTERM
    assert more["start_new_session"]
    assert more["preexec_fn"] is agentsandbox._end_with_parent


def test_a_definition_says_whose_it_is():
    found = mark({"kind": "X", "metadata": {"name": "a", "labels": {"b": "c"}}})
    assert found == {"kind": "X", "metadata": {"name": "a", "labels": {"b": "c", **MARK}}}
