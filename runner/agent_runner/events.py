"""pi's events of one turn as events of the wire. Pure: no clock, no I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from agent_contract import wire
from agent_contract.sessionlines import MAX_LINE, LineError, check_structure
from agent_runner.thinking import Thoughts, split_thought
from agent_runner.words import describe_error, find_status

CUT = "[This answer was cut at the model's output limit.]"
"""The block of text by which our extension tells the model that its answer was cut; the person is told otherwise."""
MOST_PICTURES = 1000
LONGEST_MODEL = 128
"""Characters of a model's name that are told."""
NORMAL = ("stop", "length", "toolUse")
SUMMARY = 80
PIECE = 32 * 1024
"""Characters of a text event: a provider that does not stream sends a whole answer at once."""
LONGEST_FIELD = 256
"""Characters of a field that is kept of an entry that is too large without its message too."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended."""

    ok: bool
    aborted: bool = False
    reason: Literal["provider", "agent"] = "agent"
    error: str = ""
    status: int | None = None
    """HTTP status of a provider's error."""
    cut: bool = False
    """The last message was cut at the model's output limit."""
    pictures: int = 0
    """Pictures that the provider refused, and that were left out."""
    fallback: str = ""
    """The model that answered, where the first one could not."""


class Translator:
    """Turns pi's events into the wire's; made anew for each turn.

    Messages count from 0. A message that fails keeps its number until it is known whether pi tries again: then what
    was streamed is replaced and the next attempt takes the same number.
    """

    def __init__(self) -> None:
        self._message = 0
        self._length = 0
        self._half = ""  # a high surrogate whose other half comes with the next delta
        self._separate = False
        self._thought = False
        self._failed: str | None = None
        self._error = ""
        self._status: int | None = None
        self._cut = False
        self._pictures = 0
        self._fallback = ""
        self._thoughts = Thoughts()
        self._last: str | None = None
        self._wrote = False
        self._worked = False
        self._handlers: dict[str, Callable[[dict[str, Any]], list[wire.Event]]] = {
            "agent_start": self._on_again,
            "agent_end": self._on_agent_end,
            "message_start": self._on_message_start,
            "message_update": self._on_message_update,
            "message_end": self._on_message_end,
            "tool_execution_start": self._on_tool_start,
            "tool_execution_end": self._on_tool_end,
            "auto_retry_start": self._on_retry,
            "compaction_start": lambda _: [wire.Compacting()],
        }

    def feed(self, event: dict[str, Any]) -> list[wire.Event]:
        """Return what one event of pi means for the turn; nothing for an event that means nothing."""
        handler = self._handlers.get(event.get("type", ""))
        return handler(event) if handler else []

    def finish(self, event: dict[str, Any]) -> tuple[list[wire.Event], Outcome]:
        """Return the last events and how the turn ended, given pi's `agent_settled`."""
        events: list[wire.Event] = []
        if self._failed:
            events.append(wire.MessageDone(message=self._message, text=self._failed))
        if event.get("aborted") or self._last == "aborted":
            return events, Outcome(ok=False, aborted=True, error="The agent stopped.")
        if self._failed is not None or self._error:
            error = self._error or "The model's provider failed."
            return events, Outcome(ok=False, reason="provider", error=error, status=self._status)
        if self._last is None:
            return events, Outcome(ok=False, error="The agent ended the turn without an answer.")
        if not (self._wrote or self._worked):
            return events, Outcome(ok=False, reason="provider", error="The model gave an empty answer.")
        return events, Outcome(ok=True, cut=self._cut, pictures=self._pictures, fallback=self._fallback)

    def note(self, key: str, value: str) -> None:
        """Take what our own extension tells of the turn, which nobody is shown."""
        if key == "openclaw.cut":
            self._cut = True
        elif key == "openclaw.pictures" and value.isdecimal():
            self._pictures += min(int(value), MOST_PICTURES)
        elif key == "openclaw.fallback":
            self._fallback = value[:LONGEST_MODEL]

    def _on_again(self, _: dict[str, Any]) -> list[wire.Event]:
        if self._failed is None:
            return []
        self._failed, self._error = None, ""
        return [wire.MessageReplaced(message=self._message)] if self._length else []

    def _on_agent_end(self, event: dict[str, Any]) -> list[wire.Event]:
        return self._on_again(event) if event.get("willRetry") else []

    def _on_retry(self, event: dict[str, Any]) -> list[wire.Event]:
        retrying = wire.Retrying(
            attempt=int(event.get("attempt", 1)),
            max_attempts=int(event.get("maxAttempts", 1)),
            delay_ms=int(event.get("delayMs", 0)),
            error=describe_error(str(event.get("errorMessage", ""))),
        )
        return [*self._on_again(event), retrying]

    def _on_message_start(self, event: dict[str, Any]) -> list[wire.Event]:
        if event["message"].get("role") != "assistant":
            return []
        events = self._on_again(event)
        self._length, self._half, self._separate, self._thought, self._cut = 0, "", False, False, False
        return events

    def _on_message_update(self, event: dict[str, Any]) -> list[wire.Event]:
        update = event.get("assistantMessageEvent") or {}
        kind = update.get("type")
        if kind == "thinking_start" and not self._thought:
            self._thought = True
            return [wire.Thinking()]
        if kind == "text_start":
            self._separate, self._thoughts = self._length > 0, Thoughts()
        if kind == "text_end":
            return self._say(self._take(self._thoughts.end()))
        if kind != "text_delta":
            return []
        text = self._take(self._thoughts.take(str(update.get("delta", ""))))
        if self._thoughts.thinking and not self._thought:
            self._thought = True
            return [wire.Thinking(), *self._say(text)]
        return self._say(text)

    def _say(self, text: str) -> list[wire.Event]:
        if not text:
            return []
        begin, self._length, self._wrote = self._length, self._length + len(text), True
        return [
            wire.Text(message=self._message, offset=begin + at, text=text[at : at + PIECE])
            for at in range(0, len(text), PIECE)
        ]

    def _take(self, delta: str) -> str:
        text = self._half + delta
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        if text and self._separate:
            text, self._separate = "\n\n" + text, False
        return clean(text)

    def _on_message_end(self, event: dict[str, Any]) -> list[wire.Event]:
        message = event["message"]
        if message.get("role") != "assistant":
            return []
        text = read_text(message)
        self._last = message.get("stopReason")
        self._cut = self._cut or self._last == "length"
        if self._last in NORMAL or self._last == "aborted":
            self._error = ""
            return self._close(text)
        self._failed = text
        told = str(message.get("errorMessage") or "")
        self._error, self._status = describe_error(told), find_status(told)
        return []

    def _close(self, text: str) -> list[wire.Event]:
        number, streamed = self._message, self._length
        self._message, self._length = number + 1, 0
        self._wrote = self._wrote or bool(text)
        return [wire.MessageDone(message=number, text=text)] if text or streamed else []

    def _on_tool_start(self, event: dict[str, Any]) -> list[wire.Event]:
        self._worked = True
        tool = str(event.get("toolName", ""))
        summary = summarize_call(event.get("args"))
        return [wire.ToolStarted(call=str(event.get("toolCallId", "")), tool=tool, summary=summary)]

    def _on_tool_end(self, event: dict[str, Any]) -> list[wire.Event]:
        call, tool = str(event.get("toolCallId", "")), str(event.get("toolName", ""))
        return [wire.ToolEnded(call=call, tool=tool, error=bool(event.get("isError")))]


def read_text(message: dict[str, Any]) -> str:
    """Return the text of an assistant message, its blocks parted by an empty line."""
    content = message.get("content")
    if isinstance(content, str):
        return clean(content)
    blocks = [str(block.get("text", "")) for block in content or [] if block.get("type") == "text"]
    shown = [split_thought(block) for block in blocks if block != CUT]
    return clean("\n\n".join(filter(None, shown)))


def summarize_call(args: Any) -> str:
    """Return what a tool call is about: the first line of its command, or its path."""
    if not isinstance(args, dict):
        return ""
    value = next(
        (args[key] for key in ("command", "path", "file_path", "pattern") if isinstance(args.get(key), str)), ""
    )
    line = clean(str(value)).strip().partition("\n")[0]
    return line if len(line) <= SUMMARY else line[: SUMMARY - 1] + "…"


def escape_prompt(text: str) -> str:
    """Return a person's text so that pi takes it as text.

    pi reads a leading slash as a command of its own; a space before it changes nothing for the model.
    """
    return f" {text}" if text.startswith("/") else text


def clean(text: str) -> str:
    """Return text that UTF-8 can carry: JavaScript may cut a pair of surrogates in two."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encode_entry(entry: dict[str, Any]) -> str:
    """Return a session entry as the line that the session file holds.

    What is too large for a frame, or has too many parts for a gateway to read, is left out; its place in the session is kept.
    """
    line = _dump(entry)
    if _fits(line):
        return line
    message = {key: value for key, value in entry.get("message", {}).items() if key not in ("content", "details")}
    note = [{"type": "text", "text": "[left out: too large to be stored]"}]
    kept = {key: value for key, value in entry.items() if key != "message"}
    line = _dump(kept | {"message": message | {"content": note}})
    if _fits(line):
        return line
    message, kept = _keep_short(message), _keep_short(kept)
    return _dump(kept | {"message": message | {"content": note}})


def _fits(line: str) -> bool:
    # in a frame it is a JSON text within a JSON text
    if len(line.encode()) + line.count('"') + line.count("\\") > MAX_LINE:
        return False
    try:
        check_structure(line)
    except LineError:
        return False
    return True


def _keep_short(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in fields.items()
        if value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= LONGEST_FIELD)
    }


def _dump(entry: dict[str, Any]) -> str:
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(entry, separators=(",", ":"))  # half a pair survives as an escape
    return line
