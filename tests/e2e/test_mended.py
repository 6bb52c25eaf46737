"""What was wrong and is mended costs no message."""

from __future__ import annotations

import json

import pytest

from dev.release import CommandFailedError
from tests.support.chat import wait

ABSENT = "127.0.0.1:1/openclaw-dispatcher/absent:none"
"""An image of a registry that refuses every connection."""


def test_a_provider_that_hangs_up_for_a_moment_costs_no_answer(system, chat):
    chat.ask("hello", "Echo: hello")
    system.model.post("/sim/faults", {"kind": "cut", "count": 2})
    asked = chat.say("hello through")
    chat.wait_for("Echo: hello through", asked)
    assert len(chat.answers(asked)) == 1


def test_a_provider_without_a_key_is_named_in_the_chat(system, chat):
    system.make_class("keyless", model={"provider": "zai", "name": "some"})
    system.make_thread(chat, "keyless")
    chat.ask("hello", "No API key for provider zai is set in the gateway's Secret.")


def test_a_class_that_names_half_a_model_is_told_and_the_message_answered_when_it_is_whole(system, chat):
    system.make_class("half", model={"provider": "zai"})
    system.make_thread(chat, "half")
    asked = chat.say("hello")
    chat.shown("its settings need an administrator", asked)

    def accepted():
        conditions = json.loads(system.agents.kubectl("get", "agentclass", "half", "-o", "json")).get("status", {})
        return next((c for c in conditions.get("conditions", []) if c["type"] == "Accepted"), None)

    found = wait(accepted, "the class' condition")
    assert (found["status"], found["reason"]) == ("False", "ClassInvalid")
    system.make_class("half", model={"provider": "demo", "name": "scripted"})
    chat.wait_for("Echo: hello", asked)


def test_an_image_that_appears_under_its_right_name_answers_the_message(system, chat):
    system.make_class("imageless", image=ABSENT)
    system.make_thread(chat, "imageless")
    asked = chat.say("hello")
    chat.shown("its settings need an administrator", asked)
    image = system.values["images"]["runner"]
    system.make_class("imageless", image=f"{image['repository']}:{image['tag']}")
    # this attempt is given up by hand: the message waits for the next
    system.agents.kubectl("delete", "job", "-l", f"openclaw.dev/thread={chat.thread}")
    chat.wait_for("Echo: hello", asked)


def test_a_run_never_goes_back_and_a_name_belongs_to_its_channel(system, chat):
    chat.ask("hello", "Echo: hello")
    with pytest.raises(CommandFailedError, match="run only grows"):
        system.agents.kubectl("patch", "at", chat.thread, "--type=merge", "-p", '{"spec":{"run":null}}')
    body = {
        "apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentThread", "metadata": {"name": "tg-1"},
        "spec": {"channel": {"type": "telegram", "bot": "tg", "botId": 1, "chatId": 2}},
    }  # fmt: skip
    with pytest.raises(CommandFailedError, match=r"metadata\.name must be"):
        system.agents.kubectl("create", "-f", "-", stdin=json.dumps(body))
    chat.ask("still", "Echo: still")
