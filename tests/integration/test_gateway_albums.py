"""Albums and long texts, which are one turn however many messages they are, on a real Postgres."""

from __future__ import annotations

import pytest

from tests.support.desk import ADMIN, GROUP, PERSON, message, running_desk
from tests.support.eventually import eventually
from tests.support.steering import edit, end

pytestmark = pytest.mark.postgres


def photo(number, *, chat=PERSON, album="77", caption=None, entities=()):
    raw = message("", chat=chat, number=number)
    del raw["message"]["text"]
    sizes = [{"file_id": f"f{number}", "width": 9, "height": 9, "file_size": 5}]
    raw["message"] |= {"photo": sizes, "media_group_id": album}
    if caption is not None:
        raw["message"] |= {"caption": caption, "caption_entities": list(entities)}
    return raw


async def test_the_history_names_the_file_of_an_edited_message(store):
    async with running_desk(store, reconcile=False) as desk:
        changed = photo(50, caption="compare these")["message"]
        await desk.take(photo(50, caption="compare"), {"edited_message": {**changed, "edit_date": 5}})
        await desk.settled()
        assert await store.pool.fetchval("SELECT text FROM messages") == "compare these\n[photo-50.jpg]"


async def test_an_album_is_one_turn(store):
    async with running_desk(store) as desk:
        await desk.take(photo(50, caption="compare"), photo(51), photo(52))
        await desk.settled()
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        [turn] = runner.turns
        assert (turn.text, [f.id for f in turn.files]) == ("compare", ["f50", "f51", "f52"])
        await desk.take(photo(53))
        await desk.settled()
        [late] = await store.turns.queued(thread.id)
        assert [f.id for f in late.files] == ["f53"]


async def test_a_text_that_was_cut_into_messages_is_one_turn(store):
    parts = ["a" * 4096, "b" * 4000, "the end"]
    async with running_desk(store) as desk:
        await desk.take(*(message(part, number=50 + n) for n, part in enumerate(parts)))
        await desk.settled()
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        [turn] = runner.turns
        assert turn.text == "\n".join(parts)
        assert await store.pool.fetchval("SELECT text FROM messages") == turn.text
        await desk.say("and another question")
        await desk.settled()
        assert [t.text for t in await store.turns.queued(thread.id)] == ["and another question"]


async def test_what_others_write_is_no_part_of_a_long_text(store):
    async with running_desk(store, reconcile=False) as desk:
        long = "a" * 4096
        await desk.take(message(long, number=50), message("mine", number=51, user=ADMIN), message("late", number=52))
        await desk.settled()
        assert [r["text"] for r in await store.pool.fetch("SELECT text FROM turns ORDER BY id")] == [
            long,
            "mine",
            "late",
        ]


async def test_an_edit_of_a_part_of_a_long_text_replaces_that_part(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.take(message("a" * 4096, number=50), message("the end", number=51))
        await desk.take(edit("b" * 4096))
        await desk.settled()
        assert await store.pool.fetchval("SELECT text FROM turns") == "b" * 4096 + "\nthe end"
        assert await store.pool.fetchval("SELECT text FROM messages") == "b" * 4096 + "\nthe end"


async def test_each_picture_of_an_album_may_have_words(store):
    async with running_desk(store, reconcile=False) as desk:
        named = [{"type": "mention", "offset": 0, "length": 9}]
        await desk.take(
            photo(50, caption="before"), photo(51), photo(52, caption="and after"),
            photo(60, chat=GROUP, album="78", caption="the old one"),
            photo(61, chat=GROUP, album="78", caption="@demo_bot compare", entities=named),
            photo(62, chat=GROUP, album="78", caption="the new one"),
        )  # fmt: skip
        await desk.settled()
        asked = [row["text"] for row in await store.pool.fetch("SELECT text FROM turns ORDER BY text")]
        assert asked == ["[From P]\n\nthe old one\ncompare\nthe new one", "before\nand after"]
        assert await store.pool.fetchval("SELECT text FROM messages WHERE text LIKE 'before%'") == (
            "before\nand after\n[photo-50.jpg]\n[photo-51.jpg]\n[photo-52.jpg]"
        )


async def test_an_album_in_a_group_belongs_to_the_picture_that_names_the_bot(store):
    async with running_desk(store) as desk:
        said = "@demo_bot compare"
        named = [{"type": "mention", "offset": 0, "length": 9}]
        await desk.take(
            photo(50, chat=GROUP), photo(51, chat=GROUP, caption=said, entities=named), photo(52, chat=GROUP),
            photo(53, chat=GROUP, album="78"),
        )  # fmt: skip
        await desk.settled()
        [thread] = await store.threads.newest()
        [turn] = await store.turns.queued(thread.id)
        assert (turn.text, [f.id for f in turn.files]) == ("[From P]\n\ncompare", ["f50", "f51", "f52"])


async def test_what_is_asked_again_comes_with_its_files(store):
    async with running_desk(store) as desk:
        await desk.take(photo(50, caption="what is this"))
        await desk.settled()
        thread = await desk.run_wanted("tg-42", 1)
        runner = await desk.connect(thread, 1)
        await eventually(lambda: runner.turns)
        await store.turns.started(runner.turns[0].id, 1, 1)
        await end(desk, runner.turns[0])
        await desk.say("/retry")
        await eventually(lambda: len(runner.turns) == 2)
        assert runner.turns[1].files == runner.turns[0].files
