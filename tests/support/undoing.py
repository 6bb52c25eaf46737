"""A conversation of several turns at a desk, each with lines of its session and a state of its files."""

from __future__ import annotations

import hashlib
import itertools
import json

from agent_contract.keptfiles import Entry, encode_entries
from agent_gateway.store.chatrows import Final
from agent_gateway.store.kept import NewState
from agent_gateway.store.rows import TurnState
from dev.bench.madesessions import MadeSession
from tests.support.desk import PERSON, message
from tests.support.eventually import eventually

MOST = 1 << 30


def build_state(name):
    """Return a state with one empty file, whose name tells it."""
    body = b'{"packs":[]}\n' + encode_entries([Entry("f", f"workspace/{name}", 0o644)])
    return NewState(None, (), body, 1, 0, 0)


async def save_pack(store, thread, run, data):
    """Store a pack and return its name."""
    name = hashlib.sha256(data).hexdigest()

    async def chunks():
        yield data

    if not await store.kept.has_pack(thread.id, name):
        await store.kept.save_pack(thread.id, run, name, chunks(), MOST)
    return name


class Talk:
    """One conversation: which run it has, and what its session holds."""

    def __init__(self, desk, *, chat=PERSON, name="tg-42", topic=None):
        self.desk, self.store, self.chat, self.name, self.topic = desk, desk.store, chat, name, topic
        self.run, self.runner, self.thread = 0, None, None
        self.lines = MadeSession()
        self.messages = itertools.count(100)
        self.turns = []

    async def begin(self, words, *, user=PERSON):
        """Ask something, and let the agent begin with it; return the turn."""
        seen = len(self.runner.turns) if self.runner is not None else 0
        await self.desk.take(self.build(words, user, next(self.messages)))
        await self.desk.settled()
        if self.runner is None:
            self.run += 1
            self.thread = await self.desk.run_wanted(self.name, self.run)
            self.runner = await self.desk.connect(self.thread, self.run, pod=f"pod-{self.name}-{self.run}")
        await eventually(lambda: len(self.runner.turns) > seen)
        turn = self.runner.turns[-1]
        await self.store.turns.started(turn.id, self.run, 1)
        self.turns.append(turn)
        return turn

    def build(self, words, user, number):
        """Return the raw message; in a group it mentions the bot, and in a topic it stands there."""
        if self.chat > 0:
            return message(words, chat=self.chat, user=user, number=number)
        raw = message(f"@demo_bot {words}", chat=self.chat, user=user, number=number)
        raw["message"]["entities"] = [{"type": "mention", "offset": 0, "length": 9}]
        if self.topic is not None:
            raw["message"] |= {"message_thread_id": self.topic, "is_topic_message": True}
            raw["message"]["chat"] |= {"is_forum": True}
        return raw

    async def work(self, turn, *, files=True):
        """Let the agent write lines, and its files be kept."""
        before = len(self.lines.lines)
        self.lines.add_turn()
        await self.add_lines(self.lines.lines[before:])
        if files:
            await self.keep(turn)

    async def add_lines(self, lines):
        await self.store.sessions.add_entries(self.thread, self.run, 1, lines)

    async def keep(self, turn, run=None):
        state = build_state(f"after-{turn.id}")
        await self.store.kept.save_state(self.thread.id, run or self.run, turn.id, state)

    async def end(self, turn):
        await self.store.turns.end(turn.id, self.run, 2, TurnState.DONE, None, Final("answer"))

    async def ask(self, words, *, user=PERSON, files=True):
        """Ask something, and let it be answered; return the turn."""
        turn = await self.begin(words, user=user)
        await self.work(turn, files=files)
        await self.end(turn)
        return turn

    async def run_over(self):
        """Let the run end as it was asked to."""
        await eventually(lambda: (self.name, self.run) in self.desk.resources.stops)
        self.desk.resources.report(self.name, number=self.run, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        self.desk.registry.detach(self.thread.id, self.runner)

        async def over():
            run = await self.store.runs.get(self.thread.id, self.run)
            return run.state.value == "over"

        await eventually(over)
        self.runner = None

    async def read_files(self):
        """Return which turn's files a run would begin with; None: with none."""
        state = await self.store.kept.of(self.thread, None)
        if state is None:
            return None
        return state.turn_id

    async def read_line_ids(self):
        """Return the ids of the lines that a run would begin with."""
        thread = await self.store.threads.by_id(self.thread.id)
        start = await self.store.starts.find(thread, self.run)
        text = b"".join([piece async for piece in self.store.starts.stream(thread.session_id, start)]).decode()
        return [json.loads(line)["id"] for line in text.splitlines()]
