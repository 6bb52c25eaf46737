"""What the chat says of sub-agents; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_gateway.render.foreign import disarm
from agent_gateway.store.chatrows import Button
from agent_gateway.wording import keys
from agent_gateway.wording.say import SOURCE
from agent_gateway.wording.texts import lost_words, shorten
from agent_gateway.wording.units import coarse_duration, duration, number

_TASK_LIMIT = 80
_TASK_READ = 1000
_LONGEST_NAME = 80
SIGN: Final = "\U0001f9e9"
"""What is told of a sub-agent begins with it, and nothing that an agent says."""
_CANCEL = re.compile(r"sa:cancel:([0-9]{1,18})")
_MARKUP = re.compile(r"[\\`*_~]")
_PHASES: Final[dict[SubAgentPhase, Callable[[str], str]]] = {
    SubAgentPhase.PENDING: keys.subagent_waiting,
    SubAgentPhase.STARTING: keys.subagent_starting,
    SubAgentPhase.RUNNING: keys.subagent_working,
    SubAgentPhase.SUCCEEDED: keys.subagent_done,
    SubAgentPhase.FAILED: keys.subagent_failed,
    SubAgentPhase.TIMED_OUT: keys.subagent_timed_out,
    SubAgentPhase.CANCELLED: keys.subagent_cancelled,
}
_WAITS: Final[dict[Reason, Callable[[str], str]]] = {
    Reason.CONCURRENCY_LIMIT: keys.subagent_waits_turn,
    Reason.UNSCHEDULABLE: keys.subagent_waits_room,
    Reason.QUOTA_EXCEEDED: keys.subagent_waits_room,
    Reason.PULLING_IMAGE: keys.subagent_waits_software,
    Reason.VOLUME_PENDING: keys.subagent_waits_disk,
    Reason.IMAGE_PULL_BACK_OFF: keys.subagent_waits_settings,
    Reason.CREATE_REFUSED: keys.subagent_waits_settings,
    Reason.CONTAINER_CONFIG_ERROR: keys.subagent_waits_settings,
    Reason.WRONG_ARCHITECTURE: keys.subagent_waits_settings,
    Reason.INIT_FAILED: keys.subagent_waits_settings,
    Reason.JOB_SUSPENDED: keys.subagent_waits_queue,
    Reason.SCHEDULING_GATED: keys.subagent_waits_queue,
    Reason.NOT_STARTED: keys.subagent_waits_cluster,
    Reason.WEBHOOK_UNAVAILABLE: keys.subagent_waits_cluster,
    Reason.SANDBOX_FAILED: keys.subagent_waits_cluster,
    Reason.CLASS_NOT_FOUND: keys.subagent_waits_settings,
    Reason.CLASS_INVALID: keys.subagent_waits_settings,
    Reason.SPEC_INVALID: keys.subagent_waits_settings,
    Reason.CANCELLED: keys.subagent_cancelling,
}


@dataclass(frozen=True, slots=True)
class ChildLine:
    """One sub-agent below the answer that waits for it; one that is over has no button."""

    text: str
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class SubAgentFacts:
    """One sub-agent, as the chat shows it.

    Attributes:
        id: Of its thread's row.
        name: Of the SubAgent.
        parent: The name of whoever asked for it, if anybody did.
        phase: As in its status; None until it was made.
        message: Why it waits or how it ended, in the cluster's or its own words.
        task: What it was asked to do.
        seconds: Its age, or how long it took.
        reason: Why it waits or how it ended, as in its status.
        timeout: Seconds that it may work.
        language: In which it is told of.
    """

    id: int
    name: str
    parent: str | None
    phase: str | None
    message: str | None
    task: str
    seconds: float
    reason: str | None = None
    timeout: int | None = None
    language: str = SOURCE

    @property
    def terminal(self) -> bool:
        """Say whether it has ended."""
        return self.phase is not None and SubAgentPhase(self.phase).terminal

    @property
    def cancellable(self) -> bool:
        """Say whether it can still be cancelled."""
        return not self.terminal and self.reason != Reason.CANCELLED


def build_line(facts: SubAgentFacts) -> ChildLine:
    """Build the line of a sub-agent in its parent's progress, with a button while it can be cancelled."""
    write = duration if facts.terminal else coarse_duration
    age = write(facts.language, facts.seconds)
    parts = [f"{compute_short(facts.name)} {_describe(facts)}", *([age] if age else []), shorten_task(facts.task)]
    return ChildLine(f"▸ {' · '.join(parts)}", build_button(facts) if facts.cancellable else None)


def build_button(facts: SubAgentFacts) -> Button:
    """Build the button that cancels a sub-agent."""
    return Button(keys.subagent_cancel(facts.language, name=compute_short(facts.name)), f"sa:cancel:{facts.id}")


def parse_cancel(data: str) -> int | None:
    """Return the thread row of the sub-agent that a pressed button cancels; None for any other button."""
    match = _CANCEL.fullmatch(data)
    return int(match[1]) if match else None


def compute_short(name: str) -> str:
    """Return the end of a name that tells siblings apart, as in `k3` of `tg-42-r7-k3`."""
    return name.rsplit("-", 1)[-1]


def shorten_task(task: str) -> str:
    """Return the beginning of a task, which an agent may have written, on one line."""
    return shorten(disarm(task[:_TASK_READ]), _TASK_LIMIT)


def report_text(facts: SubAgentFacts, result: str | None, tokens: int) -> str:
    """Build the report of a sub-agent's end, in Markdown.

    Args:
        facts: It.
        result: Its whole answer, where it has one.
        tokens: What it and those below it took.
    """
    facts = replace(facts, name=compute_short(facts.name))  # by which people cancel it
    took = duration(facts.language, facts.seconds)
    if tokens:
        took = keys.report_took(facts.language, time=took, tokens=number(facts.language, tokens))
    task = _escape(shorten_task(facts.task))
    if facts.phase == SubAgentPhase.SUCCEEDED:
        answer = (result or "").strip() or keys.report_no_answer(facts.language)
        return f"{SIGN} **{keys.report_head(facts.language, name=facts.name)}** ({took}): {task}\n\n{answer}"
    return f"{SIGN} **{_escape(end_sentence(facts))}**\n\n{keys.report_task(facts.language, took=took, task=task)}"


def end_sentence(facts: SubAgentFacts) -> str:
    """Say how a sub-agent ended, where it did not answer."""
    language = facts.language
    match facts.phase:
        case SubAgentPhase.TIMED_OUT:
            time = duration(language, facts.timeout or facts.seconds)
            return keys.report_timed_out(language, name=facts.name, time=time)
        case SubAgentPhase.CANCELLED:
            return keys.report_cancelled(language, name=facts.name)
        case _:
            return keys.report_failed(language, name=facts.name, why=lost_words(language, facts.reason, facts.message))


def tree_text(language: str, children: Sequence[SubAgentFacts]) -> str:
    """List sub-agents, each below its parent."""
    if not children:
        return keys.subagents_none(language)
    known = {child.name for child in children}
    below: dict[str | None, list[SubAgentFacts]] = {}
    for child in children:
        below.setdefault(child.parent if child.parent in known else None, []).append(child)
    lines: list[str] = []

    def add(parent: str | None, depth: int) -> None:
        indent = "    " * depth
        for child in below.pop(parent, []):
            told = replace(child, language=language)
            state = f"{_describe(told)}, {duration(language, child.seconds)}"
            lines.extend([f"{indent}{child.name}: {state}", f"{indent}  {shorten_task(child.task)}"])
            add(child.name, depth + 1)

    add(None, 0)
    return "\n".join(lines)


def spawned_text(facts: SubAgentFacts) -> str:
    """Say that a sub-agent was asked for in the chat, and how it is."""
    name, task = compute_short(facts.name), shorten_task(facts.task)
    if facts.phase is None:
        return keys.subagent_started(facts.language, name=name, task=task)
    return keys.subagent_is(facts.language, name=name, state=_describe(facts), task=task)


def cancel_unknown_text(language: str, name: str) -> str:
    """Say that no sub-agent has this name; a name too long to be one is not repeated."""
    return keys.subagent_unknown(language, name=name[:_LONGEST_NAME])


def depth_text(language: str, depth: int, most: int) -> str:
    """Say that a sub-agent may not have one of its own."""
    return (
        keys.subagents_not_allowed(language) if most == 0 else keys.subagents_too_deep(language, depth=depth, most=most)
    )


def children_text(language: str, most: int) -> str:
    """Say that as many were started for one message as may be."""
    return keys.subagents_not_allowed(language) if most == 0 else keys.subagents_too_many(language, most=most)


def _describe(facts: SubAgentFacts) -> str:
    """Say where a sub-agent stands; for one that waits, why."""
    language = facts.language
    if facts.terminal or (facts.phase == SubAgentPhase.RUNNING and facts.cancellable):
        return _PHASES[SubAgentPhase(facts.phase or "")](language)
    waits = _WAITS.get(Reason(facts.reason)) if facts.reason in set(Reason) else None
    if waits is not None:
        return waits(language)
    return keys.subagent_waiting(language) if facts.phase is None else _PHASES[SubAgentPhase(facts.phase)](language)


def _escape(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text)
