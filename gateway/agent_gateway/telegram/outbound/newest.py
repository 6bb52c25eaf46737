"""The newest message of each topic, as far as this process has seen: ours, and what people say there.

Where nothing is known, nothing may be taken for the last: it is never read from the database, so that a gateway that was
started anew says its answers as new messages.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from agent_gateway.store.rows import Address
from agent_gateway.telegram.inbound.reading import find_room

MOST_TOPICS: Final = 10_000
"""That are remembered; the one that was quiet for longest is forgotten first."""
_Topic = tuple[int, int]


class Newest:
    """Remembers which message is the last of its topic."""

    def __init__(self) -> None:
        self._ids: OrderedDict[_Topic, int] = OrderedDict()
        self._expected: dict[_Topic, float] = {}

    def note(self, address: Address, message_id: int) -> None:
        """Take notice of a message; an older one than is known changes nothing."""
        self._note((address.chat_id, address.topic_id or 0), message_id)

    def read(self, update: object) -> None:
        """Take notice of what somebody said, from a raw update; one of no known shape says nothing."""
        found = _read(update)
        if found is not None:
            self._note(*found)

    def forget(self, address: Address) -> None:
        """Know nothing of a topic any more: a message may stand there whose id nobody told."""
        self._ids.pop((address.chat_id, address.topic_id or 0), None)

    def expect(self, address: Address, until: float) -> None:
        """Let what comes next in a topic wait for the answer that is about to be said there, until a time at most."""
        self._expected[address.chat_id, address.topic_id or 0] = until

    def settle(self, address: Address) -> None:
        """Take notice that the answer was said."""
        self._expected.pop((address.chat_id, address.topic_id or 0), None)

    def expected(self, address: Address, now: float) -> float:
        """Return until when an answer is expected in a topic; 0 where none is."""
        until = self._expected.get((address.chat_id, address.topic_id or 0), 0.0)
        if until and until <= now:
            self.settle(address)
        return until if until > now else 0.0

    def of(self, address: Address) -> int | None:
        """Return the newest message of a topic; None where that is not known."""
        return self._ids.get((address.chat_id, address.topic_id or 0))

    def choose_reply(self, address: Address, question: int | None) -> int | None:
        """Return what words for a question reply to: in a private chat nothing where the question is the line above."""
        above = address.chat_id > 0 and question is not None and self.of(address) == question
        return None if above else question

    def _note(self, topic: _Topic, message_id: int) -> None:
        self._ids[topic] = max(message_id, self._ids.get(topic, 0))
        self._ids.move_to_end(topic)
        if len(self._ids) > MOST_TOPICS:
            self._ids.popitem(last=False)


def _read(update: object) -> tuple[_Topic, int] | None:
    message = update.get("message") if isinstance(update, dict) else None
    if not isinstance(message, dict):
        return None
    room, message_id = find_room(message), message.get("message_id")
    if room is None or not isinstance(message_id, int):
        return None
    chat_id, topic = room
    return (chat_id, topic or 0), message_id
