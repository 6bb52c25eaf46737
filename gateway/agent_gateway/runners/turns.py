"""The running turn of one connection: from the runner's events to view, store and final answer."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Any

from agent_contract import wire
from agent_gateway.logs import log_unfinished
from agent_gateway.quotas import OverQuota
from agent_gateway.render.partial import PREVIEWED
from agent_gateway.runners.commits import Commits
from agent_gateway.runners.failures import describe_failure, describe_settled, find_reason
from agent_gateway.runners.progress import Progress
from agent_gateway.runners.refusals import describe_end
from agent_gateway.runners.tools import ToolLog, describe_done
from agent_gateway.runners.turnports import TurnPorts
from agent_gateway.runners.worktime import TimeNotices
from agent_gateway.store.chatrows import Button, Final, TurnView
from agent_gateway.store.quotas import OVER_LIMIT
from agent_gateway.store.rows import ThreadKind, Turn, TurnState
from agent_gateway.wording import keys
from agent_gateway.wording.again import build_error_id, with_id
from agent_gateway.wording.notices import notice_text
from agent_gateway.wording.plans import build_plan_buttons
from agent_gateway.wording.texts import interrupted_text
from agent_gateway.wording.tools import DETAILS
from agent_kube.tracing.steps import note_step, tell_step

log = logging.getLogger(__name__)
SAVE_SECONDS = 1.0
"""Texts of a turn are stored at most this often: never a transaction per token."""
SHOW_SECONDS = 0.25
"""What is to be seen of a turn changes at most this often, its first words excepted."""


class TurnStream:
    """Takes the events of the running turn in order."""

    def __init__(self, ports: TurnPorts, commits: Commits) -> None:
        self._ports = ports
        self._commits = commits
        self._turn: Turn | None = None
        self._progress = Progress(ports.thread.language)
        self._tools: ToolLog | None = None
        self._taken_up = False
        self._verbosity = 1
        self._tools_saved: dict[str, Any] = {}
        self._dirty = asyncio.Event()
        self._seq = commits.acked
        self._spoke = False
        self._shown_at = 0.0
        self._unshown = False
        self._passed = False
        self._time = TimeNotices(ports.thread, ports.run, ports.store, ports.wake)

    @property
    def turn_id(self) -> int | None:
        """Return the running turn's id."""
        return None if self._turn is None else self._turn.id

    def open(self, turn: Turn, restored: TurnView | None = None) -> bool:
        """Expect the events of a turn; False if it is the running one already."""
        if self._turn is not None and self._turn.id == turn.id:
            return False
        self._turn = turn
        note_step("turn_open", **self._ids(), turn=turn.id, created=turn.created_at)
        self._progress = Progress(turn.language, restored.messages if restored is not None else ())
        self._tools = None  # how much of them is to be shown is read first, and those of a turn that is taken up
        self._taken_up = restored is not None
        self._tools_saved = ToolLog().state()
        self._spoke = bool(self._progress.beginning(1))
        self._unshown = False
        self._ports.on_turn(turn.id)
        self._ports.views.open(turn, self._ports.thread.address, turn.message_id, restored)
        return True

    async def refuse_prompt(self) -> None:
        """End the turn, as its prompt is longer than a runner can be sent."""
        if self._turn is not None:
            words = keys.room_prompt(self._turn.language)
            await self._end(self._turn, self._commits.acked, TurnState.FAILED, OVER_LIMIT, words)

    async def take(self, seq: int, turn_id: int, event: wire.Event) -> None:
        """Take one event; it is acknowledged once it is committed, which for text may be a second later."""
        if self._turn is None or turn_id != self._turn.id:
            if not self._passed:  # one line of a connection, however many there are
                log.info("event_of_no_running_turn", extra={**self._ids(), "turn": turn_id, "kind": event.kind})
            self._passed = True
            await self.pass_over(seq)
            return
        match event:
            case wire.TurnSettled():
                await self._clean()
                # the last words are the answer; what was said before them is the way there
                answer = self._progress.last() or keys.empty_answer(self._turn.language)
                text, reason, buttons = await asyncio.to_thread(describe_settled, self._turn, event, answer)
                await self._end(self._turn, seq, TurnState.DONE, reason, text, buttons)
            case wire.Failed():
                await self._fail(self._turn, seq, event)
            case wire.TurnStarted():
                await self.flush()
                await self._started(self._turn, seq)
            case wire.Steered():
                await self.flush()
                ports, turn = self._ports, self._turn
                await self._commits.run(
                    seq, lambda: ports.store.steers.mark_read(turn.id, event.id, ports.thread.id, ports.run, seq)
                )
            case wire.Notice():
                await self._tell(self._turn, seq, event)
            case wire.TimeShort():
                await self._time.warn(self._turn.id, seq, event)
                await self.pass_over(seq)
            case wire.TimeEased():
                await self._time.ease(self._turn)
                await self.pass_over(seq)
            case _:
                if isinstance(event, wire.ToolStarted | wire.ToolEnded):
                    note_step("tool_event", turn=self._turn.id, event=event)
                tools = await self._read_tools(self._turn)
                self._progress.apply(event)
                tools.apply(event)
                self._unshown = True
                if self._is_first_text(event) or time.monotonic() - self._shown_at >= SHOW_SECONDS:
                    self._show(self._turn, tools)
                self._seq = seq
                self._dirty.set()

    async def pass_over(self, seq: int) -> None:
        """Acknowledge a frame that changes nothing."""
        await self.flush()
        ports = self._ports
        await self._commits.run(seq, lambda: ports.store.sessions.add_entries(ports.thread, ports.run, seq, []))

    async def entries(self, seq: int, lines: list[str]) -> None:
        """Store session lines; the texts before them first, as the acknowledgement covers both."""
        await self.flush()
        ports = self._ports
        whole = [line.replace("\x00", "\N{REPLACEMENT CHARACTER}") for line in lines]
        add, turn_id, quotas = ports.store.sessions.add_entries, self.turn_id, ports.quotas
        try:
            await self._commits.run(seq, lambda: add(ports.thread, ports.run, seq, whole, turn_id, quotas))
        except OverQuota as over:
            await self._end_over(seq, over)
            raise

    async def _end_over(self, seq: int, over: OverQuota) -> None:
        """End the turn whose lines there is no room for: what is stored of the session is where its next run begins."""
        if self._turn is None:
            await self.pass_over(seq)
            return
        words = describe_end(self._turn.language, over, self._ports.quotas)
        text = interrupted_text(self._progress.last(), words)
        await self._end(self._turn, seq, TurnState.FAILED, OVER_LIMIT, text)

    async def flush(self) -> None:
        """Store the texts that are not stored yet."""
        if self._turn is None or not self._dirty.is_set():
            return
        await self._clean()
        self._dirty.clear()
        turn, seq, ports, messages = self._turn, self._seq, self._ports, self._progress.messages()
        tools = self._tools.state() if self._tools is not None else self._tools_saved

        async def save() -> None:
            await self._save_tools(turn, tools)
            await ports.store.views.save_progress(turn.id, ports.thread.id, ports.run, messages, seq)

        await self._commits.run(seq, save)

    async def _clean(self) -> None:
        """Make what was said fit for people, in parts: a very long answer holds nobody up."""
        for _ in iter(self._progress.clean_some, False):
            await asyncio.sleep(0)

    async def _tell(self, turn: Turn, seq: int, notice: wire.Notice) -> None:
        """Tell the person what the agent's pod could not do; of a sub-agent only its parent is told, in its answer."""
        if self._ports.thread.kind is ThreadKind.CONVERSATION:
            address, key = self._ports.thread.address, f"notice:{turn.id}:{seq}"
            words = notice_text(turn.language, notice)
            await self._ports.store.outbox.put_of_turn(turn, address, words, key)
            self._ports.wake.outbox()
        await self.pass_over(seq)

    async def keep_flushing(self) -> None:
        """Store texts at once where nothing was stored for a second, else when the second is over; show them more often."""
        while True:
            await self._dirty.wait()
            await self.flush()
            for _ in range(round(SAVE_SECONDS / SHOW_SECONDS)):
                await asyncio.sleep(SHOW_SECONDS)
                if self._unshown and self._turn is not None and self._tools is not None:
                    self._show(self._turn, self._tools)

    async def _started(self, turn: Turn, seq: int) -> None:
        self._ports.views.typing(turn.id)
        await self._commits.run(seq, lambda: self._ports.store.turns.started(turn.id, self._ports.run, seq))
        if self._ports.thread.kind is ThreadKind.SUBAGENT:
            self._ports.wake.thread(self._ports.thread.id)  # whoever waits sees that it works

    async def _read_tools(self, turn: Turn) -> ToolLog:
        if self._tools is None:
            self._verbosity = await self._ports.store.settings.verbosity(self._ports.thread.id)
            stored = await self._ports.store.views.load_tools(turn.id) if self._taken_up else None
            self._tools = ToolLog(stored, DETAILS[self._verbosity])
            self._tools_saved = self._tools.state()
        return self._tools

    async def _save_tools(self, turn: Turn, tools: dict[str, Any]) -> None:
        """Store the tools where they changed, before what acknowledges their events: one that comes again is known."""
        counted = self._verbosity > 0 and self._ports.thread.kind is not ThreadKind.SUBAGENT
        if tools != self._tools_saved and counted:
            await self._ports.store.views.save_tools(turn.id, tools)
            self._tools_saved = tools

    def _is_first_text(self, event: wire.Event) -> bool:
        return not self._spoke and isinstance(event, wire.Text | wire.MessageDone) and not event.text.isspace()

    def _show(self, turn: Turn, tools: ToolLog) -> None:
        self._shown_at, self._unshown = time.monotonic(), False
        text = self._progress.beginning(PREVIEWED + 1)
        if text and not self._spoke:
            self._spoke = True
            tell_step(log, "first_text", **self._ids(), turn=turn.id)
        activity = self._progress.activity if self._verbosity else None
        self._ports.views.update(turn.id, text, activity, tools.lines())

    async def _fail(self, turn: Turn, seq: int, event: wire.Failed) -> None:
        done = describe_done((await self._read_tools(turn)).state())
        admin = turn.person_id is not None and self._ports.is_admin(turn.person_id)
        words, buttons = describe_failure(turn, event, done, datetime.now(UTC), admin=admin)
        reason = find_reason(event)
        if self._ports.thread.kind is ThreadKind.CONVERSATION:
            words = with_id(turn.language, words, turn.id, reason)
        ids = {**self._ids(), "turn": turn.id, "error_id": build_error_id(turn.id)}
        log_unfinished(log, reason, ids)
        await self._clean()
        text = await asyncio.to_thread(interrupted_text, self._progress.last(), words)
        await self._end(turn, seq, TurnState.FAILED, reason, text, buttons)

    async def _end(
        self, turn: Turn, seq: int, state: TurnState, reason: str | None, text: str, buttons: tuple[Button, ...] = ()
    ) -> None:
        ports, began = self._ports, time.time_ns()
        told = ports.thread.kind is not ThreadKind.SUBAGENT and not turn.quiet
        self._dirty.clear()
        if ports.thread.kind is ThreadKind.SUBAGENT:
            await self._commits.run(seq, lambda: ports.children.settle(ports.thread, seq, state, reason, text))
        else:
            if turn.plan and state is TurnState.DONE:
                buttons = build_plan_buttons(turn.language, turn.id)
            shown = await ports.views.finish(turn.id)
            final = Final(
                text, "markdown", shown, buttons, way=self._progress.way(), way_shown=self._verbosity > 0,
                over=keys.time_ended(turn.language),
            )  # fmt: skip
            tools = self._tools.state() if self._tools is not None else self._tools_saved

            async def end() -> None:
                await self._save_tools(turn, tools)
                await ports.store.turns.end(turn.id, ports.run, seq, state, reason, final)

            await self._commits.run(seq, end)
        self._turn = None
        ports.on_turn(None)
        ports.wake.outbox()
        ports.wake.thread(ports.thread.id)
        aside = {"told": told, "began": began, "reason": reason}
        tell_step(log, "turn_ended", aside, **self._ids(), turn=turn.id, state=state)

    def _ids(self) -> dict[str, object]:
        return {"agent_thread": self._ports.thread.name, "run": self._ports.run}
