"""What the console tells of conversations, as plain JSON; pure. A text goes in pieces of bounded size."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent_gateway.store.console import ConsoleMessage, ConsoleTurn, Ended, Question
from agent_gateway.store.rows import Run, Turn
from agent_gateway.store.threads import ThreadFacts

PIECE: Final = 65_536
"""Characters of answers that one answer of the console bears; the caller asks for the rest."""


@dataclass(frozen=True, slots=True)
class Had:
    """How much of a turn's text a caller has: so many characters, and their CRC-32 as UTF-8."""

    turn: int = 0
    length: int = 0
    crc: int = 0

    def covers(self, turn: int, text: str) -> bool:
        """Say whether that is how a text begins."""
        if turn != self.turn or not 0 < self.length <= len(text):
            return False
        return zlib.crc32(text[: self.length].encode(errors="replace")) == self.crc


def dump_turns(turns: Sequence[ConsoleTurn], had: Had) -> list[dict[str, Any]]:
    """Return turns, oldest first, each with the next piece of its answer."""
    left, told = PIECE, []
    for turn in turns:
        text = "\n\n".join(part.strip("\n") for part in turn.texts if part.strip())
        at = had.length if had.covers(turn.id, text) else 0
        piece = text[at : at + left]
        left -= len(piece)
        told.append({
            "id": turn.id, "state": turn.state.value, "reason": turn.reason, "run": turn.run, "person": turn.person,
            "askedAt": _show(turn.created_at), "startedAt": _show(turn.started_at), "endedAt": _show(turn.ended_at),
            "tools": turn.tools, "at": at, "text": piece, "length": len(text),
        })  # fmt: skip
    return told


def dump_messages(messages: Sequence[ConsoleMessage]) -> list[dict[str, Any]]:
    """Return what was said, oldest first."""
    return [
        {
            "id": one.id, "at": _show(one.at), "role": one.role, "turn": one.turn_id, "text": one.text,
            "personId": one.person_id, "person": one.person, "undone": one.undone,
        }
        for one in messages
    ]  # fmt: skip


def dump_facts(
    facts: ThreadFacts, queued: int, slots: tuple[int, int], asked: Sequence[Question], last: Ended | None
) -> dict[str, Any]:
    """Return what the gateway knows of why a message waits.

    Args:
        facts: Of the conversation.
        queued: Messages that wait.
        slots: Runs that are open, and how many may be.
        asked: What people are asked.
        last: How the turn that ended last did.
    """
    return {
        "now": _show(facts.now),
        "venue": facts.thread.venue.value,
        "running": _dump_turn(facts.running),
        "waiting": _dump_turn(facts.waiting),
        "queued": queued,
        "run": _dump_run(facts.run),
        "lastRun": _dump_run(facts.last),
        "slots": {"open": slots[0], "most": slots[1]},
        "asked": [{"kind": one.kind, "until": _show(one.expires_at)} for one in asked],
        "last": None
        if last is None
        else {"state": last.state.value, "reason": last.reason, "at": _show(last.ended_at)},
    }


def _dump_turn(turn: Turn | None) -> Mapping[str, Any] | None:
    if turn is None:
        return None
    return {
        "id": turn.id, "state": turn.state.value, "askedAt": _show(turn.created_at), "startedAt": _show(turn.started_at),
        "attempts": turn.attempts, "stopAsked": turn.stop_asked, "readyAt": _show(turn.ready_at),
    }  # fmt: skip


def _dump_run(run: Run | None) -> Mapping[str, Any] | None:
    if run is None:
        return None
    return {
        "number": run.number, "state": run.state.value, "wantedAt": _show(run.wanted_at), "readyAt": _show(run.ready_at),
        "seenAt": _show(run.seen_at), "endedAt": _show(run.ended_at), "reason": run.reason, "message": run.message,
        "stop": run.stop, "attempts": run.attempts, "nextAt": _show(run.next_at),
    }  # fmt: skip


def _show(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
