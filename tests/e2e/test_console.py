"""`kubectl openclaw` on the cluster: a speaker talks to an agent, a viewer reads and no more, an agent's pod reaches nothing of it."""

from __future__ import annotations

import json

from tests.support.chat import wait
from tests.support.consoling import run_plugin

KNOCK = """
import socket, sys
for where in sys.argv[1:]:
    host, port = where.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 3)
        print("open")
    except OSError:
        print("shut")
"""


def run(system, *words, person, stdin=None):
    """Run the plugin as somebody."""
    agents, kubeconfig = system.release.agents.namespace, system.release.cluster.kubeconfig
    return run_plugin(*words, "-n", agents, "--as", person, kubeconfig=kubeconfig, stdin=stdin)


def test_a_conversation_goes_on_in_a_terminal_and_its_chat_sees_it(system, chat):
    chat.ask("my bird is a wren", "Echo: my bird is a wren")
    name = chat.thread
    code, told, words = run(system, "chat", name, "-m", "what is next", person="alice")
    assert (code, "Echo:" in told, "what is next" in told) == (0, True, True), words
    chat.wait_for("asks from a terminal")
    wait(
        lambda: [m for m in chat.answers() if "Echo:" in m["text"] and "what is next" in m["text"]],
        "the answer in the chat",
    )

    code, told, words = run(system, "transcript", name, person="vera")
    assert (code, "my bird is a wren" in told, "── alice, " in told) == (0, True, True), words
    code, told, words = run(system, "logs", name, person="vera")
    assert (code, "asked by alice from a terminal" in told) == (0, True), words
    wait(
        lambda: run(system, "why", name, person="vera")[1].split()[:2] == [name, "Nothing"], "nothing that it waits for"
    )
    code, _, words = run(system, "why", name, person="vera")
    assert code == 0, words
    code, told, words = run(system, "top", "--most", "0", person="vera")
    assert (code, any(line.startswith(f"{name} ") for line in told.splitlines())) == (0, True), words

    code, _, words = run(system, "stop", name, person="vera")
    assert (code, "vera may not create serviceaccounts/token oc-console-speak" in words) == (1, True), words
    code, _, words = run(system, "transcript", name, person="mallory")
    assert (code, "may not get configmaps" in words) == (1, True), words

    asked = chat.say("slow 400 200")  # longer than a terminal takes to stop it
    chat.shown("w3", asked)
    code, told, words = run(system, "stop", name, person="alice")
    assert (code, told) == (0, "Stopped.\n"), words
    chat.wait_for("stopped this from a terminal")

    pods = json.loads(system.kubectl("get", "pods", "-l", "app.kubernetes.io/component=gateway", "-o", "json"))
    hosts = [f"oc-gateway-console.{system.release.namespace}:80", f"{pods['items'][0]['status']['podIP']}:8084"]
    assert system.exec(system.pod(name), "python3", "-c", KNOCK, *hosts).split() == ["shut", "shut"]
