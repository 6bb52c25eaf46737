"""Pull requests at the runners' own port: a pod's token, the class's rules, and a forge that loses answers."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agent_contract.names import PATH_PULLS
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.pull_lab import running_lab
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres


async def test_one_is_opened_once_and_its_link_comes_into_the_chat(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        await store.pool.execute("INSERT INTO people (bot_id, person_id, name) VALUES ($1, 42, 'Ada')", BOT_ID)
        told = await lab.open()
        [pull] = lab.played.pulls
        assert told["text"].startswith("Opened #7 of acme/api, agent/fix into main: Fix the rounding\nhttp")
        assert (pull.base, pull.body) == ("main", "It rounds down now.\n\n---\nOpened by an agent for `Ada`.")
        again = await lab.open()
        assert again["text"].startswith("It is open already: #7 of acme/api")
        assert len(lab.played.pulls) == 1
        [(text, buttons)] = await lab.notices()
        assert text.startswith("Pull request opened: [acme/api #7](http")
        assert buttons[0][0] == "Open on GitHub"
        assert "#7 of acme/api, open" in (await lab.ask("list", repository=""))["text"]
        assert await store.pool.fetchval("SELECT count(*) FROM pull_requests") == 1


async def test_a_call_whose_answer_was_lost_opens_no_second_one(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.lose = 1
        told = await lab.open()
        assert "#7 of acme/api" in told["text"], told
        assert len(lab.played.pulls) == 1
        assert len(await lab.notices()) == 1


async def test_one_that_was_opened_unheard_and_closed_meanwhile_is_not_opened_again(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.lose = 1
        lab.pulls._pause = 0.3
        asking = asyncio.create_task(lab.open())
        await eventually(lambda: lab.played.pulls)
        lab.played.pulls[0].state = "closed"
        assert (await asking)["text"].startswith("It is closed already: #7")
        assert len(lab.played.pulls) == 1


async def test_two_calls_at_once_open_one(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        told = await asyncio.gather(lab.open(), lab.open(), lab.open())
        assert sorted(one["text"].partition(" ")[0] for one in told) == ["It", "It", "Opened"]
        assert len(lab.played.pulls) == 1


async def test_what_is_not_allowed_is_refused_before_the_forge_is_asked_to(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        for rule, fields, words in (
            ({"access": "Read"}, {}, "may only be read by this agent"),
            ({}, {"head": "main", "base": "agent/fix"}, "the branch main is none of an agent's"),
            ({}, {"head": "agent/fix", "base": "agent/fix"}, "head and base are the same"),
            ({"pullRequestBases": ["develop"]}, {}, "no pull request may go into main: only develop may be"),
            ({}, {"repository": "other/api"}, "is not among the repositories of this agent"),
            ({}, {"head": "agent/missing"}, "Validation Failed invalid head"),
            ({}, {"title": " "}, "needs a title"),
            ({}, {"turn": 99_999}, "The turn that asks is over"),
        ):
            lab.allow(**rule)
            told = await lab.open(**fields)
            assert words in told.get("error", ""), (rule, fields, told)
        assert not lab.played.pulls
        assert await store.pool.fetchval("SELECT count(*) FROM pull_requests") == 0


async def test_with_read_one_reads_and_says_nothing(store, tmp_path):
    async with running_lab(store, tmp_path, access="Read") as lab:
        lab.played.open_pull("feature", "main", "Somebody's")
        lab.played.say(7, "ada", "Looks good")
        told = await lab.ask("read", number=7)
        assert "[ada comments]\n> Looks good" in told["text"]
        assert "may only be read" in (await lab.ask("comment", number=7, body="x"))["error"]


async def test_only_its_own_are_changed_and_a_comment_is_said_once(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.played.open_pull("feature", "main", "Somebody's")
        assert "did not open it" in (await lab.ask("comment", number=7, body="x"))["error"]
        assert "did not open it" in (await lab.ask("update", number=7, state="closed"))["error"]
        await lab.open()
        lab.played.lose = 1
        told = await lab.ask("comment", number=8, body="Done in the last commit.")
        assert told == {"text": "Said in #8 of acme/api."}
        assert [one[2].endswith("\n\nDone in the last commit.") for one in lab.played.of(8).comments] == [True]
        told = await lab.ask("update", number=8, title="Fix it", state="closed")
        assert told["text"].startswith("#8 of acme/api is closed now: Fix it")
        assert await store.pool.fetchval("SELECT state FROM pull_requests") == "closed"
        assert (await lab.ask("update", number=8, state="open"))["text"].startswith("#8 of acme/api is open now")
        assert await store.pool.fetchval("SELECT next_at > now() FROM pull_requests")
        assert "Say what is to change" in (await lab.ask("update", number=8))["error"]


async def test_where_a_person_is_asked_nothing_is_opened_before_a_tap_and_once_after_it(store, tmp_path, caplog):
    async with running_lab(store, tmp_path, approval="Ask") as lab:
        asking = asyncio.create_task(lab.open())
        row = await eventually(lambda: store.pool.fetchrow("SELECT * FROM decisions WHERE kind = 'push'"))
        assert row["text"].startswith(
            "**Open a pull request in `acme/api`?**\n\n`agent/fix` → `main`\n\n**Fix the rounding**"
        )
        assert "> It rounds down now." in row["text"]
        calls = len(lab.played.calls)
        with caplog.at_level(logging.INFO, "agent_gateway.forges.service"):
            await eventually(lambda: sum(one.message == "pull_asked" for one in caplog.records) >= 2)
        assert len(lab.played.calls) == calls, "to wait for a person costs no call of the forge"
        assert not lab.played.pulls
        await store.pool.execute("UPDATE decisions SET state = 'answered', choice = 0, ended_at = now()")
        assert "Opened #7" in (await asking)["text"]
        assert len(lab.played.pulls) == 1
        assert await store.pool.fetchval("SELECT count(*) FROM decisions") == 1


async def test_a_no_is_told_and_nothing_is_opened(store, tmp_path):
    async with running_lab(store, tmp_path, approval="Ask") as lab:
        for update, words in (
            ("state = 'answered', choice = 1, decided_name = 'Ada'", "It was refused in the chat by Ada."),
            (
                "state = 'answered', answer = 'not yet', decided_name = 'Ada'",
                "It was refused in the chat by Ada: not yet.",
            ),
            ("state = 'expired'", "Nobody allowed it in time."),
        ):
            asking = asyncio.create_task(lab.open())
            open_one = "SELECT 1 FROM decisions WHERE kind = 'push' AND state = 'asked'"
            await eventually(lambda query=open_one: store.pool.fetchval(query))
            await store.pool.execute(f"UPDATE decisions SET ended_at = now(), {update} WHERE state = 'asked'")
            assert (await asking)["error"] == words
        assert not lab.played.pulls


async def test_what_was_allowed_for_one_counts_for_no_other_of_the_same_call(store, tmp_path):
    async with running_lab(store, tmp_path, approval="Ask") as lab:
        asking = asyncio.create_task(lab.open("call-1"))
        await eventually(lambda: store.pool.fetchrow("SELECT * FROM decisions WHERE kind = 'push'"))
        await store.pool.execute("UPDATE decisions SET state = 'answered', choice = 0, ended_at = now()")
        await asking
        told = await lab.open("call-1", title="Something else", head="agent/other")
        assert "Another pull request was asked for by the same call" in told["error"]
        assert len(lab.played.pulls) == 1


async def test_no_more_are_open_than_a_conversation_may_have(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        await store.pool.execute(
            "INSERT INTO pull_requests (bot_id, thread_id, connection, path, head, base, number, state) "
            "SELECT $1, $2, 'hub', 'acme/api', 'agent/' || n, 'main', 100 + n, 'open' FROM generate_series(1, 20) n",
            BOT_ID, lab.thread.id,
        )  # fmt: skip
        assert "limit: pull-requests" in (await lab.open())["error"]
        assert not lab.played.pulls


async def test_what_is_no_call_or_too_large_is_refused_and_no_other_pod_asks(store, tmp_path):
    async with running_lab(store, tmp_path) as lab:
        lab.port.deps.pull_calls._clock = lambda: 0.0
        url = lab.port.url + PATH_PULLS
        for body, status in ((b"{}", 400), (b"no", 400), (b"x" * 300_000, 413)):
            async with lab.port.session.post(url, data=body, headers=bearer("token-1")) as answer:
                assert answer.status == status, await answer.text()
        async with lab.port.session.post(url, data=b"{}", headers=bearer("another")) as answer:
            assert answer.status == 401
        for _ in range(70):
            async with lab.port.session.post(url, data=b"{}", headers=bearer("token-1")) as answer:
                status = answer.status
        assert status == 503, "a run asks no more than sixty times at once"
