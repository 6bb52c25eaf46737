"""Somebody who brings events, each several times, while the gateway is killed; and what is to hold of it: one turn each."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from tests.support.crash_world import World
from tests.support.eventually import LONG, eventually

SECRET = "a-secret-of-the-test"
_PORT = 18083
_AGAIN_SECONDS = 0.05
_STRIKE_SECONDS = 0.3
_MOST_TRIES = 2400


@dataclass
class Bringers:
    """A sender with so many events, each brought twice.

    Attributes:
        world: Everything around the gateway.
        events: How many.
        statuses: What the sender was answered at last, for each time that it brought one.
        ended: Events that were answered.
    """

    world: World
    events: int
    chance: random.Random
    statuses: Counter = field(default_factory=Counter)
    ended: int = 0
    kills: int = 0

    def admit(self) -> None:
        """Open the door; before the first gateway starts."""
        world = self.world
        (world.folder / "secret").write_text(SECRET)
        hook = {
            "name": "calls", "form": "secret", "secretFile": str(world.folder / "secret"), "perHour": 1000,
            "to": {"chatId": world.chat}, "template": "event number {{ n }}",
        }  # fmt: skip
        (world.folder / "hooks.json").write_text(json.dumps([hook]))
        world._environment |= {"HOOKS_FILE": str(world.folder / "hooks.json"), "PORT_HOOKS": str(_PORT)}
        world.points.enabled = False
        world.most_starts = 1000

    async def bring_all(self) -> None:
        """Bring every event until it is answered, and each once more at about the same time."""
        await self.world.say("hello")  # before that no bot may write there

        async def known():
            return await self.world.database.fetchval("SELECT count(*) FROM turns")

        await eventually(known, timeout=LONG)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            for number in range(self.events):
                await asyncio.gather(*(self._bring(session, number) for _ in range(2)))
                self.ended += 1

    async def strike(self, kills: int) -> None:
        """Kill the gateway so many times, spread over the events."""
        for number in range(kills):
            await eventually(lambda number=number: self.ended >= number * self.events / kills, timeout=480)
            await asyncio.sleep(self.chance.uniform(0, _STRIKE_SECONDS))  # at any moment of what goes on
            self.world.kill()
            self.kills += 1

    async def settled(self) -> None:
        """Wait until every event was asked."""

        async def asked():
            waiting = await self.world.database.fetchval(
                "SELECT count(*) FROM hook_deliveries WHERE prompt IS NOT NULL"
            )
            return waiting == 0

        await eventually(asked, timeout=LONG)

    async def check(self) -> list[str]:
        """Return what does not hold in the end, in words."""
        texts = [
            row["text"]
            for row in await self.world.database.fetch("SELECT text FROM turns WHERE text LIKE '[An event%'")
        ]
        found = Counter(int(text.rpartition(" ")[2]) for text in texts)
        told = await self.world.database.fetchval("SELECT count(*) FROM outbox WHERE dedupe_key LIKE 'hook:%'")
        problems = [f"event {n} made {found[n]} turns" for n in range(self.events) if found[n] != 1]
        if told != self.events:
            problems.append(f"the chat is told of {told} events")
        return problems

    async def _bring(self, session: aiohttp.ClientSession, number: int) -> None:
        url = f"http://{self.world.host}:{_PORT}/hooks/calls"
        headers = {"Authorization": f"Bearer {SECRET}", "Idempotency-Key": f"event-{number}"}
        for _ in range(_MOST_TRIES):
            try:
                async with session.post(url, json={"n": number}, headers=headers) as answer:
                    if answer.status < 300:
                        self.statuses[answer.status] += 1
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(_AGAIN_SECONDS)
        raise AssertionError(f"event {number} was never taken: {self.world.log()[-2000:]}")
