"""A node is cut off in the middle of an answer: with the agent there, the gateway there, or Postgres there."""

from __future__ import annotations

import json

from dev.release import wait_until
from tests.nodes.conftest import STAYS, STRUCK, installed, is_ready
from tests.support.chat import wait

_GIVEN_UP = 240
"""Seconds in which a run on a lost node has been followed by another."""


def start_on(system, node, words="slow 400 150"):
    """Begin a conversation whose agent is on that node, and an answer; return the chat and the asking message's id."""
    chat = system.chat()
    with system.closed(STAYS if node == STRUCK else STRUCK):
        chat.ask("my bird is a wren", "Echo: my bird is a wren", timeout=120)
    assert system.agent_node(chat) == node
    asked = chat.say(words)
    chat.shown("w3", asked)
    return chat, asked


def test_gateways_and_agents_are_spread(system):
    nodes = sorted(pod["spec"]["nodeName"] for pod in system.pods("gateway"))
    assert nodes == [STAYS, STRUCK]
    zones = json.loads(system.release.kubectl("get", "nodes", "-o", "json"))["items"]
    assert len({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in zones}) == 2


def test_an_agent_whose_node_is_cut_off_is_followed_by_another_that_goes_on(system, whole):
    system.lead_from(STAYS)
    chat, asked = start_on(system, STRUCK)
    with system.watched(chat, asked, "agent's node cut off") as watch:
        whole.machine(STRUCK).cut()
        wait(lambda: system.run(chat).get("number") == 2, "another run", _GIVEN_UP, lambda: system.run(chat))
        system.table.add("agent's node cut off", "(the next run is wanted)", watch.seconds())
        chat.wait_for("w399", asked, timeout=_GIVEN_UP)
    assert system.agent_node(chat) == STAYS
    whole.machine(STRUCK).join()
    wait_until("the node to be back", lambda: is_ready(whole, STRUCK), 120)
    # what the node had kept running is ended, and says nothing more
    pods = ("get", "pods", "-l", f"openclaw.dev/thread={chat.thread},openclaw.dev/run=1", "-o", "name")
    wait(lambda: not system.release.agents.kubectl(*pods).strip(), "the first run's pod to be gone", 120)
    chat.ask("recall", "my bird is a wren", timeout=60)
    finals = [m for m in chat.answers(asked) if "w399" in m["text"]]
    assert len(finals) == 1


def test_a_gateway_whose_node_is_cut_off_is_followed_by_its_standby(system, whole):
    system.lead_from(STRUCK)
    chat, asked = start_on(system, STAYS)
    other = system.chat()
    with system.watched(chat, asked, "leading gateway's node cut off") as watch:
        whole.machine(STRUCK).cut()
        new = other.say("is anybody there")
        wait(lambda: system.leader()[1] == STAYS, "the standby to lead", 60)
        system.table.add("leading gateway's node cut off", "(the standby leads)", watch.seconds())
        chat.wait_for("w399", asked, timeout=180)
        other.wait_for("Echo: is anybody there", new, timeout=120)
    assert system.run(chat)["number"] == 1
    assert sum("w399" in m["text"] for m in chat.answers(asked)) == 1


def test_while_postgres_is_cut_off_messages_wait_and_then_all_are_answered(cluster, images, whole, table):
    with installed(cluster, images, "openclaw-nodes-pg", database=STRUCK, gateways=1) as system:
        system.table = table
        with system.closed(STRUCK):
            for pod in system.pods("gateway"):
                system.release.kubectl("delete", "pod", pod["metadata"]["name"])
        chat, asked = start_on(system, STAYS, "slow 200 150")
        with system.watched(chat, asked, "Postgres' node cut off for 40 s") as watch:
            whole.machine(STRUCK).cut()
            others = [system.chat() for _ in range(3)]
            new = [(other, other.say(f"hello {number}")) for number, other in enumerate(others)]
            wait(lambda: watch.seconds() > 40, "forty seconds", 60)
            whole.machine(STRUCK).join()
            for number, (other, said) in enumerate(new):
                other.wait_for(f"Echo: hello {number}", said, timeout=180)
            chat.wait_for("w199", asked, timeout=180)
        assert all(sum("Echo: hello" in m["text"] for m in other.answers(said)) == 1 for other, said in new)
