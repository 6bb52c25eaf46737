"""Two gateways on the cluster: the one that leads is killed, and the conversation goes on in the same agent."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack

import pytest

from dev.cluster import provider
from dev.release import prepare, wait_until
from tests.support.chat import PATIENCE, Chat, Simulator

NAMESPACE, NAME, PERSON = "openclaw-standby", "oc", 70003


def build_values(images, **telegram):
    return {
        "images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": [PERSON], **telegram},
        "gateway": {"replicas": 2, "resources": {"requests": {"cpu": "20m"}}},
        "agents": {"class": {"resources": {"requests": {"cpu": "20m"}}}},
    }  # fmt: skip


@pytest.fixture(scope="module")
def release():
    """A release of its own with two gateways; removed behind the tests."""
    if not provider().kubeconfig.exists():
        pytest.skip("no cluster: `make cluster` brings one up, and `make test` does it by itself")
    release, images = prepare(NAMESPACE, NAME)
    release.install(build_values(images))
    yield release
    release.remove()


@pytest.fixture
def chat(release):
    with ExitStack() as stack:
        port = stack.enter_context(release.forward(f"service/{NAME}-demo-telegram", 8081))
        yield Chat(Simulator(port), int(time.time()) % 10**8 + 10**9, PERSON)


def leader_of(release):
    """Return the name of the pod that the slice names; None while it names none."""
    told = release.kubectl("get", "endpointslice", f"{NAME}-gateway-ipv4", "--ignore-not-found", "-o", "json")
    found = json.loads(told or "{}")
    return next((e["targetRef"]["name"] for e in found.get("endpoints") or []), None)


def gateways(release):
    """Return the gateway pods, by name, and whether each is ready."""
    listed = json.loads(release.kubectl("get", "pods", "-l", "app.kubernetes.io/component=gateway", "-o", "json"))
    return {
        pod["metadata"]["name"]: all(s["ready"] for s in pod["status"].get("containerStatuses", [{"ready": False}]))
        for pod in listed["items"]
    }


def test_leader_and_standby_are_ready_and_the_killed_leader_is_followed(release, chat):
    leader = wait_until("a leader", lambda: leader_of(release), PATIENCE)
    wait_until("two gateways", lambda: list(gateways(release).values()) == [True, True], PATIENCE)
    pods = gateways(release)
    assert leader in pods
    chat.ask("my bird is a wren", "Echo: my bird is a wren")
    release.kubectl("delete", "pod", leader, "--grace-period=0", "--force")
    chat.ask("afterwards", "Echo: afterwards")
    # by the standby, and not by the pod that takes the place of the killed one
    wait_until("the standby to lead", lambda: leader_of(release) in pods.keys() - {leader}, PATIENCE)
    # the same agent, by its new gateway
    thread = json.loads(release.agents.kubectl("get", "agentthread", chat.thread, "-o", "json"))
    assert thread["spec"]["run"] == 1


def test_an_upgrade_leaves_an_answer_whole(release, chat):
    wait_until("two gateways", lambda: list(gateways(release).values()) == [True, True], PATIENCE)
    asked = chat.say("slow 80 200")
    chat.shown("w3", asked)
    release.kubectl("rollout", "restart", f"deployment/{NAME}-gateway")
    answer = chat.wait_for("w79", asked)
    assert answer["text"].split().count("w0") == 1
    release.kubectl("rollout", "status", f"deployment/{NAME}-gateway", "--timeout=240s")
    chat.ask("and now", "Echo: and now")


def test_updates_are_brought_by_a_webhook_and_asked_for_again_as_the_value_says(release, chat):
    images = prepare(NAMESPACE, NAME)[1]
    chat.ask("before the webhook", "Echo: before the webhook")
    url = f"http://{NAME}-gateway-webhook.{NAMESPACE}.svc/telegram"
    release.install(build_values(images, webhook={"url": url}))
    wait_until("a webhook", lambda: webhook_of(chat) == url, PATIENCE)
    asked = time.time_ns() // 1_000_000
    chat.ask("by the webhook", "Echo: by the webhook")
    assert chat.simulator.get(f"/sim/calls?method=getUpdates&since={asked}") == []
    release.install(build_values(images))
    wait_until("polls", lambda: chat.simulator.get(f"/sim/calls?method=deleteWebhook&since={asked}"), PATIENCE)
    chat.ask("asked for again", "Echo: asked for again")
    texts = [m["text"] for m in chat.answers()]
    assert [sum(word in text for text in texts) for word in ("before", "by the", "asked for")] == [1, 1, 1]


def webhook_of(chat):
    """Return where updates are brought to; empty where they are asked for."""
    return chat.simulator.get("/bot1000000001:demo-token-of-the-simulator/getWebhookInfo")["result"]["url"]
