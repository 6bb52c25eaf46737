"""What an agent is told of its sub-agents' answers: bounded, one by one and all together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agent_contract.subagent import SubAgentPhase
from agent_gateway.wording.say import SOURCE
from agent_gateway.wording.subagents import SubAgentFacts, end_sentence

MOST_RESULT: Final = 64_000
"""Code points of an answer that an agent is given; the chat shows the whole."""
MOST_RESULTS: Final = 256_000
"""Of all answers that one prompt tells."""
_LEAST: Final = 1000
"""Fewer of an answer are not worth telling."""
_NAMED: Final = 50


def cut_result(text: str, most: int = MOST_RESULT) -> str:
    """Return a sub-agent's answer as an agent is given it; one that is cut says so, and how the rest can be had."""
    if len(text) <= most:
        return text
    return (
        f"{text[:most]}\n(Cut here: these are {most} of {len(text)} characters. The chat shows all of them to the person. "
        "To read the rest, give a sub-agent the same task and ask for the part that is missing, or for a shorter answer.)"
    )


def tell_result(facts: SubAgentFacts, result: str | None, most: int = MOST_RESULT) -> str:
    """Tell an agent how a sub-agent ended that an earlier run of it, or a person, had asked for."""
    facts = replace(facts, language=SOURCE)
    done = facts.phase == SubAgentPhase.SUCCEEDED
    end = cut_result(f"It answered:\n{result or ''}" if done else end_sentence(facts), most)
    return f"[Sub-agent {facts.name} has ended. Its task was: {facts.task}\n{end}]"


def join_results(ended: Sequence[tuple[SubAgentFacts, str | None]]) -> str:
    """Tell an agent how several ended, oldest first; where that is too much, the last ones by name alone."""
    told: list[str] = []
    left = MOST_RESULTS
    for number, (facts, result) in enumerate(ended):
        room = left - len(facts.task)
        if room < _LEAST:
            told.append(_name_rest([rest.name for rest, _ in ended[number:]]))
            break
        told.append(tell_result(facts, result, min(MOST_RESULT, room)))
        left -= len(told[-1])
    return "\n\n".join(told)


def _name_rest(names: Sequence[str]) -> str:
    """Name those whose answers are left out."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"[These sub-agents have ended too; their answers are left out, as all together are too long: "
        f"{', '.join(names[:_NAMED])}{more}. The chat shows them to the person; ask again for what you need.]"
    )
