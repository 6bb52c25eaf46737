"""What the chat says of sub-agents; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_gateway.store.chatrows import Button
from agent_gateway.wording.texts import lost_words, shorten

SPAWN_USAGE = "Usage: /spawn <task>"
CANCEL_USAGE = "Usage: /cancel <sub-agent>"
NO_SUBAGENTS = "There are no sub-agents. The agent starts them by itself, or you with /spawn <task>."
OLD_BUTTON = "This button does nothing any more."
SUSPENDED = "An administrator has suspended this conversation: no sub-agent is started."
TURN_OVER = "The turn that asked for it is over."
LIMITS_UNKNOWN = (
    "What is allowed cannot be checked now, as the cluster does not answer: no sub-agent is started. Try again in "
    "a moment."
)
MORE_THAN_A_TASK = "A task may have 8192 characters. Put what is longer into a message to the agent."
_TASK_LIMIT = 80
_WAIT_LIMIT = 80
_CANCEL = re.compile(r"sa:cancel:([0-9]{1,18})")
_MARKUP = re.compile(r"[\\`*_~]")
_WORDS = {
    SubAgentPhase.PENDING: "waiting",
    SubAgentPhase.STARTING: "starting",
    SubAgentPhase.RUNNING: "working",
    SubAgentPhase.SUCCEEDED: "done",
    SubAgentPhase.FAILED: "failed",
    SubAgentPhase.TIMED_OUT: "timed out",
    SubAgentPhase.CANCELLED: "cancelled",
}
_WAITS = {
    Reason.CONCURRENCY_LIMIT: "waiting for another sub-agent to end",
    Reason.UNSCHEDULABLE: "waiting for room in the cluster",
    Reason.IMAGE_PULL_BACK_OFF: "waiting for its image, which cannot be pulled",
    Reason.QUOTA_EXCEEDED: "waiting for room in the namespace's quota",
    Reason.CREATE_REFUSED: "waiting, as the cluster refuses its pod",
    Reason.CONTAINER_CONFIG_ERROR: "waiting, as its container cannot be made",
    Reason.VOLUME_PENDING: "waiting for its volume",
    Reason.PULLING_IMAGE: "waiting for its image, which is being pulled",
    Reason.CLASS_NOT_FOUND: "waiting for an AgentClass that does not exist",
    Reason.CLASS_INVALID: "waiting for a valid AgentClass",
    Reason.SPEC_INVALID: "waiting, as its SubAgent is not valid",
    Reason.CANCELLED: "being cancelled",
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

    @property
    def over(self) -> bool:
        """Say whether it has ended."""
        return self.phase is not None and SubAgentPhase(self.phase).over

    @property
    def cancellable(self) -> bool:
        """Say whether it can still be cancelled."""
        return not self.over and self.reason != Reason.CANCELLED


def build_line(facts: SubAgentFacts) -> ChildLine:
    """Build the line of a sub-agent in its parent's progress, with a button while it can be cancelled."""
    age = _duration(facts.seconds) if facts.over else _coarse(facts.seconds)
    parts = [f"{compute_short(facts.name)} {_describe(facts)}", *([age] if age else []), shorten_task(facts.task)]
    return ChildLine(f"▸ {' · '.join(parts)}", build_button(facts) if facts.cancellable else None)


def build_button(facts: SubAgentFacts) -> Button:
    """Build the button that cancels a sub-agent."""
    return Button(f"Cancel {compute_short(facts.name)}", f"sa:cancel:{facts.id}")


def parse_cancel(data: str) -> int | None:
    """Return the thread row of the sub-agent that a pressed button cancels; None for any other button."""
    match = _CANCEL.fullmatch(data)
    return int(match[1]) if match else None


def compute_short(name: str) -> str:
    """Return the end of a name that tells siblings apart, as in `k3` of `tg-42-r7-k3`."""
    return name.rsplit("-", 1)[-1]


def shorten_task(task: str) -> str:
    """Return the beginning of a task on one line."""
    return shorten(task, _TASK_LIMIT)


def report_text(facts: SubAgentFacts, result: str | None, tokens: int) -> str:
    """Build the report of a sub-agent's end, in Markdown.

    Args:
        facts: It.
        result: Its whole answer, where it has one.
        tokens: What it and those below it took.
    """
    took = _duration(facts.seconds) + (f", {tokens:,} tokens" if tokens else "")
    task = _escape(shorten_task(facts.task))
    if facts.phase == SubAgentPhase.SUCCEEDED:
        answer = (result or "").strip() or "It ended without a word."
        return f"**Sub-agent {facts.name}** ({took}): {task}\n\n{answer}"
    return f"**{_escape(end_sentence(facts))}**\n\nIts task ({took}): {task}"


def end_sentence(facts: SubAgentFacts) -> str:
    """Say how a sub-agent ended, where it did not answer."""
    match facts.phase:
        case SubAgentPhase.TIMED_OUT:
            return f"Sub-agent {facts.name} timed out after {facts.timeout or round(facts.seconds)} s."
        case SubAgentPhase.CANCELLED:
            return f"Sub-agent {facts.name} was cancelled."
        case _:
            return f"Sub-agent {facts.name} failed: {_lower(lost_words(facts.reason, facts.message))}"


def tree_text(children: Sequence[SubAgentFacts]) -> str:
    """List sub-agents, each below its parent."""
    if not children:
        return NO_SUBAGENTS
    known = {child.name for child in children}
    below: dict[str | None, list[SubAgentFacts]] = {}
    for child in children:
        below.setdefault(child.parent if child.parent in known else None, []).append(child)
    lines: list[str] = []

    def add(parent: str | None, depth: int) -> None:
        indent = "    " * depth
        for child in below.pop(parent, []):
            state = f"{_describe(child)}, {_duration(child.seconds)}"
            lines.extend([f"{indent}{child.name}: {state}", f"{indent}  {shorten_task(child.task)}"])
            add(child.name, depth + 1)

    add(None, 0)
    return "\n".join(lines)


def spawned_text(facts: SubAgentFacts) -> str:
    """Say that a sub-agent was asked for in the chat, and how it is."""
    state = "was asked for" if facts.phase is None else f"({_describe(facts)})"
    return f"Sub-agent {facts.name} {state}: {shorten_task(facts.task)}"


def cancelling_text(name: str) -> str:
    """Confirm a cancel."""
    return f"Cancelled: {name}"


def cancel_idle_text(name: str) -> str:
    """Say that there is nothing to cancel any more."""
    return f"{name} has ended already."


def cancel_unknown_text(name: str) -> str:
    """Say that no sub-agent has this name; a name too long to be one is not repeated."""
    return f"There is no sub-agent {name[:80]}. /subagents lists them."


def depth_text(depth: int, most: int) -> str:
    """Say that a sub-agent may not have one of its own."""
    if most == 0:
        return "No sub-agents are allowed here (subAgents.maxDepth of the AgentClass is 0)."
    return f"A sub-agent of depth {depth} is not allowed (subAgents.maxDepth of the AgentClass is {most})."


def children_text(most: int) -> str:
    """Say that as many were started for one message as may be."""
    if most == 0:
        return "No sub-agents are allowed here (subAgents.maxChildren of the AgentClass is 0)."
    return (
        f"{most} sub-agents were started for this message, as many as one message may have (subAgents.maxChildren of the "
        "AgentClass). The next message may have as many again."
    )


def earlier_result_text(facts: SubAgentFacts, result: str | None) -> str:
    """Tell an agent how a sub-agent ended that an earlier run of it, or a person, had asked for."""
    end = f"It answered:\n{result or ''}" if facts.phase == SubAgentPhase.SUCCEEDED else end_sentence(facts)
    return f"[Sub-agent {facts.name} has ended. Its task was: {facts.task}\n{end}]"


def _describe(facts: SubAgentFacts) -> str:
    """Say where a sub-agent stands; for one that waits, why."""
    if facts.over or (facts.phase == SubAgentPhase.RUNNING and facts.cancellable):
        return _WORDS[SubAgentPhase(facts.phase or "")]
    waits = _WAITS.get(Reason(facts.reason)) if facts.reason in set(Reason) else None
    if waits is not None:
        return waits
    if facts.phase is None:
        return "waiting to be made"
    words = shorten(facts.message, _WAIT_LIMIT)
    return _WORDS[SubAgentPhase(facts.phase)] + (f": {words}" if words else "")


def _duration(seconds: float) -> str:
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    if minutes < 1:
        return f"{whole} s"
    hours, rest_minutes = divmod(minutes, 60)
    if hours < 1:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{hours} h {rest_minutes} min" if rest_minutes else f"{hours} h"


def _coarse(seconds: float) -> str:
    """Say an age in steps, so that a line that is built again seldom costs an edit; nothing for the first seconds."""
    step = 10 if seconds < 60 else 60
    rounded = int(seconds // step) * step
    return _duration(rounded) if rounded else ""


def _escape(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", text)


def _lower(sentence: str) -> str:
    return f"the {sentence[4:]}" if sentence.startswith("The ") else sentence
