"""What a running turn has said so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent_contract import wire
from agent_gateway.render.foreign import OWN
from agent_gateway.runners.said import Said
from agent_gateway.wording import keys

MAX_MESSAGES = 4096
MAX_TEXT = 1_000_000
"""Code points kept of one turn; a pod is trusted with nothing, and Telegram shows 250 messages of it."""
_NOTHING: Final = Said()


class Progress:
    """The assistant's messages of one turn, and what it does just now in words of the language of who asked."""

    def __init__(self, language: str, messages: Sequence[str] = ()) -> None:
        self._language = language
        self._messages: dict[int, Said] = {index: Said(text) for index, text in enumerate(messages)}
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
                self._place(event.message, 0, "")
            case _:
                self.activity = _activity(self._language, event)

    def clean_some(self) -> bool:
        """Make a further part fit for people, so that `messages` has less to do; False where none is left."""
        return any(said.clean_some() for said in self._messages.values())

    def messages(self) -> list[str]:
        """Return the texts by index, as they are stored: an empty one keeps its place."""
        count = max(self._messages, default=-1) + 1
        return [self._messages.get(index, _NOTHING).read() for index in range(count)]

    def last(self) -> str:
        """Return the newest message that says anything: the answer, once the turn has ended."""
        newest = split_way(self.messages())[1]
        too_long = newest and self._room <= 0
        return f"{newest}\n\n{OWN} {keys.answer_too_long(self._language)}" if too_long else newest

    def beginning(self, most: int) -> str:
        """Return about so many code points of the newest message that says anything, without putting it together."""
        newest = max((index for index, said in self._messages.items() if not said.is_blank()), default=None)
        return self._messages[newest].read_beginning(most).strip("\n") if newest is not None else ""

    def way(self) -> str:
        """Return what was said before that, on the way to the answer."""
        return split_way(self.messages())[0]

    def _place(self, message: int, offset: int, text: str) -> None:
        if not 0 <= message < MAX_MESSAGES:
            raise wire.FrameError(f"event.message: not between 0 and {MAX_MESSAGES - 1}")
        said = self._messages.setdefault(message, Said())
        old = said.size
        said.place(offset, text, max(old + self._room, 0))
        self._room -= said.size - old


def split_way(messages: Sequence[str]) -> tuple[str, str]:
    """Return what was said on the way, and the newest message that says anything."""
    *way, newest = [text.strip("\n") for text in messages if text.strip()] or [""]
    return "\n\n".join(way), newest


def _activity(language: str, event: wire.Event) -> str | None:
    match event:
        case wire.Thinking():
            return keys.doing_thinking(language)
        case wire.Retrying():
            return keys.doing_retrying(language, attempt=str(event.attempt), most=str(event.max_attempts))
        case wire.Compacting():
            return keys.doing_compacting(language)
        case _:
            return None
