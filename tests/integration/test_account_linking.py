"""Accounts are linked by a code, in a private chat, on a real Postgres and over HTTP."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from agent_gateway.commands.link import MOST_LINKS
from agent_gateway.store.rows import Address
from agent_gateway.wording import keys
from tests.support.desk import ADMIN, GROUP, PERSON, running_desk
from tests.support.linking import running_linking
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres
FORGES = ["github", "gitlab"]
CLOUDS = {"github": "+", "gitlab": "-"}


async def find_rows(pool):
    """Return all that stands in the database, as text."""
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    found = [await pool.fetch(f'SELECT t::text AS row FROM "{row["tablename"]}" t') for row in tables]
    return "\n".join(row["row"] for rows in found for row in rows)


async def find_flows(pool):
    return await pool.fetch("SELECT * FROM account_flows")


@pytest.mark.parametrize("kind", FORGES)
async def test_an_account_is_linked_by_a_code_and_its_tokens_stand_nowhere_in_clear(store, tmp_path, caplog, kind):
    caplog.set_level(logging.DEBUG)
    async with running_linking(store, tmp_path, kind) as linking:
        desk, forge = linking.desk, linking.forge
        host = forge.linkable.host
        await desk.say("/link")
        text, buttons, _ = await last_said(desk)
        assert text == keys.link_list("en")
        await press(desk, buttons[keys.link_list_on("en", host=host)])
        await linking.look()
        text, buttons, _ = await last_said(desk)
        _, user = forge.codes[-1]
        assert f"`{user}`" in text
        assert "15 minutes" in text
        assert buttons[keys.link_code_open("en", host=host)].startswith("https://forge.example/")
        row = await store.pool.fetchval("SELECT buttons FROM outbox ORDER BY id DESC LIMIT 1")
        assert f'"{user}"]' in row, "the last part of a button is what is copied"
        await linking.look()
        assert [row["pause"] for row in await find_flows(store.pool)] == [5], "it waits as before"
        forge.state = "granted"
        await linking.look()
        assert await linking.said() == keys.link_done("en", host=host, login="ada")
        account = await store.accounts.get(PERSON, "hub")
        assert account.email == f"583231{CLOUDS[kind]}ada@users.noreply.127.0.0.1", "no address that is private"
        assert await find_flows(store.pool) == []
        held = await find_rows(store.pool) + caplog.text
        assert [secret for secret in forge.secrets if secret in held or secret.encode().hex() in held] == []
        assert "device-code" not in held
        assert await store.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'link'") == 1
        await desk.say("/link")
        text, buttons, _ = await last_said(desk)
        assert keys.link_list_linked("en", host=host, login="ada") in text
        await press(desk, buttons[keys.link_list_off("en", host=host)])
        assert await linking.said() == keys.unlinked("en", host=host, login="ada")
        assert await store.accounts.get(PERSON, "hub") is None


@pytest.mark.parametrize("kind", FORGES)
async def test_what_comes_to_nothing_is_told_and_may_be_tried_again(store, tmp_path, kind):
    ends = {
        "expired_token": keys.link_expired, "access_denied": keys.link_denied, "device_flow_disabled": keys.link_refused
    }  # fmt: skip
    async with running_linking(store, tmp_path, kind) as linking:
        await linking.desk.say("/link hub")
        for number, (word, said) in enumerate(ends.items()):
            await linking.look()
            assert len(linking.forge.codes) == number + 1
            linking.forge.state = word
            await linking.look()
            text, buttons, _ = await last_said(linking.desk)
            assert text == said("en", host=linking.forge.linkable.host)
            assert await find_flows(store.pool) == []
            await press(linking.desk, buttons[keys.link_again("en")])


@pytest.mark.parametrize(("kind", "told", "pauses"), [("github", 12, [12, 17]), ("gitlab", None, [10, 15])])
async def test_a_forge_that_wants_to_be_asked_less_often_is(store, tmp_path, kind, told, pauses):
    async with running_linking(store, tmp_path, kind) as linking:
        await linking.desk.say("/link hub")
        await linking.look()
        linking.forge.state, linking.forge.told_pause = "slow_down", told
        for pause in pauses:
            before = await store.pool.fetchval("SELECT now()")
            await linking.look()
            after = await store.pool.fetchval("SELECT now()")
            (row,) = await find_flows(store.pool)
            assert row["pause"] == pause
            assert before <= row["due_at"] - timedelta(seconds=pause) <= after
        linking.forge.state = "authorization_pending"
        await linking.look()
        assert (await find_flows(store.pool))[0]["pause"] == pauses[-1], "for all questions from then on"


async def test_what_is_not_due_is_not_asked_and_a_code_that_is_over_is_told(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        await linking.desk.say("/link hub")
        await linking.look()
        keeper = linking.build(None)
        asked = len(linking.forge.calls)
        await store.pool.execute("UPDATE account_flows SET due_at = now() + interval '10 minutes'")
        assert 0 < await keeper.look() <= 5
        assert len(linking.forge.calls) == asked
        await store.pool.execute("UPDATE account_flows SET expires_at = now(), due_at = now()")
        await keeper.look()
        assert await linking.said() == keys.link_expired("en", host=linking.forge.linkable.host)
        assert len(linking.forge.calls) == asked, "what is over is not asked for"


async def test_another_process_goes_on_and_a_forge_that_is_away_is_asked_later(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        linking.forge.down = True
        await linking.desk.say("/link hub")
        await linking.look()
        assert (await find_flows(store.pool))[0]["pause"] == 10
        linking.forge.down = False
        await linking.look(linking.build(None))
        assert len(linking.forge.codes) == 1
        linking.forge.down = True
        await linking.look(linking.build(None))
        linking.forge.down, linking.forge.state = False, "granted"
        await linking.look(linking.build(None))
        assert await linking.said() == keys.link_done("en", host=linking.forge.linkable.host, login="ada")


async def test_a_forge_that_gives_no_code_in_time_is_told_of(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        linking.forge.down = True
        await linking.desk.say("/link hub")
        await linking.look()
        await store.pool.execute("UPDATE account_flows SET expires_at = now()")
        await linking.look()
        assert await linking.said() == keys.link_refused("en", host=linking.forge.linkable.host)


async def test_who_takes_it_back_or_begins_anew_meanwhile_gets_no_second_account(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        await linking.desk.say("/link hub")
        await linking.desk.say("/link hub", message_id=6)
        assert len(await find_flows(store.pool)) == 1
        await linking.look()
        linking.forge.state = "granted"
        (flow,) = await store.accounts.due(1) or await _due(store)
        async with store.transaction() as tx:
            assert await tx.accounts.remove_all(PERSON) == []
        keeper = linking.build(None)
        await keeper._follow(flow)  # it was read before the person took it back
        assert await store.accounts.get(PERSON, "hub") is None
        assert await linking.said() != keys.link_done("en", host=linking.forge.linkable.host, login="ada")


async def _due(store):
    await store.pool.execute("UPDATE account_flows SET due_at = now()")
    return await store.accounts.due(1)


async def test_a_group_is_shown_the_way_to_the_private_chat(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        await linking.desk.say("/link@demo_bot", chat=GROUP)
        text, buttons, _ = await last_said(linking.desk)
        assert text == keys.link_private("en")
        assert buttons[keys.link_private_open("en")] == "https://t.me/demo_bot?start=link"
        await press(linking.desk, "lk:on:hub", chat=GROUP)
        assert await find_flows(store.pool) == [], "a button that was carried into a group does nothing"
        await linking.desk.say("/start link")
        assert await linking.said() == keys.link_list("en")


async def test_where_it_is_not_set_up_it_is_said(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("/link")
        assert await desk.said() == [keys.link_none("en")]
        await desk.say("/unlink", chat=ADMIN, user=ADMIN)
        assert (await desk.said())[-1] == keys.link_none_admin("en")


async def test_gitea_has_no_way_and_that_is_said(store, tmp_path):
    async with running_linking(store, tmp_path, unable=("git.example",)) as linking:
        await linking.desk.say("/link")
        assert (await linking.said()).startswith(keys.link_list_unable("en", host="git.example"))


async def test_it_is_not_begun_without_end(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        for number in range(MOST_LINKS + 1):
            await linking.desk.say("/link hub", message_id=100 + number)
        assert await linking.said() == keys.links_full("en", count=MOST_LINKS)
        assert len(await find_flows(store.pool)) == 1


async def test_unlink_names_one_and_forget_takes_all(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        await linking.link()
        await linking.desk.say("/unlink other")
        assert await store.accounts.get(PERSON, "hub") is not None
        await linking.desk.say("/unlink hub")
        assert await store.accounts.get(PERSON, "hub") is None
        await linking.desk.say("/unlink hub")
        assert await linking.said() == keys.link_list("en")
        await linking.link()
        async with store.transaction() as tx:
            await tx.threads.get_or_create(_private(store), "tg-42", "p")
        await linking.desk.say("/forget")
        text, buttons, _ = await last_said(linking.desk)
        assert keys.forget_accounts("en") in text
        await press(linking.desk, buttons[keys.forget_question_do("en")])
        assert await store.accounts.get(PERSON, "hub") is None


def _private(store):
    return Address(store.bot_id, PERSON)


async def test_commits_bear_the_address_of_a_linked_account(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        await linking.link()
        async with store.transaction() as tx:
            thread = await tx.threads.get_or_create(_private(store), "tg-42", "p")
            turn = await tx.turns.add(thread.id, 900, 7, PERSON, "hello")
        (asker,) = (await store.commits.asked(turn.id)).people
        assert asker.email == "583231+ada@users.noreply.127.0.0.1"
