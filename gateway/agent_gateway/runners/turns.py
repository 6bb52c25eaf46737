"""The running turn of one connection: from the runner's events to view, store and final answer."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_contract import wire
from agent_contract.text import clean
from agent_gateway.runners.commits import Commits
from agent_gateway.runners.ports import Children, Views, Wakes
from agent_gateway.runners.progress import Progress
from agent_gateway.runners.tools import ToolLog
from agent_gateway.store import Store
from agent_gateway.store.chatrows import Final, TurnView
from agent_gateway.store.rows import Thread, ThreadKind, Turn, TurnState
from agent_gateway.wording.again import build_buttons, build_error_id, with_id
from agent_gateway.wording.texts import EMPTY_ANSWER, failure_text, interrupted_text
from agent_gateway.wording.tools import DETAILS

log = logging.getLogger(__name__)
SAVE_SECONDS = 1.0
"""Texts of a turn are stored at most this often: never a transaction per token."""


@dataclass(frozen=True, slots=True)
class TurnPorts:
    """What a connection's parts share: whose it is, and where things go."""

    thread: Thread
    run: int
    store: Store
    views: Views
    wake: Wakes
    children: Children
    on_turn: Callable[[int | None], None]
    """Told which turn the runner is at."""


class TurnStream:
    """Takes the events of the running turn in order."""

    def __init__(self, ports: TurnPorts, commits: Commits) -> None:
        self._ports = ports
        self._commits = commits
        self._turn: Turn | None = None
        self._progress = Progress()
        self._tools: ToolLog | None = None
        self._taken_up = False
        self._verbosity = 1
        self._tools_saved: dict[str, Any] = {}
        self._dirty = asyncio.Event()
        self._seq = commits.acked
        self._spoke = False

    @property
    def turn_id(self) -> int | None:
        """Return the running turn's id."""
        return None if self._turn is None else self._turn.id

    def open(self, turn: Turn, restored: TurnView | None = None) -> bool:
        """Expect the events of a turn; False if it is the running one already."""
        if self._turn is not None and self._turn.id == turn.id:
            return False
        self._turn = turn
        self._progress = Progress(restored.messages if restored is not None else ())
        self._tools = None  # how much of them is to be shown is read first, and those of a turn that is taken up
        self._taken_up = restored is not None
        self._tools_saved = ToolLog().state()
        self._spoke = bool(self._progress.text())
        self._ports.on_turn(turn.id)
        self._ports.views.open(turn, self._ports.thread.address, turn.message_id, restored)
        return True

    async def take(self, seq: int, turn_id: int, event: wire.Event) -> None:
        """Take one event; it is acknowledged once it is committed, which for text may be a second later."""
        if self._turn is None or turn_id != self._turn.id:
            log.info("event_of_no_running_turn", extra={**self._ids(), "turn": turn_id, "kind": event.kind})
            await self.pass_over(seq)
            return
        match event:
            case wire.TurnSettled():
                # a sub-agent answers with its last words; what it said on its way is in its history
                own = self._ports.thread.kind is ThreadKind.SUBAGENT
                text = self._progress.last() if own else self._progress.text()
                await self._end(self._turn, seq, TurnState.DONE, None, text or EMPTY_ANSWER)
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
                await self._tell(self._turn, seq, event.text)
            case _:
                self._show(self._turn, event, await self._read_tools(self._turn))
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
        check_lines(lines)
        ports = self._ports
        whole = [line.replace("\x00", "\N{REPLACEMENT CHARACTER}") for line in lines]
        await self._commits.run(seq, lambda: ports.store.sessions.add_entries(ports.thread, ports.run, seq, whole))

    async def flush(self) -> None:
        """Store the texts that are not stored yet."""
        if self._turn is None or not self._dirty.is_set():
            return
        self._dirty.clear()
        turn, seq, ports, messages = self._turn, self._seq, self._ports, self._progress.messages()
        tools = self._tools.state() if self._tools is not None else self._tools_saved

        async def save() -> None:
            await self._save_tools(turn, tools)
            await ports.store.views.save_progress(turn.id, ports.thread.id, ports.run, messages, seq)

        await self._commits.run(seq, save)

    async def _tell(self, turn: Turn, seq: int, text: str) -> None:
        """Tell the person what the agent's pod could not do; of a sub-agent only its parent is told, in its answer."""
        if self._ports.thread.kind is ThreadKind.CONVERSATION:
            address, key = self._ports.thread.address, f"notice:{turn.id}:{seq}"
            await self._ports.store.outbox.put(address, clean(text), key, kind="notice")
            self._ports.wake.outbox()
        await self.pass_over(seq)

    async def keep_flushing(self) -> None:
        """Store texts at once where nothing was stored for a second, else when the second is over."""
        while True:
            await self._dirty.wait()
            await self.flush()
            await asyncio.sleep(SAVE_SECONDS)

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

    def _show(self, turn: Turn, event: wire.Event, tools: ToolLog) -> None:
        self._progress.apply(event)
        tools.apply(event)
        text = self._progress.text()
        if text and not self._spoke:
            self._spoke = True
            log.info("step", extra={**self._ids(), "step": "first_text", "turn": turn.id, "t": _now()})
        activity = self._progress.activity if self._verbosity else None
        self._ports.views.update(turn.id, text, activity, tools.lines())

    async def _fail(self, turn: Turn, seq: int, event: wire.Failed) -> None:
        words = failure_text(event.reason, clean(event.error))
        if self._ports.thread.kind is ThreadKind.CONVERSATION:
            words = with_id(words, turn.id, event.reason)
        ids = {**self._ids(), "turn": turn.id, "error_id": build_error_id(turn.id)}
        log.warning("turn_failed", extra={**ids, "reason": event.reason})
        await self._end(turn, seq, TurnState.FAILED, event.reason, interrupted_text(self._progress.text(), words))

    async def _end(self, turn: Turn, seq: int, state: TurnState, reason: str | None, text: str) -> None:
        ports = self._ports
        self._dirty.clear()
        if ports.thread.kind is ThreadKind.SUBAGENT:
            await self._commits.run(seq, lambda: ports.children.settle(ports.thread, seq, state, reason, text))
        else:
            buttons = build_buttons(turn.id, reason) if reason is not None else ()
            final = Final(text, "markdown", await ports.views.finish(turn.id), buttons)
            tools = self._tools.state() if self._tools is not None else self._tools_saved

            async def end() -> None:
                await self._save_tools(turn, tools)
                await ports.store.turns.end(turn.id, ports.run, seq, state, reason, final)

            await self._commits.run(seq, end)
        self._turn = None
        ports.on_turn(None)
        ports.wake.outbox()
        ports.wake.thread(ports.thread.id)
        log.info("step", extra={**self._ids(), "step": "turn_ended", "turn": turn.id, "state": state, "t": _now()})

    def _ids(self) -> dict[str, object]:
        return {"agent_thread": self._ports.thread.name, "run": self._ports.run}


def build_frame(turn: Turn) -> wire.Turn:
    """Build the prompt of a turn, as its runner gets it."""
    files = [wire.TurnFile(name=f.name, media_type=f.media_type, size=f.size, about=f.about) for f in turn.files]
    return wire.Turn(id=turn.id, text=turn.text, files=files)


def check_lines(lines: list[str]) -> None:
    """Raise FrameError for a session line that is no JSON object with an id."""
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise wire.FrameError("lines: one is not JSON") from error
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise wire.FrameError("lines: one has no id")


def _now() -> int:
    return time.time_ns() // 1_000_000
