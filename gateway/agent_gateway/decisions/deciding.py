"""Who may decide a question, and which one a message answers; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_gateway.store.decisionrows import Decision, DecisionKind, DecisionState


class Refusal(StrEnum):
    """Why a person does not decide."""

    ASKER = "asker"
    """Only who asked may."""
    ADMINISTRATORS = "administrators"
    """Only an administrator may."""
    LATE = "late"
    """Somebody has."""
    EXPIRED = "expired"
    """Its time is over."""
    WITHDRAWN = "withdrawn"
    """Nobody waits for it any more."""


OVER: Final = frozenset({Refusal.LATE, Refusal.EXPIRED, Refusal.WITHDRAWN})
"""After which nobody decides any more."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who wants to decide. Whether they may use the bot here is known before."""

    id: int
    admin: bool


def find_refusal(decision: Decision, person: Person) -> Refusal | None:
    """Return why a person may not decide a question now; None where they may."""
    match decision.state:
        case DecisionState.ANSWERED:
            return Refusal.LATE
        case DecisionState.EXPIRED:
            return Refusal.EXPIRED
        case DecisionState.WITHDRAWN:
            return Refusal.WITHDRAWN
        case DecisionState.ASKED:
            pass
    if decision.approvers == "Administrators" and not person.admin:
        return Refusal.ADMINISTRATORS
    known = decision.asker_id is not None
    if decision.approvers == "Asker" and known and person.id != decision.asker_id and not person.admin:
        return Refusal.ASKER
    return Refusal.EXPIRED if decision.expired else None


def find_answered(
    asked: Sequence[Decision],
    *,
    topic_id: int | None,
    reply_to: int | None,
    person_id: int,
    message_id: int,
    named: int | None = None,
) -> Decision | None:
    """Return the question that a written message answers, or None.

    A reply answers the question that it points at: an approval too, which it denies in words. A question that was sent
    twice stands in a message that nobody noted: its buttons name it. Any other message answers the oldest question that
    takes written words, of its conversation and of its writer's own asking, and that stood there when it was written:
    what was on its way meanwhile, nobody had read.

    Args:
        asked: What is asked in the chat, oldest first, with the messages that it stands in.
        topic_id: Where the message was written.
        reply_to: The message that it replies to.
        person_id: Who wrote it.
        message_id: The message. Telegram's numbers grow with time in a chat.
        named: The question that the buttons of the message it replies to belong to.
    """
    if reply_to is not None:
        return next(
            (one for one in asked if (reply_to in one.message_ids or one.id == named) and takes_words(one)), None
        )
    return next(
        (
            one
            for one in asked
            if one.free_text and one.address.topic_id == topic_id and one.asker_id in {person_id, None}
            and _was_read(one, message_id)
        ),
        None,
    )  # fmt: skip


def _was_read(decision: Decision, message_id: int) -> bool:
    """Say whether a question may have been read before a message was written; who pressed *Change* needs no question."""
    if decision.kind is DecisionKind.CHANGE:
        return True
    return bool(decision.message_ids) and decision.message_ids[0] < message_id


def takes_words(decision: Decision) -> bool:
    """Say whether a reply answers it."""
    return decision.free_text or decision.kind in {DecisionKind.APPROVAL, DecisionKind.PUSH}
