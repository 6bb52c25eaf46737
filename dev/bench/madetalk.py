"""A chat's worth of talk, made up: messages in four languages, a set of questions with what they look for, hostile questions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import asyncpg

from tests.conftest import BOT_ID

SET: Final = Path(__file__).with_name("searchset.tsv")
BUSY: Final = 0.02
"""The share of all messages that one conversation has."""
FOREIGN: Final = "zanzibarquartz"
"""Stands in each conversation of other chats, and in none of the asker's."""
_COMMON, _PARTS, _CHINESE = Path(__file__).with_name("searchwords.txt").read_text(encoding="utf-8").splitlines()
_HOSTILE: Final = (
    "'", "''", "' OR 1=1 --", "\\", "\\'", "!", "&", "|", "<->", ":*", "!!", "(", "('a'|'b'", "#", "#1", "'#1'", "'#1'|'#2'", "|'#2'",
    "%", "_", "%%", "*", "; DROP TABLE messages; --", "$1", "{}", "{1,2}", "\u202e", "\ufeff", "\u0301" * 50, "a" * 300,
    "\U0001f9e9", "ﷺ", "İ", "ß", "\ud7ff", "since:", "until:9999-12-31", "by:root", "NULL", "[object Object]", "../..", "\x01",
    "!(nothing)", "a&!a", "nothing | " + FOREIGN, FOREIGN[:4] + ":*", FOREIGN, FOREIGN.upper(), FOREIGN + "'", "!" + FOREIGN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question of the set, and the message that answers it."""

    language: str
    question: str
    message: str


def read_set() -> tuple[Wanted, ...]:
    """Return the 60 questions."""
    return tuple(Wanted(*line.split("\t")) for line in SET.read_text(encoding="utf-8").splitlines())


class Talk:
    """Makes messages: common words often, rare ones seldom, one in five in Chinese.

    Args:
        seed: The same gives the same.
    """

    def __init__(self, seed: int = 1) -> None:
        self.rng = random.Random(seed)  # the same each time
        made = {"".join(self.rng.choices(_PARTS.split(), k=self.rng.randint(2, 5))) for _ in range(30_000)}
        self._words = [*_COMMON.split(), *sorted(made)]
        self._weights = list(accumulate(1 / (rank + 5) for rank in range(len(self._words))))

    def say(self) -> str:
        """Return a message of some 20 to 400 characters."""
        if self.rng.random() < 0.2:
            return "".join(self.rng.choices(_CHINESE, k=self.rng.randint(10, 80))) + "。"
        return " ".join(self.rng.choices(self._words, cum_weights=self._weights, k=self.rng.randint(4, 60)))

    def ask(self) -> str:
        """Return a question of one to three words."""
        if self.rng.random() < 0.2:
            return "".join(self.rng.choices(_CHINESE, k=self.rng.randint(2, 4)))
        return " ".join(self.rng.choices(self._words, cum_weights=self._weights, k=self.rng.randint(1, 3)))


def hostile_questions(count: int, others: list[int], seed: int = 1) -> Iterator[str]:
    """Yield questions that look for a way out: operators, quotes, marks of other conversations, words of theirs."""
    rng = random.Random(seed)  # the same each time
    for _ in range(count):
        other = rng.choice(others)
        parts = [*_HOSTILE, f"#{other}", f"'#{other}'", f"') | ('#{other}'&'{FOREIGN}", f"{FOREIGN} OR #{other}"]
        yield rng.choice(("", " ", "'", "|", "&", " ")).join(rng.choices(parts, k=rng.randint(1, 4)))


async def fill(dsn: str, messages: int, chats: int, topics: int, seed: int = 1) -> int:
    """Fill a migrated database: chats of some topics each, the first topic of the first chat a busy one; return that one's id.

    Even chats are forums, odd ones private chats with a single conversation.
    """
    talk = Talk(seed)
    connection: Any = await asyncpg.connect(dsn)
    try:
        rows = [
            (chat, topic)
            for chat in range(1, chats + 1)
            for topic in (range(1, topics + 1) if chat % 2 == 0 else (None,))
        ]
        ids = [
            await connection.fetchval(
                "INSERT INTO threads (bot_id, chat_id, topic_id, name, title) VALUES ($1, $2, $3, $4, $5) RETURNING id",
                BOT_ID, -1000000000000 - chat if topic else chat, topic, f"tg-{chat}-{topic}", f"title {topic}",
            )
            for chat, topic in rows
        ]  # fmt: skip
        forum = next(at for at, (chat, _) in enumerate(rows) if chat == 2)
        wanted, busy = read_set(), int(ids[forum])
        mine = {one for one, (chat, _) in zip(ids, rows, strict=True) if chat == 2}

        def records() -> Iterator[tuple[int, str, str]]:
            for number in range(messages):
                thread = busy if talk.rng.random() < BUSY else talk.rng.choice(ids)
                said = talk.say()
                text = said if thread in mine or number % 50 else f"{said} {FOREIGN}"
                yield thread, "user" if number % 2 else "assistant", text
                if number * len(wanted) // messages != (number + 1) * len(wanted) // messages:
                    yield busy, "assistant", wanted[number * len(wanted) // messages].message

        await connection.copy_records_to_table("messages", records=records(), columns=("thread_id", "role", "text"))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return busy
