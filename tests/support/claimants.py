"""People who each write as soon as their pod has gone, while gateway and operator are killed, and what is to hold of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from agent_contract import names
from agent_simulators.telegram.acts import post_message
from tests.support.crash_kube import build_class
from tests.support.crash_runner import Home, PlayedRunner
from tests.support.crash_world import _PORT_RUNNERS, World
from tests.support.eventually import eventually
from tests.support.pool_operator import PoolOperator, WarmRunner, build_pool_class

FIRST_PERSON = 500
_LOOK_SECONDS = 0.02
_ASK_SECONDS = 0.1
_ANSWERED = """SELECT q.*, t.name, q.state = 'done' OR EXISTS (
    SELECT 1 FROM turns a WHERE a.again_of = q.id AND a.state = 'done') AS answered
    FROM turns q JOIN threads t ON t.id = q.thread_id WHERE q.again_of IS NULL"""
_END_SECONDS = 300.0
_DOWN = (0.05, 0.6)
"""Seconds that the operator is away for."""
_REFUSED_EVERY = 97
"""One claim of so many is refused."""


@dataclass
class Claimants:
    """People in chats of their own, each of whose messages begins a run.

    Attributes:
        world: Everything around the gateway.
        people: How many there are.
        each: Messages of each one.
        replicas: Pods that wait.
        chance: When what is struck.
        kills: Of the gateway.
        deaths: Of the operator.
    """

    world: World
    people: int
    each: int
    replicas: int
    chance: random.Random
    kills: int = 0
    deaths: int = 0
    begun: float = field(default_factory=time.monotonic)

    def admit(self) -> None:
        """Let these people use the bot, and a class have a pool; before the first gateway starts."""
        world = self.world
        chats = ",".join(str(FIRST_PERSON + number) for number in range(self.people))
        world._environment |= {"TELEGRAM_ALLOWED_IDS": chats, "MAX_THREADS": str(4 * self.people)}
        world.points.enabled = False
        world.most_starts = 100_000
        world.note_ambiguous = self._note_nothing  # each chat's messages are counted in the end
        home = Home(f"http://{world.host}:{_PORT_RUNNERS}", world._session, lambda: world.points)
        world.api.put(names.AGENT_CLASSES, build_pool_class(build_class()))
        self.operator = world.operator = PoolOperator(world.api, home, self.replicas)

    async def talk(self) -> None:
        """Let everybody write, each message when the run before it is over; until all are answered."""
        self.operator.fill()
        await asyncio.gather(*(self._talk_in(FIRST_PERSON + number) for number in range(self.people)))

    async def strike(self, kills: int) -> None:
        """Kill gateway and operator so many times in turn, spread over what is claimed."""
        wanted = self.people * self.each
        for number in range(kills):
            while self.count_answered() < (number + 0.5) * wanted / kills:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.sleep(self.chance.uniform(0, 0.3))
            if number % 2:
                await self.operator.die(self.chance.uniform(*_DOWN))
                self.deaths += 1
            else:
                self.world.kill()
                self.kills += 1

    def count_answered(self) -> int:
        """Count the turns that were answered."""
        return self.operator.answers.total()

    async def check(self) -> list[str]:
        """Return what does not hold in the end, in words."""
        wanted = self.people * self.each
        rows = await self._settled(wanted)
        problems = [
            f"{r['name']}: message {r['update_id']} has no answer ({r['state']})" for r in rows if not r["answered"]
        ]
        if len(rows) != wanted:
            problems.append(f"{len(rows)} messages are recorded of {wanted}")
        problems += await self._find_doubles()
        with contextlib.suppress(AssertionError):  # a run is over before its pod has heard the goodbye
            await eventually(lambda: not self._find_left())
        problems += [f"the pod of run {r.run} of {r.thread} stayed" for r in self._find_left()]
        return problems + self.operator.faults

    async def count_claims(self) -> int:
        """Count the claims that were recorded."""
        return int(await self.world.database.fetchval("SELECT count(*) FROM claims"))

    def _find_left(self) -> list[PlayedRunner]:
        return [r for r in self.operator.live() if not isinstance(r, WarmRunner) or r.welcomes]

    async def _find_doubles(self) -> list[str]:
        query = "SELECT t.name, c.run, c.job_name FROM claims c JOIN threads t ON t.id = c.thread_id"
        claims = {(row["name"], row["run"]): row["job_name"] for row in await self.world.database.fetch(query)}
        twice = [job for job, times in Counter(claims.values()).items() if times > 1]
        both = claims.keys() & self.operator.made_for
        query = """SELECT dedupe_key FROM outbox WHERE kind = 'final' GROUP BY dedupe_key HAVING count(*) > 1"""
        answers = await self.world.database.fetch(query)
        return (
            [f"{job} was given twice" for job in twice]
            + [f"run {run} of {name} has a pod of the pool, and one was made for it" for name, run in sorted(both)]
            + [f"{row['dedupe_key']} was answered twice" for row in answers]
        )

    async def _settled(self, wanted: int) -> list:
        """Wait until every message is answered, and every run over."""
        query = f"{_ANSWERED} ORDER BY q.id"

        async def done() -> list | None:
            rows = await self.world.database.fetch(query)
            open_runs = await self.world.database.fetchval("SELECT count(*) FROM runs WHERE state <> 'over'")
            return rows if len(rows) >= wanted and all(row["answered"] for row in rows) and not open_runs else None

        try:
            return await eventually(done, timeout=_END_SECONDS, interval=0.2)
        except AssertionError:
            return await self.world.database.fetch(query)

    async def _talk_in(self, chat: int) -> None:
        thread, operator = names.build_thread_name("tg", chat, None), self.operator
        for number in range(self.each):
            await post_message(self.world.cloud, {"chat": chat, "user": chat, "text": f"m{number}"})
            # by the rows: a turn whose claim is refused while it is answered is answered again, and what comes during that
            # goes to the running turn
            while await self._count_done(thread) <= number or thread in operator.busy():  # noqa: ASYNC110
                await asyncio.sleep(_ASK_SECONDS)
            if self.chance.randrange(_REFUSED_EVERY) == 0:
                operator.refuse_next = True

    async def _count_done(self, thread: str) -> int:
        query = f"SELECT count(*) FROM ({_ANSWERED}) x WHERE x.name = $1 AND x.answered"  # our own words
        return int(await self.world.database.fetchval(query, thread))

    async def _note_nothing(self) -> None:
        return
