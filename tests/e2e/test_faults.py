"""What dies, and what people notice of it."""

from __future__ import annotations

import json

from tests.e2e.conftest import now_ms
from tests.support.chat import wait


def _start_slow(system, chat, words="slow 240 250"):
    """Let an answer begin; return the asking message's id."""
    asked = chat.say(words)
    chat.shown("w3", asked)
    return asked


def test_a_pod_deleted_mid_answer_keeps_the_text_and_the_conversation(system, chat):
    chat.ask("my animal is a heron", "Echo: my animal is a heron")
    asked = _start_slow(system, chat)
    system.agents.kubectl("delete", "pod", system.pod(chat.thread), "--wait=false")
    cut = chat.wait_for("The computer that the agent worked on went away.", asked)
    assert "w0 w1 w2" in cut["text"]
    assert system.wait_run(chat.thread, number=1, reason="Deleted")
    since = now_ms()
    chat.ask("recall", "my animal is a heron")
    held = [m["content"] for r in system.requests(since) for m in r["body"]["messages"] if m["role"] == "user"]
    assert "my animal is a heron" in json.dumps(held)
    system.wait_run(chat.thread, number=2)
    jobs = system.agents.kubectl(
        "get", "pods", "-l", f"openclaw.dev/thread={chat.thread},openclaw.dev/run=1", "-o", "name"
    )
    assert jobs.strip() == "" or len(jobs.split()) == 1


def test_pi_killed_mid_answer_is_told_and_the_next_message_is_answered_with_memory(system, chat):
    chat.ask("my fruit is a quince", "Echo: my fruit is a quince")
    asked = _start_slow(system, chat)
    # the runner is process 1; its one child is pi
    system.exec(system.pod(chat.thread), "pkill", "-9", "-P", "1", check=False)
    cut = chat.wait_for("The agent crashed", asked)
    assert "w0" in cut["text"]
    chat.ask("recall", "my fruit is a quince")
    system.wait_run(chat.thread, number=1)


def test_the_gateway_killed_mid_answer_loses_nothing(system, chat):
    asked = _start_slow(system, chat, "slow 80 200")
    system.kubectl("delete", "pod", "-l", "app.kubernetes.io/component=gateway", "--grace-period=0", "--force")
    # the model call ran through that gateway: pi asks again, and the new answer takes the place of the torn one
    answer = chat.wait_for("w79", asked)
    assert answer["text"].split().count("w0") == 1
    system.kubectl("rollout", "status", "deployment/oc-gateway", "--timeout=240s")
    chat.ask("afterwards", "Echo: afterwards")


def test_a_message_sent_while_the_gateway_is_away_is_answered(system, chat):
    system.kubectl("scale", "deployment/oc-gateway", "--replicas=0")
    try:
        wait(lambda: "gateway" not in system.kubectl("get", "pods", "-o", "name"), "the gateway to be gone")
        asked = chat.say("anybody there")
    finally:
        system.kubectl("scale", "deployment/oc-gateway", "--replicas=1")
    chat.wait_for("Echo: anybody there", asked)


def test_the_operator_restarted_while_a_job_starts(system, chat):
    system.kubectl("delete", "pod", "-l", "app.kubernetes.io/component=operator", "--grace-period=0", "--force")
    asked = chat.say("hello")
    chat.wait_for("Echo: hello", asked)
    jobs = system.agents.kubectl("get", "jobs", "-l", f"openclaw.dev/thread={chat.thread}", "-o", "name").split()
    assert len(jobs) == 1
    wait(lambda: system.status(chat.thread).get("phase") == "Running", "Running")


def test_a_turn_over_its_time_is_killed_and_what_was_written_is_kept(system, chat):
    system.make_class("short-turn", timeouts={"turnMax": 20, "idle": 900, "grace": 3})
    system.make_thread(chat, "short-turn")
    asked = chat.say("slow 200 200")
    answer = chat.wait_for("Request timed out. Process killed. Try again.", asked)
    assert answer["text"].startswith("w0 w1")
    assert answer["text"].endswith("Request timed out. Process killed. Try again.")
    chat.ask("and now", "Echo: and now")


def test_an_agentthread_deleted_ends_its_run_and_nothing_else(system, chat):
    chat.ask("my stone is basalt", "Echo: my stone is basalt")
    pod = system.pod(chat.thread)
    system.agents.kubectl("delete", "agentthread", chat.thread)
    wait(lambda: pod not in system.agents.kubectl("get", "pods", "-o", "name"), "the pod to be gone")
    jobs = ("get", "jobs", "-l", f"openclaw.dev/thread={chat.thread}", "-o", "name")
    wait(lambda: not system.agents.kubectl(*jobs).strip(), "the Job to be gone")
    chat.ask("recall", "my stone is basalt")


def test_a_chart_upgrade_during_a_turn_loses_nothing(system, chat):
    asked = _start_slow(system, chat, "slow 80 200")
    before = system.kubectl("get", "secret", "oc-database", "-o", "jsonpath={.data.password}")
    system.release.install({**system.values, "logLevel": "DEBUG"})
    try:
        chat.wait_for("w79", asked)
        chat.ask("recall", "slow 80 200")
        assert system.kubectl("get", "secret", "oc-database", "-o", "jsonpath={.data.password}") == before
    finally:
        system.release.install(system.values)


def test_a_runner_reads_its_token_anew_for_each_call(system, chat):
    chat.ask("hello", "Echo: hello")
    pod = system.pod(chat.thread)
    models = system.exec(pod, "cat", "/run/agent/pi/models.json")
    assert '"apiKey": "pod-token"' in models  # which is none: an extension shows what the token's file holds now
    assert system.exec(pod, "cat", "/var/run/openclaw/token").strip() not in models
    # kubelet replaces the file after 48 minutes; a new connection in between shows that nothing was kept from the first
    system.kubectl("delete", "pod", "-l", "app.kubernetes.io/component=gateway", "--grace-period=0", "--force")
    system.kubectl("rollout", "status", "deployment/oc-gateway", "--timeout=240s")
    chat.ask("after", "Echo: after")
    system.wait_run(chat.thread, number=1)
