"""Questions for people that wait for their answers. They outlive connections, and end with the call that asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agent_contract import wire
from agent_contract.decisions import MAX_OPTION, MAX_OPTIONS, MAX_QUESTION
from agent_contract.text import clean
from agent_runner.ids import build_id
from agent_runner.logs import Log
from agent_runner.outbox import Outbox

MOST_OPEN: Final = 8
"""Questions that one runner waits for at once; a further one is refused."""
NOBODY: Final = "Nobody can be asked now: the gateway of this agent takes no questions."
TOO_MANY: Final = f"{MOST_OPEN} questions wait for an answer already."


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as in `wire.Ask`. Longer texts are cut there; `options` has at most `MAX_OPTIONS`."""

    kind: Literal["question", "select", "confirm", "input", "approval"]
    text: str
    options: tuple[str, ...] = ()
    tool: str = ""
    rule: str = ""
    free_text: bool = False
    seconds: int | None = None


class Asks:
    """Asks people through the gateway.

    Args:
        outbox: Where questions go.
        on_waiting: Told when the first of the open questions begins to wait, and when none waits any more.
        log: Tells which questions there were, never what they asked.
    """

    def __init__(self, outbox: Outbox, on_waiting: Callable[[bool], None], log: Log) -> None:
        self._outbox = outbox
        self.on_waiting = on_waiting
        self._log = log
        self._open: dict[str, asyncio.Future[wire.Decision]] = {}
        self._able = False

    async def ask(self, turn: int, question: Question) -> wire.Decision:
        """Ask, and wait for what becomes of it; who is cancelled meanwhile takes the question back."""
        call_id = build_id()
        if not self._able:
            return wire.Decision(id=call_id, outcome="refused", text=NOBODY)
        if len(self._open) >= MOST_OPEN:
            return wire.Decision(id=call_id, outcome="refused", text=TOO_MANY)
        waiting: asyncio.Future[wire.Decision] = asyncio.get_running_loop().create_future()
        self._open[call_id] = waiting
        self._note()
        frame = build_frame(turn, call_id, question)
        self._outbox.add_question(frame)
        self._log.info("person_asked", question=call_id, turn=turn, kind=question.kind)
        outcome = "abandoned"
        try:
            decision = await waiting
            outcome = decision.outcome
            return decision
        finally:
            del self._open[call_id]
            self._outbox.add_ask_closed(call_id)
            self._log.info("question_closed", question=call_id, outcome=outcome)
            self._note()

    def on_frame(self, frame: wire.Decision) -> None:
        """Pass on what was decided; what was passed on before, or is waited for by nobody, is old."""
        waiting = self._open.get(frame.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)

    def on_welcome(self, welcome: wire.Welcome) -> None:
        """Learn whether this gateway takes questions; one of an earlier release answers none that wait."""
        self._able = welcome.decisions
        if not self._able:
            for call_id in list(self._open):
                self.on_frame(wire.Decision(id=call_id, outcome="refused", text=NOBODY))

    def _note(self) -> None:
        """Tell of the first one that is open, and of the end of the last."""
        self.on_waiting(bool(self._open))


def build_frame(turn: int, call_id: str, question: Question) -> wire.Ask:
    """Build the frame of a question; the outbox gives it its number."""
    return wire.Ask(
        seq=0, turn=turn, id=call_id, kind=question.kind, text=clean(question.text, MAX_QUESTION),
        options=_cut_options(question.options), tool=question.tool, rule=question.rule,
        free_text=question.free_text, expire_seconds=question.seconds,
    )  # fmt: skip


def _cut_options(options: Sequence[str]) -> list[str]:
    return [clean(option, MAX_OPTION) or "?" for option in options[:MAX_OPTIONS]]
