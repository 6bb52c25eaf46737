"""Search beside a million messages: `python -m dev.bench.search --messages 1000000`.

How long a search takes in a busy conversation and over its whole chat, what the index weighs and costs whoever writes, how
many of 60 questions have their answer among the first five (beside LIKE, plain full text and SQLite's), and whether 1,000
hostile questions find anything of another chat.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC
from typing import Any, Final

import asyncpg

from agent_gateway.memory.asking import read_question
from agent_gateway.memory.searching import search
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.migrate import migrate
from agent_gateway.store.search import Narrowing, Visible
from dev.bench.bounds import bench_guard
from dev.bench.madetalk import FOREIGN, Talk, fill, hostile_questions, read_set
from dev.bench.peerways import Finder, build_full_text
from dev.progress import step
from tests.conftest import BOT_ID
from tests.support.postgres import running_postgres

BEST: Final = 5
GOAL_SHARE: Final = 0.9
"""Of the questions whose answer is among the first five."""


def main() -> int:
    """Run the benchmark; returns 1 where a foreign message was found, or too few answers."""
    parser = argparse.ArgumentParser(prog="dev.bench.search", description="Measure search.")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--chats", type=int, default=400)
    parser.add_argument("--topics", type=int, default=10)
    parser.add_argument("--searches", type=int, default=300)
    parser.add_argument("--hostile", type=int, default=1000)
    asked = parser.parse_args()
    with running_postgres() as server:
        migrate(server)
        failed = asyncio.run(_measure(server, asked))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    return failed


async def _measure(dsn: str, asked: argparse.Namespace) -> int:
    store = await Store.open(dsn, BOT_ID)
    try:
        built = await store.pool.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = 'messages_words'")
        await store.pool.execute("DROP INDEX messages_words")
        with step(f"{asked.messages} messages are said", 120):
            busy = await fill(dsn, asked.messages, asked.chats, asked.topics)
        begun = time.perf_counter()
        with step("the index is built, as an update of the schema does", 300):
            await _build(dsn, built)
        print(f"the index was built in {time.perf_counter() - begun:.0f} s")
        await take_over(store, "tg")
        await _weigh(dsn)
        own, chat = await store.search.visible(busy, chat=False), await store.search.visible(busy, chat=True)
        size = await store.pool.fetchval("SELECT count(*) FROM messages WHERE thread_id = $1", busy)
        for name, visible in ((f"a conversation of {size}", own), (f"a chat of {len(chat)} topics", chat)):
            await _time(f"search in {name}", _find_first(store, visible), asked.searches)
        await _time(f"LIKE in a conversation of {size}", list_ways(store, busy)["LIKE"], asked.searches)
        shares = [
            await recall(name, find)
            for name, find in (
                ("search", find_best(store, own)), *list_ways(store, busy).items(),
                *(await build_full_text(store, busy, BEST)).items(),
            )
        ]  # fmt: skip
        foreign, met = await attack(store, busy, asked.hostile)
        print(f"hostile questions: {asked.hostile}, results {met}, of other chats {foreign}")
        await _time_writes(store, busy)
        return int(foreign > 0 or shares[0] < GOAL_SHARE)
    finally:
        await store.close()


async def _build(dsn: str, statement: str) -> None:
    """Carry out what takes longer than the gateway lets a statement take."""
    connection = await asyncpg.connect(dsn, command_timeout=3600)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def recall(name: str, find: Finder) -> float:
    """Say how many questions of the set have their answer among the first five; return the share."""
    found: dict[str, list[bool]] = {}
    for wanted in read_set():
        found.setdefault(wanted.language, []).append(wanted.message in await find(wanted.question))
    share = sum(map(sum, found.values())) / sum(map(len, found.values()))
    by = ", ".join(f"{language} {sum(hits)}/{len(hits)}" for language, hits in found.items())
    print(f"recall@{BEST} of {name}: {share:.0%} ({by})")
    return share


async def attack(store: Store, thread_id: int, count: int) -> tuple[int, int]:
    """Ask hostile questions in a conversation and its chat; return how many foreign messages were found, and how many in all."""
    visible = await store.search.visible(thread_id, chat=True)
    mine = {one.thread_id for one in visible}
    others = [
        row["id"]
        for row in await store.pool.fetch(
            "SELECT id FROM threads WHERE id <> ALL ($1::bigint[]) LIMIT 50", sorted(mine)
        )
    ]
    foreign = met = 0
    for text in hostile_questions(count, others):
        question = read_question(text.replace("\x00", ""), UTC)
        if not question.words:
            continue
        found, _ = await search(store, visible, question.words, question.narrowing, 0, 50)
        met += len(found)
        foreign += sum(1 for one in found if one.thread_id not in mine or FOREIGN in one.excerpt)
    return foreign, met


def find_best(store: Store, visible: list[Visible]) -> Finder:
    """Return the gateway's own way."""

    async def find(question: str) -> list[str]:
        found, _ = await search(store, visible, question, Narrowing(), 0, BEST)
        rows = await store.pool.fetch(
            "SELECT text FROM messages WHERE id = ANY ($1::bigint[])", [one.id for one in found]
        )
        return [row["text"] for row in rows]

    return find


def list_ways(store: Store, thread_id: int) -> dict[str, Finder]:
    """Return other ways: each returns the newest messages that fit."""

    def by(condition: str, build: Callable[[str], Any]) -> Finder:
        query = f"SELECT text FROM messages WHERE thread_id = $1 AND {condition} ORDER BY id DESC LIMIT {BEST}"  # noqa: S608  # ours

        async def find(question: str) -> list[str]:
            return [row["text"] for row in await store.pool.fetch(query, thread_id, build(question))]

        return find

    return {
        "LIKE": by("text ILIKE $2", lambda q: f"%{q}%"),
        "LIKE with every word": by("text ILIKE ALL ($2::text[])", lambda q: [f"%{word}%" for word in q.split()]),
        "full text, every word": by("to_tsvector('simple', text) @@ plainto_tsquery('simple', $2)", str),
    }


async def _weigh(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, command_timeout=3600)  # it reads every message
    row = await connection.fetchrow(
        "SELECT pg_relation_size('messages_words') AS words, pg_table_size('messages') AS messages, (SELECT sum(octet_length(text)) FROM messages) AS text"
    )
    await connection.close()
    print(
        f"index {row['words'] / 2**20:.0f} MiB beside {row['messages'] / 2**20:.0f} MiB of messages, {row['text'] / 2**20:.0f} MiB of text"
    )


def _find_first(store: Store, visible: list[Visible]) -> Finder:
    async def find(question: str) -> list[str]:
        found, _ = await search(store, visible, question, Narrowing(), 0, BEST)
        return [one.excerpt for one in found]

    return find


async def _time(name: str, find: Finder, count: int) -> None:
    talk, took = Talk(7), []
    for _ in range(count):
        question = talk.ask()
        begun = time.perf_counter()
        await find(question)
        took.append((time.perf_counter() - begun) * 1000)
    print(f"{name}: {_describe(took)}")


async def _time_writes(store: Store, thread_id: int, count: int = 2000) -> None:
    """Say what a message costs whoever writes it, with the index and without."""
    for name in ("with the index", "without it"):
        talk, took = Talk(9), []
        if name == "without it":
            await store.pool.execute("DROP INDEX messages_words")
        for _ in range(count):
            said = talk.say()
            begun = time.perf_counter()
            await store.pool.execute(
                "INSERT INTO messages (thread_id, role, text) VALUES ($1, 'user', $2)", thread_id, said
            )
            took.append((time.perf_counter() - begun) * 1000)
        print(f"a message stored {name}: {_describe(took)}")


def _describe(took: list[float]) -> str:
    ordered = sorted(took)
    p50, p95 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95))
    return f"p50 {p50:.2f} ms, p95 {p95:.2f} ms, most {ordered[-1]:.0f} ms"


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=120))
