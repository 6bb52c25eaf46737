"""What the chat shows of a sub-agent, from its row; pure but for the clock."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_gateway.store.rows import Ending, SubAgentRow
from agent_gateway.wording import subagents as words


def build_facts(child: SubAgentRow, ending: Ending | None = None) -> words.SubAgentFacts:
    """Build what the chat shows of a sub-agent; with `ending`, as it will be."""
    until = child.finished_at or datetime.now(UTC)
    return words.SubAgentFacts(
        id=child.thread_id,
        language=child.language,
        name=child.name,
        parent=child.parent_name,
        phase=ending.phase if ending is not None else child.phase,
        message=ending.message if ending is not None else child.message,
        reason=ending.reason if ending is not None else child.reason,
        timeout=child.timeout,
        task=child.task,
        seconds=(until - child.created_at).total_seconds(),
    )
