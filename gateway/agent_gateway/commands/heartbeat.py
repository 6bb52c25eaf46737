"""`/heartbeat`: a checklist that the agent looks at in an interval, within active hours, silent where there is nothing to say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from agent_contract.agentschedule import AgentScheduleSpec, ThreadRef
from agent_contract.names import build_thread_name
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.request import Request
from agent_gateway.metrics import LIMITS
from agent_gateway.schedules.checks import INTERVAL_LIMIT, Refusal, check_counts, check_times, parse_thread_name
from agent_gateway.schedules.prompts import HEARTBEAT
from agent_gateway.schedules.settings import ScheduleSettings
from agent_gateway.store.rows import Thread
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording import keys
from agent_gateway.wording.schedules import FULL

ACTION: Final = "heartbeat"
_ASKED: Final = re.compile(r"(?:on|(\d{1,2}))?(?: ?min)?(?: ?(\d{1,2})-(\d{1,2}))?")
_MADE_HERE: Final = re.compile(r"(.+)-s[0-9]+x*")
"""Name of an AgentSchedule that was made in the chat: it begins as the conversation was called then."""
_HOUR: Final = 60
_DAY: Final = 24
_MOST: Final = 100
"""Schedules of a conversation among which its heartbeat is looked for."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, and from which hour to which.

    Attributes:
        minutes: Between two looks; they divide an hour.
        begin: The first hour.
        end: The hour before which the last look is.
    """

    minutes: int = 30
    begin: int = 8
    end: int = 22

    @property
    def cron(self) -> str:
        """Return it as cron has it."""
        last = self.end - 1
        hours = (
            "*" if (self.begin, self.end) == (0, _DAY) else f"{self.begin}-{last}" if last > self.begin else f"{last}"
        )
        return f"{'0' if self.minutes == _HOUR else f'*/{self.minutes}'} {hours} * * *"


def parse_rhythm(text: str) -> Rhythm | None:
    """Return what is meant behind `/heartbeat`, as in `on`, `15` or `60 9-18`; None where that cannot be told."""
    found = _ASKED.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    usual = Rhythm()
    minutes = int(found[1]) if found[1] else usual.minutes
    begin, end = (int(found[2]), int(found[3])) if found[2] else (usual.begin, usual.end)
    if not minutes or _HOUR % minutes or not 0 <= begin < end <= _DAY:
        return None
    return Rhythm(minutes, begin, end)


class HeartbeatCommand:
    """Turns a conversation's heartbeat on and off.

    Args:
        bot_name: The gateway's short name.
        settings: How many schedules there may be, and how often each may be due.
        zone: Of people who chose none.
    """

    def __init__(self, bot_name: str, settings: ScheduleSettings, zone: str) -> None:
        self._bot_name = bot_name
        self._settings = settings
        self._zone = zone

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Turn it on, off, or say how it is."""
        command, language = request.command, request.command.language
        asked = command.args.strip().lower()
        thread = await tx.threads.by_address(command.address)
        standing = await self._find(tx, thread)
        if not asked:
            now = (
                keys.heartbeat_is(language, cron=standing.spec.cron or "")
                if standing
                else keys.heartbeat_none(language)
            )
            return Outcome(f"{now}\n\n{keys.heartbeat_usage(language)}")
        if asked == "off":
            if standing is not None:
                await tx.schedules.remove(standing.id)
                await tx.audit.add(command.person_id, ACTION, thread.name if thread is not None else "")
            return Outcome(keys.heartbeat_off(language))
        rhythm = parse_rhythm(asked)
        if rhythm is None:
            return Outcome(keys.heartbeat_usage(language))
        return await self._turn_on(tx, request, rhythm, standing)

    async def _turn_on(
        self, tx: Transaction, request: Request, rhythm: Rhythm, standing: ScheduleRow | None
    ) -> Outcome:  # fmt: skip
        command, language = request.command, request.command.language
        zone = await tx.people.zone(command.person_id) or self._zone
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        spec = AgentScheduleSpec(
            thread_ref=ThreadRef(name=name), cron=rhythm.cron, time_zone=zone, prompt=HEARTBEAT, quiet=True
        )  # fmt: skip
        if isinstance(found := check_times(spec, zone, self._settings, datetime.now(UTC)), Refusal):
            LIMITS.labels(found.limit or INTERVAL_LIMIT).inc()
            return Outcome(
                keys.schedules_too_often(language, minutes=str(-(-self._settings.min_interval_seconds // _HOUR)))
            )
        thread = await tx.threads.get_or_create(address, name, command.title, language)
        if standing is not None:
            await tx.schedules.remove(standing.id)
        counts = await tx.schedules.count(thread.id, address.chat_id)
        full = check_counts(counts, self._settings)
        if full is not None:
            LIMITS.labels(full.limit).inc()
            return Outcome(FULL[full.limit](language, count=counts.conversation))
        row = await tx.schedules.draft(thread.id, command.person_id, language, "", spec)
        await tx.schedules.want(row.id, thread.name)
        await tx.audit.add(command.person_id, ACTION, thread.name)
        return Outcome(
            keys.heartbeat_on(
                language, minutes=str(rhythm.minutes), begin=str(rhythm.begin), end=str(rhythm.end), zone=zone
            )
        )

    async def _find(self, tx: Transaction, thread: Thread | None) -> ScheduleRow | None:
        """Return the heartbeat that people turned on in a conversation, whatever became of both since."""
        rows = await tx.schedules.of_thread(thread.id, _MOST) if thread is not None else []
        return next((row for row in rows if row.spec.quiet and self._is_made_here(row.name)), None)

    def _is_made_here(self, name: str) -> bool:
        found = _MADE_HERE.fullmatch(name)
        return found is not None and parse_thread_name(self._bot_name, found[1]) is not None
