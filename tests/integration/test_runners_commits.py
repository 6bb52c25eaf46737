"""Whom a runner is told to sign commits for: who asked, who added words, and for a sub-agent its parent's person."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.rows import Address
from tests.support.childruns import start_child
from tests.support.eventually import eventually
from tests.support.runners import BOT_ID, running_port

pytestmark = pytest.mark.postgres
ADA, BOB = 42, 43
GROUP = -1001234567890


@pytest.fixture
async def port(store):
    async with running_port(store) as port:
        await store.people.see(ADA, "en", "Ada L")
        await store.people.see(BOB, None, "Bob")
        yield port


async def begin(port):
    """Let a runner take what Ada asks in a group; return thread, turn and runner."""
    async with port.store.transaction() as tx:
        thread = await tx.threads.get_or_create(Address(BOT_ID, GROUP), "tg-n1001234567890", "team")
    await port.make_run(thread)
    await port.make_turn(thread)
    runner = await port.join()
    turn = await port.store.turns.deliver_next(thread.id, 1)
    await port.deps.registry.link(thread.id).send_turn(turn)
    await runner.get(wire.Turn)
    return thread, turn, runner


def signed(runner):
    return [frame for frame in runner.frames if isinstance(frame, wire.CommitIdentity)]


async def add_words(port, turn, update, person):
    async with port.store.transaction() as tx:
        await tx.steers.add(turn, "steer", update, 70 + update, person, "in French")
    await port.deps.registry.link(turn.thread_id).send_steers(turn.id, await port.store.steers.unread(turn.id))


async def test_a_turn_comes_behind_whom_its_commits_name(port):
    _, turn, runner = await begin(port)
    kinds = [type(frame) for frame in runner.frames]
    assert kinds.index(wire.CommitIdentity) < kinds.index(wire.Turn)
    (found,) = signed(runner)
    assert (found.turn, found.author.name, found.committer.name) == (turn.id, "Ada L", "test_bot")
    assert found.trailers == ["Asked-in: https://t.me/c/1234567890/7"]


async def test_whoever_adds_words_is_named_beside_before_the_agent_reads_them(port):
    _, turn, runner = await begin(port)
    await add_words(port, turn, 8, ADA)
    await add_words(port, turn, 9, BOB)
    await eventually(lambda: len([f for f in runner.frames if isinstance(f, wire.Steer)]) >= 2)
    own, both = signed(runner)[-2:]
    assert own.trailers == ["Asked-in: https://t.me/c/1234567890/7"], "her own words make nobody of her"
    assert both.author.name == "Ada L"
    assert both.trailers[1].startswith("Co-authored-by: Bob <tg-")
    last = [type(f) for f in runner.frames][-2:]
    assert last in ([wire.CommitIdentity, wire.Steer], [wire.Steer, wire.Steer])


async def test_a_runner_that_is_back_knows_it_again(port):
    _, turn, runner = await begin(port)
    await add_words(port, turn, 9, BOB)
    await runner.close()
    runner = await port.join(ready=True, turns_seen=[turn.id])
    found = await runner.get(wire.CommitIdentity)
    assert (found.turn, len(found.trailers)) == (turn.id, 2)


async def test_a_sub_agent_signs_for_its_parents_person(port):
    thread, turn, _ = await begin(port)
    own, runner = await start_child(port, thread, turn)
    task = await port.store.turns.deliver_next(own.id, 1)
    await port.deps.registry.link(own.id).send_turn(task)
    found = await runner.get(wire.CommitIdentity)
    assert (found.turn, found.author.name) == (task.id, "Ada L")
    assert found.trailers == ["Asked-in: https://t.me/c/1234567890/7"]


async def test_a_name_is_the_one_that_a_person_bore_last(port):
    await port.store.people.see(ADA, "de", None)
    await port.store.people.see(ADA, None, "Ada Byron")
    _, _, runner = await begin(port)
    assert signed(runner)[0].author.name == "Ada Byron"
    assert (await port.store.people.languages(ADA)).seen == "de"
