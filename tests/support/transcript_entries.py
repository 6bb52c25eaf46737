"""What happened in a chat as entries of a page: what a person sees, and which of it is seen only on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.transcript_lines import excerpt, lay_out

_PERSON = "48151623"
_DIFFERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bn1\d{8}\b"), "n4815162342"),  # groups that the tests make
    (re.compile(r"(?<!\w)-(100\d{10}|1\d{8})\b"), "-4815162342"),
    (re.compile(r"\b(1\d{8}|700\d\d)\b"), _PERSON),  # people, and their private chats, which have the same number
    (re.compile(r"\b\d+ of 50\b"), "3 of 50"),
    (re.compile(r"back in [^(]+\((\d{4}-\d\d-\d\d )?\d\d:\d\d UTC\)"), "back in 2 h (14:30 UTC)"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-23T14:30:00Z"),
    # one that is cancelled may have asked nothing yet
    (re.compile(r"\(\d+ (s|min)( \d+ s)?(, [\d,]+ tokens)?\)"), "(2 s, 1 875 tokens)"),
    (re.compile(r"\b\d+ (s|min)\b( \d+ s)?"), "2 s"),
    (re.compile(r"\d+ (秒|分钟|分 \d+ 秒)"), "2 秒"),
    (re.compile(r"\berror e[0-9a-f]+\b"), "error e1f"),
    (re.compile(r"-r(\d+)-[0-9a-f]{8}-[a-z0-9]{5}\b"), r"-r\1-7d44a8b1-x7k2p"),  # of pods
    (re.compile(r"\d[\d\s,]*tokens"), "1 875 tokens"),
    (re.compile(r"\d+ lines of the agent's"), "7 lines of the agent's"),
    (re.compile(r"\b[A-HJ-NP-Z2-9]{8}\b"), "K7MN2PQR"),  # of pairing
    # how far an answer was when it was stopped
    (re.compile(r"\bw\d+( w\d+)+"), "w0 w1 w2 …"),
    (re.compile(r"Once upon a time[\w ]*\.?"), "Once upon a time …"),
    (re.compile(r"· (\d{4}-\d\d-\d\d )?\d\d:\d\d\b"), "· 14:05"),  # when something was said or noted
    (re.compile(r"\b[A-Z][a-z]{2}, [A-Z][a-z]{2} \d{1,2}, \d{4} (?=\d\d:\d\d)"), "Mon, Nov 23, 2026 "),  # of a schedule
    (re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?"), "2026-11-23"),
    (re.compile(r"(?m)^\d\d:\d\d (?=.* · )"), "14:05 "),  # of an act
    (re.compile(r"• \d\d:\d\d "), "• 14:05 "),  # when what may be taken back was asked
    (re.compile(r"photo-\d+\.jpg"), "photo-12.jpg"),  # their numbers are those of messages
)
_STOP = "Stop"
NOTHING = "no reaction"
"""Stands in the place of a reaction that was taken away."""
_Event = Mapping[str, Any]


def normalise(text: str) -> str:
    """Return a text with times, ids and codes that are always the same."""
    for pattern, instead in _DIFFERS:
        text = pattern.sub(instead, text)
    return text


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    at: int
    """Milliseconds."""
    head: str
    lines: tuple[str, ...] = ()
    about: object = None
    """The message or draft."""
    passing: bool = False
    """Whether it was seen only on the way."""
    rang: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class _Story:
    """All events, and what is looked up in them."""

    events: Sequence[_Event]
    names: Mapping[int, str]

    def before(self, number: int, message_id: int) -> _Event | None:
        """Return a message as it was before an event."""
        states = (e for e in reversed(self.events[:number]) if e["kind"] in {"message", "edit"})
        return next((e for e in states if e["message_id"] == message_id), None)

    def is_passing(self, number: int) -> bool:
        """Tell whether a state of a bot's message gave way to another before a person did something with it."""
        event = self.events[number]
        for later in self.events[number + 1 :]:
            if later.get("message_id") != event["message_id"]:
                continue
            if later["kind"] == "press":
                return _STOP in later["text"]
            if later["kind"] in {"edit", "delete"}:
                return True
        return False

    def toast(self, press: _Event) -> _Event | None:
        """Return what the bot said to a press."""
        return next((e for e in self.events if e["kind"] == "callback" and e["id"] == press["id"]), None)

    def name(self, event: _Event) -> str:
        """Return who did something."""
        return "bot" if event.get("bot") else self.names.get(event["by"], "somebody")

    def excerpt(self, number: int, message_id: int) -> str:
        """Return the beginning of a message as it was before an event."""
        state = self.before(number, message_id)
        return excerpt(normalise(_words(state))) if state is not None else "“…”"


def build_entries(events: Sequence[_Event], names: Mapping[int, str]) -> list[Entry]:
    """Return what happened, oldest first; typing and answers to presses are no entries of their own."""
    story = _Story(events, names)
    found = (_build(story, number) for number in range(len(events)))
    return [entry for entry in found if entry is not None]


def _build(story: _Story, number: int) -> Entry | None:
    event = story.events[number]
    match event["kind"]:
        case "message":
            return _message(story, number)
        case "edit":
            return _edit(story, number)
        case "draft":
            head = "✍ bot writes" + (" (Stop)" if event["can_stop"] else "")
            return Entry(event["t"], head, tuple(lay_out(normalise(event["text"]), ())), event["id"], passing=True)
        case "stop":
            return Entry(event["t"], f"{_only(story.names)} presses Stop")
        case "press":
            return _press(story, number)
        case "reaction":
            who = "" if event.get("bot", True) else f"{story.name(event)} "
            emoji = "".join(event["emoji"]) or NOTHING
            return Entry(event["t"], f"{who}{emoji} on {story.excerpt(number, event['message_id'])}")
        case "delete":
            return Entry(event["t"], f"removed: {story.excerpt(number, event['message_id'])}", passing=True)
        case "topic":
            return Entry(event["t"], f"bot names the topic {excerpt(normalise(event['name']))}")
        case _:
            return None


def _only(names: Mapping[int, str]) -> str:
    return next(iter(names.values()), "somebody")


def _message(story: _Story, number: int) -> Entry:
    event = story.events[number]
    points = []
    if event["forwarded"]:
        points.append(f"forwards from {event['forwarded']}")
    if event["reply_to"] is not None and event["service"] is None:
        points.append(f"to {story.excerpt(number, event['reply_to'])}")
    mark = ("🔔 " if event["notified"] else "🔕 ") if event["bot"] else ""
    head = " ".join([f"{mark}{story.name(event)}", *points])
    quoted = tuple(f"┃ {line}" for line in lay_out(normalise(event["quote"] or ""), ()))
    passing = event["bot"] and story.is_passing(number)
    return Entry(event["t"], head, quoted + _contents(event), event["message_id"], passing, bool(event["notified"]))


def _edit(story: _Story, number: int) -> Entry:
    event = story.events[number]
    before = story.before(number, event["message_id"])
    lines = _contents(event)
    on_the_way = event["bot"] and before is not None and story.is_passing(story.events.index(before))
    if before is not None and before["text"] == event["text"] and not on_the_way:
        lines = _buttons(event) or ("(no buttons)",)
    was = story.excerpt(number, event["message_id"])
    passing = event["bot"] and story.is_passing(number)
    if event["bot"] and (passing or on_the_way):
        was = "what it showed"  # of which it is chance how far it was
    return Entry(event["t"], f"✎ {story.name(event)} changes {was}", lines, event["message_id"], passing)


def _press(story: _Story, number: int) -> Entry:
    event = story.events[number]
    under = story.excerpt(number, event["message_id"])
    under = "what it showed" if _STOP in event["text"] else under
    said = story.toast(event)
    lines = ()
    if said is not None and said["text"]:
        toast = normalise(said["text"])
        lines = tuple(lay_out(f"[!] {toast}" if said["alert"] else f"({toast})", ()))
    return Entry(event["t"], f"{story.name(event)} presses [ {normalise(event['text'])} ] under {under}", lines)


def _words(event: _Event) -> str:
    return str(event["text"] or " ".join(event["files"]) or event["holds"] or event["service"] or "")


def _contents(event: _Event) -> tuple[str, ...]:
    lines = [f"📎 {normalise(name)}" for name in event["files"]]
    lines += [f"[{event['holds']}]"] if event["holds"] else []
    lines += [f"({event['service'].replace('_', ' ')})"] if event["service"] else []
    lines += lay_out(event["text"], event["entities"], normalise)
    return (*lines, *_buttons(event))


def _buttons(event: _Event) -> tuple[str, ...]:
    return tuple(" ".join(f"[ {normalise(text)} ]" for text in row) for row in event["buttons"])
