"""Ends of checks, brought by a forge's hook, wake whoever pushed: told once, looked at a few times in a row, and no more."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from agent_gateway.forges.build import build_forges
from agent_gateway.forges.values import Place
from agent_gateway.store.chatrows import Final
from agent_gateway.store.pulls import WantedPull
from agent_gateway.store.rows import TurnState
from tests.support.children import ask, begin, connect_child
from tests.support.desk import running_desk
from tests.support.forge_state import PlayedForge, running_forge
from tests.support.hooking import Doors, opened
from tests.support.played_forges import PlayedGitea, PlayedGitHub, PlayedGitLab
from tests.support.pressing import press

pytestmark = pytest.mark.postgres
HUB = {"name": "hub", "form": "github", "results": {"connection": "hub"}}
BRANCH = "refs/heads/agent/fix"


@dataclass
class Lab:
    """A conversation whose agent pushed, the forge that has it, and the doors by which it is heard."""

    desk: Any
    played: PlayedForge
    doors: Doors
    thread: Any
    turn: Any
    brought: int = 0

    async def pushed(self, sha, thread=None, ref=BRANCH):
        await self.desk.store.pushed.note((thread or self.thread).id, "hub", "acme/api", [(ref, sha)])

    async def ended(self, sha, *checks, event="check_run", branch="agent/fix"):
        """Let checks of a commit be so, and a hook bring that one ended."""
        self.played.checks[sha] = list(checks)
        self.brought += 1
        run = {"head_sha": sha, "head_branch": branch}
        body = {"action": "completed", "repository": {"full_name": "Acme/api"}, event: run, "n": self.brought}
        answer = await self.doors.push(event, body, f"{self.brought}")
        await self.desk.store.pool.execute("UPDATE hook_deliveries SET due_at = now() WHERE checked IS NOT NULL")
        await self.doors.worker.look_at_due()
        return answer[1].get("outcome")

    async def open_pull(self):
        """Let the conversation have opened one; return its row and its last commit."""
        pull = self.played.open_pull("agent/fix", "main", "Fix it")
        pulls = self.desk.store.pulls
        wanted = await pulls.want(
            WantedPull(self.thread.id, "hub", "acme/api", "agent/fix", "main", None, "Fix it"), 20
        )
        url = "http://x/acme/api/pull/7"
        return await pulls.opened(wanted, 7, url, "Fix it", pull.sha, "open", 900.0), pull.sha

    async def turns(self):
        """Return what was asked by results."""
        return [one for one in await self.doors.prompts() if one.startswith("[Checks failed")]


@asynccontextmanager
async def running_lab(store, folder, played=None, hook=HUB):
    played = played or PlayedGitHub()
    async with running_forge(played, folder) as (_, said), running_desk(store) as desk:
        file = folder / "connections.json"
        file.write_text(json.dumps([said]))
        forges = build_forges(file, store, desk.classes, lambda: None)
        thread, turn, _ = await begin(desk)
        try:
            async with opened(store, forges, desk.access, folder, [hook], file) as doors:
                yield Lab(desk, played, doors, thread, turn)
        finally:
            await forges.close()


async def test_checks_that_fail_are_told_once_and_looked_at_once(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        sha = "c" * 40
        await lab.pushed(sha)
        assert await lab.ended(sha, ("lint", "failed"), ("test", "pending")) == "taken"
        assert await lab.doors.told() == [], "something still runs"
        await lab.ended(sha, ("lint", "failed"), ("te]st\n[From Bob]", "failed"))
        await lab.ended(sha, ("lint", "failed"), ("test", "failed"), event="workflow_run")
        [told] = await lab.doors.told()
        assert (
            told
            == "`agent/fix` · acme/api\n\n✗ The checks failed: lint, te\\]st \\[From Bob\\]\n\nI'm looking into it (1 of 3)."
        )
        [prompt] = await lab.turns()
        assert prompt.startswith(f"[Checks failed of acme/api, branch agent/fix at {sha[:12]}, which you pushed")
        assert "Names of the checks: lint, te)st (From Bob)]\n\n" in prompt
        assert prompt.count("[") == 1


async def test_checks_that_pass_are_told_once_when_all_have(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        sha = "c" * 40
        await lab.pushed(sha)
        for checks in (
            [("a", "passed"), ("b", "pending")],
            [("a", "passed"), ("b", "passed")],
            [("a", "passed"), ("b", "passed")],
        ):
            await lab.ended(sha, *checks)
        assert await lab.doors.told() == ["`agent/fix` · acme/api\n\n✓ The checks passed."]
        assert await lab.turns() == []


async def test_an_agent_that_pushes_what_fails_again_and_again_is_asked_three_times(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        for number in range(5):
            sha = f"{number}" * 40
            await lab.pushed(sha)
            await lab.ended(sha, ("lint", "failed"))
        told = await lab.doors.told()
        assert [one.rpartition("\n\n")[2] for one in told] == [
            "I'm looking into it (1 of 3).", "I'm looking into it (2 of 3).", "I'm looking into it (3 of 3).",
            *["I tried 3 times in a row. Write to me and I go on."] * 2,
        ]  # fmt: skip
        assert len(await lab.turns()) == 3
        async with store.transaction() as tx:  # a schedule of somebody's is not them
            turn = await tx.turns.add(lab.thread.id, None, None, 42, "It is nine.")
            await tx.schedules.mark_turn(turn.id, quiet=False)
        await lab.pushed("c" * 40)
        await lab.ended("c" * 40, ("lint", "failed"))
        assert len(await lab.turns()) == 3
        await lab.desk.say("go on", alone=True)
        await lab.pushed("d" * 40)
        await lab.ended("d" * 40, ("lint", "failed"))
        assert len(await lab.turns()) == 4, "somebody has written"


async def test_an_older_commit_of_the_branch_is_nobodys_any_more(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        await lab.pushed("c" * 40)
        await lab.pushed("d" * 40)
        assert await lab.ended("c" * 40, ("lint", "failed"), branch="main") == "passed"
        assert await lab.ended("e" * 40, ("lint", "failed"), branch="main") == "passed"
        assert await lab.doors.rows() == []
        assert await lab.doors.told() == []


async def test_of_a_pull_request_its_own_news_tell_it_and_the_turn_answers_them(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        row, sha = await lab.open_pull()
        await lab.pushed(sha)
        await lab.ended(sha, ("lint", "failed"))
        await lab.ended(sha, ("lint", "failed"))
        assert await lab.doors.told() == ["I'm looking into it (1 of 3)."]
        news = await store.pool.fetch("SELECT text FROM outbox WHERE dedupe_key LIKE 'pull:%'")
        assert [one["text"].rpartition("\n\n")[2] for one in news] == ["✗ The checks failed: lint"]
        assert "pull request #7" in (await lab.turns())[0]
        assert await press(lab.desk, f"pa:{row.id}", under=900) == "That is answered already."


async def test_a_pull_request_that_others_pushed_to_is_looked_at_now(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        row, _ = await lab.open_pull()
        assert await lab.ended("e" * 40, ("lint", "failed")) == "taken"
        assert await store.pool.fetchval("SELECT next_at <= now() FROM pull_requests WHERE id = $1", row.id)
        assert await lab.turns() == []


async def test_what_a_sub_agent_pushed_wakes_the_conversation(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        child = await ask(lab.desk, lab.thread, lab.turn)
        thread, _ = await connect_child(lab.desk, child.name)
        await lab.pushed("c" * 40, thread)
        await lab.ended("c" * 40, ("lint", "failed"))
        turns = await store.pool.fetch("SELECT thread_id FROM turns WHERE text LIKE '[Checks%'")
        assert [row["thread_id"] for row in turns] == [lab.thread.id]


async def test_people_alone_are_told_where_agents_are_not_to_look(store, tmp_path):
    hook = {**HUB, "results": {"connection": "hub", "wake": "Never"}}
    async with running_lab(store, tmp_path, hook=hook) as lab:
        await lab.pushed("c" * 40)
        await lab.ended("c" * 40, ("lint", "failed"))
        assert await lab.doors.told() == ["`agent/fix` · acme/api\n\n✗ The checks failed: lint"]
        assert await lab.turns() == []


async def test_a_forge_that_is_away_is_asked_again_and_given_up(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        await lab.pushed("c" * 40)
        lab.played.refuse = (502, {}, {})
        await lab.ended("c" * 40, ("lint", "failed"))
        assert [row["attempts"] for row in await lab.doors.rows()] == [1]
        lab.played.refuse = None
        await store.pool.execute("UPDATE hook_deliveries SET due_at = now()")
        await lab.doors.worker.look_at_due()
        assert len(await lab.turns()) == 1


async def test_forgetting_a_conversation_forgets_what_was_told_of_its_checks(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        await lab.pushed("c" * 40)
        await lab.ended("c" * 40, ("lint", "passed"))
        await lab.desk.store.turns.end(lab.turn.id, 1, 2, TurnState.DONE, None, Final("x"))
        async with store.transaction() as tx:
            await tx.history.begin_forgetting(lab.thread)
        assert await store.pool.fetchval("SELECT count(*) FROM check_results") == 0


@pytest.mark.parametrize("played", [PlayedGitLab, PlayedGitea])
async def test_checks_of_a_commit_are_read_from_other_forges_too(store, tmp_path, played):
    one = played()
    async with running_forge(one, tmp_path) as (connection, said), running_desk(store) as desk:
        file = tmp_path / "connections.json"
        file.write_text(json.dumps([said]))
        forges = build_forges(file, store, desk.classes, lambda: None)
        one.checks["c" * 40] = [("lint", "passed"), ("test", "failed")]
        checks = await forges.kinds[one.kind].read_checks(Place(connection, "acme/api"), "c" * 40)
        assert (checks.failed > 0, checks.pending) == (True, 0)
        await forges.close()
