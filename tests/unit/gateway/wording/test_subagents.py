from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_gateway.render.render import render
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import subagents as words
from agent_gateway.wording.subagents import SubAgentFacts

FACTS = SubAgentFacts(12, "tg-5-r7-k3", "tg-5", "Running", None, "list every\nflaky test", 47.0)


def facts(**changes):
    return replace(FACTS, **changes)


def test_a_running_sub_agent_is_one_line_with_a_button():
    line = words.build_line(FACTS)
    assert line.text == "▸ k3 working · 40 s · list every flaky test"
    assert line.button == Button("Cancel k3", "sa:cancel:12")


def test_an_age_changes_seldom_and_the_time_that_it_took_is_exact():
    ages = [words.build_line(facts(seconds=s)).text.split(" · ")[1] for s in (12, 59.9, 60, 179, 3600, 7325)]
    assert ages == ["10 s", "50 s", "1 min", "2 min", "1 h", "2 h 2 min"]
    assert words.build_line(facts(seconds=3)).text == "▸ k3 working · list every flaky test"
    assert " · 1 min 7 s · " in words.build_line(facts(phase="Succeeded", seconds=67)).text


@pytest.mark.parametrize("reason", [r for r in Reason if r in words._WAITS])
@pytest.mark.parametrize("phase", ["Pending", "Starting", None])
def test_a_waiting_one_says_why_in_words(reason, phase):
    text = words.build_line(facts(phase=phase, reason=reason)).text
    assert reason not in text
    assert "waiting" in text or "being cancelled" in text


def test_every_reason_to_wait_has_words():
    waits = list(Reason)[: list(Reason).index(Reason.CLASS_NOT_FOUND)]
    assert set(waits) <= set(words._WAITS)


def test_a_wait_without_a_known_reason_has_the_clusters_words_in_short():
    assert words.build_line(facts(phase="Pending", message="x" * 500)).text.startswith("▸ k3 waiting: xxx")
    assert len(words.build_line(facts(phase="Pending", message="x" * 500)).text) < 150
    assert "k3 waiting ·" in words.build_line(facts(phase="Pending")).text
    assert "k3 waiting to be made ·" in words.build_line(facts(phase=None)).text


@pytest.mark.parametrize(
    ("phase", "said"),
    [("Succeeded", "done"), ("Failed", "failed"), ("TimedOut", "timed out"), ("Cancelled", "cancelled")],
)
def test_one_that_is_over_has_no_button(phase, said):
    line = words.build_line(facts(phase=phase))
    assert line.text.startswith(f"▸ k3 {said} ·")
    assert line.button is None


def test_one_that_is_being_cancelled_has_no_button():
    line = words.build_line(facts(reason="Cancelled"))
    assert "k3 being cancelled" in line.text
    assert line.button is None


def test_a_task_is_cut_to_one_short_line():
    assert words.shorten_task("a\n" * 100) == "a " * 39 + "a…"
    assert len(words.shorten_task("word " * 100)) <= 80


def test_buttons_are_read_back():
    assert words.parse_cancel(words.build_button(facts(id=2**53)).data) == 2**53
    for data in (
        "",
        "sa:cancel:",
        "sa:cancel:x",
        "sa:cancel:-1",
        "sa:cancel:٣",
        "sa:cancel:1 ",
        "x",
        "sa:cancel:" + "9" * 40,
    ):
        assert words.parse_cancel(data) is None


def test_a_report_holds_the_answer_as_it_was_written():
    report = words.report_text(facts(phase="Succeeded", seconds=67.4), "There are **11**.", 12345)
    (chunk,) = render(report)
    assert chunk.text == "Sub-agent tg-5-r7-k3 (1 min 7 s, 12,345 tokens): list every flaky test\n\nThere are 11."
    assert [e.type for e in chunk.entities] == ["bold", "bold"]
    assert "tokens" not in words.report_text(FACTS, "a", 0)
    assert words.report_text(facts(phase="Succeeded"), " ", 0).endswith("It ended without a word.")


@pytest.mark.parametrize("task", ["**bold", "`code", "a_b_c and *that*", "~~gone~~", "<b> a & b", "c:\\dir"])
def test_a_task_is_told_as_it_was_written(task):
    (chunk,) = render(words.report_text(facts(phase="Succeeded", task=task), "plain", 0))
    assert task in chunk.text
    assert [e.type for e in chunk.entities] == ["bold"]


def test_failures_are_told_in_words():
    said = words.end_sentence
    assert said(facts(phase="TimedOut", timeout=30, seconds=41)) == "Sub-agent tg-5-r7-k3 timed out after 30 s."
    assert said(facts(phase="TimedOut", seconds=41)) == "Sub-agent tg-5-r7-k3 timed out after 41 s."
    assert said(facts(phase="Cancelled")) == "Sub-agent tg-5-r7-k3 was cancelled."
    killed = said(facts(phase="Failed", reason="OOMKilled", message="exit code 137"))
    assert killed == "Sub-agent tg-5-r7-k3 failed: the agent used more memory than its pod may have and was killed."
    task = said(facts(phase="Failed", reason="TaskFailed", message="The model provider is away"))
    assert task == "Sub-agent tg-5-r7-k3 failed: the model provider is away."
    assert said(facts(phase="Failed", message="odd")) == "Sub-agent tg-5-r7-k3 failed: odd."
    room = said(facts(phase="Failed", reason="Unschedulable", message="0/3 nodes fit"))
    assert room.endswith("failed: the cluster found no room for the agent's pod. 0/3 nodes fit.")


@pytest.mark.parametrize("reason", [None, "SomethingNew", *Reason])
def test_every_failure_has_words(reason):
    assert words.end_sentence(facts(phase="Failed", reason=reason)).endswith(".")


@pytest.mark.parametrize("phase", ["Failed", "TimedOut", "Cancelled"])
def test_a_report_of_a_failure_says_what_the_task_was(phase):
    (chunk,) = render(words.report_text(facts(phase=phase, message="no_luck_here"), "half an answer", 5))
    assert chunk.text.startswith(words.end_sentence(facts(phase=phase, message="no_luck_here")))
    assert chunk.text.endswith("Its task (47 s, 5 tokens): list every flaky test")


def test_the_tree_is_nested_by_parent():
    k1 = facts(name="tg-5-r7-k1", task="first")
    below = facts(name="tg-5-r7-k1-k1", parent="tg-5-r7-k1", phase="Pending", reason="ConcurrencyLimit", seconds=3)
    k2 = facts(name="tg-5-r7-k2", phase="Succeeded", seconds=125, task="second")
    orphan = facts(name="tg-5-r6-k9-k1", parent="tg-5-r6-k9", task="its parent is not listed")
    assert words.tree_text([k1, k2, below, orphan]).splitlines() == [
        "tg-5-r7-k1: working, 47 s",
        "  first",
        "    tg-5-r7-k1-k1: waiting for another sub-agent to end, 3 s",
        "      list every flaky test",
        "tg-5-r7-k2: done, 2 min 5 s",
        "  second",
        "tg-5-r6-k9-k1: working, 47 s",
        "  its parent is not listed",
    ]
    assert words.tree_text([]) == words.NO_SUBAGENTS


def test_the_words_of_the_commands():
    assert words.spawned_text(facts(phase=None)) == "Sub-agent tg-5-r7-k3 was asked for: list every flaky test"
    assert words.SPAWN_USAGE == "Usage: /spawn <task>"
    assert words.CANCEL_USAGE == "Usage: /cancel <sub-agent>"
    assert words.cancelling_text("tg-5-r7-k3") == "Cancelled: tg-5-r7-k3"
    assert "ended already" in words.cancel_idle_text("tg-5-r7-k3")
    assert len(words.cancel_unknown_text("x" * 4000)) < 200


def test_limits_name_the_limit_and_its_value():
    assert (
        words.depth_text(2, 1) == "A sub-agent of depth 2 is not allowed (subAgents.maxDepth of the AgentClass is 1)."
    )
    assert "subAgents.maxDepth of the AgentClass is 0" in words.depth_text(1, 0)
    assert "10 sub-agents were started for this message, as many as" in words.children_text(10)
    assert "subAgents.maxChildren of the AgentClass" in words.children_text(10)
    assert "subAgents.maxChildren of the AgentClass is 0" in words.children_text(0)


def test_an_earlier_ones_end_is_told_to_the_agent():
    told = words.earlier_result_text(facts(phase="Succeeded", task="count"), "11")
    assert told == "[Sub-agent tg-5-r7-k3 has ended. Its task was: count\nIt answered:\n11]"
    assert "was cancelled" in words.earlier_result_text(facts(phase="Cancelled"), None)


@pytest.mark.parametrize("phase", list(SubAgentPhase))
def test_every_phase_has_words(phase):
    assert phase.value not in words.build_line(facts(phase=phase.value)).text
