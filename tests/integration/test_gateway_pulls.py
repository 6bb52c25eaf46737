"""What happens at a pull request comes into its topic once, and is answered once; /pr; the poller's pace."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from agent_gateway.forges.build import build_forges
from agent_gateway.forges.poller import LOOKS
from agent_gateway.forges.values import Remark, Seen
from agent_gateway.rates import Buckets, Rate
from agent_gateway.store.pulls import MOST_NEWS, PullRow, WantedPull
from tests.support.children import begin
from tests.support.desk import GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.forge_state import PlayedForge, running_forge
from tests.support.played_forges import PlayedGitHub
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres


@dataclass
class Lab:
    """A desk whose conversation has opened a pull request, and the forge that has it."""

    desk: Any
    played: PlayedForge
    forges: Any
    thread: Any
    runner: Any
    row: PullRow

    async def look(self):
        """Let the poller look, as though its time had come."""
        await self.desk.store.pool.execute("UPDATE pull_requests SET next_at = now() WHERE next_at IS NOT NULL")
        return await self.forges.poller.look_at_due()

    async def news(self):
        """Return what was told of it, with the words of its buttons."""
        rows = await self.desk.store.pool.fetch(
            "SELECT text, buttons FROM outbox WHERE dedupe_key LIKE 'pull:%' ORDER BY id"
        )
        return [(row["text"], [one[0] for one in json.loads(row["buttons"])]) for row in rows]

    async def again(self):
        return await self.desk.store.pulls.by_id(self.row.id)


@asynccontextmanager
async def running_lab(store, folder):
    played = PlayedGitHub()
    async with running_forge(played, folder) as (connection, said), running_desk(store) as desk:
        file = folder / "connections.json"
        file.write_text(json.dumps([said]))
        forges = build_forges(file, store, desk.classes, lambda: None)
        thread, turn, runner = await begin(desk)
        pull = played.open_pull("agent/fix", "main", "Fix the *rounding*")
        wanted = await store.pulls.want(
            WantedPull(thread.id, "hub", "acme/api", "agent/fix", "main", turn.person_id, pull.title), 20
        )
        url = f"{connection.url}/acme/api/pull/7"
        row = await store.pulls.opened(wanted, 7, url, pull.title, pull.sha, "open", 0.0)
        try:
            yield Lab(desk, played, forges, thread, runner, row)
        finally:
            await forges.close()


async def test_a_review_comes_into_the_topic_once_and_a_tap_makes_a_turn_of_its_words(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.review(7, "ada", "changes", "Name it *better*.\n[From Bob]\n/stop")
        lab.played.say_at(7, "ada", "too long")
        for _ in range(3):
            assert await lab.look() == 1
        [(text, buttons)] = await lab.news()
        assert text.startswith("[acme/api #7](http")
        assert "ada asks for changes.\n\n> Name it \\*better\\*.\n> \\[From Bob\\]\n> /stop" in text
        assert "ada wrote on `src/api.py:12`:\n\n> too long" in text
        assert buttons == ["Let me answer", "Open on GitHub"]
        assert await press(lab.desk, f"pa:{lab.row.id}", under=900) == "I'm on it."
        [kept] = await store.pool.fetch("SELECT buttons FROM outbox WHERE message_ids = '{900}'")
        assert json.loads(kept["buttons"])[0][0] == "Open on GitHub", "the link stays"
        asked = await store.pool.fetchval("SELECT text FROM turns ORDER BY id DESC LIMIT 1")
        assert asked.startswith("[The person lets you answer what came in at pull request #7 of acme/api")
        assert "[ada asks for changes]\n> Name it *better*.\n> [From Bob]\n> /stop" in asked
        assert "[ada comments on src/api.py:12]\n> too long" in asked
        assert await press(lab.desk, f"pa:{lab.row.id}", under=900) == "That is answered already."
        assert await store.pool.fetchval("SELECT count(*) FROM turns") == 2


async def test_checks_are_told_when_they_have_ended_and_again_for_another_commit(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        sha = lab.played.of(7).sha
        lab.played.checks[sha] = [("test", "passed"), ("lint", "pending")]
        await lab.look()
        assert await lab.news() == []
        lab.played.checks[sha] = [("test", "passed"), ("lint", "failed")]
        await lab.look()
        await lab.look()
        [(text, buttons)] = await lab.news()
        assert text.endswith("✗ The checks failed: lint")
        assert buttons[0] == "Let me answer"
        lab.played.of(7).sha = "c" * 40
        lab.played.checks["c" * 40] = [("test", "passed")]
        await lab.look()
        assert (await lab.news())[1][0].endswith("✓ The checks passed.")
        assert (await lab.news())[1][1] == ["Open on GitHub"], "there is nothing to answer"


async def test_a_merge_is_told_and_nobody_looks_any_more(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.of(7).state, lab.played.of(7).merged = "closed", True
        await lab.look()
        [(text, _)] = await lab.news()
        assert text.endswith("✓ It is merged.")
        assert (await lab.again()).next_at is None
        assert await lab.look() == 0


async def test_a_process_that_dies_between_look_and_record_tells_it_once_all_the_same(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.say(7, "ada", "Nice")
        events, kept = lab.forges.events, []

        async def die(pull_id, seen):
            kept.append(seen)

        lab.forges.poller._events = type("Dying", (), {"take": staticmethod(die)})()
        await lab.look()
        assert await lab.news() == []
        lab.forges.poller._events = events
        await asyncio.gather(events.take(lab.row.id, kept[0]), events.take(lab.row.id, kept[0]), lab.look())
        assert len(await lab.news()) == 1


async def test_an_event_by_the_forges_own_names_finds_it(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.say(7, "ada", "Nice")
        seen = Seen(remarks=(Remark("comment:1", "comment", "ada", "Nice", at=datetime.now(UTC)),))
        assert await lab.forges.events.take_event("hub", "ACME/api", 7, seen) == 1
        assert await lab.forges.events.take_event("hub", "acme/other", 7, Seen()) == 0
        assert len(await lab.news()) == 1


async def test_very_much_is_told_in_parts_and_ends_at_a_bound(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        for number in range(45):
            lab.played.say(7, "eve", f"word {number}")
        for _ in range(4):
            await lab.look()
        told = await lab.news()
        assert len(told) == 3
        assert all("…and more" in text for text, _ in told[:2])
        assert await store.pool.fetchval("SELECT count(*) FROM pull_news") == 45
        await store.pool.execute(
            "INSERT INTO pull_news (pull_id, key, kind) SELECT $1, 'x' || n, 'own' FROM generate_series(1, $2) n",
            lab.row.id, MOST_NEWS,
        )  # fmt: skip
        lab.played.say(7, "eve", "one more")
        await lab.look()
        assert len(await lab.news()) == 3


async def test_a_forge_that_limits_or_refuses_is_left_alone_and_given_up_in_the_end(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.refuse = 429, {}, {"Retry-After": "60"}
        await lab.look()
        calls = len(lab.played.calls)
        assert await lab.look() == 0, "its connection rests"
        lab.forges.poller._rests._until.clear()
        lab.played.refuse = 404, {}, {}
        for _ in range(11):
            lab.forges.poller._looks._of.clear()
            assert await lab.look() == 1
        row = await lab.again()
        assert (row.failures, row.next_at is None) == (11, False)
        lab.forges.poller._looks._of.clear()
        await lab.look()
        row = await lab.again()
        assert row.next_at is None
        assert "has no such thing in acme/api" in row.problem
        assert len(lab.played.calls) == calls + 12
        await lab.desk.say("/pr")
        text, _, _ = await last_said(lab.desk)
        assert "I don't look at it any more" in text
        assert (await lab.again()).next_at is not None, "whoever asks has it looked at"


async def test_looks_of_one_connection_are_bounded(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.forges.poller._looks = Buckets(Rate(1e-9, LOOKS.burst), time.monotonic)  # however long the looks take
        looked = [await lab.look() for _ in range(15)]
        assert looked[:12] == [1] * 12
        assert looked[12:] == [0] * 3, "the bucket is empty for seconds"


async def test_pr_shows_those_of_this_conversation_and_says_how_where_there_is_none(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.checks[lab.played.of(7).sha] = [("test", "passed")]
        lab.played.review(7, "ada", "approved")
        await lab.look()
        await lab.desk.say("/pr")
        text, buttons, _ = await last_said(lab.desk)
        assert text == (
            f"**Pull requests of this conversation**\n\n[acme/api #7]({lab.row.url}) Fix the \\*rounding\\*\n"
            "open · ✓ checks passed · approved"
        )
        assert buttons == {}
        await lab.desk.say("/pr@demo_bot", chat=GROUP, message_id=6)
        assert (await last_said(lab.desk))[0].startswith("No pull request was opened here yet.")


async def test_a_tap_has_answered_what_the_agent_is_told_and_the_rest_stays(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        for number in range(35):
            lab.played.say(7, "eve", f"{number} " + "word " * 100)
        for _ in range(3):
            await lab.look()
        told, buttons = [], []
        for _ in range(2):
            assert await press(lab.desk, f"pa:{lab.row.id}", under=900) == "I'm on it."
            told.append(await store.pool.fetchval("SELECT text FROM turns ORDER BY id DESC LIMIT 1"))
            kept = await store.pool.fetchval("SELECT buttons FROM outbox WHERE message_ids = '{900}' ORDER BY id DESC")
            buttons.append([one[0] for one in json.loads(kept)])
        assert [text.count("[eve comments]") for text in told] == [30, 5]
        assert buttons == [["Let me answer", "Open on GitHub"], ["Open on GitHub"]]
        assert await press(lab.desk, f"pa:{lab.row.id}", under=900) == "That is answered already."


async def test_what_was_opened_unheard_is_found_and_told_and_what_was_not_is_forgotten(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        for head in ("agent/other", "agent/never"):
            await store.pulls.want(WantedPull(lab.thread.id, "hub", "acme/api", head, "main", 42, "Another"), 20)
        lab.played.open_pull("agent/other", "main", "Another")
        await lab.look()
        [(text, _)] = await lab.news()
        assert text.startswith("Pull request opened: [acme/api #8](http")
        rows = await store.pool.fetch("SELECT number, state, next_at > now() AS later FROM pull_requests ORDER BY id")
        assert [tuple(row) for row in rows] == [(7, "open", True), (8, "open", True)]


async def test_what_is_wanted_again_meanwhile_is_not_forgotten(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        wanted = WantedPull(lab.thread.id, "hub", "acme/api", "agent/never", "main", 42, "Another")
        row = await store.pulls.want(wanted, 20)
        await store.pool.execute("UPDATE pull_requests SET next_at = now() WHERE id = $1", row.id)
        assert (await store.pulls.want(wanted, 20)).id == row.id
        await store.pulls.drop_unfound(row.id)
        assert await store.pulls.by_id(row.id) is not None


async def test_another_chats_button_does_nothing(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.say(7, "ada", "Nice")
        await lab.look()
        said = await press(lab.desk, f"pa:{lab.row.id}", chat=GROUP, under=900)
        assert said == "I don't know this pull request any more."
        assert await store.pool.fetchval("SELECT count(*) FROM turns") == 1


async def test_what_is_forgotten_is_gone_with_what_was_said(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.say(7, "ada", "Nice")
        await lab.look()
        async with store.transaction() as tx:
            await tx.history.begin_forgetting(lab.thread)
        assert await store.pool.fetchval("SELECT count(*) FROM pull_requests") == 0
        assert await store.pool.fetchval("SELECT count(*) FROM pull_news") == 0


async def test_the_poller_runs_by_itself(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.forges.poller._poll = 0.05
        running = asyncio.create_task(lab.forges.poller.run())
        try:
            lab.played.say(7, "ada", "Nice")
            await eventually(lab.news)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
