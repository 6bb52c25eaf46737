"""What the chat is told while a message waits for something that is no start of a pod. Pure."""

from __future__ import annotations

from typing import Final

from agent_gateway.wording.texts import shorten

AWAY: Final = (
    "The connection to the agent is interrupted. If it does not come back soon, your message goes on with a new one."
)
UNCONFIRMED: Final = "The agent was given your message and has not begun yet; it is reminded by itself."
_RETRIED: Final = "It is tried again by itself."


def stopping_text(thread: str) -> str:
    """Say that the agent before has not ended yet, and where to look."""
    return (
        "Your message waits until the agent before has ended. If that takes long, an administrator can look with: "
        f"kubectl describe agentthread {thread}"
    )


def deleting_text(thread: str) -> str:
    """Say that the conversation's resource is being deleted, and where to look."""
    return (
        "Your message waits until this conversation's AgentThread is deleted; then a new one is made. If that takes "
        f"long, an administrator can look for finalizers with: kubectl get agentthread {thread} -o yaml"
    )


def unreadable_text(problem: str | None) -> str:
    """Say that the cluster cannot be read; `problem` is why, in words."""
    why = shorten(problem) or "it has not answered yet"
    return f"Your message waits: the cluster cannot be read now: {why.rstrip('.')}. {_RETRIED}"


def refused_text(words: str | None) -> str:
    """Say that the cluster did not take the agent's run; `words` are its own."""
    why = shorten(words) or "it gave no reason"
    return f"Your message waits: the cluster refuses its agent: {why.rstrip('.')}. {_RETRIED}"


def held_text(thread: str) -> str:
    """Say that an administrator lets nothing run here any more, and how that was said."""
    return (
        "An administrator holds this conversation: spec.stop of its AgentThread is the greatest number there is, so "
        f"that nothing runs here any more. Your message waits. They can look with: kubectl describe agentthread {thread}"
    )


def unstorable_text(error_id: str) -> str:
    """Say that something of the conversation cannot be stored, and by what the log is searched."""
    return f"Your message waits: something of this conversation cannot be stored. An administrator finds more under {error_id}."
