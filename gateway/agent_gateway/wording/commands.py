"""Commands: how one is read, and what each answers. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

MENU: tuple[tuple[str, str], ...] = (
    ("start", "what this bot does"),
    ("help", "the commands"),
    ("status", "how this conversation's agent is"),
    ("stop", "stop the answer that is being written"),
    ("steer", "add to the answer that is being written: /steer <words>"),
    ("retry", "ask the last message again"),
    ("new", "begin a fresh conversation; the files stay"),
    ("threads", "the conversations and their agents"),
    ("spawn", "give a task to a sub-agent: /spawn <task>"),
    ("subagents", "this conversation's sub-agents"),
    ("cancel", "end a sub-agent: /cancel <name>"),
    ("kill", "end an agent: /kill <thread>"),
    ("cleanup", "end the agents that have nothing to do"),
    ("model", "which model answers here"),
    ("verbose", "how much of the work is shown: /verbose 0|1|2"),
    ("export", "the history of this conversation as a file"),
    ("forget", "delete the history of this conversation"),
    ("whoami", "your id"),
)
"""Names and descriptions, as the chat's menu shows them."""
ADMIN_MENU: tuple[tuple[str, str], ...] = (
    ("kill", "end anybody's agent: /kill <thread>"),
    ("cleanup", "end the agents of all chats that have nothing to do"),
    ("approve", "let somebody in: /approve <code>"),
    ("revoke", "take that back: /revoke <id>"),
)
"""What administrators see besides, or in other words."""
OVERTAKING = frozenset({"start", "help", "status", "threads", "subagents", "cancel", "whoami"})
"""Commands that do not wait for the messages before them: those that mean none of them. What `/stop`, `/kill` and the
like are to end or change may just have been written, and come from Telegram together with them."""
NOTHING_RUNS = "Nothing is running."
STOP_TOO_LATE = "That answer had just ended, so there was nothing left to stop."
STOP_TOO_LATE_NEXT_RUNS = "That answer had just ended. The next one has begun: /stop again stops it."
STOPPED = "Stopped."
BUSY = "An answer is being written. Send /stop first, or wait for its end."
NOTHING_ASKED_YET = "There is nothing to ask again: write a message."
NEW_SESSION = "Your next message begins a fresh conversation. What was said stays in the history, and the files stay."
KILL_USAGE = "Usage: /kill <thread>"

_NEAR = 0.7
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?=\s|$)")


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """`/name@at args`, the name in lower case."""

    name: str
    at: str | None
    args: str


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One conversation in `/threads`."""

    name: str
    title: str
    phase: str
    run: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What `/status` tells; `seconds` is how long the running turn has taken."""

    active: int
    most: int
    thread: ThreadLine | None = None
    message: str | None = None
    model: str | None = None
    answering: bool = False
    seconds: float | None = None
    queued: int = 0
    next_model: str | None = None
    """The one of the next answer, where that is another."""
    context: int | None = None
    """Tokens of the last prompt that the model was given."""
    pod: str | None = None
    subagents: int = 0
    """Those that are not at their end."""


def parse_command(text: str) -> ParsedCommand | None:
    """Read a text that begins with a command; None for any other text, a path such as /usr/bin included."""
    match = _COMMAND.match(text)
    if match is None:
        return None
    return ParsedCommand(match.group(1).lower(), match.group(2), text[match.end() :].strip())


def start_text(*, admin: bool = False) -> str:
    """Greet."""
    return (
        "Every conversation here has a coding agent of its own, in its own pod. "
        "Write what you want done; in a group, mention me or reply to me. A topic is a conversation of its own.\n\n"
        + help_text(admin=admin)
    )


def build_menu(*, admin: bool) -> tuple[tuple[str, str], ...]:
    """Return the commands that a person has."""
    return tuple({**dict(MENU), **dict(ADMIN_MENU)}.items()) if admin else MENU


def help_text(*, admin: bool = False) -> str:
    """List the commands."""
    return "\n".join(f"/{name} - {text}" for name, text in build_menu(admin=admin))


def unknown_text(name: str, *, admin: bool = False) -> str:
    """Answer a command that does not exist, with the nearest that does; `name` with or without its slash."""
    asked = name.lstrip("/")
    known = [name for name, _ in build_menu(admin=admin)]
    near = difflib.get_close_matches(asked, known, n=1, cutoff=_NEAR)
    return f"Unknown command: /{asked}" + (f"\nDid you mean /{near[0]}?" if near else "")


def not_allowed_text(person_id: int, chat_id: int) -> str:
    """Tell an unknown person the ids that an administrator needs."""
    chat = "" if chat_id == person_id else f" (or this chat's, {chat_id})"
    return f"You are not allowed to use this bot. Your id is {person_id}: ask its owner to add it{chat}."


def stopped_waiting_text(count: int) -> str:
    """Say that what waited for an agent waits no more."""
    return "Stopped: the message that waited." if count == 1 else f"Stopped: the {count} messages that waited."


def kill_done_text(thread: str) -> str:
    """Confirm a kill."""
    return f"Killed: {thread}"


def kill_idle_text(thread: str) -> str:
    """Say that there was nothing to kill."""
    return f"Nothing runs in {thread}."


def kill_unknown_text(thread: str) -> str:
    """Say that no thread has this name; a name too long to be one is not repeated."""
    return f"There is no thread {thread[:80]}. /threads lists them."


def threads_text(threads: Sequence[ThreadLine], more: int = 0, *, at_least: bool = False) -> str:
    """List conversations, one a line, and say how many `more` there are, or how many at least."""
    if not threads:
        return "There are no threads yet."
    lines = [thread_line(thread) for thread in threads]
    if more:
        lines.append(f"… and {'at least ' if at_least else ''}{more} more, in which nobody wrote lately.")
    return "\n".join(lines)


def status_text(facts: StatusFacts) -> str:
    """Say how this conversation and the whole are."""
    lines = []
    if facts.thread is None:
        lines.append("This conversation has not begun: write a message.")
    else:
        lines.append(thread_line(facts.thread))
        if facts.message:
            lines.append(facts.message)
    if facts.model:
        following = f", from the next answer on {facts.next_model}" if facts.next_model else ""
        lines.append(f"Model: {facts.model}{following}")
    if facts.context is not None:
        lines.append(f"Context used: {facts.context:,} tokens".replace(",", " "))
    if facts.pod:
        lines.append(f"Pod: {facts.pod}")
    if facts.answering:
        since = "" if facts.seconds is None else f" for {round(facts.seconds)} s"
        lines.append(f"Answering{since}.")
    if facts.queued:
        lines.append(f"Waiting messages: {facts.queued}")
    if facts.subagents:
        lines.append(f"Sub-agents at work: {facts.subagents}")
    lines.append(f"Agents at work: {facts.active} of {facts.most}")
    return "\n".join(lines)


def short_status_text(facts: StatusFacts) -> str:
    """Say how a conversation is in the few words that a pressed button can show."""
    line = thread_line(facts.thread) if facts.thread is not None else ""
    facts_said = [
        f"answering for {round(facts.seconds)} s" if facts.answering and facts.seconds is not None else "",
        f"waiting: {facts.queued}" if facts.queued else "",
        f"sub-agents: {facts.subagents}" if facts.subagents else "",
        facts.model or "",
    ]
    return "\n".join(filter(None, [line, ", ".join(filter(None, facts_said))]))


def thread_line(thread: ThreadLine) -> str:
    """Say how one conversation is, on one line."""
    title = f" ({thread.title})" if thread.title else ""
    run = "" if thread.run is None else f", run {thread.run}"
    reason = f", {thread.reason}" if thread.reason else ""
    return f"{thread.name}{title}: {thread.phase}{run}{reason}"
