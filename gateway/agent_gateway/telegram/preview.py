"""What the previews of one chat show and should show: pure decisions over desired and shown state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from telegramify_markdown import utf16_len

from agent_gateway.store.rows import Address
from agent_gateway.telegram.ports import Entity
from agent_gateway.telegram.render import MAX_ENTITIES, MAX_UNITS, Chunk, compute_hash, render_partial

EDIT_SECONDS = 2.0
"""At most one call in so many seconds and chat, the first visible text of a turn excepted."""
LONGEST = 40_000
"""Code points of an answer that is previewed; what is longer is shown whole at its end."""


@dataclass(frozen=True, slots=True)
class Call:
    """Make message number `index` of a turn show `chunk`: an edit, or a send where there is no message yet."""

    turn_id: int
    index: int
    message_id: int | None
    chunk: Chunk


@dataclass(slots=True)
class TurnPreview:
    """One turn: what should be seen of it, and what is."""

    turn_id: int
    address: Address
    reply_to: int | None
    ids: list[int] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    text: str = ""
    activity: str | None = None
    waiting: str | None = None
    answered: bool = False
    """Some of the answer's own text has been shown."""
    dirty: bool = False
    plain: bool = False
    silent: bool = False
    """Nothing more is previewed: the final will say it."""
    saved: int = 0
    """How many of `ids` are stored."""
    touched: float = 0.0

    @property
    def urgent(self) -> bool:
        """Tell whether this would be the first text to be seen, or the first of the answer."""
        return (bool(self.text.strip()) and not self.answered) or not self.ids

    def compute_chunks(self) -> list[Chunk]:
        """Return the messages that should be seen now."""
        if not self.text.strip():
            return render_partial(self.waiting or "", "plain")
        if len(self.text) > LONGEST:
            return []
        chunks = render_partial(self.text, "plain" if self.plain else "markdown")
        if self.activity and chunks:
            chunks[-1] = _add_line(chunks[-1], self.activity)
        return chunks

    def compute_call(self) -> Call | None:
        """Return the first difference between what should be seen and what is; None if there is none."""
        for index, chunk in enumerate(self.compute_chunks()):
            if index >= len(self.ids):
                return Call(self.turn_id, index, None, chunk)
            if self.shown[index] != chunk.hash:
                return Call(self.turn_id, index, self.ids[index], chunk)
        return None


@dataclass(slots=True)
class ChatPreviews:
    """All turns of a chat that are being answered: they share its budget."""

    interval: float = EDIT_SECONDS
    turns: dict[int, TurnPreview] = field(default_factory=dict)
    next_at: float = 0.0

    def decide(self, now: float) -> Call | float | None:
        """Return the call to make now, or when to ask again, or None for "when something changes"."""
        due: float | None = None
        for turn in sorted(self.turns.values(), key=lambda t: (not t.urgent, t.touched)):
            if not turn.dirty or turn.silent:
                continue
            if not turn.urgent and now < self.next_at:
                due = self.next_at
                continue
            call = turn.compute_call()
            if call is not None:
                return call
            turn.dirty = False
        return due

    def shown(self, call: Call, message_id: int, now: float) -> None:
        """Note that a call succeeded."""
        turn = self.turns.get(call.turn_id)
        self.next_at = now + self.interval
        if turn is None:
            return
        if call.index < len(turn.ids):
            turn.ids[call.index] = message_id
            turn.shown[call.index] = call.chunk.hash
        else:
            turn.ids.append(message_id)
            turn.shown.append(call.chunk.hash)
        turn.touched = now
        turn.answered = turn.answered or bool(turn.text.strip())


def restore(turn: TurnPreview, messages: Sequence[str], message_ids: Sequence[int]) -> None:
    """Take up what an earlier process had shown: its messages are edited, not sent anew."""
    turn.ids = list(message_ids)
    turn.shown = [""] * len(turn.ids)
    turn.saved = len(turn.ids)
    turn.text = "\n\n".join(text for text in messages if text.strip())
    turn.answered = bool(turn.ids and turn.text)
    turn.dirty = bool(turn.text)


def _add_line(chunk: Chunk, line: str) -> Chunk:
    """Return the message with a line behind it in italics, or as it is where that would be too long."""
    text = f"{chunk.text}\n\n{line}"
    if utf16_len(text) > MAX_UNITS or len(chunk.entities) >= MAX_ENTITIES:
        return chunk
    start = utf16_len(chunk.text) + 2
    entities = (*chunk.entities, Entity("italic", start, utf16_len(line)))
    return Chunk(text, entities, compute_hash(text, entities))
