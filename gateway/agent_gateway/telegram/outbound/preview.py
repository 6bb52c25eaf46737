"""What the previews of one chat show and should show: pure decisions over desired and shown state.

A turn has one preview: a silent message, or in a private chat a draft for as long as it lasts. It never grows beyond
one message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_gateway.render.foreign import OWN
from agent_gateway.render.partial import PREVIEWED
from agent_gateway.render.render import Chunk, with_buttons
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.below import add_block, add_line, plain
from agent_gateway.telegram.outbound.budget import Kind
from agent_gateway.telegram.outbound.previewing import Call, Render
from agent_gateway.wording import keys
from agent_gateway.wording.say import SOURCE
from agent_gateway.wording.stop import build_button
from agent_gateway.wording.subagents import ChildLine

EDIT_SECONDS: Final = 2.0
"""At most one call in so many seconds and chat, the first visible text of a turn and its first sub-agent excepted."""
DRAFT_SECONDS: Final = 1.25
"""At most one draft in so many seconds and chat, a turn's first text excepted: Telegram takes 20 in five seconds and 40 in thirty
of a person."""
WORKING_SECONDS: Final = 1.0
"""A turn whose agent has it now is not said to be worked on before: its first text may come, and would wait for that call."""
RENEW_SECONDS: Final = 20.0
"""After which a draft that did not change is shown again: Telegram forgets one after thirty."""
THINKING_SECONDS: Final = 1.0
"""After which a turn of which nothing is known yet is shown to be thought about, with the client's Stop."""
RENDER_SECONDS: Final = 0.25
"""At most one state of a text in so many seconds and turn is rendered."""
SMALL_STEP: Final = 40
"""Characters that are not worth a call of their own where calls are scarce."""
_PATIENCE: Final = 3
"""A small step is shown all the same after so many intervals."""
MAX_BUTTONS: Final = 50
"""Under one message; Telegram refuses a hundred and more."""


@dataclass(slots=True)
class TurnPreview:
    """One turn: what should be seen of it, and what is."""

    turn_id: int
    address: Address
    reply_to: int | None
    language: str = SOURCE
    """Of whoever asked."""
    opened_at: float = 0.0
    ids: list[int] = field(default_factory=list)
    """The message that stands; more of them only where an earlier release left them."""
    shown: str = ""
    """Hash of what it shows."""
    text: str = ""
    activity: str | None = None
    waiting: str | None = None
    quiet_until: float = 0.0
    """What it waits for is not shown before."""
    tools: tuple[str, ...] = ()
    stoppable: bool = False
    """The turn waits or runs, so that a button stops it."""
    children: tuple[ChildLine, ...] = ()
    answered: bool = False
    """Some of the agent's own text has been shown."""
    listed: bool = False
    """Some of the sub-agents have been shown."""
    dirty: bool = False
    plain: bool = False
    silent: bool = False
    """Nothing more is previewed: the final will say it."""
    early: bool = False
    """Its message was sent while it waited."""
    outdated: bool = False
    """It has begun, and something was said below a message from before that: it goes on in a new one."""
    held_until: float = 0.0
    """An answer is about to be said in its topic: nothing new is shown before."""
    touched: float = 0.0
    drafts: bool = False
    """It may be shown as a draft."""
    drafted: str | None = None
    """Hash of the draft that is shown."""
    drafted_at: float = 0.0
    shown_size: int = 0
    """Characters of the text when it was last shown."""
    rendered: tuple[str, bool, list[Chunk]] = ("", False, [])
    """The text as last rendered, and what of: that takes long."""
    rendered_at: float = -RENDER_SECONDS
    prepared: bool = False
    """What was rendered last is still to be shown, whatever was said since."""

    @property
    def begins(self) -> bool:
        """Tell whether its first text is yet to be seen."""
        return bool(self.text.strip()) and not self.answered

    @property
    def urgent(self) -> bool:
        """Tell whether this would be the first to be seen at all, of the text, or of its sub-agents."""
        return self.begins or (bool(self.children) and not self.listed) or not (self.ids or self.drafted is not None)

    def compute_chunk(self) -> Chunk | None:
        """Return the message that should be seen now."""
        chunk = self._show_text() if self.text.strip() else plain(self.waiting or "")
        chunk = add_block(chunk, self.tools)
        if self.activity and chunk is not None and (self.text.strip() or self.tools):
            chunk = add_line(chunk, self.activity)
        return add_block(chunk, [line.text for line in self.children])

    def find_unrendered(self) -> Render | None:
        """Return what is to be rendered before anything is shown; None where what was rendered is to be shown."""
        text = self.text[:PREVIEWED]
        if self.prepared or not text.strip() or self.rendered[:2] == (text, self.plain):
            return None
        return Render(self.turn_id, text, self.plain)

    def take_rendered(self, what: Render, chunks: list[Chunk], now: float) -> None:
        """Take what was rendered; it is shown next."""
        self.rendered, self.rendered_at, self.prepared = (what.text, what.plain, chunks), now, True
        self.plain = what.plain

    def _show_text(self) -> Chunk | None:
        chunks = self.rendered[2]
        if len(chunks) > 1 or (chunks and len(self.text) > PREVIEWED):
            return add_block(chunks[0], [f"{OWN} {keys.still_writing(self.language)}"])
        return chunks[0] if chunks else None

    def _compute_buttons(self) -> list[Button]:
        """Return a button for each sub-agent that may be cancelled, and the one that stops the turn."""
        cancels = [line.button for line in self.children if line.button is not None][: MAX_BUTTONS - 1]
        return [*cancels, build_button(self.language, self.turn_id)] if self.stoppable else cancels

    @property
    def small_step(self) -> bool:
        """Tell whether next to nothing has been added since it was last shown."""
        return 0 <= len(self.text) - self.shown_size < SMALL_STEP and not self.waiting

    def compute_call(self, *, draft: bool) -> Call | None:
        """Return the first difference between what should be seen and what is; None if there is none."""
        chunk = self.compute_chunk()
        if draft:
            return self._compute_draft(chunk)
        if chunk is None:
            return None
        (chunk,) = with_buttons([chunk], self._compute_buttons())
        if len(self.ids) > 1 or (self.ids and self.outdated):
            return Call(self.turn_id, self.ids[-1], chunk, superfluous=True)
        if not self.ids:
            return Call(self.turn_id, None, chunk)
        return Call(self.turn_id, self.ids[0], chunk) if self.shown != chunk.hash else None

    def _compute_draft(self, chunk: Chunk | None) -> Call | None:
        shown = chunk or Chunk("", (), "thinking")
        return Call(self.turn_id, None, shown, draft=True) if shown.hash != self.drafted else None

    def note_newest(self, message_id: int | None) -> None:
        """Take notice of the newest message of its topic; None where that is not known."""
        begun = bool(self.text.strip() or self.tools or self.children)
        if self.early and begun and self.ids and message_id not in {None, self.ids[-1]}:
            self.outdated = True

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


@dataclass(frozen=True, slots=True)
class Room:
    """Seconds until calls of a chat may be made."""

    message: Callable[[Kind], float] = lambda _: 0.0
    draft: Callable[[], float] = lambda: 0.0


@dataclass(slots=True)
class ChatPreviews:
    """All turns of a chat that are being answered: they share its budget."""

    interval: float = EDIT_SECONDS
    thrifty: bool = False
    """Calls are scarce here: what adds next to nothing waits longer."""
    turns: dict[int, TurnPreview] = field(default_factory=dict)
    next_at: float = 0.0
    next_draft_at: float = 0.0

    def decide(  # one line a case
        self, now: float, room: Room = Room()
    ) -> Call | Render | float | None:  # frozen
        """Return the call to make now, what to render before it, when to ask again, or None for "when something changes".

        `now` are monotonic seconds; `room` tells when the chat's budget has room.
        """
        due: list[float] = []
        for turn in sorted(self.turns.values(), key=lambda t: (not t.urgent, t.touched)):
            if turn.silent:
                continue
            if turn.held_until > now and (not turn.ids or turn.outdated):
                due.append(turn.held_until)
                continue
            draft = self._is_draft(turn)
            if draft:
                due += self._renew(turn, now)
            if not turn.dirty:
                continue
            if turn.quiet_until > now and not (turn.text.strip() or turn.tools or turn.children):
                due.append(turn.quiet_until)
                continue
            drafted = max(0.0 if turn.begins else self.next_draft_at, now + room.draft())
            at = drafted if draft else self._compute_time(turn, now, room.message)
            if at > now:
                due.append(at)
                continue
            unrendered = turn.find_unrendered()
            if unrendered is not None and turn.rendered_at + RENDER_SECONDS > now:
                due.append(turn.rendered_at + RENDER_SECONDS)
                continue
            if unrendered is not None:
                return unrendered
            call = turn.compute_call(draft=draft)
            turn.prepared = False
            if call is not None:
                return call
            turn.dirty = turn.find_unrendered() is not None
        return min(due, default=None)

    def _is_draft(self, turn: TurnPreview) -> bool:
        """Tell whether a turn is shown as a draft: a sub-agent's button, and a message that stands, need a message.

        One that waits behind another of its conversation has a message too: a draft would stand beside the other's.
        """
        if not turn.drafts or turn.ids or turn.children:
            return False
        others = (other for other in self.turns.values() if other.address == turn.address)
        return all(other.turn_id >= turn.turn_id for other in others)

    def _renew(self, turn: TurnPreview, now: float) -> list[float]:
        """Let a draft that Telegram is about to forget be shown again; return when that is to be looked at."""
        shown = turn.drafted is not None
        at = turn.drafted_at + RENEW_SECONDS if shown else turn.opened_at + THINKING_SECONDS
        if now < at:
            return [at]
        turn.drafted, turn.dirty = None, True
        return []

    def _compute_time(self, turn: TurnPreview, now: float, wait: Callable[[Kind], float]) -> float:
        if turn.urgent:
            return now + wait(Kind.FIRST)
        at = max(self.next_at, now + wait(Kind.PREVIEW))
        if self.thrifty and turn.small_step:
            return max(at, turn.touched + _PATIENCE * self.interval)
        return at

    def shown(self, call: Call, message_id: int, now: float) -> bool:
        """Note that a call succeeded; say whether it showed a turn's first words."""
        turn = self.turns.get(call.turn_id)
        if call.draft:
            self.next_draft_at = now + DRAFT_SECONDS
        else:
            self.next_at = now + self.interval
        if turn is None:
            return False
        if call.draft:
            turn.drafted, turn.drafted_at = call.chunk.hash, now
        elif call.superfluous:
            turn.ids.pop()
            turn.outdated = turn.outdated and bool(turn.ids)
        else:
            if call.message_id is None:
                turn.early = not (turn.text.strip() or turn.tools or turn.children)
            turn.ids, turn.shown = [message_id], call.chunk.hash
        turn.touched = now
        turn.shown_size = len(turn.text)
        before, turn.answered = turn.answered, turn.answered or bool(turn.text.strip())
        turn.listed = turn.listed or bool(turn.children)
        return turn.answered and not before


def restore(turn: TurnPreview, text: str, message_ids: Sequence[int]) -> None:
    """Take up what an earlier process had shown: its message is edited, not sent anew."""
    turn.ids = list(message_ids)
    turn.text = text
    turn.answered = bool(turn.ids and turn.text)
    turn.dirty = bool(turn.text)
