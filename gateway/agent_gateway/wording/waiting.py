"""What the chat is told while a message waits for its answer to begin. Pure.

The words of the cluster are added for administrators alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent_contract.agentthread import Reason
from agent_gateway.wording import keys
from agent_gateway.wording.texts import shorten

_BY_REASON: Final[dict[str, Callable[[str], str]]] = {
    Reason.UNSCHEDULABLE: keys.wait_room,
    Reason.QUOTA_EXCEEDED: keys.wait_room,
    Reason.VOLUME_PENDING: keys.wait_disk,
    Reason.PULLING_IMAGE: keys.wait_fetching,
    Reason.IMAGE_PULL_BACK_OFF: keys.wait_settings,
    Reason.CREATE_REFUSED: keys.wait_settings,
    Reason.CONTAINER_CONFIG_ERROR: keys.wait_settings,
    Reason.WRONG_ARCHITECTURE: keys.wait_settings,
    Reason.INIT_FAILED: keys.wait_settings,
    Reason.JOB_SUSPENDED: keys.wait_queue,
    Reason.SCHEDULING_GATED: keys.wait_queue,
    Reason.NOT_STARTED: keys.late,
    Reason.WEBHOOK_UNAVAILABLE: keys.wait_cluster,
    Reason.SANDBOX_FAILED: keys.wait_cluster,
    Reason.CLASS_NOT_FOUND: keys.wait_settings,
    Reason.CLASS_INVALID: keys.wait_settings,
    Reason.SPEC_INVALID: keys.wait_settings,
    Reason.SUSPENDED: keys.paused,
}


def waiting_text(language: str, reason: str | None = None) -> str:
    """Say what a message waits for; `reason` is that of the run's status, None for a start of which nothing is told."""
    return _BY_REASON.get(reason or "", keys.starting)(language)


def capacity_text(language: str, place: int) -> str:
    """Say that all allowed agents are at work; `place` is 1 for who is next."""
    return keys.slots_next(language) if place == 1 else keys.slots_place(language, place=place)


def with_details(language: str, text: str, *details: str | None) -> str:
    """Add a line for administrators: the words of the cluster, or a command that shows them."""
    said = ": ".join(filter(None, (shorten(part) for part in details)))
    return f"{text}\n{keys.for_administrators(language, details=said)}" if said else text


def inspect(thread: str) -> str:
    """Return the command that shows an administrator how a conversation's resource is."""
    return f"kubectl describe agentthread {thread}"
