"""`/schedule` and `/schedules`: what is asked at times of its own, made after a question and held, asked or deleted by buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from agent_contract.agentschedule import AgentScheduleSpec, ThreadRef
from agent_contract.names import build_thread_name
from agent_gateway.commands.confirm import ask
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead, take_buttons
from agent_gateway.commands.request import Request
from agent_gateway.effects import WakeThread
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.inbox.zones import find_zone
from agent_gateway.metrics import LIMITS
from agent_gateway.schedules.checks import INTERVAL_LIMIT, Refusal, check_counts, check_times
from agent_gateway.schedules.firing import make_turn
from agent_gateway.schedules.phrases import Asked, parse_asked
from agent_gateway.schedules.settings import ScheduleSettings
from agent_gateway.schedules.times import BadTimes, When, compute_next, iterate, read_when
from agent_gateway.store.chatrows import Button
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.rows import Thread
from agent_gateway.store.schedulerows import Counts
from agent_gateway.store.schedules import ScheduleRow
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording import schedules as words
from agent_gateway.wording.schedules import SchedulePress

MAKE: Final = "schedule"
DELETE: Final = "unschedule"
_NEXT_TIMES: Final = 3


class ScheduleCommands:
    """Makes schedules, lists them, and acts on them.

    Anybody who may use the bot in a chat makes them there. In a group who made one, its administrators and the bot's act on it.

    Args:
        bot_name: The gateway's short name.
        settings: How many there may be.
        zone: Of people who chose none.
        is_admin: Who is an administrator of the bot.
    """

    def __init__(
        self, bot_name: str, settings: ScheduleSettings, zone: str, *, is_admin: Callable[[int], bool]
    ) -> None:  # fmt: skip
        self._bot_name = bot_name
        self._settings = settings
        self._zone = zone
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Ask whether what was written is to be scheduled, with the next times that this means."""
        command, language = request.command, request.command.language
        if not command.args.strip():
            return Outcome(keys.schedules_usage(language))
        zone, now = await self._find_zone(tx, command.person_id), datetime.now(UTC)
        asked = parse_asked(command.args, language, now.astimezone(find_zone(zone)))
        if asked is None:
            return Outcome(keys.schedules_unclear(language))
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        spec = _build_spec(asked, name, zone)
        when = check_times(spec, zone, self._settings, now)
        refusal = self._find_refusal(language, when, now)
        if isinstance(when, Refusal) or refusal:
            return Outcome(refusal)
        thread = await tx.threads.get_or_create(address, name, command.title, language)
        full = await self._find_full(tx, thread, language)
        if full:
            return Outcome(full)
        row = await tx.schedules.draft(thread.id, command.person_id, language, asked.said, spec)
        times = list(islice(iterate(when, now), _NEXT_TIMES))
        text = words.question_text(language, row, times, find_zone(zone), zone)
        return await ask(tx, command, MAKE, [(row.id, 0)], text, keys.schedules_do(language))

    async def list(self, tx: Transaction, request: Request) -> Outcome:
        """List those of this conversation."""
        command = request.command
        thread = await tx.threads.by_address(command.address)
        text, buttons = await self._show(tx, thread, command.person_id, command.language)
        return Outcome(text, buttons)

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """Make, or delete, what was asked about."""
        language = pressed.language
        row = await tx.schedules.lock(confirm.subject[0][0])
        thread = await tx.threads.by_id(row.thread_id) if row is not None and row.thread_id is not None else None
        if row is None or thread is None:
            return Outcome(keys.schedules_gone(language))
        if confirm.action == DELETE:
            await tx.audit.add(pressed.person_id, DELETE, thread.name)
            removed = await tx.schedules.remove(row.id)
            title = words.show_prompt(row)
            return Outcome(keys.schedules_deleted(language, title=title) if removed else keys.schedules_gone(language))
        next_at, full = self._find_next(row), await self._find_full(tx, thread, language)
        if next_at is None or full:
            return Outcome(full or keys.schedules_past(language))
        if await tx.schedules.want(row.id, thread.name) is None:
            return Outcome(keys.schedules_gone(language))
        await tx.audit.add(pressed.person_id, MAKE, thread.name)
        zone = find_zone(await self._find_zone(tx, pressed.person_id))
        made = keys.schedules_made(language, next=words.show_moment(language, next_at, zone))
        return Outcome(f"⏰ {words.show_prompt(row)}\n{made}")

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Hold one, let it go on, ask it now, or ask whether it is to be deleted; None for a button of another kind."""
        found = words.parse_schedule_press(pressed.data)
        if found is None:
            return None
        (what, schedule_id), language = found, pressed.language
        row = await tx.schedules.lock(schedule_id)
        thread = await tx.threads.by_id(row.thread_id) if row is not None and row.thread_id is not None else None
        if row is None or thread is None or thread.address.chat_id != pressed.address.chat_id or row.state == "gone":
            await take_buttons(tx, pressed)
            return Outcome(keys.schedules_gone(language))
        admin = facts.group_admin or self._is_admin(pressed.person_id)
        if thread.address.chat_id < 0 and not admin and row.person_id != pressed.person_id:
            return Outcome(keys.schedules_not_yours(language))
        if what is SchedulePress.DELETE:
            question = keys.schedules_delete_question(language, title=words.show_prompt(row))
            asked = await ask(tx, pressed, DELETE, [(row.id, 0)], question, keys.schedules_delete_do(language))
            await show_instead(tx, pressed, asked.text, asked.buttons)
            return Outcome("")
        said = await self._act(tx, what, row, thread, pressed, facts)
        if words.is_go_on(pressed.data):
            await take_buttons(tx, pressed)
        else:
            await show_instead(tx, pressed, *await self._show(tx, thread, pressed.person_id, language))
        return Outcome(said)

    async def _act(
        self, tx: Transaction, what: SchedulePress, row: ScheduleRow, thread: Thread, pressed: Pressed, facts: Facts
    ) -> str:  # fmt: skip
        language = pressed.language
        if what is SchedulePress.NOW:
            checklist = facts.found_class.spec.heartbeat if facts.found_class is not None else ""
            return await self._ask_now(tx, row, thread, language, checklist)
        held = row.spec.suspend or row.paused_at is not None
        if (what is SchedulePress.PAUSE) == held:
            return ""  # pressed before, or by somebody else
        await tx.audit.add(
            pressed.person_id, "schedule-pause" if what is SchedulePress.PAUSE else "schedule-resume", thread.name
        )
        if what is SchedulePress.PAUSE:
            await tx.schedules.wish(row.id, "suspend", None)
            return ""
        next_at = self._find_next(row)
        if row.spec.suspend:
            await tx.schedules.wish(row.id, "resume", next_at)
        else:
            await tx.schedules.resume(row.id, next_at)
        return keys.schedules_going_on(language)

    async def _ask_now(
        self, tx: Transaction, row: ScheduleRow, thread: Thread, language: str, checklist: str
    ) -> str:  # fmt: skip
        if row.state != "live":
            return keys.schedules_wait(language)
        waiting = await tx.turns.count_queued(thread.id)
        if waiting >= MOST_QUEUED:
            LIMITS.labels("queued").inc()
            return keys.queue_full(language, count=waiting)
        now = datetime.now(UTC)
        if await tx.schedules.active(row.id) or not await tx.schedules.note_due(row, now, "Asked", now):
            return keys.schedules_runs(language)
        await make_turn(tx, row, thread, now, self._zone, checklist)
        await tx.schedules.changed(row.id)
        tx.after(WakeThread(thread.id))
        return keys.schedules_now(language)

    async def _show(
        self, tx: Transaction, thread: Thread | None, person_id: int, language: str
    ) -> tuple[str, tuple[Button, ...]]:  # fmt: skip
        rows = await tx.schedules.of_thread(thread.id, words.SHOWN) if thread is not None else []
        zone = find_zone(await self._find_zone(tx, person_id))
        return words.list_text(language, rows, zone), words.build_list_buttons(rows)

    async def _find_zone(self, tx: Transaction, person_id: int) -> str:
        return await tx.people.zone(person_id) or self._zone

    def _find_next(self, row: ScheduleRow) -> datetime | None:
        try:
            return compute_next(read_when(row.spec, self._zone), datetime.now(UTC))
        except BadTimes:
            return None

    def _find_refusal(self, language: str, when: When | Refusal, now: datetime) -> str:
        """Say in plain words why that cannot be; empty where it can."""
        if isinstance(when, When):
            return "" if compute_next(when, now) is not None else keys.schedules_past(language)
        if when.limit == INTERVAL_LIMIT:
            LIMITS.labels(when.limit).inc()
            return keys.schedules_too_often(language, minutes=str(-(-self._settings.min_interval_seconds // 60)))
        return keys.schedules_unclear(language)

    async def _find_full(self, tx: Transaction, thread: Thread, language: str) -> str:
        """Say that there are as many as there may be; empty where there is room."""
        counts = await tx.schedules.count(thread.id, thread.address.chat_id)
        full = check_counts(counts, self._settings)
        if full is None:
            return ""
        LIMITS.labels(full.limit).inc()
        return words.FULL[full.limit](language, count=_count(counts, full.limit))


def _count(counts: Counts, limit: str) -> int:
    return {"schedules-conversation": counts.conversation, "schedules-chat": counts.chat}.get(limit, counts.whole)


def _build_spec(asked: Asked, thread_name: str, zone: str) -> AgentScheduleSpec:
    return AgentScheduleSpec(
        thread_ref=ThreadRef(name=thread_name), cron=asked.cron or None, at=asked.at.astimezone(UTC) if asked.at else None,
        time_zone=zone if asked.cron else None, prompt=asked.prompt,
    )  # fmt: skip
