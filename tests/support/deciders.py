"""People who decide what agents ask, while the gateway is killed and connections are cut, and what is to hold of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from agent_simulators.telegram.acts import post_message, post_press
from tests.support.crash_runner import Home, PlayedRunner
from tests.support.crash_world import _PORT_RUNNERS, World
from tests.support.eventually import eventually

FIRST_PERSON = 500
_LOOK_SECONDS = 0.01
_END_SECONDS = 300.0
_STRIKE_SECONDS = 0.3
_DOWN_SECONDS = 3.0
"""After a strike everything works again within this."""


@dataclass
class Deciders:
    """People in chats of their own, each of whose agents asks so many questions.

    Attributes:
        world: Everything around the gateway.
        people: How many there are.
        each: Questions of each one's agent.
        pressed: When a question was pressed first (monotonic seconds), by the question's number.
        chosen: What was pressed then.
        struck: When the gateway was killed or a connection cut.
        calls: Thread and call of each question, by its number.
    """

    world: World
    people: int
    each: int
    chance: random.Random
    pressed: dict[int, float] = field(default_factory=dict)
    chosen: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    struck: list[float] = field(default_factory=list)
    kills: int = 0
    cuts: int = 0
    calls: dict[int, tuple[str, str]] = field(default_factory=dict)

    def admit(self) -> None:
        """Let these people use the bot, and their agents live on; before the first gateway starts."""
        self.world._environment["TELEGRAM_ALLOWED_IDS"] = ",".join(map(str, self.chats))
        home = Home(f"http://{self.world.host}:{_PORT_RUNNERS}", self.world._session, lambda: self.world.points)
        self.world.points.enabled = False
        self.world.most_starts = 1000
        self.world.operator._start = lambda name, run, token: PlayedRunner(home, name, run, token, one_turn=False)

    @property
    def chats(self) -> list[int]:
        """Return the people's ids, which are their chats'."""
        return [FIRST_PERSON + number for number in range(self.people)]

    async def begin(self) -> None:
        """Let everybody ask something whose answer needs them."""
        for number, chat in enumerate(self.chats):
            text = f"q{number % 10} [ask {self.each}]"
            await post_message(self.world.cloud, {"chat": chat, "user": chat, "text": text})

    async def decide(self) -> None:
        """Press what is asked, now and then twice, until everything is decided."""
        while not self.finished():  # a chat tells nobody that it changed
            for chat in self.chats:
                await self._press_in(chat)
            await asyncio.sleep(_LOOK_SECONDS)

    async def strike(self, kills: int, calm: int = 0) -> None:
        """Kill the gateway, or cut the runners' connections, so many times in turn, spread over what is decided.

        Args:
            kills: How often.
            calm: So many decisions come before the first one.
        """
        between = (self.people * self.each - calm) / kills
        for number in range(kills):
            while len(self.told()) < calm + number * between:  # noqa: ASYNC110  # a runner tells nobody what it heard
                await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.sleep(self.chance.uniform(0, _STRIKE_SECONDS))  # at any moment of what goes on
            if number % 2:
                for runner in self.world.operator.live():
                    runner.cut()
                self.cuts += 1
            else:
                self.world.kill()
                self.kills += 1
            self.struck.append(time.monotonic())

    def finished(self) -> bool:
        """Say whether every question was told to its agent."""
        return len(self.told()) >= self.people * self.each

    def told(self) -> dict[str, list[tuple[float, Any]]]:
        """Return what agents were told, by thread and question."""
        found: dict[str, list[tuple[float, Any]]] = defaultdict(list)
        for runner in self.world.operator.runners:
            for at, decision in runner.decisions:
                found[f"{runner.thread}/{decision.id}"].append((at, decision))
        return found

    async def check(self) -> list[str]:
        """Return what does not hold in the end, in words."""
        wanted = self.people * self.each
        rows = await self._settled()
        told = self.told()
        problems = []
        if len(rows) != wanted:
            problems.append(f"{len(rows)} questions are recorded of {wanted}")
        for row in rows:
            heard = told.get(f"{row['name']}/{row['call_id']}", [])
            said = {decision.text for _, decision in heard}
            if row["state"] != "answered" or said != {row["answer"]}:
                problems.append(f"{row['call_id']}: {row['state']} {row['answer']}, its agent heard {said}")
            if row["answer"] not in self.chosen[row["id"]]:
                problems.append(f"{row['call_id']}: nobody chose {row['answer']}")
        with contextlib.suppress(AssertionError):  # a question that was on its way is closed once it stands
            await eventually(lambda: self._says_all(wanted), interval=0.2)
        if (ends := await self._count_ends()) != wanted:
            problems.append(f"{ends} messages say what was decided, of {wanted}")
        return problems

    async def _says_all(self, wanted: int) -> bool:
        return await self._count_ends() >= wanted

    async def _count_ends(self) -> int:
        query = "SELECT count(*) FROM outbox WHERE dedupe_key LIKE 'decided:%' AND dedupe_key NOT LIKE '%again'"
        return int(await self.world.database.fetchval(query))

    async def _settled(self) -> list[Any]:
        """Wait until every question is recorded as decided and taken."""
        query = """SELECT d.*, t.name FROM decisions d JOIN threads t ON t.id = d.thread_id ORDER BY d.id"""

        async def all_taken() -> list[Any] | None:
            rows = await self.world.database.fetch(query)
            return rows if rows and all(row["taken_at"] for row in rows) else None

        return await eventually(all_taken, timeout=_END_SECONDS, interval=0.2)

    def times(self, *, undisturbed: bool) -> list[float]:
        """Return the milliseconds from a tap until its agent knew, of all or of those that nothing befell meanwhile."""
        found = []
        ids = {f"{name}/{call}": number for number, (name, call) in self.calls.items()}
        for key, heard in self.told().items():
            tapped, known = self.pressed.get(ids.get(key, -1)), heard[0][0]
            if tapped is None:
                continue
            if undisturbed and any(tapped - _DOWN_SECONDS < at < known for at in self.struck):
                continue
            found.append((known - tapped) * 1000)
        return found

    async def note_calls(self) -> None:
        """Remember which question was which call."""
        rows = await self.world.database.fetch(
            "SELECT d.id, d.call_id, t.name FROM decisions d JOIN threads t ON t.id = d.thread_id"
        )
        self.calls = {row["id"]: (row["name"], row["call_id"]) for row in rows}

    async def _press_in(self, chat: int) -> None:
        found = self.world.cloud.chats.get(chat)
        for message in list(found.messages.values())[-3:] if found is not None else []:
            button = self._choose(message)
            if button is None:
                continue
            number = int(button["callback_data"].split(":")[1])
            if number in self.pressed:
                continue
            self.pressed[number] = time.monotonic()
            await self._press(chat, message, button, number)
            if self.chance.random() < 0.2:
                again = self._choose(message)
                if again is not None:
                    await self._press(chat, message, again, number)

    def _choose(self, message: dict[str, Any]) -> dict[str, Any] | None:
        rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
        found = [b for row in rows for b in row if str(b.get("callback_data", "")).startswith("d:")]
        return self.chance.choice(found) if found else None

    async def _press(self, chat: int, message: dict[str, Any], button: dict[str, Any], number: int) -> None:
        self.chosen[number].append(button["text"])
        body = {"chat": chat, "user": chat, "message_id": message["message_id"], "data": button["callback_data"]}
        await post_press(self.world.cloud, body)
