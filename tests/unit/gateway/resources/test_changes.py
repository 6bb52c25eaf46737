"""Changes on their way from the watch to whoever takes them up."""

from __future__ import annotations

import asyncio

from agent_gateway.resources.changes import Change, Changes


async def test_a_name_waits_once_with_what_was_known_before_all_its_changes():
    changes = Changes()
    for old in (1, 2, 3):
        changes.note("a", old)
    changes.note("b", None, first=True)
    assert await changes.take(10) == [Change("a", 1, first=False), Change("b", None, first=True)]


async def test_a_change_after_the_first_list_is_no_part_of_it():
    changes = Changes()
    changes.note("a", None, first=True)
    changes.note("a", 1)
    changes.note("a", 2, first=True)
    assert await changes.take(10) == [Change("a", None, first=False)]


async def test_they_are_taken_in_pieces_oldest_first():
    changes = Changes()
    for name in "abcde":
        changes.note(name, None)
    assert [c.name for c in await changes.take(2)] == ["a", "b"]
    assert changes.waiting == 3
    assert [c.name for c in await changes.take(9)] == ["c", "d", "e"]


async def test_what_is_put_back_keeps_what_was_known_before():
    changes = Changes()
    changes.note("a", 1)
    changes.note("b", None, first=True)
    taken = await changes.take(10)
    changes.note("a", 2)
    changes.note("b", 3)
    changes.put_back(taken)
    assert sorted(await changes.take(10), key=lambda c: c.name) == [Change("a", 1, False), Change("b", None, False)]


async def test_who_waits_is_given_what_comes():
    changes = Changes()
    taking = asyncio.create_task(changes.take(10))
    await asyncio.sleep(0)
    assert not taking.done()
    changes.note("a", None)
    assert await taking == [Change("a", None, first=False)]


async def test_what_nobody_took_up_while_it_was_new_is_as_old_as_a_first_list():
    changes = Changes()
    changes.note("a", 1)
    changes.take_for_old()
    changes.note("b", 2)
    assert await changes.take(10) == [Change("a", 1, first=True), Change("b", 2, first=False)]
