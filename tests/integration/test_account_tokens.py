"""Tokens of linked accounts: who gets them, refreshing by one alone, keys that change, and what a dump is worth."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agent_gateway.accounts.keeper import AccountKeeper
from agent_gateway.accounts.tokens import AccountTokens
from agent_gateway.wording import keys
from tests.support.desk import PERSON
from tests.support.eventually import eventually
from tests.support.linking import KEY, running_linking

pytestmark = pytest.mark.postgres
OTHER = 43


@pytest.fixture
async def linking(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        await linking.link()
        yield linking


def refreshes(forge):
    return [fields for _, fields in forge.calls if fields.get("grant_type") == "refresh_token"]


async def test_a_token_is_found_for_its_person_and_connection_alone(linking):
    tokens = linking.build(AccountTokens)
    found = await tokens.find(PERSON, "hub")
    assert (found.value in linking.forge.access, found.login) == (True, "ada")
    assert found.value not in repr(found)
    assert await tokens.find(OTHER, "hub") is None
    assert await tokens.find(PERSON, "lab") is None
    assert not refreshes(linking.forge)


async def test_two_gateways_refresh_once_and_both_have_the_new_token(linking):
    await linking.shift(60)
    first, second = linking.build(AccountTokens), linking.build(AccountTokens)
    found = await asyncio.gather(*(part.find(PERSON, "hub") for part in (first, first, second, second)))
    assert {token.value for token in found} == linking.forge.access
    assert len(refreshes(linking.forge)) == 1
    assert "client_secret" not in refreshes(linking.forge)[0]


async def test_who_began_to_refresh_and_ended_keeps_others_waiting_for_a_while_only(linking):
    await linking.shift(60)
    account = await linking.desk.store.accounts.get(PERSON, "hub")
    assert await linking.desk.store.accounts.claim(account, 0.2)
    found = await linking.build(AccountTokens).find(PERSON, "hub")
    assert found.value in linking.forge.access
    assert len(refreshes(linking.forge)) == 1


async def test_a_revoked_account_goes_and_its_person_is_told_once(linking, caplog):
    linking.forge.refresh.clear()
    await linking.shift(-1)
    parts = [linking.build(AccountTokens) for _ in range(2)]
    assert await asyncio.gather(*(part.find(PERSON, "hub") for part in parts)) == [None, None]
    assert await linking.desk.store.accounts.get(PERSON, "hub") is None
    words = keys.link_lost("en", host=linking.forge.linkable.host, login="ada")
    assert (await linking.desk.said()).count(words) == 1
    assert await linking.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'link_lost'") == 1
    assert not [secret for secret in linking.forge.secrets if secret in caplog.text]


async def test_a_forge_that_is_away_leaves_what_is_still_good_and_nothing_else(linking):
    await linking.shift(60)
    linking.forge.down = True
    tokens = linking.build(AccountTokens)
    assert (await tokens.find(PERSON, "hub")).value in linking.forge.access
    await linking.shift(-1)
    assert await tokens.find(PERSON, "hub") is None
    linking.forge.down = False
    assert (await tokens.find(PERSON, "hub")).value in linking.forge.access, "the link is not lost by that"


async def test_gitlab_refreshes_and_loses_a_link_in_its_own_words(store, tmp_path):
    async with running_linking(store, tmp_path, "gitlab") as linking:
        await linking.link()
        await linking.shift(60)
        tokens = linking.build(AccountTokens)
        assert (await tokens.find(PERSON, "hub")).value in linking.forge.access
        linking.forge.refresh.clear()
        await linking.shift(60)
        assert await tokens.find(PERSON, "hub") is None
        assert await store.accounts.get(PERSON, "hub") is None


async def test_a_client_that_is_set_up_otherwise_now_loses_no_link(linking, caplog):
    await linking.shift(-1)
    tokens = linking.build(AccountTokens)
    good, linking.forge._token = linking.forge._token, lambda _: linking.forge._error("invalid_client")
    assert await tokens.find(PERSON, "hub") is None
    assert "account_not_refreshed" in caplog.text
    linking.forge._token = good
    assert await tokens.find(PERSON, "hub") is not None


async def test_a_token_that_a_call_was_refused_with_is_looked_at_before_it_goes(linking):
    tokens = linking.build(AccountTokens)
    found = await tokens.find(PERSON, "hub")
    await tokens.reject(PERSON, "hub", found.value)
    assert await tokens.find(PERSON, "hub") is not None, "it was that call's own fault"
    linking.forge.access.clear()
    await tokens.reject(PERSON, "hub", found.value)
    assert await linking.desk.store.accounts.get(PERSON, "hub") is None


async def test_a_token_without_an_end_is_never_refreshed(store, tmp_path):
    async with running_linking(store, tmp_path) as linking:
        linking.forge.token_seconds = None
        assert (await linking.link()).left is None
        assert await linking.build(AccountTokens).find(PERSON, "hub") is not None


async def test_keys_change_without_a_person_noticing(linking):
    tokens = linking.build(AccountTokens)
    linking.keys.write_text("n" * 40 + "\n" + KEY)
    assert await tokens.find(PERSON, "hub") is not None
    linking.keys.write_text("n" * 40)
    assert await tokens.find(PERSON, "hub") is not None, "it was sealed anew when it was used"


async def test_a_wrong_key_file_loses_no_link(linking):
    linking.keys.write_text("another key of forty-eight characters, or so....")
    assert await linking.build(AccountTokens).find(PERSON, "hub") is None
    linking.keys.write_text(KEY)
    assert await linking.build(AccountTokens).find(PERSON, "hub") is not None


async def test_without_its_key_a_dump_opens_nothing_and_the_log_says_so(linking, caplog):
    caplog.set_level(logging.DEBUG)
    linking.keys.write_text("another key of forty-eight characters, or so....")
    assert await linking.build(AccountTokens).find(PERSON, "hub") is None
    assert "account_not_opened" in caplog.text
    linking.keys.unlink()
    assert await linking.build(AccountTokens).find(PERSON, "hub") is None
    assert not [secret for secret in linking.forge.secrets if secret in caplog.text]


@pytest.mark.parametrize("otherwise", [{"url": "http://127.0.0.1:9"}, {"client_id": "another"}])
async def test_a_connection_that_names_another_host_or_client_gets_no_token_of_the_old_one(linking, otherwise):
    tokens = linking.build(AccountTokens, **otherwise)
    assert await tokens.find(PERSON, "hub") is None
    assert await linking.desk.store.accounts.get(PERSON, "hub") is None
    host = linking.forge.linkable.host if "url" not in otherwise else "127.0.0.1:9"
    assert (await linking.desk.said()).count(keys.link_lost("en", host=host, login="ada")) == 1
    assert await tokens.find(PERSON, "hub") is None
    assert await linking.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'link_lost'") == 1


async def test_a_code_of_one_host_is_not_asked_about_at_another(linking):
    await linking.desk.say("/link hub")
    await linking.look()
    asked = len(linking.forge.calls)
    await linking.look(linking.build(AccountKeeper, client_id="another"))
    assert len(linking.forge.calls) == asked
    assert await linking.said() == keys.link_refused("en", host=linking.forge.linkable.host)


async def test_who_asks_and_goes_while_a_token_is_refreshed_loses_no_link(linking):
    await linking.shift(-1)
    linking.forge.going = asyncio.Event()
    tokens = linking.build(AccountTokens)
    asking = asyncio.create_task(tokens.find(PERSON, "hub"))
    await eventually(lambda: refreshes(linking.forge))
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
    closing = asyncio.create_task(tokens.close())
    linking.forge.going.set()
    await closing
    found = await linking.build(AccountTokens).find(PERSON, "hub")
    assert found.value in linking.forge.access
    assert len(refreshes(linking.forge)) == 1


async def test_what_is_sealed_for_one_person_opens_nothing_for_another(linking):
    await linking.pool.execute("UPDATE linked_accounts SET person_id = $1", OTHER)
    assert await linking.build(AccountTokens).find(OTHER, "hub") is None
