"""What is wrong, said where the person looks."""

from __future__ import annotations

import json

import pytest

from dev.release import CHART, CommandFailedError
from tests.support.chat import wait

MODEL_KEY = "demo-key-of-the-scripted-model"


def test_a_key_that_the_provider_refuses_is_told_in_the_chat(system, chat, admin):
    system.model.post("/sim/settings", {"key": "another-key"})
    try:
        told = chat.ask("hello", "The model refused our API key")["text"]
        assert "401" not in told
        details = admin.ask("@demo_bot hello", "The model refused our API key")["text"]
        assert "For administrators: HTTP 401. The key is LLM_API_KEY" in details
        for key in ("another-key", MODEL_KEY):
            assert key not in told + details
    finally:
        system.model.post("/sim/settings", {"key": MODEL_KEY})
    chat.ask("and now", "Echo: and now")


def test_a_key_changed_in_place_is_used_without_a_reinstall(system, chat):
    def put(key):
        patch = json.dumps({"stringData": {"api-key": key}})
        system.kubectl("patch", "secret", "oc-llm", "--type", "merge", "-p", patch)

    system.model.post("/sim/settings", {"key": "rotated-key"})
    put("rotated-key")
    try:
        # the kubelet writes the file at its next sync
        wait(lambda: _echoes(chat, "hello"), "the new key in use")
    finally:
        system.model.post("/sim/settings", {"key": MODEL_KEY})
        put(MODEL_KEY)
    wait(lambda: _echoes(chat, "back"), "the old key in use")


def _echoes(chat, words):
    """Ask, and say whether the key was good for that, once it is answered."""
    asked = chat.say(words)
    told = (f"Echo: {words}", "The model refused our API key")
    answer = wait(
        lambda: next((m["text"] for m in chat.answers(asked) if m["text"].startswith(told)), None), f"one of {told}"
    )
    return answer.startswith("Echo")


def test_a_provider_that_is_away_is_told_in_the_chat(system):
    chat = system.chat()
    system.make_class("no-retries")
    try:
        # pi asks again for two minutes; errors of the request itself are not asked again
        asked = chat.say("err 400 99 the model is on holiday")
        assert "the model is on holiday" in chat.wait_for("holiday", asked)["text"]
        chat.ask("err 503 1", "recovered")
    finally:
        system.end(chat)


def test_a_missing_class_is_told_and_the_message_answered_when_it_appears(system, chat, admin):
    system.agents.kubectl("delete", "agentclass", "later", "--ignore-not-found")
    for asking in (chat, admin):
        system.make_thread(asking, "later")
    asked = chat.say("hello")
    assert "AgentClass" not in chat.shown("its settings need an administrator", asked)["text"]
    asked_there = admin.say("@demo_bot hello")
    admin.wait_for("For administrators: ClassNotFound: There is no AgentClass later", asked_there)
    condition = wait(
        lambda: next((c for c in system.status(chat.thread).get("conditions", []) if c["type"] == "Accepted"), None),
        "Accepted",
    )
    assert (condition["status"], condition["reason"]) == ("False", "ClassNotFound")
    system.wait_column(chat.thread, "ClassNotFound")
    assert "There is no AgentClass later" in system.agents.kubectl("describe", "at", chat.thread)
    system.make_class("later")
    chat.wait_for("Echo: hello", asked)
    admin.wait_for("Echo: hello", asked_there)


def test_a_class_that_is_nonsense_is_refused_with_a_sentence(system):
    for spec, words in (
        ({"timeouts": {"turn": -1}}, "spec.timeouts.turn"),
        ({"egress": "Everywhere"}, "Unsupported value"),
        ({"resources": {"limits": {"memory": "lots"}}}, "spec.resources.limits.memory"),
    ):
        with pytest.raises(CommandFailedError, match=words):
            system.make_class("nonsense", **spec)


def test_an_image_that_is_missing_is_told_in_chat_and_kubectl(system, chat):
    system.make_class("no-image", image="localhost/does-not-exist:1")
    system.make_thread(chat, "no-image")
    asked = chat.say("hello")
    chat.shown("its settings need an administrator", asked)
    system.wait_column(chat.thread, "ImagePullBackOff")


def test_a_pod_that_fits_nowhere_is_told_in_chat_and_kubectl(system, chat, admin):
    system.make_class("too-large", resources={"requests": {"memory": "900Gi"}, "limits": {"memory": "900Gi"}})
    for asking in (chat, admin):
        system.make_thread(asking, "too-large")
    asked = chat.say("hello")
    assert "memory" not in chat.shown("Waiting for room for your agent", asked)["text"]
    system.wait_column(chat.thread, "Unschedulable")
    told = admin.wait_for("Waiting for room for your agent", admin.say("@demo_bot hello"))["text"]
    assert "For administrators: Unschedulable" in told
    assert "Insufficient memory" in told


def test_a_quota_is_told_and_waited_out(system, chat):
    quota = {
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"},
        "spec": {"hard": {"pods": "0"}},
    }  # fmt: skip
    system.agents.kubectl("apply", "-f", "-", stdin=json.dumps(quota))
    hard = ("get", "resourcequota", "none", "-o", "jsonpath={.status.hard.pods}")
    try:
        # what a quota refuses before its controller has counted is refused in other words
        wait(lambda: system.agents.kubectl(*hard) == "0", "a quota that counts")
        asked = chat.say("hello")
        chat.shown("Waiting for room for your agent", asked)
        system.wait_column(chat.thread, "QuotaExceeded")
    finally:
        system.agents.kubectl("delete", "resourcequota", "none")
    chat.wait_for("Echo: hello", asked)


def test_an_unknown_provider_is_told_in_the_chat(system, chat):
    system.make_class("elsewhere", model={"provider": "nowhere", "name": "none"})
    system.make_thread(chat, "elsewhere")
    assert "provider" in chat.ask("hello", "nowhere")["text"]


def test_a_resource_edited_by_hand_into_nonsense_is_refused_with_a_sentence(system, chat):
    chat.ask("hello", "Echo: hello")
    for patch, words in (
        ({"spec": {"run": 0}}, "spec.run"),
        ({"spec": {"channel": {"chatId": 1}}}, "channel cannot be changed"),
        ({"spec": {"stop": "now"}}, "spec.stop"),
    ):
        with pytest.raises(CommandFailedError, match=words):
            system.agents.kubectl("patch", "at", chat.thread, "--type", "merge", "-p", json.dumps(patch))


def test_a_thread_of_another_bot_is_refused_with_an_event(system):
    body = {
        "apiVersion": "openclaw.dev/v1alpha1", "kind": "AgentThread", "metadata": {"name": "tg-555"},
        "spec": {"channel": {"type": "telegram", "bot": "tg", "botId": 5, "chatId": 555}},
    }  # fmt: skip
    system.agents.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    try:
        wait(lambda: "This gateway serves bot" in system.agents.kubectl("describe", "at", "tg-555"), "the Event")
    finally:
        system.agents.kubectl("delete", "at", "tg-555", "--wait=false")


def test_a_suspended_thread_is_told_and_goes_on_when_it_is_let_go(system, chat):
    chat.ask("hello", "Echo: hello")
    system.agents.kubectl("patch", "at", chat.thread, "--type", "merge", "-p", '{"spec":{"suspend":true}}')
    system.wait_run(chat.thread, number=1, reason="Suspended")
    asked = chat.say("are you there")
    chat.shown("An administrator has paused this conversation", asked)
    system.agents.kubectl("patch", "at", chat.thread, "--type", "merge", "-p", '{"spec":{"suspend":false}}')
    chat.wait_for("Echo: are you there", asked)


def test_the_chart_refuses_to_install_without_token_or_key_or_with_unknown_values(system):
    for arguments, words in (
        ([], "No bot token"),
        (["--set", "telegram.botToken=1:x"], "No key for the model's provider"),
        (["--set", "demo.enabled=true,telegram.alowedIds={1}"], "alowedIds"),
        (["--set", "demo.enabled=true,gateway.maxThreads=0"], "maxThreads"),
    ):
        with pytest.raises(CommandFailedError, match=words):
            system.release.helm("template", "x", str(CHART), *arguments)
