"""What must hold after each run, at rest, whatever befell it: as a person, the cluster and the database see it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.support.crash_chapters import Chapter, messages, words
from tests.support.crash_runner import WORKSPACE
from tests.support.crash_script import QUESTION
from tests.support.crash_world import World
from tests.support.eventually import eventually

REST_SECONDS = 300.0
"""A run whose runner is away is ended after half a minute, and what failed is tried again within seconds."""
_EYES, _DONE = "👀", "👌"
_OPEN = {
    "updates not done": "SELECT count(*) FROM inbox WHERE state <> 'done'",
    "turns not ended": "SELECT count(*) FROM turns WHERE state IN ('queued', 'delivered', 'started')",
    "runs not over": "SELECT count(*) FROM runs WHERE state <> 'over'",
    "messages not sent": "SELECT count(*) FROM outbox WHERE state <> 'sent'",
    "sub-agents not finished": "SELECT count(*) FROM subagents WHERE state <> 'finished'",
    "reactions not settled": "SELECT count(*) FROM turns t JOIN threads h ON h.id = t.thread_id LEFT JOIN reactions r ON"
    " r.turn_id = t.id WHERE h.kind = 'conversation' AND t.message_id IS NOT NULL AND r.settled IS NOT TRUE",
}
_FOLDED = "▸"
"""Begins the line that the way to an answer is folded to."""
# but for what a person wrote as an answer to a question of the agent
_TWICE = (
    "SELECT turn_id, role FROM messages WHERE text NOT LIKE '[Answer to%' GROUP BY turn_id, role HAVING count(*) > 1"
)
_LINES = "SELECT e.line FROM session_entries e JOIN threads t ON t.session_id = e.session_id WHERE t.name = $1 ORDER BY ordinal"
_RUNS = "SELECT r.number FROM runs r JOIN threads t ON t.id = r.thread_id WHERE t.name = $1 ORDER BY r.number"


async def find_problems(world: World, chapter: Chapter, rest: float = REST_SECONDS) -> list[str]:
    """Wait for rest, for so many seconds; return what does not hold."""
    problems = await _wait_for_rest(world, rest)
    world.points.enabled = False
    problems += _check_chat(world, chapter)
    problems += await _check_history(world)
    problems += await _check_runs(world, chapter)
    return problems


async def _wait_for_rest(world: World, rest: float) -> list[str]:
    left: list[str] = []

    async def at_rest() -> bool:
        left[:] = await _find_open(world)
        return not left

    try:
        await eventually(at_rest, timeout=rest, interval=0.1)
    except AssertionError:
        return [f"never at rest: {what}" for what in left]
    return []


async def _find_open(world: World) -> list[str]:
    for runner in world.operator.live():
        if runner.thread == world.thread and runner.turn is None:
            runner.leave()
    found = [f"pod of {r.thread}, run {r.run}" for r in world.operator.live()]
    for what, query in _OPEN.items():
        count = await world.database.fetchval(query)
        if count:
            found.append(f"{count} {what}")
    with_buttons = [m for m in _own(world) if m.get("reply_markup", {}).get("inline_keyboard")]
    found += [f"a button under {words(m)[:40]!r}" for m in with_buttons if m["message_id"] not in world.ambiguous]
    eyes = [number for number in _reactions(world) if _EYES in _reactions(world)[number]]
    return found + [f"eyes on message {number}" for number in eyes]


def _own(world: World) -> list[dict[str, Any]]:
    return [m for m in messages(world) if m["from"]["is_bot"]]


def _reactions(world: World) -> dict[int, list[str]]:
    chat = world.cloud.chats[world.chat]
    return {number: [e for emojis in by.values() for e in emojis] for number, by in chat.reacted.items()}


def _check_chat(world: World, chapter: Chapter) -> list[str]:
    problems = [f"the bot wrote to chat {chat}" for chat in world.cloud.chats if chat != world.chat]
    sure = [m for m in _own(world) if m["message_id"] not in world.ambiguous]
    for text in chapter.seen:
        count = sum(text in words(m) for m in sure)
        doubtful = sum(text in words(m) for m in _own(world)) - count
        if count > 1 or count + doubtful == 0:
            problems.append(f"{text!r} stands {count} times in the chat")
    said = [words(m) for m in sure]
    problems += [
        f"the bot also said {s[:80]!r}" for s in said if not any(text in s for text in (*chapter.seen, _FOLDED))
    ]
    for message in messages(world):
        asked = QUESTION.search(words(message))
        if not message["from"]["is_bot"] and asked is not None and asked[0] in chapter.answered:
            found = _reactions(world).get(message["message_id"], [])
            if found != [_DONE]:
                problems.append(f"{asked[0]} bears {found}")
    return problems


async def _check_history(world: World) -> list[str]:
    problems = [
        f"turn {row['turn_id']} has two messages of {row['role']}" for row in await world.database.fetch(_TWICE)
    ]
    for name in {r.thread for r in world.operator.runners}:
        runners = [r for r in world.operator.runners if r.thread == name]
        written = [line for r in runners for line in r.lines]
        stored = [row["line"] for row in await world.database.fetch(_LINES, name)]
        if stored != written:
            problems.append(f"session of {name}: {len(stored)} lines stored of {len(written)} written, or others")
        for number, runner in enumerate(runners):
            before = [line for r in runners[:number] for line in r.lines]
            if runner.prompts and runner.restored != before:
                problems.append(f"run {runner.run} of {name} began with {len(runner.restored)} of {len(before)} lines")
    return problems


async def _check_runs(world: World, chapter: Chapter) -> list[str]:
    problems = list(world.operator.faults)
    numbers = [row["number"] for row in await world.database.fetch(_RUNS, world.thread)]
    if numbers != list(range(1, chapter.runs + 1)):
        problems.append(f"runs {numbers}, not {chapter.runs}")
    own = [r for r in world.operator.runners if r.thread == world.thread]
    prompts = Counter((QUESTION.findall(text) or ["other words"])[-1] for r in own for text in r.prompts)
    if prompts != chapter.prompts:
        problems.append(f"prompts {dict(prompts)}, not {chapter.prompts}")
    for part in chapter.parts:
        times = sum(text.count(part) for r in own for text in r.prompts)
        if times != 1:
            problems.append(f"{part!r} stands {times} times in the prompts")
    children = [r for r in world.operator.runners if r.thread != world.thread]
    problems += [f"{c.thread} was prompted {len(c.prompts)} times" for c in children if len(c.prompts) != 1]
    if chapter.keeps_files and [r.files for r in own[1:]] != [WORKSPACE] * (len(own) - 1):
        problems.append("a run began without the files of the one before")
    return problems
