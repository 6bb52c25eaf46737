"""How a sub-agent ends, in phase, reason and words; pure."""

from __future__ import annotations

from dataclasses import replace

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_contract.text import clean
from agent_gateway.store.rows import Ending

MAX_WORDS = 1000
"""Characters of a reason in words."""
PARENT = "parent"
"""In `subagents.cancel`: whoever asked for it is over, and is told nothing of its end."""


def build_cancelled(words: str) -> Ending:
    """Build the end of one that was called off."""
    return Ending(SubAgentPhase.CANCELLED.value, Reason.CANCELLED, words)


def build_refused(why: str) -> Ending:
    """Build the end of one whose resource cannot be created."""
    return Ending(SubAgentPhase.FAILED.value, Reason.CREATE_REFUSED, clean(why, MAX_WORDS))


def build_failed(reason: Reason, words: str) -> Ending:
    """Build the end of one that cannot go on."""
    return Ending(SubAgentPhase.FAILED.value, reason, words)


def build_timeout(seconds: int) -> Ending:
    """Build the end of one whose time was over."""
    return Ending(SubAgentPhase.TIMED_OUT.value, Reason.DEADLINE_EXCEEDED, f"It timed out after {seconds} s.")


def build_own_end(state: str, reason: str | None, text: str, timeout: int) -> Ending:
    """Build the end that a sub-agent's own runner tells.

    Args:
        state: done or failed.
        reason: Of a failed turn, as `wire.Failed.reason`.
        text: The answer, or why there is none, in words.
        timeout: Its `timeoutSeconds`.
    """
    if state == "done":
        return Ending(SubAgentPhase.SUCCEEDED.value, Reason.COMPLETED, None, text)
    return build_timeout(timeout) if reason == "timeout" else build_failed(Reason.TASK_FAILED, text)


def clean_ending(ending: Ending) -> Ending:
    """Make what a pod or the cluster said of an end fit for Postgres: one that cannot be stored would never be over."""
    message = clean(ending.message) if ending.message is not None else None
    return replace(ending, message=message, result=clean(ending.result) if ending.result is not None else None)
