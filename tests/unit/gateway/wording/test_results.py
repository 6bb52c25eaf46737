"""What an agent is told of its sub-agents' answers has a bound, and says what is left out."""

from __future__ import annotations

from dataclasses import replace

from agent_gateway.wording import results
from agent_gateway.wording.subagents import SubAgentFacts

FACTS = SubAgentFacts(12, "tg-5-r7-k3", "tg-5", "Succeeded", None, "count", 3.0)


def test_an_earlier_ones_end_is_told():
    told = results.tell_result(FACTS, "11")
    assert told == "[Sub-agent tg-5-r7-k3 has ended. Its task was: count\nIt answered:\n11]"
    assert "was cancelled" in results.tell_result(replace(FACTS, phase="Cancelled", language="de"), None)


def test_a_long_answer_is_cut_and_says_how_the_rest_is_had():
    told = results.cut_result("x" * 300_000)
    assert told.startswith("x" * results.MOST_RESULT + "\n(Cut here: these are 64000 of 300000 characters.")
    assert "give a sub-agent the same task" in told
    assert results.cut_result("short") == "short"


def test_many_answers_together_have_a_bound_and_the_rest_is_named():
    many = [(replace(FACTS, name=f"k{n}", task="t" * 8192), "é" * 1_000_000) for n in range(400)]
    told = results.join_results(many)
    assert len(told) < results.MOST_RESULTS + 20_000
    assert "[These sub-agents have ended too; their answers are left out" in told
    assert "k5, " in told
    assert "more. The chat shows them" in told


def test_few_short_answers_are_told_whole():
    told = results.join_results([(FACTS, "one"), (replace(FACTS, name="other"), "two")])
    assert told == f"{results.tell_result(FACTS, 'one')}\n\n{results.tell_result(replace(FACTS, name='other'), 'two')}"
