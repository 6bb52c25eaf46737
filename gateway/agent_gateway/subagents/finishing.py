"""The end of a sub-agent: recorded with its report, whoever learns of it first."""

from __future__ import annotations

import logging

from agent_gateway.store import Store
from agent_gateway.store.rows import Ending, SubAgentRow
from agent_gateway.subagents.endings import clean_ending
from agent_gateway.subagents.facts import build_facts
from agent_gateway.wording import subagents as words

_log = logging.getLogger(__name__)


async def finish(
    store: Store, child: SubAgentRow, ending: Ending, seq: int | None = None, cancel: str | None = None
) -> None:
    """Record an end; one that has ended already stays as it is. Whoever waits is told by who looks at it next.

    Args:
        store: Conversations.
        child: The sub-agent.
        ending: How it ended.
        seq: The frame of its own runner that this acknowledges.
        cancel: Why its pod must be ended, where that is not on its way.
    """
    cleaned, report = clean_ending(ending), None
    if child.parent_id is not None:
        tokens = sum((await store.subagents.family_usage(child.thread_id))[:2])
        report = words.report_text(build_facts(child, cleaned), cleaned.result, tokens)
    if await store.subagents.finish(child, cleaned, report, seq, cancel):
        _log.info("subagent_over", extra={"subagent": child.name, "phase": ending.phase, "reason": ending.reason})
