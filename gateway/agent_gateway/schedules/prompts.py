"""What an agent is told when a schedule is due; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agent_gateway.inbox.zones import find_zone
from agent_gateway.silence import SILENT
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.telegram.inbound.foreign import escape_headers

HEARTBEAT: Final = "Read HEARTBEAT.md of your workspace, if it is there, and look after what it asks."
"""What a heartbeat asks that was turned on in the chat."""


def build_prompt(row: ScheduleRow, due_at: datetime, zone: str, checklist: str = "") -> str:
    """Return what the agent is asked.

    Args:
        row: The schedule.
        due_at: The time that counts.
        zone: Of a schedule that names none.
        checklist: What the class of the conversation adds to one that is quiet.
    """
    named = row.spec.time_zone or zone
    local = due_at.astimezone(find_zone(named))
    who = "the person you work for" if row.person_id is not None else "an administrator"
    often = "once" if row.spec.at is not None else f"again and again ({row.spec.cron})"
    head = (
        f"[This is asked by a schedule that {who} made, {often}; it was due {local:%A} {local:%Y-%m-%d %H:%M} ({named}). "
        "Perhaps nobody is there to answer a question: do what can be done without one, and say what you need.]"
    )
    parts = [head, escape_headers(row.spec.prompt)]
    if row.spec.quiet:
        if checklist.strip():
            parts.append(f"[The checklist of your team:]\n{checklist.strip()}")
        parts.append(
            f"[Only what people should hear now comes into the chat. Where there is nothing, answer with the one word {SILENT}: "
            "nobody is shown that.]"
        )
    return "\n\n".join(parts)
