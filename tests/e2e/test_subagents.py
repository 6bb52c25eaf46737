"""Sub-agents on the real cluster: what they do, what ends them, and who learns of it."""

from __future__ import annotations

import contextlib
import json

import pytest

from agent_gateway.wording.subagents import compute_short
from dev.release import CommandFailedError
from tests.e2e.conftest import ADMIN
from tests.support.chat import wait

LONG = "{bash: echo begun > /tmp/begun; sleep 600}"
HELD = "{bash: echo begun > /tmp/begun; until test -e /tmp/go; do sleep 0.2; done; echo %s}"
"""Ends when the test says so."""


class SubAgents:
    """The sub-agents of one chat, as kubectl shows them."""

    def __init__(self, system, chat):
        self.system, self.chat = system, chat

    def all(self):
        listed = json.loads(
            self.system.agents.kubectl(
                "get", "subagents", "-l", f"openclaw.dev/thread={self.chat.thread}", "-o", "json"
            )
        )
        return sorted(listed["items"], key=lambda s: (len(s["metadata"]["name"]), s["metadata"]["name"]))

    def status(self, name):
        found = self.system.agents.kubectl("get", "suba", name, "--ignore-not-found", "-o", "json")
        return json.loads(found or "{}").get("status", {})

    def wait(self, name, **fields):
        def look():
            found = self.status(name)
            return found if all(found.get(key) == value for key, value in fields.items()) else None

        return wait(look, f"{fields} of {name}", show=lambda: self.status(name))

    def working(self, count):
        """Wait until so many have a running pod; return their names."""

        def look():
            names = [s["metadata"]["name"] for s in self.all() if s.get("status", {}).get("phase") == "Running"]
            return names if len(names) == count else None

        return wait(look, f"{count} working", show=lambda: [s.get("status") for s in self.all()])

    def pods(self, name):
        return self.system.agents.kubectl("get", "pods", "-l", f"openclaw.dev/subagent={name}", "-o", "name").split()

    def pod(self, name):
        return wait(lambda: self.status(name).get("podName"), f"a pod of {name}")

    def begun(self, name):
        """Wait until the tool of a sub-agent runs."""
        pod = self.pod(name)
        wait(lambda: "begun" in self.system.exec(pod, "cat", "/tmp/begun", check=False), f"the tool of {name}")
        return pod


@pytest.fixture
def children(system, chat):
    return SubAgents(system, chat)


@contextlib.contextmanager
def scaled_down(system, component):
    """Take a part of the system away for a while."""
    system.kubectl("scale", f"deployment/oc-{component}", "--replicas=0")
    try:
        wait(
            lambda: not system.kubectl("get", "pods", "-l", f"app.kubernetes.io/component={component}", "-o", "name"),
            f"the {component} to be gone",
        )
        yield
    finally:
        system.kubectl("scale", f"deployment/oc-{component}", "--replicas=1")
        system.kubectl("rollout", "status", f"deployment/oc-{component}", "--timeout=240s")


# --- at work -----------------------------------------------------------------------------------------


def test_two_work_at_once_on_copies_of_the_workspace_and_both_answers_are_used(system, chat, children):
    chat.ask("bash: mkdir deep && echo treasure > deep/note", "Tool said")
    asked = chat.say("spawn: {bash: cat deep/note; hostname} | {bash: rm -r deep; ls | wc -l}")
    chat.wait_for("Result 2", asked)
    first, second = children.all()
    results = {s["spec"]["task"]: s for s in (first, second)}
    answer = next(m for m in chat.answers(asked) if "Result 2" in m["text"])
    assert "treasure" in answer["text"]
    for sub in results.values():
        status = children.wait(sub["metadata"]["name"], phase="Succeeded", reason="Completed")
        assert status["result"]
        chat.wait_for(f"Sub-agent {compute_short(sub['metadata']['name'])} ", asked)
    assert {s["spec"]["parent"]["name"] for s in results.values()} == {chat.thread}
    # what they did to their copies stayed there
    chat.ask("bash: cat deep/note", "treasure")
    columns = system.agents.kubectl("get", "suba", first["metadata"]["name"], "-o", "wide")
    assert "THREAD" in columns
    assert "RESULT" in columns


def test_a_child_has_no_more_rights_than_its_parent(system, chat, children):
    chat.say(f"spawn: {LONG}")
    [name] = children.working(1)
    pod = children.begun(name)
    environment = system.exec(pod, "env")
    assert "KEY" not in environment
    assert "uid=10001" in system.exec(pod, "id")
    refused = system.exec(pod, "curl", "-sk", "-m", "3", "https://kubernetes.default.svc/", check=False)
    assert refused == "" or "exit code 28" in refused
    # its token is good for its own session, not for its parent's
    system.agents.kubectl("delete", "suba", name)


def test_the_model_repeating_a_call_id_gets_two_children(chat, children):
    asked = chat.say("spawn[sameid]: hello a | hello b")
    answer = chat.wait_for("Result 2", asked)
    assert "hello a" in answer["text"]
    assert "hello b" in answer["text"]
    assert len(children.all()) == 2


def test_a_child_beyond_the_depth_is_refused_by_the_limits_name(chat, children):
    asked = chat.say("spawn: {spawn: deeper}")
    answer = chat.wait_for("Result 1", asked)
    assert "ub-agent" in answer["text"]
    assert len(children.all()) == 1


def test_ten_at_once_wait_for_the_three_places(chat, children):
    asked = chat.say("spawn[times=10]: {bash: sleep 2}")
    most = 0

    def finished():
        nonlocal most
        phases = [s.get("status", {}) for s in children.all()]
        most = max(most, sum(1 for s in phases if s.get("jobName") and not s.get("finishedAt")))
        return sum(1 for s in phases if s.get("phase") == "Succeeded") == 10

    chat.wait_for("waiting for another to finish", asked)
    wait(finished, "all ten", show=lambda: [s.get("status", {}).get("phase") for s in children.all()])
    assert most == 3
    chat.wait_for("Result 10", asked)


def test_a_copy_over_the_limit_lacks_the_largest_files_and_its_sub_agent_is_told(system, chat):
    system.make_class("small-copies", workspace={"snapshotLimit": "1Mi"})
    system.make_thread(chat, "small-copies")
    chat.ask("bash: echo treasure > note; head -c 3000000 /dev/urandom > noise", "Tool said")
    asked = chat.say("spawn: bash: echo $(ls)")
    chat.wait_for("Tool said: note", asked)


# --- ended by somebody -------------------------------------------------------------------------------


def ended(system, chat, children, asked, name, pod):
    """Everyone who waits learns that it was cancelled, and its pod is gone."""
    chat.wait_for(f"Sub-agent {compute_short(name)} was cancelled", asked)
    answer = chat.wait_for("Result 1", asked)
    assert f"Sub-agent {name} was cancelled" in answer["text"]
    wait(lambda: pod not in str(children.pods(name)), "the pod to be gone")
    system.agents.kubectl("wait", "--for=delete", f"subagent/{name}", "--timeout=10s", check=False)


def test_one_that_is_deleted_is_told_to_all(system, chat, children):
    asked = chat.say(f"spawn: {LONG}")
    [name] = children.working(1)
    assert chat.wait_for("k1 working", asked)["buttons"]
    pod = children.begun(name)
    system.agents.kubectl("delete", "subagent", name)
    ended(system, chat, children, asked, name, pod)


@pytest.mark.parametrize("component", ["gateway", "operator"])
def test_one_that_is_deleted_while_a_part_is_away_is_told_when_it_is_back(system, chat, children, component):
    asked = chat.say(f"spawn: {LONG}")
    [name] = children.working(1)
    pod = children.begun(name)
    with scaled_down(system, component):
        system.agents.kubectl("delete", "subagent", name)
    ended(system, chat, children, asked, name, pod)


def test_a_button_and_the_field_cancel_too(system, chat, children):
    asked = chat.say(f"spawn: {LONG} | {LONG}")
    names = children.working(2)
    line = chat.wait_for_button("✕ Cancel k1", asked)
    assert chat.pressed(chat.press(line["message_id"], "✕ Cancel k1")).startswith("Cancelled")
    system.agents.kubectl("patch", "suba", f"{chat.thread}-r1-k2", "--type=merge", "-p", '{"spec":{"cancel":true}}')
    answer = chat.wait_for("Result 2", asked)
    assert answer["text"].count("was cancelled") == 2
    for name in names:
        children.wait(name, phase="Cancelled")


def test_a_stopped_conversation_takes_its_children_along(system, chat, children):
    asked = chat.say(f"spawn: {LONG}")
    [name] = children.working(1)
    chat.say(f"/kill {chat.thread}")
    chat.wait_for(f"Sub-agent {compute_short(name)} was cancelled", asked)
    children.wait(name, phase="Cancelled")


def test_a_person_starts_lists_and_cancels_one(system, chat, children):
    asked = chat.say("/spawn bash: echo hello from below")
    chat.wait_for("Tool said: hello from below", asked)  # the report: its first line holds the task alone
    chat.say(f"/spawn {LONG[1:-1]}")
    name = f"{chat.thread}-r0-k2"
    children.begun(name)
    # the node's word that the pod runs may come behind what the agent does
    tree = wait(lambda: find_working(chat, name), "k2 working")
    assert "k1: done" in tree
    chat.ask(f"/cancel {name}", "Cancelled")
    chat.wait_for(f"Sub-agent {compute_short(name)} was cancelled", asked)
    stranger = system.chat(person=ADMIN)
    assert "no sub-agent" in stranger.ask("/cancel tg-1-r1-k1", "I know no sub-agent")["text"]


def find_working(chat, name):
    """Return what /subagents shows, once it shows this one at work."""
    tree = chat.ask("/subagents", name)["text"]
    return tree if f"{name}: working" in tree else ""


# --- ended by the cluster ----------------------------------------------------------------------------


def test_a_tool_that_takes_all_memory_does_not_end_unsaid(system, chat, children):
    system.make_class("tight", resources={"requests": {"cpu": "50m"}, "limits": {"memory": "300Mi"}})
    system.make_thread(chat, "tight")
    asked = chat.say("spawn: {bash: python3 -c 'b = bytearray(900 << 20)'; echo survived $?}")
    answer = chat.wait_for("Result 1", asked)
    [sub] = children.all()
    # where the kernel ends the tool alone, the agent goes on; where it ends the whole container, all are told why
    if "survived" not in answer["text"]:
        assert "memory" in answer["text"]
        assert children.wait(sub["metadata"]["name"], phase="Failed")["reason"] == "OOMKilled"


def test_a_container_that_is_ended_for_its_memory_is_told_so(system, chat, children):
    system.make_class("tiny", resources={"requests": {"cpu": "50m"}, "limits": {"memory": "48Mi"}})
    system.make_class("parent-of-tiny", subAgents={"classRef": {"name": "tiny"}})
    system.make_thread(chat, "parent-of-tiny")
    asked = chat.say("spawn: hello")
    answer = chat.wait_for("Result 1", asked)
    [sub] = children.all()
    status = children.wait(sub["metadata"]["name"], phase="Failed")
    assert status["reason"] in {"OOMKilled", "AgentFailed", "Error"}
    assert sub["metadata"]["name"] in answer["text"]


def test_one_whose_disk_is_full_is_evicted_and_told_so(system, chat, children):
    system.make_class("small", workspace={"size": "64Mi"})
    system.make_class("parent-of-small", subAgents={"classRef": {"name": "small"}})
    system.make_thread(chat, "parent-of-small")
    asked = chat.say("spawn: hang")
    [name] = children.working(1)
    # what no tool of the agent did: written from beside, so that the command's own limit is not in the way
    system.exec(
        children.pod(name), "sh", "-c", "for n in 1 2 3; do head -c 300M /dev/zero >/tmp/x-$n; done", check=False
    )
    answer = chat.wait_for("Result 1", asked)
    assert children.wait(name, phase="Failed")["reason"] == "DiskFull"
    assert "The agent filled its disk: “work” may hold" in answer["text"]


def test_one_removed_by_the_eviction_api_is_told_so(system, chat, children):
    asked = chat.say(f"spawn: {LONG}")
    [name] = children.working(1)
    pod = children.begun(name)
    namespace = system.agents.namespace
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    system.agents.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    answer = chat.wait_for("Result 1", asked)
    assert children.wait(name, phase="Failed")["reason"] == "Evicted"
    assert "The computer that the agent worked on went away." in answer["text"]


def test_one_over_its_time_is_told_so(chat, children):
    asked = chat.say("spawn[timeout=3]: {bash: sleep 300}")
    answer = chat.wait_for("Result 1", asked)
    [sub] = children.all()
    name = sub["metadata"]["name"]
    assert f"Sub-agent {name} timed out after 3 s" in answer["text"]
    chat.wait_for(f"Sub-agent {compute_short(name)} timed out", asked)
    children.wait(name, phase="TimedOut", reason="DeadlineExceeded")


# --- the parent, or the gateway, goes ----------------------------------------------------------------


def test_children_outlive_their_parents_pod_and_the_next_run_is_told(system, chat, children):
    asked = chat.say(f"spawn: {HELD % 'pear'} | {HELD % 'plum'}")
    names = children.working(2)
    pods = [children.begun(name) for name in names]
    system.agents.kubectl("delete", "pod", system.pod(chat.thread), "--wait=false")
    chat.wait_for("The computer that the agent worked on went away.", asked)
    for pod in pods:
        system.exec(pod, "touch", "/tmp/go")
    for name in names:
        children.wait(name, phase="Succeeded")
        chat.wait_for(f"Sub-agent {compute_short(name)} ", asked)
    answer = chat.ask("recall", "pear")
    assert "plum" in answer["text"]


def test_a_gateway_that_dies_meanwhile_loses_no_wish_and_no_answer(system, chat, children):
    chat.ask("hello", "Echo: hello")
    asked = chat.say("spawn: {bash: sleep 5; echo pear} | {bash: sleep 7; echo plum}")
    wait(children.all, "the first resource")
    system.kubectl("delete", "pod", "-l", "app.kubernetes.io/component=gateway", "--grace-period=0", "--force")
    answer = chat.wait_for("Result 2", asked)
    assert "pear" in answer["text"]
    assert "plum" in answer["text"]
    assert len(children.all()) == 2
    assert sum("plum" in m["text"] and "Sub-agent" in m["text"] for m in chat.answers(asked)) == 1


# --- made by hand ------------------------------------------------------------------------------------


def test_one_made_by_hand_works_and_can_be_waited_for(system):
    body = {
        "apiVersion": "openclaw.dev/v1alpha1", "kind": "SubAgent", "metadata": {"name": "by-hand"},
        "spec": {"task": "bash: echo hello from $(hostname)"},
    }  # fmt: skip
    system.agents.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    try:
        system.agents.kubectl("wait", "--for=condition=Complete", "suba/by-hand", "--timeout=240s")
        status = json.loads(system.agents.kubectl("get", "suba", "by-hand", "-o", "json"))["status"]
        assert "hello from by-hand" in status["result"]
        with pytest.raises(CommandFailedError, match="task cannot be changed"):
            system.agents.kubectl("patch", "suba", "by-hand", "--type=merge", "-p", '{"spec":{"task":"x"}}')
        assert status["phase"] == "Succeeded"
    finally:
        system.agents.kubectl("delete", "suba", "by-hand")


# --- the files of a conversation ---------------------------------------------------------------------


def test_an_agent_that_remembers_a_file_finds_the_file(system, chat):
    chat.ask("bash: echo treasure > note; ln -s note link; mkdir -p a/b", "Tool said")
    system.wait_logged(system.pod(chat.thread), "files_kept")
    system.agents.kubectl("delete", "pod", system.pod(chat.thread))
    asked = chat.say("bash: cat link; ls -d a/b")
    answer = chat.wait_for("treasure", asked)
    assert "a/b" in answer["text"]
    assert not [m for m in chat.answers() if "workspace is empty" in m["text"] or "older files" in m["text"]]
    system.wait_run(chat.thread, number=2)


def test_the_largest_files_are_not_kept_over_the_limit_and_that_is_said(system, chat):
    system.make_class("small-snapshots", workspace={"snapshotLimit": "1Mi"})
    system.make_thread(chat, "small-snapshots")
    chat.ask("bash: head -c 3000000 /dev/urandom > noise", "Tool said")
    system.wait_logged(system.pod(chat.thread), "files_kept")
    system.agents.kubectl("delete", "pod", system.pod(chat.thread))
    asked = chat.say("bash: ls | wc -l")
    chat.wait_for("Tool said: 0", asked)
    chat.wait_for("grew too large to keep (limit 1Mi)", asked)
