"""How conversations are, for `/status` and `/threads`: texts and buttons; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.wording import keys
from agent_gateway.wording.titles import show_title
from agent_gateway.wording.units import duration, number

PAGE: Final = 8
"""Conversations on a page of `/threads`."""
MOST_PAGES: Final = 25
_LONGEST_TITLE: Final = 48
"""Characters of a title in a list or on a button."""
_SUPERGROUP: Final = "-100"
_COLD: Final[Mapping[str, Callable[[str], str]]] = {
    "Starting": keys.status_cold_preparing,
    "ClassChanged": keys.status_cold_preparing,
    "OutOfHours": keys.status_cold_hours,
    "ToolServers": keys.status_cold_unfit,
}
"""What people are told of `status.run.cold`; of every other word, that none was ready."""
_DATA = re.compile(r"(tp|th|ts|tk):([0-9]{1,18})(?::([0-9]{1,2}))?")


class ThreadPress(StrEnum):
    """What a button of `/threads` asks for."""

    PAGE = "tp"
    DETAILS = "th"
    STOP = "ts"
    KILL = "tk"


class State(StrEnum):
    """How a conversation is, as people are told."""

    WORKING = "working"
    WAKING = "waking"
    WAITING = "waiting"
    READY = "ready"
    ASLEEP = "asleep"
    CLOSED = "closed"
    TOPIC_GONE = "topic-gone"
    CHAT_GONE = "chat-gone"


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One conversation in a list.

    Attributes:
        id: Of its thread.
        title: Of its topic or chat.
        state: How it is.
        seconds: How long its answer has been written.
        name: That of its AgentThread, for administrators.
        phase: What the operator says of its run, for administrators.
        run: That run's number.
        reason: Why it ended.
    """

    id: int
    title: str
    state: State
    seconds: float | None = None
    name: str = ""
    phase: str = ""
    run: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What is told of one conversation.

    Attributes:
        line: As in a list.
        model: The one that answers.
        next_model: The one of the next answer, where that is another.
        queued: Messages that wait.
        helpers: Sub-agents that are not at their end.
        message: What the operator says of its run.
        context: Tokens of the last prompt that the model was given.
        pod: The agent's.
        cold: Why its agent was none of those that stand ready, where such are asked for, in the resource's word.
    """

    line: ThreadLine
    model: str = ""
    next_model: str | None = None
    queued: int = 0
    helpers: int = 0
    message: str | None = None
    context: int | None = None
    pod: str | None = None
    cold: str | None = None


@dataclass(frozen=True, slots=True)
class Slots:
    """How many agents are at work, and may be."""

    active: int
    most: int


def status_text(language: str, facts: StatusFacts | None, slots: Slots | None = None) -> str:
    """Say how a conversation is, on one line, and why its agent had to start; what is for administrators alone stands below.

    Args:
        language: Of who reads it.
        facts: None: it has not begun.
        slots: For administrators; nobody else is told of pods and counts.
    """
    if facts is None:
        lines = [keys.status_unbegun(language)]
    else:
        model = keys.status_model(language, name=facts.model)
        if facts.next_model:
            model = keys.status_next_model(language, name=facts.model, next=facts.next_model)
        said = [
            state_text(language, facts.line),
            model if facts.model else "",
            keys.status_queued(language, count=facts.queued) if facts.queued else "",
            keys.status_helpers(language, count=facts.helpers) if facts.helpers else "",
        ]
        lines = [" · ".join(filter(None, said))]
        if facts.cold:
            lines.append(_COLD.get(facts.cold, keys.status_cold_none)(language))
    if slots is not None:
        lines += [
            *_admin_lines(language, facts),
            keys.status_slots(language, active=number(language, slots.active), most=number(language, slots.most)),
        ]
    return "\n".join(lines)


def _admin_lines(language: str, facts: StatusFacts | None) -> list[str]:
    if facts is None:
        return []
    lines = [_admin_line(facts.line) + (f", cold: {facts.cold}" if facts.cold else "")]
    if facts.message:
        lines.append(facts.message)
    if facts.context is not None:
        lines.append(keys.status_context(language, tokens=number(language, facts.context)))
    if facts.pod:
        lines.append(keys.status_pod(language, name=facts.pod))
    return lines


def _admin_line(line: ThreadLine) -> str:
    """Say it as the resource does, in its words: an administrator compares them with what kubectl shows."""
    run = "" if line.run is None else f", run {line.run}"
    return f"{line.name}: {line.phase}{run}{f', {line.reason}' if line.reason else ''}"


def state_text(language: str, line: ThreadLine) -> str:
    """Say how a conversation is in a few words."""
    match line.state:
        case State.WORKING:
            return keys.state_working(language, time=duration(language, line.seconds or 0))
        case State.WAKING:
            return keys.state_waking(language)
        case State.WAITING:
            return keys.state_waiting(language)
        case State.READY:
            return keys.state_ready(language)
        case State.ASLEEP:
            return keys.state_asleep(language)
        case State.CLOSED:
            return keys.state_closed(language)
        case State.TOPIC_GONE:
            return keys.state_topic_gone(language)
        case State.CHAT_GONE:
            return keys.state_chat_gone(language)


def list_text(language: str, lines: Sequence[ThreadLine], page: int, *, admin: bool) -> str:
    """List one page of conversations, a line each; administrators are told names and runs."""
    if not lines:
        return keys.threads_none(language)
    first = 1 + page * PAGE
    return "\n".join(
        [
            keys.threads_head(language),
            *(
                f"{number}. {_title(language, line)} · {state_text(language, line)}{f' · {_admin_line(line)}' if admin else ''}"
                for number, line in enumerate(lines, start=first)
            ),
        ]
    )


def build_list_buttons(language: str, lines: Sequence[ThreadLine], page: int, *, more: bool) -> tuple[Button, ...]:
    """Build a button for each conversation of a page, and those that turn pages."""
    first = 1 + page * PAGE
    entries = [
        Button(f"{number}. {_title(language, line)}", f"{ThreadPress.DETAILS}:{line.id}:{page}")
        for number, line in enumerate(lines, start=first)
    ]
    turns = []
    if page:
        turns.append(Button("◀", f"{ThreadPress.PAGE}:{page - 1}"))
    if more and page + 1 < MOST_PAGES:
        turns.append(Button("▶", f"{ThreadPress.PAGE}:{page + 1}", beside=bool(turns)))
    return (*entries, *turns)


def details_text(language: str, facts: StatusFacts, slots: Slots | None) -> str:
    """Say how one conversation of the list is."""
    return f"{_title(language, facts.line)}\n{status_text(language, facts, slots)}"


def build_details_buttons(language: str, facts: StatusFacts, page: int, link: str) -> tuple[Button, ...]:
    """Build what can be done with one conversation: open, stop, end it, and go back to its page."""
    thread_id, busy = facts.line.id, facts.line.state in {State.WORKING, State.WAKING, State.WAITING}
    row = [Button(keys.threads_button_open(language), url=link)] if link else []
    if busy or facts.queued:
        row.append(
            Button(keys.threads_button_stop(language), f"{ThreadPress.STOP}:{thread_id}:{page}", beside=bool(row))
        )
    if facts.line.state is not State.ASLEEP or facts.queued or facts.helpers:
        row.append(
            Button(keys.threads_button_end(language), f"{ThreadPress.KILL}:{thread_id}:{page}", beside=bool(row))
        )
    return (*row, Button(keys.threads_button_back(language), f"{ThreadPress.PAGE}:{page}"))


def parse_thread_press(data: str) -> tuple[ThreadPress, int, int] | None:
    """Return what a pressed button asks for, its thread (of a page: 0), and the page; None for any other button."""
    match = _DATA.fullmatch(data)
    if match is None:
        return None
    what, number = ThreadPress(match[1]), int(match[2])
    if what is ThreadPress.PAGE:
        return what, 0, min(number, MOST_PAGES - 1)
    return what, number, min(int(match[3] or 0), MOST_PAGES - 1)


def build_link(address: Address, message_id: int | None) -> str:
    """Return the link that opens a conversation in Telegram; empty where it can have none, as in private chats.

    Only supergroups have such links (Telegram, "Deep links", private message links).
    """
    chat = str(address.chat_id)
    last = address.topic_id or message_id
    if not chat.startswith(_SUPERGROUP) or last is None:
        return ""
    return f"https://t.me/c/{chat.removeprefix(_SUPERGROUP)}/{last}"


def _title(language: str, line: ThreadLine) -> str:
    title = show_title(language, line.title)
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
