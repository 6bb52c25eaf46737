"""A conversation takes a pod that waits, which had nothing and was let in nowhere until then."""

from __future__ import annotations

import json

from agent_contract import names
from tests.support.chat import wait

ASK = """
import json, sys, urllib.error, urllib.request
base = json.loads(__import__("os").environ["AGENT_CONFIG"])["gatewayUrl"]
token = open("/var/run/openclaw/token").read()
for path in sys.argv[1:]:
    request = urllib.request.Request(base + path, headers={"Authorization": "Bearer " + token})
    try:
        print(urllib.request.urlopen(request, timeout=10).status)
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


def test_a_conversation_takes_a_pod_that_waits(system, chat):
    system.make_class("warm", warmPool={"replicas": 1})
    try:
        [pod] = wait(lambda: find_held(system, "warm"), "a pod that waits", 90)
        assert system.exec(pod, "python3", "-c", ASK, *PATHS).split() == ["403"] * len(PATHS)
        assert "OPENCLAW" not in system.exec(pod, "sh", "-c", "ls -A /workspace /home/agent")
        system.make_thread(chat, "warm")
        chat.ask("my number is 4711", "Echo: my number is 4711", 30)
        thread = wait(lambda: (t := system.thread(chat.thread))["spec"].get("claim") and t, "the claim")
        assert thread["spec"]["claim"]["run"] == thread["spec"]["run"] == 1
        run = system.wait_run(chat.thread, number=1, podName=pod)
        assert run["jobName"] == thread["spec"]["claim"]["jobName"]
        chat.ask("recall", "I was told: my number is 4711", 30)
        after = wait(lambda: find_held(system, "warm"), "the next pod that waits", 90)
        assert pod not in after
    finally:
        system.agents.kubectl("delete", "agentclass", "warm", "--ignore-not-found", check=False)
