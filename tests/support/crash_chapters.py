"""The path of a message, in three chapters; each step waits for what a person or the cluster would see of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.support.crash_world import PERSON, THREAD, World
from tests.support.eventually import eventually

STEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the path, and what must be seen of it in the end.

    Attributes:
        name: Of the chapter.
        play: Walks it.
        seen: Each of these texts stands in exactly one of the bot's messages.
        answered: Questions that bear the sign of a done answer.
        prompts: How often a runner was given each question.
        runs: How many runs there were.
        keeps_files: Each run but the first begins with the files of the one before.
    """

    name: str
    play: Callable[[World], Awaitable[None]]
    seen: tuple[str, ...]
    answered: tuple[str, ...]
    prompts: dict[str, int]
    runs: int
    keeps_files: bool = True


def messages(world: World) -> list[dict[str, Any]]:
    """Return the chat as it stands, in order."""
    chat = world.cloud.chats.get(PERSON)
    return [] if chat is None else [chat.messages[number] for number in sorted(chat.messages)]


def words(message: dict[str, Any]) -> str:
    return str(message.get("text", message.get("caption", "")))


async def see(world: World, text: str) -> None:
    """Wait until the bot has said something."""
    await eventually(
        lambda: any(m["from"]["is_bot"] and text in words(m) for m in messages(world)), timeout=STEP_SECONDS
    )


async def idle(world: World) -> None:
    """Let the runner leave, as it does after some idle minutes, and wait until its pod has ended."""

    async def left() -> bool:
        for runner in world.operator.live():
            if runner.thread == THREAD and runner.turn is None:
                runner.leave()
        return not world.operator.live()

    await eventually(left, timeout=STEP_SECONDS)


async def play_answer(world: World) -> None:
    """A question with a tool, a sub-agent and a file; idle; a second question in the next run; idle."""
    await world.say("q1 [tool] [child] [file]")
    await see(world, "answer to q1")
    await idle(world)
    await world.say("q2")
    await see(world, "answer to q2")
    await idle(world)


async def play_stop(world: World) -> None:
    """An answer that its person stops, and one after it."""
    await world.say("q1 [hang]")
    await see(world, "Thinking of q1")
    await world.say("/stop")
    await see(world, "topped")
    await world.say("q2")
    await see(world, "answer to q2")
    await idle(world)


async def play_kill(world: World) -> None:
    """A run that its person kills, a sub-agent that they ask for, and a question that hears of it."""
    await world.say("q1 [hang]")
    await see(world, "Thinking of q1")
    await world.say(f"/kill {THREAD}")
    await see(world, "Killed")
    await eventually(lambda: not world.operator.live(), timeout=STEP_SECONDS)
    await world.say("/spawn count to ten")
    await see(world, "answer to the task")
    await world.say("q2")
    await see(world, "answer to q2")
    await idle(world)


_REPORT = "This is the answer to the task."
CHAPTERS = (
    Chapter(
        "answer", play_answer, ("answer to q1", _REPORT, "a file", "answer to q2"), ("q1", "q2"), {"q1": 1, "q2": 1}, 2
    ),
    Chapter("stop", play_stop, ("Thinking of q1", "answer to q2"), ("q2",), {"q1": 1, "q2": 1}, 1),
    Chapter(
        "kill", play_kill,
        ("Thinking of q1", "Killed", "(done): count to ten", _REPORT, "started without the files", "answer to q2"),
        ("q2",), {"q1": 1, "q2": 1}, 2, keeps_files=False,
    ),
)  # fmt: skip
