"""A node's kubelet is killed, a node is started again, a node is drained while people talk."""

from __future__ import annotations

import itertools
import threading

from dev.cluster.process import Background
from dev.release import wait_until
from tests.nodes.conftest import STAYS, STRUCK, is_ready, kubectl
from tests.nodes.test_lost_node import start_on
from tests.support.chat import wait

_TALKERS = 6


def test_an_answer_goes_on_while_the_kubelet_is_away(system, whole):
    system.lead_from(STAYS)
    chat, asked = start_on(system, STRUCK, "slow 200 150")
    node = next(n for n in whole.nodes if n.name == STRUCK)
    with system.watched(chat, asked, "kubelet killed for 20 s") as watch:
        Background(node.folder, "kubelet").stop(0)
        wait(lambda: watch.seconds() > 20, "twenty seconds", 30)
        whole.start_component(STRUCK, "kubelet")
        chat.wait_for("w199", asked, timeout=120)
    assert system.run(chat)["number"] == 1
    wait_until("the node to be ready", lambda: is_ready(whole, STRUCK), 60)
    chat.ask("recall", "my bird is a wren")


def test_after_a_reboot_of_the_agents_node_the_answer_continues_by_itself(system, whole):
    system.lead_from(STAYS)
    chat, asked = start_on(system, STRUCK)
    with system.watched(chat, asked, "agent's node rebooted") as watch:
        whole.machine(STRUCK).off()
        whole.switch_on(STRUCK)
        system.table.add("agent's node rebooted", "(its kubelet runs again)", watch.seconds())
        wait(lambda: system.run(chat).get("number") == 2, "another run", 240, lambda: system.run(chat))
        system.table.add("agent's node rebooted", "(the next run is wanted)", watch.seconds())
        chat.wait_for("w399", asked, timeout=240)
    chat.ask("recall", "my bird is a wren")


def test_a_drain_while_people_talk_loses_nothing(system, whole):
    system.lead_from(STRUCK)
    chats = [system.chat() for _ in range(_TALKERS)]
    with system.closed(STAYS):
        for chat in chats:
            chat.ask("hello", "Echo: hello", timeout=180)
    slow, asked = chats[0], chats[0].say("slow 200 150")
    slow.shown("w3", asked)
    said, ended = [], threading.Event()

    def talk() -> None:
        for number in itertools.count():
            chat = chats[1 + number % (_TALKERS - 1)]
            said.append((chat, number, chat.say(f"word {number}.")))
            if ended.wait(1.5):
                return

    talker = threading.Thread(target=talk, daemon=True)
    with system.watched(slow, asked, "drain under load") as watch:
        talker.start()
        kubectl(
            whole, "drain", STRUCK, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=150s"
        )  # fmt: skip
        system.table.add("drain under load", "(drained)", watch.seconds())
        ended.set()
        talker.join()
        # all have a pod again
        said += [(chat, 1000 + i, chat.say(f"word {1000 + i}.")) for i, chat in enumerate(chats[1:])]
        slow.wait_for("w199", asked, timeout=240)
        for chat, number, message in said:
            chat.wait_for(f"word {number}.", message, timeout=240)  # two that came together are one question
    lost = [n for chat, n, m in said if sum(f"word {n}." in a["text"] for a in chat.answers(m)) != 1]
    assert not lost, "each message is answered once"
    assert {system.agent_node(chat) for chat in chats} == {STAYS}
    assert not kubectl(whole, "get", "pods", "-A", "-o", "name", f"--field-selector=spec.nodeName={STRUCK}").count(
        "openclaw"
    )
