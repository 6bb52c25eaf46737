"""What the previews of one chat show and should show: pure decisions over desired and shown state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from telegramify_markdown import utf16_len

from agent_gateway.render.longanswer import MOST_CHUNKS
from agent_gateway.render.render import MAX_ENTITIES, MAX_UNITS, Chunk, compute_hash, render_partial, with_buttons
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.budget import Kind
from agent_gateway.telegram.ports import Entity
from agent_gateway.wording.stop import build_button
from agent_gateway.wording.subagents import ChildLine
from agent_gateway.wording.texts import GOES_ON

EDIT_SECONDS = 2.0
"""At most one call in so many seconds and chat, the first visible text of a turn and its first sub-agent excepted."""
DRAFT_SECONDS = 15.0
"""How long an answer is shown as a draft; Telegram forgets one after thirty."""
SMALL_STEP = 40
"""Characters that are not worth a call of their own where calls are scarce."""
_PATIENCE = 3
"""A small step is shown all the same after so many intervals."""
PREVIEWED = 12_000
"""Code points of an answer that are previewed: of what is longer a file comes at its end, and no message would stay."""
MAX_BUTTONS = 50
"""Under one message; Telegram refuses a hundred and more."""


@dataclass(frozen=True, slots=True)
class Call:
    """Make message number `index` of a turn show `chunk`: an edit, or a send where there is no message yet."""

    turn_id: int
    index: int
    message_id: int | None
    chunk: Chunk
    superfluous: bool = False
    """There is one message too many: it goes away instead."""
    draft: bool = False
    """It is shown as a draft: no message of it stands afterwards."""


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
    tools: tuple[str, ...] = ()
    stoppable: bool = False
    """The turn waits or runs, so that a button stops it."""
    children: tuple[ChildLine, ...] = ()
    answered: bool = False
    """Some of the answer's own text has been shown."""
    listed: bool = False
    """Some of the sub-agents have been shown."""
    dirty: bool = False
    plain: bool = False
    silent: bool = False
    """Nothing more is previewed: the final will say it."""
    saved: int = 0
    """How many of `ids` are stored."""
    touched: float = 0.0
    drafts: bool = False
    """Its first words may be shown as a draft."""
    drafted: str = ""
    """Hash of the draft that is shown."""
    draft_until: float = 0.0
    """When a message takes the place of the draft: that stays, and has the button that stops the turn."""
    shown_size: int = 0
    """Characters of the answer when it was last shown."""
    rendered: tuple[str, bool, list[Chunk]] = ("", False, [])
    """The messages of the answer's text as last rendered, and what of: that takes long, and a long answer changes no more."""

    @property
    def urgent(self) -> bool:
        """Tell whether this would be the first to be seen at all, of the answer, or of its sub-agents."""
        first_text = bool(self.text.strip()) and not self.answered
        return first_text or (bool(self.children) and not self.listed) or not (self.ids or self.drafted)

    def compute_chunks(self) -> list[Chunk]:
        """Return the messages that should be seen now."""
        chunks = self._render_text() if self.text.strip() else render_partial(self.waiting or "", "plain")
        if len(self.text) > PREVIEWED:
            chunks = _add_block(chunks, [GOES_ON])
        answering = bool(self.text.strip() or self.tools)
        chunks = _add_block(chunks, self.tools)
        if self.activity and answering and chunks:
            chunks[-1] = _add_line(chunks[-1], self.activity)
        chunks = _add_block(chunks, [line.text for line in self.children])
        return with_buttons(chunks, self._compute_buttons()) if chunks else []

    def _render_text(self) -> list[Chunk]:
        text = self.text[:PREVIEWED]
        if self.rendered[:2] != (text, self.plain):
            chunks = render_partial(text, "plain" if self.plain else "markdown", most=MOST_CHUNKS)
            self.rendered = text, self.plain, chunks
        return list(self.rendered[2])

    def _compute_buttons(self) -> list[Button]:
        """Return a button for each sub-agent that may be cancelled, and the one that stops the turn."""
        cancels = [line.button for line in self.children if line.button is not None][: MAX_BUTTONS - 1]
        return [*cancels, build_button(self.turn_id)] if self.stoppable else cancels

    @property
    def small_step(self) -> bool:
        """Tell whether next to nothing has been added since it was last shown."""
        return 0 <= len(self.text) - self.shown_size < SMALL_STEP and not self.waiting

    def compute_call(self, now: float = 0.0) -> Call | None:
        """Return the first difference between what should be seen and what is; None if there is none."""
        chunks = self.compute_chunks()
        if self._is_draft(chunks, now):
            text, entities = chunks[0].text, chunks[0].entities
            draft = Chunk(text, entities, compute_hash(text, entities))
            return None if draft.hash == self.drafted else Call(self.turn_id, 0, None, draft, draft=True)
        for index, chunk in enumerate(chunks):
            if index >= len(self.ids):
                return Call(self.turn_id, index, None, chunk)
            if self.shown[index] != chunk.hash:
                return Call(self.turn_id, index, self.ids[index], chunk)
        if chunks and len(self.ids) > len(chunks):
            return Call(self.turn_id, len(self.ids) - 1, self.ids[-1], chunks[-1], superfluous=True)
        return None

    def _is_draft(self, chunks: Sequence[Chunk], now: float) -> bool:
        """Tell whether a draft will do: plain words, not many, and not for long."""
        plain = bool(self.text.strip()) and not (self.tools or self.children)
        fresh = not self.drafted or now < self.draft_until
        return self.drafts and not self.ids and plain and len(chunks) == 1 and fresh

    def list_tools(self, lines: Sequence[str]) -> None:
        """Set the tools to be seen; the first of them shows that nothing is waited for any more."""
        if not self.tools and lines:
            self.waiting = None
        self.tools = tuple(lines)

    def list_children(self, lines: Sequence[ChildLine]) -> None:
        """Set the sub-agents to be seen; the first of them shows that nothing is waited for any more."""
        if not self.children:
            self.waiting = None
        self.children, self.dirty = tuple(lines), True


@dataclass(slots=True)
class ChatPreviews:
    """All turns of a chat that are being answered: they share its budget."""

    interval: float = EDIT_SECONDS
    thrifty: bool = False
    """Calls are scarce here: what adds next to nothing waits longer."""
    turns: dict[int, TurnPreview] = field(default_factory=dict)
    next_at: float = 0.0

    def decide(self, now: float, wait: Callable[[Kind], float] = lambda _: 0.0) -> Call | float | None:
        """Return the call to make now, or when to ask again, or None for "when something changes".

        Args:
            now: Monotonic seconds.
            wait: Returns the seconds until the chat's budget has room for a call of this kind.
        """
        due: list[float] = []
        for turn in sorted(self.turns.values(), key=lambda t: (not t.urgent, t.touched)):
            if turn.silent:
                continue
            if turn.drafted and not turn.ids:
                if now >= turn.draft_until:
                    turn.dirty = True
                else:
                    due.append(turn.draft_until)
            if not turn.dirty:
                continue
            at = self._compute_time(turn, now, wait)
            if at > now:
                due.append(at)
                continue
            call = turn.compute_call(now)
            if call is not None:
                return call
            turn.dirty = False
        return min(due, default=None)

    def _compute_time(self, turn: TurnPreview, now: float, wait: Callable[[Kind], float]) -> float:
        if turn.urgent:
            return now + wait(Kind.FIRST)
        at = max(self.next_at, now + wait(Kind.PREVIEW))
        if self.thrifty and turn.small_step:
            return max(at, turn.touched + _PATIENCE * self.interval)
        return at

    def shown(self, call: Call, message_id: int, now: float) -> None:
        """Note that a call succeeded."""
        turn = self.turns.get(call.turn_id)
        self.next_at = now + self.interval
        if turn is None:
            return
        if call.draft:
            turn.draft_until = turn.draft_until or now + DRAFT_SECONDS
            turn.drafted = call.chunk.hash
        elif call.superfluous:
            del turn.ids[call.index], turn.shown[call.index]
        elif call.index < len(turn.ids):
            turn.ids[call.index] = message_id
            turn.shown[call.index] = call.chunk.hash
        else:
            turn.ids.append(message_id)
            turn.shown.append(call.chunk.hash)
        turn.touched = now
        turn.shown_size = len(turn.text)
        turn.answered = turn.answered or bool(turn.text.strip())
        turn.listed = turn.listed or bool(turn.children)


def restore(turn: TurnPreview, messages: Sequence[str], message_ids: Sequence[int]) -> None:
    """Take up what an earlier process had shown: its messages are edited, not sent anew."""
    turn.ids = list(message_ids)
    turn.shown = [""] * len(turn.ids)
    turn.saved = len(turn.ids)
    turn.text = "\n\n".join(text for text in messages if text.strip())
    turn.answered = bool(turn.ids and turn.text)
    turn.dirty = bool(turn.text)


def _add_block(chunks: list[Chunk], lines: Sequence[str]) -> list[Chunk]:
    """Return the messages with plain lines behind them, in one of their own where they do not fit."""
    if not lines:
        return chunks
    block = render_partial("\n".join(lines), "plain")
    if chunks and len(block) == 1:
        text = f"{chunks[-1].text}\n\n{block[0].text}"
        if utf16_len(text) <= MAX_UNITS:
            last = chunks[-1]
            return [*chunks[:-1], replace(last, text=text, hash=compute_hash(text, last.entities))]
    return [*chunks, *block]


def _add_line(chunk: Chunk, line: str) -> Chunk:
    """Return the message with a line behind it in italics, or as it is where that would be too long."""
    text = f"{chunk.text}\n\n{line}"
    if utf16_len(text) > MAX_UNITS or len(chunk.entities) >= MAX_ENTITIES:
        return chunk
    start = utf16_len(chunk.text) + 2
    entities = (*chunk.entities, Entity("italic", start, utf16_len(line)))
    return Chunk(text, entities, compute_hash(text, entities))
