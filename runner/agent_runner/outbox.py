"""Frames on their way to the gateway: numbered, kept until acknowledged, text coalesced until it is sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent_contract import wire
from agent_contract.frames import MAX_LINES
from agent_contract.sessionlines import MAX_STRUCTURE, measure_structure
from agent_contract.terms import WorkspaceMode

TEXT_PAUSE = 0.05
"""Seconds between two text frames; the first goes at once."""
MERGED = 32 * 1024
"""Characters of a text that is lengthened no more; with the next piece it is still one that a frame holds."""
BATCH_BYTES = 2 * 1024 * 1024
"""Of session lines in one frame; one that is larger has a frame of its own."""
OVERHEAD = 200

Frame = (
    wire.EventFrame | wire.Entries | wire.Leave | wire.SubAgentAsk | wire.SubAgentCancel | wire.Ask | wire.AskClosed | wire.Prepared
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be sent for this many seconds (None: until something is added)."""

    seconds: float | None


class Outbox:
    """The one sequence of a run. Not bounded by itself: whoever fills it looks at `full` and stops."""

    def __init__(self, limit: int = 4 * 1024 * 1024) -> None:
        self._limit = limit
        self.on_added: Callable[[], None] = lambda: None
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._last = 0
        self._next = 1  # the first number that this connection has not been given
        self._sent = 0  # the highest number that any connection was given
        self._text_at = 0.0
        self.acked = 0

    @property
    def full(self) -> bool:
        """Whether pi's output shall wait."""
        return self._bytes >= self._limit

    @property
    def roomy(self) -> bool:
        """Whether pi's output may flow again."""
        return self._bytes < self._limit // 2

    @property
    def empty(self) -> bool:
        """Whether everything is acknowledged."""
        return not self._frames

    def add_event(self, turn: int, event: wire.Event) -> None:
        """Add an event, or lengthen the last one where both are text of one message that is not sent yet."""
        last = self._frames[-1] if self._frames else None
        if isinstance(event, wire.Text) and isinstance(last, wire.EventFrame) and last.seq > self._sent:
            merged = _merge(last, turn, event)
            if merged:
                self._frames[-1] = merged
                self._bytes += len(event.text)
                self.on_added()
                return
        self._add(wire.EventFrame(seq=self._last + 1, turn=turn, event=event))

    def add_ask(
        self, turn: int, call_id: str, task: str, seconds: int | None, workspace: WorkspaceMode, *, copied: bool
    ) -> None:
        """Add a wish for a sub-agent."""
        self._add(
            wire.SubAgentAsk(
                seq=self._last + 1, turn=turn, call_id=call_id, task=task, timeout_seconds=seconds,
                workspace=workspace, copied=copied,
            )
        )  # fmt: skip

    def add_cancel(self, call_id: str) -> None:
        """Take a wish back."""
        self._add(wire.SubAgentCancel(seq=self._last + 1, call_id=call_id))

    def add_question(self, frame: wire.Ask) -> None:
        """Add a question for a person; it gets its number here."""
        self._add(frame.model_copy(update={"seq": self._last + 1}))

    def add_ask_closed(self, call_id: str) -> None:
        """Say that nobody waits any more for what becomes of a question."""
        self._add(wire.AskClosed(seq=self._last + 1, id=call_id))

    def add_prepared(self, frame: wire.Prepared) -> None:
        """Add how far a part of the workspace is; it gets its number here."""
        self._add(frame.model_copy(update={"seq": self._last + 1}))

    def add_entries(self, lines: list[str]) -> None:
        """Add session lines, as many frames as their size asks for."""
        batch: list[str] = []
        size = structure = 0
        for line in lines:
            length, parts = len(line.encode()), measure_structure(line)
            if batch and (size + length > BATCH_BYTES or structure + parts > MAX_STRUCTURE or len(batch) == MAX_LINES):
                self._add(wire.Entries(seq=self._last + 1, lines=batch))
                batch, size, structure = [], 0, 0
            batch.append(line)
            size += length
            structure += parts
        if batch:
            self._add(wire.Entries(seq=self._last + 1, lines=batch))

    def add_leave(self, reason: Literal["idle", "run_deadline", "shutdown", "done"]) -> None:
        """Add the wish to leave."""
        self._add(wire.Leave(seq=self._last + 1, reason=reason))

    def take(self, now: float) -> Frame | Wait:
        """Return the next frame for this connection, or how long there is none."""
        index = self._next - (self._last - len(self._frames)) - 1
        if index >= len(self._frames):
            return Wait(None)
        frame = self._frames[index]
        if isinstance(frame, wire.EventFrame) and isinstance(frame.event, wire.Text):
            pause = self._text_at + TEXT_PAUSE - now
            if pause > 0 and frame.seq == self._last:
                return Wait(pause)
            self._text_at = now
        self._next = frame.seq + 1
        self._sent = max(self._sent, frame.seq)
        return frame

    def ack(self, seq: int) -> None:
        """Forget what the gateway has committed."""
        while self._frames and self._frames[0].seq <= seq:
            self._bytes -= _size(self._frames.popleft())
        self.acked = max(self.acked, min(seq, self._last))
        self._next = max(self._next, self.acked + 1)

    def rewind(self) -> None:
        """Give a new connection everything that is not acknowledged."""
        self._next = self.acked + 1

    def _add(self, frame: Frame) -> None:
        self._last = frame.seq
        self._frames.append(frame)
        self._bytes += _size(frame)
        self.on_added()


def _merge(last: wire.EventFrame, turn: int, event: wire.Text) -> wire.EventFrame | None:
    old = last.event
    if not isinstance(old, wire.Text) or (last.turn, old.message) != (turn, event.message):
        return None
    if old.offset + len(old.text) != event.offset or len(old.text) + len(event.text) > MERGED:
        return None
    text = wire.Text(message=old.message, offset=old.offset, text=old.text + event.text)
    return wire.EventFrame(seq=last.seq, turn=turn, event=text)


def _size(frame: Frame) -> int:
    if isinstance(frame, wire.Entries):
        return OVERHEAD + sum(map(len, frame.lines))
    if isinstance(frame, wire.SubAgentAsk):
        return OVERHEAD + len(frame.task)
    if isinstance(frame, wire.Ask):
        return OVERHEAD + len(frame.text)
    if isinstance(frame, wire.EventFrame) and isinstance(frame.event, wire.Text | wire.MessageDone):
        return OVERHEAD + len(frame.event.text)
    return OVERHEAD
