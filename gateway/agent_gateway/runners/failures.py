"""How the end of a turn reads that did not go well, or not wholly. Pure."""

from __future__ import annotations

from datetime import datetime

from agent_contract import wire
from agent_gateway.models.meaning import read_error
from agent_gateway.models.refusals import UNPRICED, read_spent
from agent_gateway.render.fences import close_code
from agent_gateway.render.foreign import OWN, clean_said
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Turn
from agent_gateway.wording import keys
from agent_gateway.wording.again import BUDGET, LENGTH, build_buttons
from agent_gateway.wording.budgets import spent_text, unpriced_text
from agent_gateway.wording.provider import build_new, provider_text
from agent_gateway.wording.texts import failure_text
from agent_gateway.wording.tools import hide
from agent_gateway.wording.worktime import Done, timeout_text


def describe_settled(
    turn: Turn, event: wire.TurnSettled, text: str
) -> tuple[str, str | None, tuple[Button, ...]]:  # fmt: skip
    """Return an answer with what is to be known of it, the reason of its turn, and the buttons that help.

    Args:
        turn: Which.
        event: What its runner tells.
        text: The answer.
    """
    notes = []
    if event.pictures > 0:
        notes.append(keys.pictures_left_out(turn.language, count=event.pictures))
    if event.fallback:
        notes.append(keys.fallback_answered(turn.language, model=clean_said(hide(event.fallback))))
    if event.finish == "length":
        notes.append(keys.answer_was_cut(turn.language))
    reason = LENGTH if event.finish == "length" else None
    text = f"{close_code(text).rstrip()}\n\n{OWN} {' '.join(notes)}" if notes else text
    return text, reason, build_buttons(turn.language, turn.id, reason) if reason is not None else ()


def describe_failure(
    turn: Turn, event: wire.Failed, done: Done, now: datetime, *, admin: bool
) -> tuple[str, tuple[Button, ...]]:
    """Return why a turn failed, and the buttons that help.

    Args:
        turn: Which.
        event: What its runner tells.
        done: What it had done.
        now: By the wall clock.
        admin: Whoever asked is an administrator.
    """
    buttons = build_buttons(turn.language, turn.id, event.reason)
    match event.reason:
        case "timeout":
            return timeout_text(turn.language, event.limit, event.seconds, done), buttons
        case "provider":
            budget = _describe_budget(turn, event, admin=admin)
            if budget is not None:
                return budget, build_buttons(turn.language, turn.id, BUDGET)
            error = read_error(clean_said(event.error), event.status)
            text = provider_text(turn.language, error, now, admin=admin)
            return text, (*build_new(turn.language, turn.id, error), *buttons)
        case _:
            return failure_text(turn.language, event.reason, event.error), buttons


def find_reason(event: wire.Failed) -> str:
    """Return why a turn ended: as its runner tells, but for a budget that was used up."""
    over = event.reason == "provider" and (read_spent(event.error) is not None or UNPRICED in event.error)
    return BUDGET if over else event.reason


def _describe_budget(turn: Turn, event: wire.Failed, *, admin: bool) -> str | None:
    spent = read_spent(event.error)
    if spent is not None:
        return spent_text(turn.language, spent, admin=admin)
    return unpriced_text(turn.language, admin=admin) if UNPRICED in event.error else None
