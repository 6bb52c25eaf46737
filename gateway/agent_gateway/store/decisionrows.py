"""Questions for people as the rest of the gateway sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from agent_contract.approvals import Approvers
from agent_gateway.store.rows import Address


class DecisionState(StrEnum):
    """asked -> answered | expired | withdrawn."""

    ASKED = "asked"
    ANSWERED = "answered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class DecisionKind(StrEnum):
    """What is asked. The first five are asked by an agent, the last three by nobody's agent."""

    QUESTION = "question"
    SELECT = "select"
    CONFIRM = "confirm"
    INPUT = "input"
    APPROVAL = "approval"
    PLAN = "plan"
    """What is to become of a plan."""
    BUDGET = "budget"
    """Whether a limit is to be raised that is nearly reached."""
    CHANGE = "change"
    """What is to be another in a plan."""
    PUSH = "push"
    """Whether a push goes on; asked by git rather than by a runner."""


ONCE, ALWAYS, DENY = 0, 1, 2
"""The buttons of an approval."""
YES = 0
"""The first button of a confirm."""


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A question that an agent asks.

    Attributes:
        thread_id: Whose agent asks.
        run: Its run.
        call_id: Which of the run's calls.
        turn_id: The turn that waits for it.
        address: The chat that it is asked in.
        asker_id: Whose message is being answered.
        kind: What is asked.
        text: The question as its message shows it, in Markdown.
        options: The words of its buttons.
        free_text: An answer may be written.
        rule: Of an approval: what "for this conversation" allows.
        approvers: Who decides in a group.
        language: Of the person who asked.
        seconds: How long it waits.
        reply_to: The message that it answers.
    """

    thread_id: int
    run: int
    call_id: str
    turn_id: int
    address: Address
    asker_id: int | None
    kind: DecisionKind
    text: str
    options: tuple[str, ...]
    free_text: bool
    rule: str | None
    approvers: Approvers
    language: str
    seconds: int
    reply_to: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A question and what became of it; `message_ids` and `expired` are known where the query reads them."""

    id: int
    thread_id: int
    run: int | None
    call_id: str | None
    turn_id: int
    address: Address
    asker_id: int | None
    kind: DecisionKind
    text: str
    options: tuple[str, ...]
    free_text: bool
    rule: str | None
    approvers: Approvers
    language: str
    state: DecisionState
    choice: int | None
    answer: str | None
    decided_by: int | None
    decided_name: str | None
    expires_at: datetime
    message_ids: tuple[int, ...] = ()
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A question that is over, whose message does not say so.

    Attributes:
        decision: It, with the messages that it stands in.
        outbox_id: The row that said it; None where there is none.
        sending: That row's state.
        attempts: How often that was tried.
        ended_ids: The messages that say what became of it: of a question that was sent twice, the one that was pressed.
    """

    decision: Decision
    outbox_id: int | None
    sending: str
    attempts: int
    ended_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person decides.

    Attributes:
        person_id: Who.
        name: As the chat calls them.
        choice: Which button; None for written words.
        text: The words of the button, or what was written.
    """

    person_id: int
    name: str
    choice: int | None
    text: str


def build_decision(row: Mapping[str, Any]) -> Decision:
    """Make a Decision of a row."""
    return Decision(
        id=row["id"],
        thread_id=row["thread_id"],
        run=row["run"],
        call_id=row["call_id"],
        turn_id=row["turn_id"],
        address=Address(row["bot_id"], row["chat_id"], row["topic_id"]),
        asker_id=row["asker_id"],
        kind=DecisionKind(row["kind"]),
        text=row["text"],
        options=tuple(json.loads(row["options"])),
        free_text=row["free_text"],
        rule=row["rule"],
        approvers=row["approvers"],
        language=row["language"],
        state=DecisionState(row["state"]),
        choice=row["choice"],
        answer=row["answer"],
        decided_by=row["decided_by"],
        decided_name=row["decided_name"],
        expires_at=row["expires_at"],
        message_ids=tuple(row.get("message_ids", ())),
        expired=row.get("expired", False),
    )
