from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_gateway.render.render import render
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording import subagents as words
from agent_gateway.wording.subagents import SubAgentFacts

FACTS = SubAgentFacts(12, "tg-5-r7-k3", "tg-5", "Running", None, "list every\nflaky test", 47.0)


def facts(**changes):
    return replace(FACTS, **changes)


def test_a_running_sub_agent_is_one_line_with_a_button():
    line = words.build_line(FACTS)
    assert line.text == "▸ k3 working · 40 s · list every flaky test"
    assert line.button == Button("✕ Cancel k3", "sa:cancel:12")


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


def test_a_wait_without_a_known_reason_says_nothing_of_the_cluster():
    assert "k3 waiting ·" in words.build_line(facts(phase="Pending", message="0/3 nodes fit")).text
    assert "k3 waiting ·" in words.build_line(facts(phase=None)).text


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
    assert chunk.text == "🧩 Sub-agent k3 (1 min 7 s, 12,345 tokens): list every flaky test\n\nThere are 11."
    assert [e.type for e in chunk.entities] == ["bold", "bold"]
    assert "tokens" not in words.report_text(FACTS, "a", 0)
    assert words.report_text(facts(phase="Succeeded"), " ", 0).endswith("(no answer)")


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
    assert killed == "Sub-agent tg-5-r7-k3 failed: The agent ran out of memory."
    task = said(facts(phase="Failed", reason="TaskFailed", message="The model provider is away"))
    assert task == "Sub-agent tg-5-r7-k3 failed: The model provider is away."
    assert said(facts(phase="Failed", message="odd")) == "Sub-agent tg-5-r7-k3 failed: odd."
    room = said(facts(phase="Failed", reason="Unschedulable", message="0/3 nodes fit"))
    assert room.endswith("failed: There is no room for the agent right now.")


@pytest.mark.parametrize("reason", [None, "SomethingNew", *Reason])
def test_every_failure_has_words(reason):
    assert words.end_sentence(facts(phase="Failed", reason=reason)).endswith(".")


@pytest.mark.parametrize("phase", ["Failed", "TimedOut", "Cancelled"])
def test_a_report_of_a_failure_says_what_the_task_was(phase):
    (chunk,) = render(words.report_text(facts(phase=phase, message="no_luck_here"), "half an answer", 5))
    assert chunk.text.startswith("🧩 " + words.end_sentence(facts(name="k3", phase=phase, message="no_luck_here")))
    assert chunk.text.endswith("Its task (47 s, 5 tokens): list every flaky test")


def test_the_tree_is_nested_by_parent():
    k1 = facts(name="tg-5-r7-k1", task="first")
    below = facts(name="tg-5-r7-k1-k1", parent="tg-5-r7-k1", phase="Pending", reason="ConcurrencyLimit", seconds=3)
    k2 = facts(name="tg-5-r7-k2", phase="Succeeded", seconds=125, task="second")
    orphan = facts(name="tg-5-r6-k9-k1", parent="tg-5-r6-k9", task="its parent is not listed")
    assert words.tree_text("en", [k1, k2, below, orphan]).splitlines() == [
        "tg-5-r7-k1: working, 47 s",
        "  first",
        "    tg-5-r7-k1-k1: waiting for another to finish, 3 s",
        "      list every flaky test",
        "tg-5-r7-k2: done, 2 min 5 s",
        "  second",
        "tg-5-r6-k9-k1: working, 47 s",
        "  its parent is not listed",
    ]
    assert words.tree_text("de", []) == keys.subagents_none("de")
    assert words.tree_text("de", [k2]).splitlines()[0] == "tg-5-r7-k2: fertig, 2 min 5 s"


def test_the_words_of_the_commands():
    assert words.spawned_text(facts(phase=None)) == "🧩 k3 started: list every flaky test"
    assert words.spawned_text(FACTS) == "🧩 k3 (working): list every flaky test"
    assert words.spawned_text(facts(language="de")) == "🧩 k3 (arbeitet): list every flaky test"
    assert len(words.cancel_unknown_text("en", "x" * 4000)) < 200


def test_limits_name_the_limit_and_its_value():
    assert words.depth_text("en", 2, 1) == "A sub-agent can't start one of its own this deep (2; the limit is 1)."
    assert words.depth_text("en", 1, 0) == words.children_text("en", 0) == keys.subagents_not_allowed("en")
    assert words.children_text("en", 10).startswith(
        "10 sub-agents were started for this message, and that is the limit."
    )


@pytest.mark.parametrize("phase", list(SubAgentPhase))
def test_every_phase_has_words(phase):
    assert phase.value not in words.build_line(facts(phase=phase.value)).text
