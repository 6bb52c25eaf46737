"""The path of a message, in chapters; each step waits for what a person or the cluster would see of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agent_simulators.telegram.acts import post_press
from tests.support.crash_world import BOT, GROUP, OTHER, PERSON, World
from tests.support.eventually import eventually

STEP_SECONDS = 180.0
"""Only what hangs takes so long: a machine that is shared may need thirty times the seconds of a quiet one."""


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
        parts: Each of these texts stands once in all prompts.
        chat: Where it is played.
    """

    name: str
    play: Callable[[World], Awaitable[None]]
    seen: tuple[str, ...]
    answered: tuple[str, ...]
    prompts: dict[str, int]
    runs: int
    keeps_files: bool = True
    parts: tuple[str, ...] = ()
    chat: int = PERSON


def messages(world: World) -> list[dict[str, Any]]:
    """Return the chat as it stands, in order."""
    chat = world.cloud.chats.get(world.chat)
    return [] if chat is None else [chat.messages[number] for number in sorted(chat.messages)]


def words(message: dict[str, Any]) -> str:
    return str(message.get("text", message.get("caption", "")))


async def see(world: World, text: str) -> None:
    """Wait until the bot has said something."""
    await eventually(
        lambda: any(m["from"]["is_bot"] and text in words(m) for m in messages(world)), timeout=STEP_SECONDS
    )


async def hangs(world: World) -> None:
    """Wait until an agent works and does not end by itself: what it writes is a draft, which is no message."""
    await eventually(lambda: any(runner.hangs for runner in world.operator.live()), timeout=STEP_SECONDS)


async def idle(world: World) -> None:
    """Let the runner leave, as it does after some idle minutes, and wait until its pod has ended."""

    async def left() -> bool:
        for runner in world.operator.live():
            if runner.thread == world.thread and runner.turn is None:
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
    await hangs(world)
    await world.say("/stop")
    await see(world, "topped")
    await world.say("q2")
    await see(world, "answer to q2")
    await idle(world)


async def play_kill(world: World) -> None:
    """A run that its person kills, a sub-agent that they ask for, and a question that hears of it."""
    await world.say("q1 [hang]")
    await hangs(world)
    await world.say(f"/kill {world.thread}")
    await see(world, "Ended")
    await eventually(lambda: not world.operator.live(), timeout=STEP_SECONDS)
    await world.say("/spawn count to ten")
    await see(world, "answer to the task")
    await world.say("q2")
    await see(world, "answer to q2")
    await idle(world)


async def play_decision(world: World) -> None:
    """A question of the agent that its person decides by a button, and one that they decide by a reply."""
    await world.say("q1 [ask 2]")
    asked = await find_question(world, 1)
    await post_press(world.cloud, {"chat": PERSON, "user": PERSON, "message_id": asked["message_id"], "text": "Red"})
    asked = await find_question(world, 2)
    await world.say("green", reply_to=asked["message_id"])  # whoever sent it may have died before noting it
    await see(world, "Chosen: Red, green.")
    await idle(world)


async def play_burst(world: World) -> None:
    """What is said in three messages, the last one forwarded, to an agent that is not there, and in two to one that is."""
    await world.say("q1 look", "at the build", "Deploy failed", forward={"hidden": "Ops", "date": 1790000000})
    await see(world, "answer to q1")
    await world.say("q2 and", "at the tests")
    await see(world, "answer to q2")
    await idle(world)


async def play_group(world: World) -> None:
    """What people say to each other in a group, taken along by the next question, in two runs."""
    await world.say("lunch at noon", "the build is red", user=OTHER)
    await world.say(f"@{BOT} q1")
    await see(world, "answer to q1")
    await idle(world)
    await world.say("the tests too", user=OTHER)
    await world.say(f"@{BOT} q2")
    await see(world, "answer to q2")
    await idle(world)


async def play_undo(world: World) -> None:
    """An answer that its person takes back and puts back; a question in the next run, which has all of it."""
    await world.say("q1")
    await see(world, "answer to q1")
    await world.say("q2")
    await see(world, "answer to q2")
    await world.say("/undo")
    await press(world, "Take back")
    await eventually(lambda: not world.operator.live(), timeout=STEP_SECONDS)
    await press(world, "Put it back")
    await see(world, "Put back")
    await world.say("q3")
    await see(world, "answer to q3")
    await idle(world)


async def press(world: World, label: str) -> None:
    """Wait until a button stands in the chat, and press it."""

    def found() -> int | None:
        rows = {
            m["message_id"]: m.get("reply_markup", {}).get("inline_keyboard", []) for m in reversed(messages(world))
        }
        labelled = (n for n, buttons in rows.items() if any(b["text"] == label for row in buttons for b in row))
        return next(labelled, None)

    number = await eventually(found, timeout=STEP_SECONDS)
    await post_press(world.cloud, {"chat": PERSON, "user": PERSON, "message_id": number, "text": label})


async def find_question(world: World, number: int) -> dict[str, Any]:
    """Wait until a question stands in the chat with its buttons."""

    def found() -> dict[str, Any] | None:
        asked = [m for m in messages(world) if words(m).startswith("Which colour") and m.get("reply_markup")]
        return next((m for m in reversed(asked) if f"-{number - 1}?" in words(m)), None)

    return await eventually(found, timeout=STEP_SECONDS)


_REPORT = "This is the answer to the task."
CHAPTERS = (
    Chapter(
        "answer", play_answer, ("answer to q1", _REPORT, "a file", "answer to q2"), ("q1", "q2"), {"q1": 1, "q2": 1}, 2
    ),
    Chapter("decision", play_decision, ("Chosen: Red, green.", "Red — ", "green — "), ("q1",), {"q1": 1}, 1),
    Chapter("stop", play_stop, ("Thinking of q1", "answer to q2"), ("q2",), {"q1": 1, "q2": 1}, 1),
    Chapter(
        "kill", play_kill,
        ("Thinking of q1", "Ended", "(done): count to ten", _REPORT, "The workspace is empty", "answer to q2"),
        ("q2",), {"q1": 1, "q2": 1}, 2, keeps_files=False,
    ),
    Chapter(
        "undo", play_undo, ("answer to q1", "answer to q2", "Put back", "answer to q3"), ("q1", "q2", "q3"),
        {"q1": 1, "q2": 1, "q3": 1}, 2, keeps_files=False,
    ),
    Chapter(
        "burst", play_burst, ("answer to q1", "answer to q2"), ("q1", "q2"), {"q1": 1, "q2": 1}, 1,
        parts=("look", "at the build", "Deploy failed", "and", "at the tests"),
    ),
    Chapter(
        "group", play_group, ("answer to q1", "answer to q2"), ("q1", "q2"), {"q1": 1, "q2": 1}, 2,
        parts=("lunch at noon", "the build is red", "the tests too"), chat=GROUP,
    ),
)  # fmt: skip
