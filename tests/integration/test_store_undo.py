"""What is undone of lines and of kept files, and for how long that stays, on a real Postgres."""

from __future__ import annotations

import hashlib

import pytest

from agent_gateway.store.kept import MOST_STATES, NewState
from agent_gateway.store.purges import PURGES, Purge, purge_slice
from tests.support.desk import PERSON, running_desk
from tests.support.undoing import Talk, build_state, save_pack

pytestmark = pytest.mark.postgres


async def undo(store, thread, count=1):
    """Undo the last turns, as the question does; return the undo's id."""
    async with store.transaction() as tx:
        await tx.undos.hold(thread.id)
        turn = (await tx.undos.list_turns(thread.id))[count - 1]
        files = await tx.undos.read_files(thread.id, turn)
        number, _ = await tx.undos.undo(thread, turn, files, PERSON)
    return number


async def read_files(store, talk, count):
    """Return what the files were before the last so many turns."""
    turns = await store.undos.list_turns(talk.thread.id)
    return await store.undos.read_files(talk.thread.id, turns[count - 1])


async def test_a_compaction_in_between_is_gone_with_it(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        for n in range(3):
            await talk.ask(f"words {n}")
        turn = await talk.begin("compact")
        before = len(talk.lines.lines)
        talk.lines.compact(4)
        talk.lines.add_turn()
        await talk.add_lines(talk.lines.lines[before:])
        await talk.end(turn)
        assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in range(before - 4, before + 5)]
        await undo(store, talk.thread)
        assert await talk.read_line_ids() == [talk.lines.id_of(n) for n in range(before)]


async def test_a_model_that_was_chosen_in_what_is_undone_is_not_begun_with(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        turn = await talk.begin("one")
        talk.lines.add("model_change", provider="p", modelId="first")
        talk.lines.add_turn()
        await talk.add_lines(talk.lines.lines)
        await talk.end(turn)
        turn = await talk.begin("two")
        talk.lines.add("model_change", provider="p", modelId="second")
        await talk.add_lines(talk.lines.lines[-1:])
        await talk.end(turn)
        await undo(store, talk.thread)
        await store.pool.execute("UPDATE threads SET undone_run = 0")  # a later run writes
        last = len(talk.lines.lines)
        talk.lines.add("message", parent=4, message={"role": "user", "content": "three"})
        talk.lines.compact(1)
        await talk.add_lines(talk.lines.lines[last:])
        ids = await talk.read_line_ids()
        assert ids[0] == talk.lines.id_of(0)
        assert talk.lines.id_of(5) not in ids


async def test_one_can_go_back_before_each_of_the_last_twenty_turns(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        turns = [await talk.ask(f"words {n}") for n in range(23)]
        assert len(await store.undos.list_turns(talk.thread.id)) == 20
        assert len(await store.kept.list_states(talk.thread.id)) == MOST_STATES
        files = await read_files(store, talk, 20)
        assert not files.gone
        assert await store.pool.fetchval("SELECT turn_id FROM kept_states WHERE id = $1", files.kept_id) == turns[2].id
        await undo(store, talk.thread, 20)
        assert await talk.read_files() == turns[2].id
        assert [turn.id for turn in await store.undos.list_turns(talk.thread.id)] == [
            turns[2].id,
            turns[1].id,
            turns[0].id,
        ]
        assert (await read_files(store, talk, 1)).gone  # what was before that is not kept any more


async def test_the_state_that_is_gone_back_to_outlives_what_is_undone(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        first, _ = await talk.ask("one"), await talk.ask("two")
        await undo(store, talk.thread)
        age = "UPDATE kept_states SET created_at = now() - interval '20 days'"
        await store.pool.execute(age)
        kept, undone = Purge("purge_kept_states", 3600), Purge("purge_undone_states", 3600)
        assert {kept.query, undone.query, "purge_undos"} <= {purge.query for purge in PURGES}
        await purge_slice(store, undone)
        assert await store.pool.fetchval("SELECT count(*) FROM kept_states") == 2  # it may be put back
        await store.pool.execute("UPDATE undos SET created_at = now() - interval '2 days'")
        await purge_slice(store, undone)
        await purge_slice(store, kept)
        assert await talk.read_files() == first.id
        assert await store.pool.fetchval("SELECT count(*) FROM kept_states") == 1
        assert (await read_last(store, talk)).late
        await purge_slice(store, Purge("purge_undos", 3600))
        assert await store.pool.fetchval("SELECT count(*) FROM undos") == 1  # it says what is undone
        await store.pool.execute("UPDATE undos SET state = 'back', ended_at = now() - interval '20 days'")
        await purge_slice(store, Purge("purge_undos", 3600))
        assert await store.pool.fetchval("SELECT count(*) FROM undos") == 0


async def read_last(store, talk):
    async with store.transaction() as tx:
        return await tx.undos.last(talk.thread.id)


async def test_what_is_undone_gives_way_first(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        turns = []
        for n in range(3):
            turn = await talk.begin(f"words {n}")
            name = await save_pack(store, talk.thread, 1, b"%d" % n * 400_000)
            await store.kept.save_state(talk.thread.id, 1, turn.id, NewState(None, (name,), b"{}\n", 1, 0, 0))
            await talk.end(turn)
            turns.append(turn)
        await undo(store, talk.thread)

        async def chunks():
            yield b"x" * 400_000

        name = hashlib.sha256(b"x" * 400_000).hexdigest()
        await store.kept.save_pack(talk.thread.id, 9, name, chunks(), 2_000_000)
        states = await store.pool.fetch("SELECT turn_id FROM kept_states ORDER BY id")
        assert [row["turn_id"] for row in states] == [turns[0].id, turns[1].id]
        assert (await read_last(store, talk)).gone


async def test_a_late_state_is_of_the_undo_that_undid_its_turn(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        turns = [await talk.ask(f"words {n}", files=n < 2) for n in range(3)]
        first = await undo(store, talk.thread)
        second = await undo(store, talk.thread)
        await talk.keep(turns[2])
        marks = {
            row["turn_id"]: row["undone"] for row in await store.pool.fetch("SELECT turn_id, undone FROM kept_states")
        }
        assert marks == {turns[0].id: None, turns[1].id: second, turns[2].id: first}
        await store.kept.save_state(talk.thread.id, 1, None, build_state("of no turn"))
        assert await talk.read_files() == turns[0].id


async def test_the_agent_is_told_of_nothing_that_was_undone(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        await talk.ask("one")
        turn = await talk.ask("two", files=False)
        assert await store.kept.is_behind(talk.thread.id, 1)
        await store.pool.execute(
            "INSERT INTO steers (turn_id, thread_id, kind, update_id, text) VALUES ($1, $2, 'edit', 1, 'edited')",
            turn.id, talk.thread.id,
        )  # fmt: skip
        await undo(store, talk.thread)
        assert not await store.kept.is_behind(talk.thread.id, 1)
        assert await store.undos.is_undone(talk.thread.id, 1)
        assert not await store.undos.is_undone(talk.thread.id, 2)
        assert await store.undos.is_turn_undone(turn.id)
        following = await store.turns.by_id(turn.id)
        assert await store.steers.unread_edits(following) == []


async def test_a_session_that_was_gone_back_to_is_undone_to_there_as_its_files_went_on_with_others(store):
    async with running_desk(store) as desk:
        talk = Talk(desk)
        first, second = await talk.ask("count the stars"), await talk.ask("paint them red")
        await undo(store, talk.thread)
        session = (await store.threads.by_id(talk.thread.id)).session_id
        async with store.transaction() as tx:
            assert not (await tx.undos.last(talk.thread.id)).late
            assert [turn.id for turn in await tx.undos.list_turns(talk.thread.id)] == [first.id]
            await tx.threads.begin_session(talk.thread.id)
        async with store.transaction() as tx:
            await tx.past.resume(talk.thread.id, session)
        async with store.transaction() as tx:
            assert (await tx.undos.last(talk.thread.id)).late
            assert await tx.undos.list_turns(talk.thread.id) == []
            assert [turn.id for turn in await tx.undos.list_turns(talk.thread.id, earlier=True)] == [first.id]
        await store.pool.execute("UPDATE turns SET delivered_at = now(), undone = NULL WHERE id = $1", second.id)
        assert [turn.id for turn in await store.undos.list_turns(talk.thread.id)] == [second.id]
