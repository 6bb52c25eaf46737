"""`/diff` on a real Postgres: of kept states, and of a pod that is asked."""

from __future__ import annotations

import json

import pytest

from agent_contract import wire
from agent_contract.diffs import FileDiff, encode_report
from agent_gateway.store.jobs import MOST_DIFFS, MOST_DIFFS_AN_HOUR, JobAsked, JobKind
from agent_gateway.store.pushedrefs import MOST_KEPT
from agent_gateway.store.rows import Address, NewSubAgent
from agent_gateway.wording import keys
from tests.conftest import BOT_ID
from tests.integration.test_gateway_settings import begin, end
from tests.support.desk import running_desk
from tests.support.eventually import eventually
from tests.support.keeping import Kept, Place, store_state
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
LAST = keys.diff_button_turn("en")
ALL = keys.diff_button_all("en")


class Kitchen:
    """A conversation whose agent changes files, turn by turn."""

    def __init__(self, desk, folder):
        self.desk, self.store = desk, desk.store
        self.place, self.kept = Place(folder), Kept()
        self.thread = self.runner = None
        self.number = 0

    async def turn(self, **files):
        """Play one turn that writes files; one that is None is deleted. Without any the turn changes nothing."""
        if self.thread is None:
            self.thread, turn, self.runner = await begin(self.desk)
        else:
            await self.desk.say("more", alone=True)
            await eventually(lambda: len(self.runner.turns) > self.number)
            turn = self.runner.turns[-1]
            await self.store.turns.started(turn.id, 1, self.number + 1)
        self.number = len(self.runner.turns)
        for name, text in files.items():
            path = self.place.workspace / name.replace("_", ".")
            path.unlink() if text is None else path.write_bytes(text if isinstance(text, bytes) else text.encode())
        before = len(self.kept.states)
        self.place.keep(self.kept)
        await end(self.desk, turn)
        if len(self.kept.states) > before:
            await store_state(self.store, self.thread, 1, turn.id, self.kept)
        else:
            await self.store.kept.note_same(self.thread.id, 1, turn.id)
        return turn

    async def diff(self, words="/diff"):
        """Ask for it, and return what is said: text, buttons by their words, the file's bytes or None."""
        await self.desk.say(words)
        return await self.told()

    async def told(self):
        await self.desk.worked()
        rows = await self.store.pool.fetch("SELECT * FROM outbox WHERE dedupe_key LIKE 'diff:%' ORDER BY id")
        said = [row for row in rows if row["file_id"] is None][-1]
        files = [row for row in rows if row["dedupe_key"] == f"{said['dedupe_key']}:patch"]
        patch = b"".join([part async for part in self.store.files.stream(files[0]["file_id"])]) if files else None
        return said["text"], {text: data for text, data, *_ in json.loads(said["buttons"])}, patch


@pytest.fixture
async def kitchen(store, tmp_path):
    async with running_desk(store) as desk:
        yield Kitchen(desk, tmp_path)


async def test_the_last_answers_changes_are_a_message_with_folded_files(kitchen):
    await kitchen.desk.say("/diff")
    assert (await kitchen.desk.said())[-1] == keys.diff_none("en")
    await kitchen.turn(app_py="one\ntwo\n", old="x\n")
    first, _, _ = await kitchen.diff()
    assert keys.diff_new("en") in first
    await kitchen.turn(app_py="one\n2\n", old=None, new="y\n")
    text, buttons, patch = await kitchen.diff()
    assert text.startswith(f"**{keys.diff_title_turn('en')}**\n3 files, +2 \N{MINUS SIGN}2\n")
    assert (
        "<details><summary>M `app.py` +1 \N{MINUS SIGN}1</summary>\n\n```diff\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n```"
        in text
    )
    assert buttons == {ALL: "df:all"}
    assert patch is None
    row = await kitchen.store.pool.fetchrow(
        "SELECT format, reply_to FROM outbox WHERE dedupe_key LIKE 'diff:%' ORDER BY id DESC"
    )
    assert tuple(row) == ("markdown", 5)


async def test_a_turn_that_changed_nothing_is_said_and_the_one_before_is_told(kitchen):
    await kitchen.turn(a="1\n")
    await kitchen.turn(a="2\n")
    await kitchen.turn()
    text, _, _ = await kitchen.diff()
    assert keys.diff_unchanged_turn("en") in text
    assert "+2" in text
    await kitchen.desk.say("at work now", alone=True)
    await eventually(lambda: len(kitchen.runner.turns) > kitchen.number)
    await kitchen.store.turns.started(kitchen.runner.turns[-1].id, 1, 9)
    assert keys.diff_at_work("en") in (await kitchen.diff())[0]
    await end(kitchen.desk, kitchen.runner.turns[-1])
    assert keys.diff_late("en") in (await kitchen.diff())[0]


async def test_much_is_a_patch_as_a_file(kitchen):
    await kitchen.turn(a="1\n", big="".join(f"{n}\n" for n in range(900)))
    await kitchen.turn(a="2\n", big="".join(f"{n} x\n" for n in range(900)), bin=bytes(100))
    text, _, patch = await kitchen.diff()
    assert "M `big` +900 \N{MINUS SIGN}900" in text
    assert "A `bin` (binary, 100 B)" in text
    assert patch.startswith(b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\ndiff --git a/big b/big\n")
    row = await kitchen.store.pool.fetchrow("SELECT f.name, o.text FROM outbox o JOIN files f ON f.id = o.file_id")
    assert tuple(row) == ("tg-42-turn.patch", "The whole patch: 2 files. Some files were too much for it.")


async def test_all_without_a_pod_is_since_the_oldest_that_is_kept(kitchen):
    await kitchen.turn(a="1\n")
    await kitchen.turn(a="2\n")
    await kitchen.turn(b="3\n")
    await kitchen.store.pool.execute("UPDATE outbox SET state = 'sent'")
    kitchen.desk.registry.detach(kitchen.thread.id, kitchen.runner)
    text, buttons, _ = await kitchen.diff("/diff all")
    assert text.startswith(f"**{keys.diff_title_kept('en')}**\n2 files, +2 ")
    assert keys.diff_no_agent("en") in text
    assert buttons == {LAST: "df:turn"}
    assert await press(kitchen.desk, "df:turn", under=77) == ""
    text, buttons, _ = await kitchen.told()
    assert text.startswith(f"**{keys.diff_title_turn('en')}**\n1 file")
    assert buttons == {ALL: "df:all"}
    edited = await kitchen.store.pool.fetchval("SELECT message_ids FROM outbox WHERE text = $1", text)
    assert edited == [77]


async def answer(kitchen, body):
    """Answer what the pod is asked, once."""
    looks = await eventually(lambda: [frame for frame in kitchen.runner.sent if isinstance(frame, wire.Look)])
    assert looks[-1].what == "changes"
    kitchen.desk.looks._asked[looks[-1].id].answer.set_result(body)
    kitchen.runner.sent.clear()


async def test_all_with_a_pod_is_what_its_git_tells(kitchen):
    await kitchen.turn(a="1\n")
    part = b"diff --git a/api/x b/api/x\n--- a/api/x\n+++ b/api/x\n@@ -1 +1 @@\n-1\n+2\n"
    report = encode_report([(FileDiff("api/x", "changed", added=1, removed=1), part)], 0, bases=["origin/main"])
    await kitchen.desk.say("/diff branch")
    await answer(kitchen, report)
    text, _, _ = await kitchen.told()
    assert text.startswith("**What changed since `origin/main`**\n1 file, +1 ")
    assert "M `api/x`" in text
    for body, words in ((b"", keys.diff_no_branch("en")), (b"no report", keys.diff_unread("en"))):
        await kitchen.desk.say("/diff all")
        await answer(kitchen, body)
        text, _, _ = await kitchen.told()
        assert words in text


async def test_a_state_that_has_gone_or_is_broken_is_said(kitchen):
    await kitchen.turn(a="1\n")
    await kitchen.turn(a="2\n")
    await kitchen.store.pool.execute("UPDATE kept_states SET body = '{}'::bytea")
    text, buttons, _ = await kitchen.diff()
    assert (text, buttons) == (keys.diff_unread("en"), {})


async def test_only_so_much_is_looked_at(store):
    async with running_desk(store, reconcile=False) as desk:
        async with store.transaction() as tx:  # one: nothing is worked off before all are asked for
            for n in range(MOST_DIFFS + 1):
                thread = await tx.threads.get_or_create(Address(BOT_ID, 100 + n), f"tg-{100 + n}", "")
                look = (JobKind.DIFF, f"diff:{n}", thread.id, thread.address, None, {"scope": "turn", "language": "en"})
                assert (await tx.jobs.add_look(*look) is JobAsked.FULL) is (n == MOST_DIFFS)
                if n < MOST_DIFFS:
                    assert await tx.jobs.add_look(*look) is JobAsked.UNDER_WAY
        await desk.worked()
        first = await store.threads.by_name("tg-100")
        await store.pool.execute(
            "INSERT INTO jobs (bot_id, kind, dedupe_key, thread_id, chat_id, state) "
            "SELECT $1, 'diff', 'old:' || n, $2, 100, 'done' FROM generate_series(2, $3) n",
            BOT_ID, first.id, MOST_DIFFS_AN_HOUR,
        )  # fmt: skip
        async with store.transaction() as tx:
            look = (JobKind.DIFF, "diff:often", first.id, first.address, None, {"scope": "turn", "language": "en"})
            assert await tx.jobs.add_look(*look) is JobAsked.OFTEN


async def test_branches_are_told_with_a_pod_and_without(kitchen):
    await kitchen.turn(a="1\n")
    await kitchen.store.pushed.note(
        kitchen.thread.id, "hub", "acme/api", [("refs/heads/fix", "1" * 40), ("refs/heads/x", "2" * 40)]
    )
    await kitchen.store.pushed.note(kitchen.thread.id, "hub", "acme/api", [("refs/heads/x", None)])
    await kitchen.desk.say("/branches")
    looks = await eventually(lambda: [frame for frame in kitchen.runner.sent if isinstance(frame, wire.Look)])
    branches = [{"name": "fix", "current": True, "ahead": 1, "behind": 0}]
    told = {"repositories": [{"path": "api", "base": "origin/main", "branches": branches}]}
    kitchen.desk.looks._asked[looks[-1].id].answer.set_result(json.dumps(told).encode())
    await kitchen.desk.worked()
    text = (await kitchen.desk.said())[-1]
    assert "▸ `fix` +1 \N{MINUS SIGN}0" in text
    assert "· `acme/api` `fix`" in text
    assert "`x`" not in text
    await kitchen.store.pool.execute("UPDATE outbox SET state = 'sent'")
    kitchen.desk.registry.detach(kitchen.thread.id, kitchen.runner)
    assert await press(kitchen.desk, "br:again", under=78) == ""
    await kitchen.desk.worked()
    row = await kitchen.store.pool.fetchrow("SELECT text, message_ids FROM outbox ORDER BY id DESC LIMIT 1")
    assert keys.branches_away("en") in row["text"]
    assert "`acme/api`" in row["text"]
    assert row["message_ids"] == [78]


async def test_only_the_newest_pushes_are_kept_and_those_of_sub_agents_are_told(kitchen):
    await kitchen.turn(a="1\n")
    store, thread = kitchen.store, kitchen.thread
    await store.pushed.note(thread.id, "hub", "a/b", [(f"refs/heads/{n}", "1" * 40) for n in range(MOST_KEPT + 5)])
    assert await store.pool.fetchval("SELECT count(*) FROM pushed_refs") == MOST_KEPT
    async with store.transaction() as tx:
        turn = kitchen.runner.turns[0]
        row = await tx.subagents.add(
            NewSubAgent(thread, "uid", 1, "call", turn.id, None, "look", "default", 60, "Empty", 1)
        )
    await store.pushed.note(row.thread_id, "hub", "a/b", [("refs/heads/of-child", "1" * 40)])
    newest = await store.pushed.newest(thread.id, 3)
    assert newest[0].ref == "refs/heads/of-child"
    assert len(newest) == 3
