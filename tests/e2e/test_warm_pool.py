"""A conversation takes a pod that waits, which had nothing and was let in nowhere until then."""

from __future__ import annotations

import json
import re

import pytest

from agent_contract import names
from tests.e2e.conftest import NAMES
from tests.support.chat import wait
from tests.support.scene import Scene, story

ASK = """
import json, sys, urllib.error, urllib.request
base = json.loads(__import__("os").environ["AGENT_CONFIG"])["gatewayUrl"]
token = open("/var/run/openclaw/token").read()
for path in sys.argv[1:]:
    request = urllib.request.Request(base + path, headers={"Authorization": "Bearer " + token})
    try:
        print(urllib.request.urlopen(request, timeout=60).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""
PATHS = (
    names.PATH_SESSION,
    names.PATH_WORKSPACE,
    f"{names.PATH_LLM}/zai/models",
    f"{names.PATH_GIT}/x/y.git/info/refs",
)


def find_held(system, agent_class):
    """Return the pods of a class's pool that the gateway holds."""
    chosen = ("-l", f"{names.LABEL_POOL}={agent_class},!{names.LABEL_THREAD}", "-o", "json")
    pods = json.loads(system.agents.kubectl("get", "pods", *chosen))["items"]
    live = [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return [pod for pod in live if system.logged(pod, "held")]


def read_columns(system, agent_class):
    """Return what `kubectl get agentclasses -o wide` says of a class, by the heads of its columns."""
    head, row = system.agents.kubectl("get", "agentclasses", agent_class, "-o", "wide").splitlines()
    heads = list(re.finditer(r"\S+(?: \S+)*", head))  # one blank is within a head, three are between two
    ends = [*(one.start() for one in heads[1:]), None]
    return {one[0]: row[one.start() : end].strip() for one, end in zip(heads, ends, strict=True)}


def wait_columns(system, agent_class, **told):
    """Wait until the columns say this of a class; `in_line` stands for IN LINE."""
    wanted = {head.upper().replace("_", " "): value for head, value in told.items()}
    wait(
        lambda: wanted.items() <= read_columns(system, agent_class).items(),
        f"{wanted} of the class {agent_class}", show=lambda: read_columns(system, agent_class),
    )  # fmt: skip


def find_pooled(system, agent_class):
    """Return the Jobs and pods of a class's pool, those that conversations have too."""
    return system.agents.kubectl("get", "jobs,pods", "-l", f"{names.LABEL_POOL}={agent_class}", "-o", "name").split()


def test_a_conversation_takes_a_pod_that_waits(system, chat):
    system.make_class("warm", warmPool={"replicas": 1})
    try:
        [pod] = wait(lambda: find_held(system, "warm"), "a pod that waits")
        assert system.exec(pod, "python3", "-c", ASK, *PATHS).split() == ["403"] * len(PATHS)
        assert "OPENCLAW" not in system.exec(pod, "sh", "-c", "ls -A /workspace /home/agent")
        system.make_thread(chat, "warm")
        chat.ask("my number is 4711", "Echo: my number is 4711")
        thread = wait(lambda: (t := system.thread(chat.thread)).get("spec", {}).get("claim") and t, "the claim")
        assert thread["spec"]["claim"]["run"] == thread["spec"]["run"] == 1
        run = system.wait_run(chat.thread, number=1, podName=pod)
        assert run["jobName"] == thread["spec"]["claim"]["jobName"]
        chat.ask("recall", "I was told: my number is 4711")
        after = wait(lambda: find_held(system, "warm"), "the next pod that waits")
        assert pod not in after
    finally:
        system.agents.kubectl("delete", "agentclass", "warm", "--ignore-not-found", check=False)


@pytest.mark.timeout(1800, func_only=True)
def test_a_pod_is_started_for_whoever_is_next_in_line(system):
    """Where all agents that are allowed are at work, and the class asks for no pod at any other time."""
    ahead = {**system.values["agents"]["class"], "warmPool": {"replicas": 0, "ahead": 1}}
    system.release.install({**system.values, "gateway": {"maxThreads": 1}, "agents": {"class": ahead}})
    system.end_all()
    working, following = (Scene(system, system.chat(), NAMES) for _ in range(2))
    try:
        # told for so long that its agent is at work until it is ended
        working.teach({"a story without an end": [story(words=3000)], "Whose turn is it now?": ["It is yours."]})
        working.shown("Once upon", working.say("Please tell me a story without an end"))
        wait_columns(system, "default", in_line="", pool="0", warm="0", starting="0")
        assert not find_pooled(system, "default")
        asked = following.say("Whose turn is it now?")
        following.shown("You're next.", asked)
        wait_columns(system, "default", in_line="1", pool="1", warm="1")
        [pod] = wait(lambda: find_held(system, "default"), "a pod for whoever is next")
        uid = system.agents.get("pod", pod)["metadata"]["uid"]
        # it is of nobody yet: only the end of an agent lets the next one begin
        assert system.thread(working.chat.thread)["status"]["phase"] == "Running"
        assert "run" not in system.thread(following.chat.thread).get("spec", {})
        working.kill()
        following.wait_for("It is yours.", asked)
        run = system.wait_run(following.chat.thread, number=1, podName=pod)
        spec = system.thread(following.chat.thread)["spec"]
        assert spec["claim"] == {"run": 1, "jobName": run["jobName"], "podUid": uid}
        assert "cold" not in spec
        # whoever hears of the claim before the line may make one more, which goes when nobody is in line
        wait_columns(system, "default", in_line="", pool="0", warm="0", starting="0", draining="0", claimed="1")
        wait(
            lambda: {one for one in find_pooled(system, "default") if one.startswith("pod/")} == {f"pod/{pod}"},
            "no other pod",
        )
        following.settle()
        following.kill()
        wait_columns(system, "default", pool="0", claimed="0")
        wait(lambda: not find_pooled(system, "default"), "no Job and no pod of the pool")
    finally:
        for scene in (working, following):
            system.end(scene.chat)
        system.release.install(system.values)
