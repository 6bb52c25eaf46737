"""The outer parts of a played dispatcher: runners, Telegram's calls, events and commits that get lost."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from agent_contract import wire
from agent_gateway.events import Events
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address


@dataclass
class PlayedRunner:
    """A runner's connection that only keeps what it was sent."""

    sent: list = field(default_factory=list)
    turns: list = field(default_factory=list)
    gone: bool = False

    async def send(self, frame):
        if self.gone:
            raise ConnectionError
        self.sent.append(frame)

    async def send_turn(self, turn):
        if self.gone:
            raise ConnectionError
        self.turns.append(turn)

    async def send_steers(self, turn_id, steers):
        for number, text in steers:
            await self.send(wire.Steer(turn=turn_id, id=number, text=text))

    async def cut(self):
        self.gone = True

    async def close(self, reason):
        self.gone = True


@dataclass
class PlayedCallbacks:
    """Keeps what pressed buttons were answered, and where somebody typed."""

    answers: list = field(default_factory=list)
    typing: list = field(default_factory=list)
    dropped: list = field(default_factory=list)

    async def delete_message(self, address, message_id):
        self.dropped.append(message_id)

    async def answer_callback(self, callback_id, text, *, alert=False):
        self.answers.append((callback_id, text))

    async def send_chat_action(self, address):
        self.typing.append(address)


@dataclass
class PlayedFiles:
    """Telegram's files: one, whatever its id."""

    data: bytes = b""

    async def open_file(self, file_id):
        yield self.data


@dataclass
class PlayedMembers:
    """Groups whose members are all administrators, but where somebody else is named; `left` are those that were left."""

    admins: set | None = None
    left: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    faults: list = field(default_factory=list)

    async def is_admin(self, chat_id, person_id):
        self.asked.append((chat_id, person_id))
        if self.faults:
            raise self.faults.pop(0)
        return self.admins is None or person_id in self.admins

    async def leave_chat(self, chat_id):
        if self.faults:
            raise self.faults.pop(0)
        self.left.append(chat_id)


@dataclass
class PlayedTopics:
    """Keeps the names that topics were given; `faults` are raised by the next calls."""

    names: dict = field(default_factory=dict)
    opened: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    calls: int = 0

    async def name_topic(self, address, name):
        self._call()
        self.names[address] = name

    async def open_topic(self, address, name):
        self._call()
        self.opened.append(name)
        return Address(address.bot_id, address.chat_id, 700 + len(self.opened))

    def _call(self):
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)


class LossyEvents(Events):
    """What transactions publish, of which some kinds are lost; what is published to `whole` is never."""

    def __init__(self, lost):
        super().__init__()
        self.lost, self.dropped, self.whole = lost, [], Events()

    def on(self, kind, handler):
        self.whole.on(kind, handler)

    def publish(self, effects):
        self.dropped += [effect for effect in effects if isinstance(effect, self.lost)]
        self.whole.publish([effect for effect in effects if not isinstance(effect, self.lost)])

    async def close(self):
        await self.whole.close()


@contextlib.contextmanager
def lost_answers(store):
    """Let every transaction be committed without anybody learning of it: no effect, and `Away`; yields how many were."""
    whole, lost = store.transaction, []

    @contextlib.asynccontextmanager
    async def transaction():
        events, store.events = store.events, Events()
        try:
            async with whole() as tx:
                yield tx
        finally:
            store.events = events
        lost.append(tx)
        raise Away("the answer of a commit was lost")

    store.transaction = transaction
    try:
        yield lost
    finally:
        store.transaction = whole
