"""The crash points' own proof: what is broken by hand in a world at rest is found, and a struck gateway really dies."""

from __future__ import annotations

import pytest

from tests.support.crash_chapters import CHAPTERS, messages, play_stop, words
from tests.support.crash_checks import find_problems
from tests.support.crash_points import Mode
from tests.support.crash_world import running_world
from tests.support.crash_zygote import Zygote

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(900)]
STOP = next(chapter for chapter in CHAPTERS if chapter.play is play_stop)
ADD_TURN = "commit:upsert_thread"


@pytest.fixture
async def zygote():
    zygote = Zygote()
    await zygote.start()
    yield zygote
    await zygote.close()


def says_twice(world):
    answer = next(m for m in messages(world) if "answer to q2" in words(m))
    number = max(world.cloud.chats[world.chat].messages) + 1
    world.cloud.chats[world.chat].messages[number] = {**answer, "message_id": number}


def forgets(world):
    chat = world.cloud.chats[world.chat]
    for number in [n for n, m in chat.messages.items() if "answer to q2" in words(m)]:
        del chat.messages[number]


async def test_what_is_broken_in_a_world_at_rest_is_found(postgres, zygote):
    async with running_world(zygote, postgres) as world:
        await play_stop(world)
        assert await find_problems(world, STOP) == []
        await world.end_gateway()  # or it would mend what it can
        says_twice(world)
        assert await find_problems(world, STOP, 1) == ["'answer to q2' stands 2 times in the chat"]
        forgets(world)
        assert await find_problems(world, STOP, 1) == ["'answer to q2' stands 0 times in the chat"]
        await world.database.execute("UPDATE turns SET state = 'queued', run = NULL WHERE text = 'q2'")
        await world.database.execute("DELETE FROM session_entries WHERE ordinal = 1")
        world.operator.runners[0].prompts.append("q2")
        found = "; ".join(await find_problems(world, STOP, 1))
        assert "never at rest: 1 turns not ended" in found
        assert "lines stored of" in found
        assert "prompts {'q1': 1, 'q2': 2}" in found


async def test_a_struck_commit_is_there_or_not_and_its_gateway_dead_or_alive(postgres, zygote):
    async with running_world(zygote, postgres) as world:
        await play_stop(world)
        undisturbed = [p for p in world.points.recorded if p.name.startswith(ADD_TURN)]
    target = undisturbed[0]
    for mode, gateways, more in ((Mode.BEFORE, 2, 1), (Mode.AFTER, 2, 0), (Mode.LOST, 1, 0)):
        async with running_world(zygote, postgres, target, mode) as world:
            await play_stop(world)
            assert await find_problems(world, STOP) == []
            # a gateway ends by itself, too, where the database was silent for seconds
            assert (world.points.struck, world.starts - len(world.exits)) == (True, gateways)
            # what did not take effect is done by the next gateway; what did is not done again
            done = [p for p in world.points.recorded if p.name == target.name]
            assert len(done) == len([p for p in undisturbed if p.name == target.name]) + more
