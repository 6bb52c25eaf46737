"""What a running turn has said so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agent_contract import wire
from agent_contract.text import clean

MAX_MESSAGES = 4096
MAX_TEXT = 1_000_000
"""Code points kept of one turn; a pod is trusted with nothing, and Telegram shows 250 messages of it."""
_CUT = "\n\n(The answer went on; no more of it is kept.)"


class Progress:
    """The assistant's messages of one turn, and what it does just now."""

    def __init__(self, messages: Sequence[str] = ()) -> None:
        self._messages: dict[int, str] = dict(enumerate(messages))
        self._room = MAX_TEXT - sum(map(len, messages))
        self.activity: str | None = None

    def apply(self, event: wire.Event) -> None:
        """Take one event. Events that say nothing of the text change the activity alone."""
        match event:
            case wire.Text():
                self._place(event.message, event.offset, event.text)
                self.activity = None
            case wire.MessageDone():
                self._place(event.message, 0, event.text)
            case wire.MessageReplaced():
                self._set(event.message, "")
            case _:
                self.activity = _activity(event)

    def messages(self) -> list[str]:
        """Return the texts by index, as they are stored: an empty one keeps its place."""
        count = max(self._messages, default=-1) + 1
        return [clean(self._messages.get(index, "")) for index in range(count)]

    def text(self) -> str:
        """Return the whole answer: the messages joined by a blank line."""
        joined = "\n\n".join(text.strip("\n") for text in self.messages() if text.strip())
        return joined + _CUT if self._room <= 0 else joined

    def last(self) -> str:
        """Return the newest message that says anything."""
        return next((text.strip("\n") for text in reversed(self.messages()) if text.strip()), "")

    def _place(self, message: int, offset: int, text: str) -> None:
        old = self._messages.get(message, "")
        kept = old if offset >= len(old) else old[: max(offset, 0)]
        self._set(message, kept + text)

    def _set(self, message: int, text: str) -> None:
        if not 0 <= message < MAX_MESSAGES:
            raise wire.FrameError(f"event.message: not between 0 and {MAX_MESSAGES - 1}")
        old = len(self._messages.get(message, ""))
        text = text[: max(old + self._room, 0)]
        self._room -= len(text) - old
        self._messages[message] = text


def _activity(event: wire.Event) -> str | None:
    match event:
        case wire.Thinking():
            return "thinking…"
        case wire.Retrying():
            return f"the model's API does not answer, trying again ({event.attempt}/{event.max_attempts})…"
        case wire.Compacting():
            return "shortening the context…"
        case _:
            return None
